import Foundation
public import Records

/// Hands mails to a relay by plain SMTP: to one on this machine (Postfix, msmtp), which speaks TLS to the world. A password is only ever
/// said to this machine.
public struct SMTPChannel: NoticeChannel, Sendable {
    public let host: String
    public let port: Int
    let from: String
    let to: [String]
    let login: Login?
    /// Of this machine, for EHLO.
    let name: String
    /// Of each reply.
    let seconds: Int

    public struct Login: Sendable {
        let user: String
        let password: String
        public init(user: String, password: String) { (self.user, self.password) = (user, password) }
    }

    /// - Throws: an address that is none; a password that would travel a network in clear text.
    public init(
        host: String, port: Int, from: String, to: [String], login: Login? = nil, name: String, seconds: Int = 30
    ) throws(Failure) {
        for address in [from] + to where !Mail.isAddress(address) { throw .mailAddress(address) }
        guard login == nil || ["localhost", "127.0.0.1", "::1"].contains(host) else { throw .mailPassword(host) }
        (self.host, self.port, self.from, self.to) = (host, port, from, to)
        (self.login, self.seconds) = (login, seconds)
        self.name = name.utf8.allSatisfy { (33..<127).contains($0) } && !name.isEmpty ? name : "localhost"
    }

    public var identity: String { "smtp \(host):\(port) \(to.joined(separator: " "))" }

    public func send(_ notice: Notice, key: String) throws(Failure) {
        let mail = Mail(from: from, to: to, subject: "[pipeline] \(notice.title)", text: notice.text, date: notice.made, key: key)
        var dialogue = SMTPDialogue(mail, host: name, login: login.map { ($0.user, $0.password) })
        let wire = try SMTPWire(host: host, port: port, seconds: seconds)
        while true {
            switch dialogue.handle(try wire.reply()) {
            case .say(let text): try wire.say(text)
            case .done:
                // The mail is taken: a relay that hangs up now changes nothing.
                try? wire.say("QUIT\r\n")
                return
            case .refused(let command, let code):
                try? wire.say("QUIT\r\n")
                throw .mailRefused("\(host):\(port)", command: command, code: code)
            }
        }
    }
}

/// A connection to a relay; closed when it goes away.
private final class SMTPWire {
    private let descriptor: Int32
    private let place: String
    private var buffer: [UInt8] = []

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

    func say(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .mailConnection(place, "the connection ended") }
            done += count
        }
    }

    /// The code of a whole reply: `250-` lines go on, `250 ` is the last.
    func reply() throws(Failure) -> Int {
        while true {
            let line = try line()
            guard line.count >= 3, let code = Int(String(decoding: line.prefix(3), as: UTF8.self)), (200..<600).contains(code) else {
                throw .mailConnection(place, "no SMTP reply")
            }
            if line.count == 3 || line[3] != UInt8(ascii: "-") { return code }
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
            var part = [UInt8](repeating: 0, count: 4_096)
            let count = read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .mailConnection(place, count == 0 ? "the connection ended" : "no reply in time") }
            buffer += part.prefix(count)
        }
    }
}

extension Failure {
    static func mailAddress(_ text: String) -> Failure {
        Failure(
            .usage, code: "notify.address", what: "this is no mail address", found: "'\(text)'", expected: "name@host",
            remedy: "Write it without a display name.")
    }

    static func mailPassword(_ host: String) -> Failure {
        Failure(
            .usage, code: "notify.password", what: "the password would travel a network in clear text", place: host,
            expected: "a relay on this machine", remedy: "Run a relay here (Postfix, msmtp) that speaks TLS to the mail server.")
    }

    static func mailConnection(_ place: String, _ cause: String) -> Failure {
        Failure(
            .tryAgain, code: "notify.mail-connection", what: "the mail relay cannot be reached", place: place, found: cause,
            remedy: "It is tried again at the next start.")
    }

    static func mailRefused(_ place: String, command: String, code: Int) -> Failure {
        Failure(
            .tryAgain, code: "notify.mail-refused", what: "the mail relay refused", place: place, found: "\(code) to \(command)",
            remedy: "It is tried again at the next start; the relay's log says why.")
    }
}
