import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Synchronization
import Testing

@Suite("Notices") struct NoticeTests {
    private static let now = Timestamp(iso8601: "2026-06-01T02:00:00Z")!

    /// Takes notices, or refuses them, and keeps what came.
    private final class Listener: NoticeChannel {
        let identity: String
        let heard = Mutex<[(subject: String, key: String)]>([])
        let isDeaf = Atomic(false)

        init(_ identity: String = "test") { self.identity = identity }

        func send(_ notice: Notice, key: String) throws(Failure) {
            heard.withLock { $0.append((notice.subject, key)) }
            if isDeaf.load(ordering: .relaxed) { throw Failure(.tryAgain, code: "test.deaf", what: "nobody listens") }
        }

        var subjects: [String] { heard.withLock { $0.map(\.subject) } }
    }

    private func notices(_ subjects: String...) -> [Notice] {
        subjects.map { Notice(.breach, subject: $0, title: "title of \($0)", made: Self.now) }
    }

    private func board(_ fixture: WarehouseFixture) -> NoticeBoard { NoticeBoard(fixture.warehouse, environment: .fixed(Self.now)) }

    @Test("are told once a channel, whatever is told besides")
    func once() throws {
        let fixture = try WarehouseFixture(), channel = Listener(), other = Listener("other")
        #expect(try board(fixture).send(notices("a", "b"), over: channel).sent == 2)
        let again = try board(fixture).send(notices("a", "b", "c"), over: channel)
        #expect(again.sent == 1 && again.known == 2 && channel.subjects == ["a", "b", "c"])
        #expect(try board(fixture).send(notices("a"), over: other).sent == 1)
    }

    @Test("that were not taken, or of which nobody knows, are told again under the same key")
    func again() throws {
        let fixture = try WarehouseFixture(), channel = Listener()
        channel.isDeaf.store(true, ordering: .relaxed)
        let first = try board(fixture).send(notices("a", "b"), over: channel)
        #expect(first.sent == 0 && first.failures.count == 2)
        channel.isDeaf.store(false, ordering: .relaxed)
        #expect(try board(fixture).send(notices("a", "b"), over: channel).sent == 2)
        let keys = channel.heard.withLock { $0.map(\.key) }
        #expect(keys[0] == keys[2] && keys[1] == keys[3] && keys[0] != keys[1])
    }

    @Test("name what is held, overdue or never ran, and nothing else")
    func breaches() throws {
        let fixture = try WarehouseFixture()
        var run = fixture.run
        run.status = .held
        let held = run
        try fixture.warehouse.write { try RunStore($0).update(held) }
        let bank = try BankFixture { "schedule: \"0 2 * * *\"\n" + $0 }
        func subjects(_ age: Timestamp.Span?) throws -> [String] {
            let health = try Health.measure(fixture.warehouse, now: WarehouseFixture.clock + .hours(30), maximumAge: age)
            // A job without a schedule may never run.
            let byHand = try Job.load(bytes: Array(BankFixture.job.replacing("job: bank", with: "job: by-hand").utf8), path: "by-hand.yaml")
            return try Notice.breaches(fixture.warehouse, health: health, expected: [try bank.job(), byHand]).map(\.subject)
        }
        #expect(try subjects(.hours(26)) == ["overdue card-fraud since never", "never-ran bank", "held card-fraud run 1"])
        var done = held
        done.status = .done
        let ended = done
        try fixture.warehouse.write { try RunStore($0).update(ended) }
        #expect(try subjects(.hours(31)) == ["never-ran bank"])
        #expect(try subjects(.hours(29)) == ["overdue card-fraud since 2026-03-01T00:00:00Z", "never-ran bank"])
    }

    @Test("name a model in use that ends soon, and none that ends later, is not called any more, or that nobody knows")
    func endingModels() throws {
        let fixture = try WarehouseFixture()
        let known = ModelRegistry(
            ModelRegistry.bundled.models.prefix(2).enumerated().map { index, facts in
                var facts = facts
                facts.retires = index == 0 ? "2026-08-01" : "2027-06-01"
                return facts
            })
        let names = known.models.map(\.model) + ["unknown-model"]
        func call(_ model: String, at time: Timestamp) throws {
            try fixture.warehouse.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO pipeline_ledger (key, budget, owner, model, destination, state, reserved_money, reserved_tokens,
                            reserved_energy, reserved_at, prompt) VALUES (?, 'b', 'o', ?, 'd', 'failed', 0, 0, 0, ?, '')
                        """, arguments: [model, model, time.microseconds])
            }
        }
        func ending(at time: Timestamp) throws -> [String] {
            let health = try Health.measure(fixture.warehouse, now: time, maximumAge: nil, registry: known)
            let told = try Notice.breaches(fixture.warehouse, health: health).map(\.subject).filter { $0.hasPrefix("model-ends") }
            #expect(told.count == health.endingModels.count && health.prometheus.contains("model_days_left") == !told.isEmpty)
            return health.endingModels.map { "\($0.model) \($0.daysLeft)" }
        }
        #expect(try ending(at: Self.now).isEmpty)
        for name in names { try call(name, at: Self.now - .days(1)) }
        #expect(try ending(at: Self.now) == ["\(names[0]) 61"])
        // Nobody has called it for long: it concerns nobody.
        #expect(try ending(at: Self.now + .days(95)).isEmpty)
    }

    @Test("of a day's state are one a day")
    func digest() throws {
        let fixture = try WarehouseFixture(), channel = Listener()
        for hours in [0, 5, 30] as [Int64] {
            let health = try Health.measure(fixture.warehouse, now: Self.now + .hours(hours), maximumAge: nil)
            _ = try board(fixture).send([Notice.digest(health)], over: channel)
        }
        #expect(channel.subjects == ["digest 2026-06-01", "digest 2026-06-02"])
    }

    // MARK: Mail

    private func relayed(_ relay: MailRelay, login: SMTPChannel.Login? = nil) throws -> SMTPChannel {
        try SMTPChannel(
            host: "127.0.0.1", port: relay.port, from: "pipeline@example.com", to: ["ann@example.com", "bob@example.com"], login: login,
            name: "desk-1", seconds: 5)
    }

    @Test("by mail reach a relay whole, to every receiver, with an identity that a repetition shares")
    func mail() throws {
        let fixture = try WarehouseFixture(), relay = MailRelay(refusals: ["RCPT": "451 later"])
        let channel = try relayed(relay, login: .init(user: "pipeline", password: "kept-secret"))
        let notice = Notice(
            .breach, subject: "held x", title: "run 3 of 銀行 is held", lines: [".a line that starts with a dot", "second"], made: Self.now)
        let refused = try board(fixture).send([notice], over: channel)
        #expect(refused.failures.map(\.code) == ["notify.mail-refused"])
        #expect(!refused.failures.map(\.description).joined().contains("kept-secret"))
        relay.answer([:])
        #expect(try board(fixture).send([notice], over: channel).sent == 1)
        #expect(try board(fixture).send([notice], over: channel).known == 1)
        // A relay's thread may note its session a moment after we have gone.
        for _ in 0..<200 where relay.sessions.count < 2 { usleep(10_000) }
        let session = try #require(relay.sessions.last)
        #expect(relay.sessions.count == 2)
        #expect(
            session.commands == [
                "EHLO desk-1", "AUTH PLAIN " + Data("\0pipeline\0kept-secret".utf8).base64EncodedString(),
                "MAIL FROM:<pipeline@example.com>", "RCPT TO:<ann@example.com>", "RCPT TO:<bob@example.com>", "DATA", "QUIT",
            ])
        #expect(session.text == notice.text)
        #expect(session.header("Date") == "Mon, 1 Jun 2026 02:00:00 +0000")
        #expect(session.header("Subject")?.hasPrefix("=?utf-8?B?") == true)
        #expect(session.header("Message-ID")?.hasSuffix("@example.com>") == true)
    }

    @Test("by mail are tried again when the relay hangs up anywhere", arguments: ["EHLO", "MAIL", "RCPT", "DATA", "."])
    func hangsUp(_ command: String) throws {
        let fixture = try WarehouseFixture(), relay = MailRelay(refusals: [command: ""])
        let failed = try board(fixture).send(notices("a"), over: try relayed(relay))
        #expect(failed.sent == 0 && failed.failures.map(\.kind) == [.tryAgain])
        relay.answer([:])
        #expect(try board(fixture).send(notices("a"), over: try relayed(relay)).sent == 1)
    }

    @Test("by mail say no password to another machine, and no line is smuggled into a header")
    func refused() throws {
        #expect {
            try SMTPChannel(
                host: "mail.example.com", port: 25, from: "a@b.c", to: ["d@e.f"], login: .init(user: "u", password: "p"), name: "h")
        } throws: { ($0 as? Failure)?.code == "notify.password" }
        for address in ["a", "a@b@c", "a@b>\r\nRCPT TO:<x@y.z", "a b@c.d", "@c"] {
            #expect { try SMTPChannel(host: "localhost", port: 25, from: address, to: ["d@e.f"], name: "h") } throws: {
                ($0 as? Failure)?.code == "notify.address"
            }
        }
        let relay = MailRelay()
        try relayed(relay).send(Notice(.breach, subject: "s", title: "a\r\nBcc: x@y.z", made: Self.now), key: "k")
        for _ in 0..<200 where relay.sessions.isEmpty { usleep(10_000) }
        #expect(relay.sessions.first?.header("Bcc") == nil && relay.sessions.first?.mail.isEmpty == false)
    }

    /// A relay that offers TLS or not, and what it heard before and after.
    private final class SecurableRelay: MailConnection {
        private(set) var clear: [String] = [], secured: [String] = []
        private var isSecure = false
        private var replies: [String] = ["220 here"]
        private let offers: Bool
        /// Said in clear text behind the reply to STARTTLS.
        private let smuggled: String

        init(offers: Bool, smuggled: String = "") { (self.offers, self.smuggled) = (offers, smuggled) }

        func write(_ bytes: [UInt8]) throws(Failure) {
            let line = String(decoding: bytes, as: UTF8.self)
            if isSecure { secured.append(line) } else { clear.append(line) }
            switch line.prefix(4) {
            case "EHLO": replies.append(offers && !isSecure ? "250-here\r\n250-STARTTLS\r\n250 SIZE 1000" : "250-here\r\n250 AUTH PLAIN")
            case "STAR": replies.append("220 go" + (smuggled.isEmpty ? "" : "\r\n" + smuggled))
            case "AUTH": replies.append("235 welcome")
            case "DATA": replies.append("354 go on")
            default: replies.append("250 well")
            }
        }

        func read() throws(Failure) -> [UInt8] { replies.isEmpty ? [] : Array((replies.removeFirst() + "\r\n").utf8) }
        func secure() throws(Failure) { isSecure = true }
    }

    private struct Given: MailConnector {
        /// Of one test, used by one thread.
        nonisolated(unsafe) let relay: SecurableRelay
        func connect() throws(Failure) -> any MailConnection { relay }
    }

    private func send(over relay: SecurableRelay, _ security: SMTPChannel.Security) throws {
        let channel = try SMTPChannel(
            host: "mail.example.com", port: 587, from: "a@b.c", to: ["d@e.f"], login: .init(user: "u", password: "p"), name: "desk",
            security: security, connector: Given(relay: relay))
        try channel.send(Notice(.breach, subject: "s", title: "t", made: Self.now), key: "k")
    }

    @Test("by mail say the password after STARTTLS only, and nothing to a relay that does not offer it")
    func starttls() throws {
        let relay = SecurableRelay(offers: true)
        try send(over: relay, .starttls)
        #expect(relay.clear == ["EHLO desk\r\n", "STARTTLS\r\n"])
        #expect(relay.secured.first == "EHLO desk\r\n" && relay.secured.dropFirst().first?.hasPrefix("AUTH PLAIN ") == true)
        #expect(relay.secured.contains { $0.hasPrefix("Message-ID") || $0.contains("Message-ID: <k@") })
        let silent = SecurableRelay(offers: false)
        #expect { try send(over: silent, .starttls) } throws: { error in
            (error as? Failure)?.code == "notify.mail-refused" && "\(error)".contains("STARTTLS")
        }
        #expect(silent.clear == ["EHLO desk\r\n", "QUIT\r\n"] && silent.secured.isEmpty)
        // The control: the same relay is given the password where TLS is said to be there already.
        let implicit = SecurableRelay(offers: false)
        try send(over: implicit, .tls)
        #expect(implicit.clear.contains { $0.hasPrefix("AUTH PLAIN ") })
    }

    @Test("by mail go no further where replies in clear text stand behind the one to STARTTLS")
    func smuggled() throws {
        let relay = SecurableRelay(offers: true, smuggled: "250 AUTH PLAIN\r\n")
        #expect { try send(over: relay, .starttls) } throws: { ($0 as? Failure)?.code == "notify.mail-connection" }
        #expect(relay.secured.isEmpty)
    }

    // MARK: Secrets

    @Test("take secrets from the environment or a file that only its owner may read")
    func secrets() throws {
        let fixture = try WarehouseFixture()
        let path = fixture.folder.appendingPathComponent("secret").path
        var environment = Environment.fixed(Self.now)
        environment.variables = ["PIPELINE_SECRET": "from variable"]
        try "from file\n".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o600)
        #expect(try Secret.read(variable: "PIPELINE_SECRET", file: nil, environment: environment) == "from variable")
        #expect(try Secret.read(variable: "PIPELINE_SECRET", file: path, environment: environment) == "from file")
        for mode in [0o640, 0o604, 0o620] as [mode_t] {
            chmod(path, mode)
            #expect { try Secret.read(variable: "", file: path, environment: environment) } throws: { error in
                // The message names the mode, not what is in the file.
                guard let failure = error as? Failure else { return false }
                return failure.code == "secret.file" && !failure.description.contains("from file")
            }
        }
        // What is not there cannot be given another mode.
        #expect { try Secret.read(variable: "", file: path + "x", environment: environment) } throws: {
            ($0 as? Failure)?.remedy.contains("Create it") == true
        }
    }
}
