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
        guard let (listener, port) = try? LoopbackSocket.listening() else { preconditionFailure("a loopback port can be had") }
        (descriptor, self.port) = (listener, Int(port))
        let descriptor = listener
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
        FileHandle(fileDescriptor: try LoopbackSocket.connected(to: UInt16(port)), closeOnDealloc: true)
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
