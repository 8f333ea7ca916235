import Foundation
public import Records

/// Bytes to and from a mail relay.
public protocol MailConnection: AnyObject {
    /// - Throws: the connection ended, or nothing was taken in time.
    func write(_ bytes: [UInt8]) throws(Failure)
    /// What came, at least one byte; empty = the relay has ended the connection.
    ///
    /// - Throws: nothing came in time.
    func read() throws(Failure) -> [UInt8]
    /// From now on everything goes through TLS, and the relay is who its certificate says.
    ///
    /// - Throws: this connection cannot; bytes that came in clear text are still unread, which nobody has vouched for.
    func secure() throws(Failure)
}

/// Makes connections to one relay.
public protocol MailConnector: Sendable {
    func connect() throws(Failure) -> any MailConnection
}

struct PlainMailConnector: MailConnector {
    var host: String
    var port: Int
    /// For each answer.
    var seconds: Int

    func connect() throws(Failure) -> any MailConnection { try PlainMailConnection(host: host, port: port, seconds: seconds) }
}

/// A connection in clear text; closed when it goes away.
final class PlainMailConnection: MailConnection {
    private let descriptor: Int32
    private let place: String

    init(host: String, port: Int, seconds: Int) throws(Failure) {
        place = "\(host):\(port)"
        var hints = addrinfo(), found: UnsafeMutablePointer<addrinfo>?
        #if os(Linux)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0 else { throw .mailConnection(place, "no such host") }
        defer { freeaddrinfo(found) }
        var connected: Int32 = -1, next = found
        while connected < 0, let entry = next {
            let socket = Foundation.socket(entry.pointee.ai_family, entry.pointee.ai_socktype, entry.pointee.ai_protocol)
            var limit = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if connect(socket, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 { connected = socket } else { close(socket) }
            next = entry.pointee.ai_next
        }
        descriptor = connected
        guard connected >= 0 else { throw .mailConnection(place, "no connection") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ bytes: [UInt8]) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .mailConnection(place, "the connection ended") }
            done += count
        }
    }

    func read() throws(Failure) -> [UInt8] {
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Foundation.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .mailConnection(place, "no reply in time") }
            return Array(part.prefix(count))
        }
    }

    func secure() throws(Failure) { throw .mailConnection(place, "this connection has no TLS") }
}

/// A relay's reply: its code, and the text of each of its lines.
struct MailReply {
    var code: Int
    var lines: [String]
}

/// Commands out, whole replies in.
final class MailWire {
    private let connection: any MailConnection
    private let place: String
    private var buffer: [UInt8] = []

    init(_ connection: any MailConnection, place: String) { (self.connection, self.place) = (connection, place) }

    func say(_ text: String) throws(Failure) { try connection.write(Array(text.utf8)) }

    func secure() throws(Failure) {
        // Whoever stands between could have put replies of their own behind the last one in clear text.
        guard buffer.isEmpty else { throw .mailConnection(place, "bytes in clear text behind the reply to STARTTLS") }
        try connection.secure()
    }

    /// `250-` lines go on, `250 ` is the last.
    func reply() throws(Failure) -> MailReply {
        var lines: [String] = []
        while true {
            let line = try line()
            guard line.count >= 3, let code = Int(String(decoding: line.prefix(3), as: UTF8.self)), (200..<600).contains(code),
                lines.count < 1_000
            else { throw .mailConnection(place, "no SMTP reply") }
            lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
            if line.count == 3 || line[3] != UInt8(ascii: "-") { return MailReply(code: code, lines: lines) }
        }
    }

    private func line() throws(Failure) -> [UInt8] {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = buffer[..<end].filter { $0 != 13 }
                buffer.removeFirst(end + 1)
                return Array(line)
            }
            guard buffer.count < 65_536 else { throw .mailConnection(place, "a line without an end") }
            let part = try connection.read()
            guard !part.isEmpty else { throw .mailConnection(place, "the connection ended") }
            buffer += part
        }
    }
}
