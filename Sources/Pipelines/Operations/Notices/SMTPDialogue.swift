import Foundation
public import Records

/// A mail as it is handed to a relay.
public struct Mail: Hashable, Sendable {
    public var from: String
    public var to: [String]
    public var subject: String
    public var text: String
    public var date: Timestamp
    /// Left part of the message's identity: the same for every try.
    public var key: String

    public init(from: String, to: [String], subject: String, text: String, date: Timestamp, key: String) {
        (self.from, self.to, self.subject, self.text, self.date, self.key) = (from, to, subject, text, date, key)
    }

    /// Header and body of RFC 5322, lines ended by CR LF, dots doubled, ended by a line with a dot (RFC 5321, 4.5.2).
    var lines: String {
        let host = from.split(separator: "@").last.map(String.init) ?? "localhost"
        // Seven bits only: every relay takes them. Base64 in lines of 76.
        let body = Data(text.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        let header = [
            "From: \(from)", "To: \(to.joined(separator: ", "))", "Subject: \(Self.word(subject))", "Date: \(Self.date(date))",
            "Message-ID: <\(key)@\(host)>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64", "Auto-Submitted: auto-generated",
        ]
        return header.joined(separator: "\r\n") + "\r\n\r\n" + body + "\r\n.\r\n"
    }

    /// RFC 2047, in words of at most 75 characters.
    static func word(_ text: String) -> String {
        if text.utf8.allSatisfy({ (32..<127).contains($0) }), text.utf8.count < 900 { return text }
        var words: [String] = [], part = ""
        for character in text.prefix(200) where character != "\r" && character != "\n" {
            if part.utf8.count + String(character).utf8.count > 42 {
                words.append(part)
                part = ""
            }
            part.append(character)
        }
        return (words + [part]).map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    /// `Sun, 29 Nov 2026 17:18:29 +0000`
    static func date(_ time: Timestamp) -> String {
        let parts = time.parts, days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(days[time.weekday]), \(parts.day) \(months[parts.month - 1]) \(parts.year) "
            + "\(time.iso8601.dropFirst(11).prefix(8)) +0000"
    }

    /// An address that no line can be smuggled into.
    public static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count < 255
            && text.utf8.allSatisfy { (33..<127).contains($0) && !"<>(),;:\\\"".utf8.contains($0) }
    }
}

/// What to say to a mail relay next (RFC 5321, RFC 4954): replies in, commands out; the caller does the talking.
public struct SMTPDialogue {
    public enum Action: Hashable, Sendable {
        case say(String)
        /// Go over to TLS, then say this.
        case secure(String)
        /// The relay has taken the mail; say `QUIT` and go.
        case done
        /// The relay's code and what it answered.
        case refused(command: String, code: Int)
    }

    private enum Step { case greeting, hello, starttls, login, from, to(Int), data, content }

    private let mail: Mail
    private let host: String
    private let login: (user: String, password: String)?
    /// STARTTLS has to come before anything else is said.
    private var mustSecure: Bool
    private var step = Step.greeting

    public init(_ mail: Mail, host: String, login: (user: String, password: String)?, securesFirst: Bool = false) {
        (self.mail, self.host, self.login, mustSecure) = (mail, host, login, securesFirst)
    }

    /// - Parameters:
    ///   - code: of the relay's whole reply, 200 to 599.
    ///   - lines: the reply's texts: of the one to EHLO, what the relay can do.
    public mutating func handle(_ code: Int, lines: [String] = []) -> Action {
        switch step {
        case .greeting where code == 220:
            step = .hello
            return .say("EHLO \(host)\r\n")
        case .hello where code == 250 && mustSecure:
            step = .starttls
            // Without the offer nothing more is said: whoever stands between could have taken it out.
            guard lines.contains(where: { $0.uppercased() == "STARTTLS" }) else { return .refused(command: name, code: code) }
            return .say("STARTTLS\r\n")
        case .starttls where code == 220:
            (step, mustSecure) = (.hello, false)
            return .secure("EHLO \(host)\r\n")
        case .hello where code == 250:
            guard let login else { return sender() }
            step = .login
            return .say("AUTH PLAIN \(Data("\0\(login.user)\0\(login.password)".utf8).base64EncodedString())\r\n")
        case .login where code == 235: return sender()
        case .from where code == 250: return receiver(0)
        case .to(let index) where code == 250 || code == 251:
            if index + 1 < mail.to.count { return receiver(index + 1) }
            step = .data
            return .say("DATA\r\n")
        case .data where code == 354:
            step = .content
            return .say(mail.lines)
        case .content where code == 250: return .done
        default: return .refused(command: name, code: code)
        }
    }

    private mutating func sender() -> Action {
        step = .from
        return .say("MAIL FROM:<\(mail.from)>\r\n")
    }

    private mutating func receiver(_ index: Int) -> Action {
        step = .to(index)
        return .say("RCPT TO:<\(mail.to[index])>\r\n")
    }

    /// What was said last, without what is secret in it.
    private var name: String {
        switch step {
        case .greeting: "the greeting"
        case .hello: "EHLO"
        case .starttls: "STARTTLS"
        case .login: "AUTH"
        case .from: "MAIL"
        case .to: "RCPT"
        case .data: "DATA"
        case .content: "the mail"
        }
    }
}
