package import Foundation
import Synchronization

/// A mail relay on this machine's loopback that keeps what it is told, for tests of programs that send mail.
package final class MailRelay: Sendable {
    /// One connection: the commands as they came, and the mail's lines where there was one.
    package struct Session: Sendable {
        package var commands: [String] = []
        package var mail: [String] = []

        /// The body, decoded from base64.
        package var text: String {
            let body = mail.drop { !$0.isEmpty }.dropFirst().joined()
            return Data(base64Encoded: body).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }

        package func header(_ name: String) -> String? {
            mail.prefix { !$0.isEmpty }.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
        }
    }

    package let port: Int
    private let descriptor: Int32
    private let state = Mutex<(sessions: [Session], refusals: [String: String])>(([], [:]))

    /// Sessions that are over, in order.
    package var sessions: [Session] { state.withLock(\.sessions) }

    /// - Parameter refusals: replies by the command's first word, instead of success: `["RCPT": "550 no"]`; an empty reply hangs up.
    package init(refusals: [String: String] = [:]) {
        #if os(Linux)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        precondition(bound, "a loopback port can be had")
        port = Int(UInt16(bigEndian: address.sin_port))
        state.withLock { $0.refusals = refusals }
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self else { break }
                let session = self.serve(connection)
                self.state.withLock { $0.sessions.append(session) }
            }
        }
    }

    /// A port of the loopback that nobody listens on now.
    package static func freePort() throws -> Int {
        let relay = MailRelay()
        return relay.port
    }

    /// A connection to it, as a file.
    package func connection() throws -> FileHandle {
        #if os(Linux)
            let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let made = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw CocoaError(.fileNoSuchFile) }
        return FileHandle(fileDescriptor: made, closeOnDealloc: true)
    }

    /// From now on it answers so.
    package func answer(_ refusals: [String: String]) { state.withLock { $0.refusals = refusals } }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private func serve(_ connection: Int32) -> Session {
        defer { close(connection) }
        var session = Session(), buffer: [UInt8] = [], isMail = false
        func say(_ text: String) { _ = Array((text + "\r\n").utf8).withUnsafeBytes { write(connection, $0.baseAddress!, $0.count) } }
        func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: 10) {
                    defer { buffer.removeFirst(end + 1) }
                    return String(decoding: buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
                }
                var part = [UInt8](repeating: 0, count: 4_096)
                let count = read(connection, &part, part.count)
                guard count > 0 else { return nil }
                buffer += part.prefix(count)
            }
        }
        say("220-a relay for tests\r\n220 ready")
        while let text = line() {
            if isMail {
                if text == "." {
                    isMail = false
                    let reply = state.withLock { $0.refusals["."] } ?? "250 taken"
                    if reply.isEmpty { return session }
                    say(reply)
                } else {
                    session.mail.append(text)
                }
                continue
            }
            session.commands.append(text)
            let word = text.split(separator: " ").first.map { $0.uppercased() } ?? ""
            if word == "QUIT" { return session }
            if let reply = state.withLock({ $0.refusals[word] }) {
                if reply.isEmpty { return session }
                say(reply)
                continue
            }
            switch word {
            case "EHLO": say("250-here\r\n250 AUTH PLAIN")
            case "AUTH": say("235 welcome")
            case "DATA":
                isMail = true
                say("354 go on")
            default: say("250 well")
            }
        }
        return session
    }
}
