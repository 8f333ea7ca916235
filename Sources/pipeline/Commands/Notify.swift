import ArgumentParser
import Connectors
import Dispatch
import Foundation
import Pipelines
import Records
import RemoteModels
import Synchronization

/// `pipeline notify`
struct Notify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell people by webhook or mail what needs them, each thing once.",
        discussion: """
            Breaches: a job that is overdue or never ran, a held run, a run that passed its deadline, a file set aside, a delivery \
            missing, a model in use that ends soon, a full disk, a log that a reader holds. With --digest also the state of the day, \
            once a day. Names of jobs and counts only, no personal data. What was not taken is tried again at the next start (exit 75); a \
            repetition has the same Idempotency-Key or Message-ID.

            Secrets come from the environment (PIPELINE_WEBHOOK_URL, PIPELINE_WEBHOOK_SECRET, PIPELINE_SMTP_PASSWORD) or from files of mode \
            0600. Mail goes to a relay on this machine in clear text, to another through TLS: a password never travels a network without it.

              pipeline notify jobs/*.yaml --webhook-file /etc/pipeline/webhook.url
              pipeline notify jobs/*.yaml --smtp localhost:25 --from jobs@example.com --to ann@example.com
              pipeline notify jobs/*.yaml --smtp mail.example.com:587 --smtp-tls starttls --smtp-user jobs --from … --to …
            """)

    @Argument(
        help: ArgumentHelp("Job files that should run: one that never ran is a breach.", valueName: "job"),
        completion: .file(extensions: ["yaml", "yml"]))
    var jobs: [String] = []
    @Flag(help: "Also the state of the day, once a day.")
    var digest = false
    @Flag(help: "Show what there is to tell, and send nothing.")
    var dryRun = false
    @Option(
        name: .customLong("max-age"),
        help: ArgumentHelp("A job is overdue when its last success is older; an hour after its schedule when not given.", valueName: "span")
    )
    var maximumAge: Timestamp.Span?
    @Option(help: ArgumentHelp("A webhook's address, where it is no secret.", valueName: "url"))
    var webhook: String?
    @Option(help: ArgumentHelp("File of mode 0600 with the webhook's address.", valueName: "file"), completion: .file())
    var webhookFile: String?
    @Option(help: ArgumentHelp("File of mode 0600 with the secret that signs what is posted.", valueName: "file"), completion: .file())
    var webhookSecretFile: String?
    @Option(help: ArgumentHelp("A mail relay.", valueName: "host:port"))
    var smtp: String?
    @Option(help: ArgumentHelp("The sender.", valueName: "address"))
    var from: String?
    @Option(help: ArgumentHelp("A receiver; repeat for more.", valueName: "address"))
    var to: [String] = []
    @Option(help: ArgumentHelp("TLS to the relay: starttls (port 587), tls (465) or off.", valueName: "how"))
    var smtpTls: MailSecurity = .off
    @Option(
        help: ArgumentHelp("PEM file of certificates to trust instead of the system's.", valueName: "file"),
        completion: .file(extensions: ["pem", "crt"]))
    var smtpTrust: String?
    @Option(help: ArgumentHelp("Account at the relay.", valueName: "name"))
    var smtpUser: String?
    @Option(help: ArgumentHelp("File of mode 0600 with its password.", valueName: "file"), completion: .file())
    var smtpPasswordFile: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if smtp != nil, from == nil || to.isEmpty { throw ValidationError("--smtp needs --from and --to") }
        if webhook != nil, webhookFile != nil { throw ValidationError("--webhook and --webhook-file exclude each other") }
        if smtp == nil, from != nil || !to.isEmpty || smtpUser != nil || smtpPasswordFile != nil || smtpTls != .off {
            throw ValidationError("--from, --to, --smtp-tls, --smtp-user and --smtp-password-file go with --smtp")
        }
        if smtpTrust != nil, smtpTls == .off { throw ValidationError("--smtp-trust goes with --smtp-tls") }
        if smtpPasswordFile != nil, smtpUser == nil { throw ValidationError("--smtp-password-file goes with --smtp-user") }
        if let smtp, Self.place(smtp) == nil { throw ValidationError("--smtp is '\(smtp)', expected host:port") }
    }

    func run() throws {
        let environment = warehouse.environment
        var channels: [any NoticeChannel] = []
        let address = try webhook ?? Secret.read(variable: "PIPELINE_WEBHOOK_URL", file: webhookFile, environment: environment)
        // Built for a dry run, too: wrong settings must be found before the night that needs them.
        if let address { channels.append(try channel(address, environment)) }
        if let smtp, let from, let (host, port) = Self.place(smtp) {
            let password = try Secret.read(variable: "PIPELINE_SMTP_PASSWORD", file: smtpPasswordFile, environment: environment)
            if let smtpUser, password == nil { throw Failure.noPassword(smtpUser) }
            let login = smtpUser.flatMap { user in password.map { SMTPChannel.Login(user: user, password: $0) } }
            let connector = try secureConnector(host: host, port: port)
            channels.append(
                try SMTPChannel(
                    host: host, port: port, from: from, to: to, login: login, name: environment.host, security: smtpTls.security,
                    connector: connector))
        }
        guard dryRun || !channels.isEmpty else { throw Failure.noChannel() }
        let database = try warehouse.open(dryRun ? .read : .write)
        defer { database.close() }
        let health = try Health.measure(database, now: environment.now(), maximumAge: maximumAge)
        var notices = try Notice.breaches(
            database, health: health, expected: try jobs.map { try Job.load(path: $0) })
        if digest { notices.append(Notice.digest(health)) }
        if dryRun {
            return try format.write(
                Table(
                    columns: [.init("kind"), .init("subject"), .init("title")],
                    rows: notices.map { [.text($0.kind.rawValue), .text($0.subject), .text($0.title)] }), to: output.console)
        }
        var failure: Failure?
        for channel in channels {
            let report = try NoticeBoard(database, environment: environment).send(notices, over: channel)
            output.console.note(
                "\(Quantity.count(report.sent, "notice")) sent, \(Quantity.count(report.known)) told before, "
                    + "\(Quantity.count(report.failures.count)) not taken.")
            failure = failure ?? report.failures.first
        }
        if let failure { throw failure }
    }

    private func channel(_ address: String, _ environment: Records.Environment) throws -> any NoticeChannel {
        #if Remote
            let secret = try Secret.read(variable: "PIPELINE_WEBHOOK_SECRET", file: webhookSecretFile, environment: environment)
            return WebhookChannel(hook: try Webhook(url: address, secret: secret), identity: "webhook \(NoticeBoard.fingerprint(address))")
        #else
            throw Failure.noWebhooks()
        #endif
    }

    /// Nil without TLS.
    private func secureConnector(host: String, port: Int) throws -> (any MailConnector)? {
        guard smtpTls != .off else { return nil }
        #if Remote
            return TLSMailConnector(host: host, port: port, trust: smtpTrust, isSecure: smtpTls == .tls)
        #else
            throw Failure.noMailTLS()
        #endif
    }

    /// `localhost:25`, `[::1]:25`
    private static func place(_ text: String) -> (String, Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port),
            colon > text.startIndex
        else { return nil }
        let host = text[..<colon]
        guard host.contains(":") || host.hasPrefix("[") else { return (String(host), port) }
        guard host.hasPrefix("["), host.hasSuffix("]"), host.count > 2 else { return nil }
        return (String(host.dropFirst().dropLast()), port)
    }
}

/// What `--smtp-tls` takes.
enum MailSecurity: String, CaseIterable, ExpressibleByArgument {
    case off, starttls, tls

    var security: SMTPChannel.Security {
        switch self {
        case .off: .off
        case .starttls: .starttls
        case .tls: .tls
        }
    }
}

#if Remote
    private struct TLSMailConnector: MailConnector {
        var host: String
        var port: Int
        var trust: String?
        var isSecure: Bool

        func connect() throws(Failure) -> any MailConnection {
            TLSMailConnection(try SecureConnection(host: host, port: port, trust: trust, isSecure: isSecure))
        }
    }

    private final class TLSMailConnection: MailConnection {
        private let connection: SecureConnection

        init(_ connection: SecureConnection) { self.connection = connection }

        func write(_ bytes: [UInt8]) throws(Failure) { try connection.write(bytes) }
        func read() throws(Failure) -> [UInt8] { try connection.read() }
        func secure() throws(Failure) { try connection.secure() }
    }

    /// A webhook as a channel: waits for the answer.
    private struct WebhookChannel: NoticeChannel {
        let hook: Webhook
        let identity: String

        func send(_ notice: Notice, key: String) throws(Failure) {
            let outcome = Mutex<Failure?>(nil), ended = DispatchSemaphore(value: 0)
            let (hook, body) = (hook, Array(notice.json.utf8))
            Task {
                let transport = ClientTransport()
                do throws(Failure) {
                    try await hook.post(body, key: key, through: transport)
                } catch {
                    outcome.withLock { $0 = error }
                }
                await transport.shutdown()
                ended.signal()
            }
            ended.wait()
            if let failure = outcome.withLock({ $0 }) { throw failure }
        }
    }
#endif

extension Failure {
    fileprivate static func noChannel() -> Failure {
        Failure(
            .usage, code: "notify.channel", what: "there is nobody to tell", expected: "--smtp, --webhook-file, or PIPELINE_WEBHOOK_URL",
            remedy: "`pipeline notify --dry-run` shows what there is to tell.")
    }

    fileprivate static func noPassword(_ user: String) -> Failure {
        Failure(
            .usage, code: "notify.no-password", what: "the mail account has no password", place: "--smtp-user \(user)",
            expected: "PIPELINE_SMTP_PASSWORD, or --smtp-password-file",
            remedy: "Give it, or leave --smtp-user out where the relay asks none.")
    }

    fileprivate static func noMailTLS() -> Failure {
        Failure(
            .usage, code: "notify.without-remote", what: "this program was built without the trait `Remote`",
            expected: "--smtp-tls off, to a relay on this machine", remedy: "Build it with the default traits.")
    }

    fileprivate static func noWebhooks() -> Failure {
        Failure(
            .usage, code: "notify.without-remote", what: "this program was built without the trait `Remote`", expected: "--smtp",
            remedy: "Build it with the default traits.")
    }
}
