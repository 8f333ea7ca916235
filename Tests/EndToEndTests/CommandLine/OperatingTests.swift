import Foundation
import GRDB
import PipelineTesting
import Testing

@Suite("Operating the program") struct OperatingTests {
    /// A folder with a small bank's job.
    private func bank() throws -> KilledBank { try KilledBank(customers: 30, days: 6, trains: false) }

    private func files(_ folder: URL) throws -> [URL] {
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])?.allObjects ?? []
        return try all.compactMap { $0 as? URL }.filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
    }

    @Test("writes a secret nowhere: not to the terminal, the database, its log, or any file")
    func secrets() throws {
        let bank = try bank(), program = bank.program
        let canary = "canary-7f3a9c"
        let password = program.folder.appendingPathComponent("password")
        try "\(canary)-password\n".write(to: password, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: password.path)
        let environment = [
            "PIPELINE_WEBHOOK_URL": "http://127.0.0.1:1/\(canary)-path?\(canary)=query", "PIPELINE_WEBHOOK_SECRET": "\(canary)-signature",
            "OPENAI_API_KEY": "\(canary)-openai", "AWS_BEARER_TOKEN_BEDROCK": "\(canary)-bedrock",
            "AWS_ACCESS_KEY_ID": "\(canary)-id", "AWS_SECRET_ACCESS_KEY": "\(canary)-key",
        ]
        let relay = MailRelay(refusals: ["AUTH": "535 no"])
        let late = ["--database", bank.undisturbed, "--clock", "2026-07-01T00:00:00Z", "--max-age", "1h"]
        let mail = ["--smtp", "127.0.0.1:\(relay.port)", "--from", "a@example.com", "--to", "b@example.com"]
        var said = ""
        func run(_ arguments: [String], exits code: Int32) throws {
            let result = try program.run(arguments: arguments, environment: environment)
            #expect(result.code == code, "\(arguments): \(result.errors)")
            said += result.output + result.errors
        }
        let login = ["--smtp-user", "pipeline", "--smtp-password-file", password.path]
        for form in ["text", "json"] { try run(["notify"] + late + mail + login + ["--error-format", form], exits: 75) }
        try run(["ask", "--model", "openai:m", "--endpoint", "http://127.0.0.1:1/v1", "--seconds", "1", "hello"], exits: 75)
        try run(["doctor", "--database", bank.undisturbed], exits: 0)
        try run(["run", "job.yaml", "--database", "other.db", "--clock", KilledBank.clock], exits: 0)
        try run(["status", "--database", "other.db", "--prometheus", "pipeline.prom"], exits: 0)
        #expect(!said.contains(canary))
        for file in try files(program.folder) where file.lastPathComponent != password.lastPathComponent {
            let bytes = try Data(contentsOf: file)
            #expect(bytes.firstRange(of: Data(canary.utf8)) == nil, "\(file.lastPathComponent)")
        }
        // The password did travel, to the relay: the search would have found it.
        for _ in 0..<200 where relay.sessions.count < 2 { usleep(10_000) }
        let token = Data("\0pipeline\0\(canary)-password".utf8).base64EncodedString()
        #expect(relay.sessions.allSatisfy { $0.commands.contains("AUTH PLAIN \(token)") } && !relay.sessions.isEmpty)
        #expect(!said.contains(token))
    }

    @Test("refuses a secret's file that others may read")
    func readableSecret() throws {
        let bank = try bank()
        let file = bank.program.folder.appendingPathComponent("url")
        try "https://example.com/x\n".write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        let result = try bank.program.run("notify", "--webhook-file", "url", "--database", bank.undisturbed)
        #expect(result.code == 64 && result.errors.contains("mode 644") && !result.errors.contains("example.com"))
    }

    @Test("finds wrong settings of a channel in a dry run, and an account without its password")
    func settings() throws {
        let bank = try bank()
        let mail = ["--from", "a@example.com", "--to", "b@example.com"]
        func code(_ arguments: String..., secrets: [String: String] = [:]) throws -> Int32 {
            let all = ["notify", "--dry-run", "--database", bank.undisturbed, "--clock", KilledBank.clock] + arguments
            return try bank.program.run(arguments: all, environment: secrets).code
        }
        func dry(_ relay: String, _ further: String..., secrets: [String: String] = [:]) throws -> Int32 {
            let all =
                ["notify", "--dry-run", "--database", bank.undisturbed, "--clock", KilledBank.clock, "--smtp", relay] + mail + further
            return try bank.program.run(arguments: all, environment: secrets).code
        }
        #expect(try dry("localhost:25") == 0 && dry("[::1]:25") == 0)
        #expect(try dry("::1:25") == 64 && dry("[::1:25") == 64)
        let secrets = ["PIPELINE_SMTP_PASSWORD": "p"]
        #expect(try dry("[::1]:25", "--smtp-user", "u", secrets: secrets) == 0)
        #expect(try dry("localhost:25", "--smtp-user", "u") == 64)
        #expect(try dry("mail.example.com:25", "--smtp-user", "u", secrets: secrets) == 64)
        #expect(try code("--webhook", "no address") == 64 && code("--webhook", "https://hooks.example.com/x") == 0)
        #expect(try code("--from", "a@example.com") == 64)
    }

    @Test("names the process whose reading keeps the log from shrinking, and nobody while there is no such log")
    func longReader() throws {
        let bank = try bank(), path = bank.path("held.db")
        try FileManager.default.copyItem(atPath: bank.path(bank.undisturbed), toPath: path)
        func isNamed() throws -> Bool {
            let result = try bank.program.run("status", "--database", "held.db", "--clock", KilledBank.clock)
            #expect(result.code == 0, "\(result.errors)")
            return result.errors.contains("process \(getpid()) (")
        }
        let reader = try DatabaseQueue(path: path)
        try reader.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN")
            _ = try Row.fetchAll(database, sql: "SELECT id FROM pipeline_runs")
            #expect(try !isNamed())
            try DatabaseQueue(path: path).writeWithoutTransaction { database in
                try database.execute(
                    sql: """
                        PRAGMA synchronous = OFF; CREATE TABLE filler (bytes BLOB);
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70)
                        INSERT INTO filler SELECT zeroblob(1000000) FROM n
                        """)
            }
            #expect(try isNamed())
            try database.execute(sql: "COMMIT")
        }
    }

    @Test("shows what an erasure did when something of the name is left, and exits with 3")
    func erasureLeft() throws {
        let bank = try bank(), path = bank.path("erased.db")
        try FileManager.default.copyItem(atPath: bank.path(bank.undisturbed), toPath: path)
        let name = try DatabaseQueue(path: path).write { database in
            let asked = try String.fetchAll(database, sql: "SELECT fields FROM pipeline_review_items").joined()
            let name = (0..<30).map { String(format: "C%06d", $0) }.first { !asked.contains($0) } ?? ""
            try database.execute(
                sql: "INSERT INTO pipeline_notices (channel, subject, made) VALUES ('c', ?, 0)", arguments: ["about \(name)"])
            return name
        }
        func erase() throws -> ShippedProgram.Result {
            try bank.program.run(
                "erase", "job.yaml", "--entity", "customer=\(name)", "--reason", "request 17", "--database", "erased.db", "--format", "csv")
        }
        let result = try erase()
        #expect(result.code == 3 && result.output.contains("table,rows") && result.errors.contains("pipeline_notices"), "\(result.errors)")
        #expect(!result.errors.contains(name))
        try DatabaseQueue(path: path).write { try $0.execute(sql: "DELETE FROM pipeline_notices") }
        let again = try erase()
        #expect(again.code == 0, "\(again.errors)")
    }

    @Test("tells by mail what needs people, once")
    func mail() throws {
        let bank = try bank(), relay = MailRelay()
        func notify(_ day: Int) throws -> ShippedProgram.Result {
            try bank.program.run(
                "notify", "--smtp", "127.0.0.1:\(relay.port)", "--from", "a@example.com", "--to", "b@example.com", "--digest",
                "--database", bank.undisturbed, "--clock", "2026-07-0\(day)T00:00:00Z", "--max-age", "1h")
        }
        #expect(try notify(1).errors.contains("2 notices sent, 0 told before"))
        #expect(try notify(1).errors.contains("0 notices sent, 2 told before"))
        #expect(try notify(2).errors.contains("1 notice sent, 1 told before"))
        for _ in 0..<200 where relay.sessions.count < 3 { usleep(10_000) }
        #expect(relay.sessions.map { $0.header("Subject") ?? "" }.filter { $0.contains("overdue: its last success") }.count == 1)
    }

    private static let openssl = ["/usr/bin/openssl", "/opt/homebrew/bin/openssl"].first(
        where: FileManager.default.isExecutableFile(atPath:))

    @Test(
        "tells by mail through TLS, with a password, to a relay whose certificate is in the file to trust, and to no other",
        .enabled(if: openssl != nil, "needs openssl"))
    func secureMail() throws {
        let bank = try bank(), relay = MailRelay()
        func notify(_ trust: [String]) throws -> ShippedProgram.Result {
            // TLS ends in openssl, which hands everything on to the relay.
            let wire = try relay.connection(), port = try MailRelay.freePort()
            let server = Process()
            server.executableURL = URL(fileURLWithPath: Self.openssl ?? "")
            let fixtures = ShippedProgram.root.appendingPathComponent("Tests/Fixtures/tls").path
            server.arguments = [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", "\(fixtures)/certificate.pem", "-key", "\(fixtures)/key.pem", "-quiet",
                "-naccept", "1",
            ]
            (server.standardInput, server.standardOutput, server.standardError) = (wire, wire, FileHandle.nullDevice)
            try server.run()
            defer {
                kill(server.processIdentifier, SIGKILL)
                server.waitUntilExit()
            }
            usleep(500_000)
            return try bank.program.run(
                arguments: [
                    "notify", "--smtp", "localhost:\(port)", "--smtp-tls", "tls", "--smtp-user", "u", "--from", "a@example.com", "--to",
                    "b@example.com", "--digest", "--database", bank.undisturbed, "--clock", "2026-07-01T00:00:00Z", "--max-age", "1h",
                ] + trust, environment: ["PIPELINE_SMTP_PASSWORD": "p"])
        }
        let stranger = try notify([])
        #expect(stranger.code == 75 && stranger.errors.contains("certificate"), "\(stranger.errors)")
        let known = try notify(["--smtp-trust", ShippedProgram.root.appendingPathComponent("Tests/Fixtures/tls/certificate.pem").path])
        #expect(known.code == 75 || known.code == 0, "\(known.errors)")
        for _ in 0..<200 where !relay.sessions.contains(where: { !$0.mail.isEmpty }) { usleep(10_000) }
        let told = relay.sessions.filter { $0.commands.contains { $0.hasPrefix("AUTH PLAIN ") } }
        #expect(told.count == 1 && told.first?.mail.isEmpty == false)
    }

    @Test("makes files for its owner and group alone, whatever the shell would let it")
    func modes() throws {
        let bank = try bank()
        let made =
            "umask 0 && $PIPELINE run job.yaml --database made.db --clock \(KilledBank.clock) --quiet"
            + " && $PIPELINE backup --to copy.db --database made.db --quiet && mkdir -p outbox"
            + " && $PIPELINE export results --job card-fraud --to core --folder outbox --database made.db --quiet"
            + " && $PIPELINE status --database made.db --prometheus p.prom --quiet >/dev/null"
        #expect(try bank.program.shell(made + " >/dev/null") == 0)
        for name in ["made.db", "copy.db", "copy.db.sha256", "outbox/card-fraud-core-000001.csv", "made.db.card-fraud.lock", "p.prom"] {
            let mode = try FileManager.default.attributesOfItem(atPath: bank.path(name))[.posixPermissions] as? Int ?? 0
            #expect(name == "p.prom" ? mode == 0o644 : mode & 0o007 == 0, "\(name): \(String(mode, radix: 8))")
        }
    }

    private static let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first(where: FileManager.default.isExecutableFile(atPath:))

    @Test(
        "lets an account of the group read a snapshot and write nothing, and an account of no group not even read it",
        .enabled(if: geteuid() == 0 && setpriv != nil, "needs root and setpriv, to be somebody else"))
    func readOnlyAccount() throws {
        let bank = try bank(), snapshots = bank.path("snapshots")
        // Where the sources lie, another account may not be let in.
        try FileManager.default.copyItem(
            atPath: ShippedProgram.products.appendingPathComponent("pipeline").path, toPath: bank.path("program"))
        let made =
            "chmod 755 . program && mkdir -m 750 snapshots && $PIPELINE backup --to snapshots/s.db --database \(bank.undisturbed) --quiet"
            + " && chgrp -R 54321 snapshots && chmod 2750 snapshots"
        #expect(try bank.program.shell(made + " >/dev/null") == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: "\(snapshots)/s.db"))
        func code(group: Int, _ command: String) throws -> Int32 {
            try bank.program.shell(
                "\(Self.setpriv ?? "") --reuid 54322 --regid \(group) --clear-groups sh -c '\(command)' >/dev/null 2>&1")
        }
        for command in ["runs list", "status", "audit verify", "review list"].map({ "./program \($0) --database snapshots/s.db" }) {
            #expect(try code(group: 54321, command) == 0, "\(command)")
            #expect(try code(group: 54323, command) != 0, "\(command)")
        }
        let writes = [
            "./program run job.yaml --database snapshots/s.db --clock \(KilledBank.clock)",
            "./program review next --queue fraud --database snapshots/s.db", "./program purge job.yaml --database snapshots/s.db",
            "./program upgrade --folder /tmp --database snapshots/s.db", "touch snapshots/x", "echo x >>snapshots/s.db",
        ]
        for command in writes { #expect(try code(group: 54321, command) != 0, "\(command)") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(snapshots)/s.db")) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: snapshots).sorted() == ["s.db", "s.db.sha256"])
    }

    // MARK: cron

    private static let cron = ["/usr/sbin/cron", "/usr/sbin/crond"].first(where: FileManager.default.isExecutableFile(atPath:))
    private static let mayWait = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] == "1"

    @Test(
        "is started by the system's own cron from the line that `schedule` prints",
        .enabled(if: mayWait, "takes a minute: PIPELINE_TEST_ALL=1"),
        .enabled(if: cron != nil && geteuid() == 0, "needs root and cron: apt-get install --no-install-recommends cron"))
    func started() throws {
        let bank = try bank(), folder = bank.program.folder
        let job = try String(contentsOf: folder.appendingPathComponent("job.yaml"), encoding: .utf8)
            .replacing("schedule: \"0 2 * * *\"", with: "schedule: \"* * * * *\"")
        try job.write(to: folder.appendingPathComponent("each.yaml"), atomically: true, encoding: .utf8)
        let line = try bank.program.run("schedule", "each.yaml", "--database", "cron.db", "--system-zone", "UTC").output
        let entry = try #require(line.split(separator: "\n").last { $0.hasPrefix("*") })
        // A line of /etc/cron.d names the account after the five fields.
        let fields = entry.split(separator: " ", maxSplits: 5)
        let table = URL(fileURLWithPath: "/etc/cron.d/pipeline-test-\(getpid())")
        try (fields.prefix(5).joined(separator: " ") + " root " + fields[5] + "\n").write(to: table, atomically: false, encoding: .utf8)
        chmod(table.path, 0o644)
        defer { try? FileManager.default.removeItem(at: table) }
        let daemon = Process()
        daemon.executableURL = URL(fileURLWithPath: Self.cron ?? "")
        daemon.arguments = ["-f"]
        (daemon.standardOutput, daemon.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try daemon.run()
        defer {
            // One that the system runs already keeps its lock, and ours has ended by itself. A test's thread has SIGTERM blocked, and so has
            // what it starts: cron would never hear it.
            if daemon.isRunning { kill(daemon.processIdentifier, SIGKILL) }
            daemon.waitUntilExit()
        }
        func status() -> String? {
            guard FileManager.default.fileExists(atPath: bank.path("cron.db")) else { return nil }
            return try? DatabaseQueue(path: bank.path("cron.db")).read {
                try String.fetchOne($0, sql: "SELECT status FROM pipeline_runs")
            }
        }
        for _ in 0..<130 where status() != "done" { sleep(1) }
        #expect(status() == "done")
        // Quiet on success: cron has nothing to mail. The control: without the redirection there would be something.
        #expect(fields[5].hasSuffix(" >/dev/null"))
        let command = String(fields[5]).replacing("\\%", with: "%")
        func said(_ command: String) throws -> String {
            #expect(try bank.program.shell("\(command) >said.txt 2>&1") == 0)
            return try String(contentsOfFile: bank.path("said.txt"), encoding: .utf8)
        }
        #expect(try said("(\(command))").isEmpty)
        #expect(try !said(command.replacing(" >/dev/null", with: "")).isEmpty)
    }
}
