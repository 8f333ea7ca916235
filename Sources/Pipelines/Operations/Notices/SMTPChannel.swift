public import Records

/// Hands mails to a relay: in clear text to one on this machine (Postfix, msmtp), or through TLS. A password is said to this machine, or
/// through TLS.
public struct SMTPChannel: NoticeChannel, Sendable {
    public let host: String
    public let port: Int
    let from: String
    let to: [String]
    let login: Login?
    /// Of this machine, for EHLO.
    let name: String
    let security: Security
    let connector: any MailConnector

    public enum Security: String, CaseIterable, Sendable {
        /// Clear text.
        case off
        /// Clear text up to STARTTLS (RFC 3207), usually on port 587; a relay that does not offer it gets nothing.
        case starttls
        /// TLS from the first byte (RFC 8314), usually on port 465.
        case tls
    }

    public struct Login: Sendable {
        let user: String
        let password: String
        public init(user: String, password: String) { (self.user, self.password) = (user, password) }
    }

    /// - Parameters:
    ///   - seconds: for each reply.
    ///   - connector: makes the connection; one in clear text when not given. With `tls` it is secure already.
    /// - Throws: an address that is none; a password that would travel a network in clear text.
    public init(
        host: String, port: Int, from: String, to: [String], login: Login? = nil, name: String, seconds: Int = 30,
        security: Security = .off, connector: (any MailConnector)? = nil
    ) throws(Failure) {
        for address in [from] + to where !Mail.isAddress(address) { throw .mailAddress(address) }
        let isHere = ["localhost", "127.0.0.1", "::1"].contains(host)
        guard login == nil || security != .off || isHere else { throw .mailPassword(host) }
        (self.host, self.port, self.from, self.to) = (host, port, from, to)
        (self.login, self.security) = (login, security)
        self.connector = connector ?? PlainMailConnector(host: host, port: port, seconds: seconds)
        self.name = name.utf8.allSatisfy { (33..<127).contains($0) } && !name.isEmpty ? name : "localhost"
    }

    public var identity: String { "smtp \(host):\(port) \(to.joined(separator: " "))" }

    public func send(_ notice: Notice, key: String) throws(Failure) {
        let mail = Mail(from: from, to: to, subject: "[pipeline] \(notice.title)", text: notice.text, date: notice.made, key: key)
        var dialogue = SMTPDialogue(
            mail, host: name, login: login.map { ($0.user, $0.password) }, securesFirst: security == .starttls)
        let wire = MailWire(try connector.connect(), place: "\(host):\(port)")
        while true {
            let reply = try wire.reply()
            switch dialogue.handle(reply.code, lines: reply.lines) {
            case .say(let text): try wire.say(text)
            case .secure(let text):
                try wire.secure()
                try wire.say(text)
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

extension Failure {
    static func mailAddress(_ text: String) -> Failure {
        Failure(
            .usage, code: "notify.address", what: "this is no mail address", found: "'\(text)'", expected: "name@host",
            remedy: "Write it without a display name.")
    }

    static func mailPassword(_ host: String) -> Failure {
        Failure(
            .usage, code: "notify.password", what: "the password would travel a network in clear text", place: host,
            expected: "TLS, or a relay on this machine", remedy: "Add `--smtp-tls starttls` (port 587) or `--smtp-tls tls` (port 465).")
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
