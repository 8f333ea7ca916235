import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("Outcomes for another system") struct OutboundTests {
    private static let first = RetainedBank.ran

    private struct Core {
        let bank: BankFixture
        let warehouse: Warehouse
        var folder: String { bank.folder }

        init() throws {
            bank = try BankFixture(customers: 30, days: 30, delivered: 20, broken: 0)
            warehouse = try bank.warehouse()
            _ = try bank.runner(warehouse, at: OutboundTests.first).run(bank.job())
        }

        func export(
            _ receiver: String = "core", form: Outbound.Form = .csv, since: Int64 = 0, dies: Bool = false
        ) throws -> [Outbound] {
            try OutboundExport(job: "bank", receiver: receiver, form: form, warehouse: warehouse, environment: .fixed(OutboundTests.first))
                .run(folder: folder, since: since, stopsBeforeFile: dies)
        }

        func rows(_ file: Outbound) throws -> [[String]] {
            let text = try String(contentsOfFile: file.path, encoding: .utf8)
            return text.split(separator: "\r\n").dropFirst().map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
        }

        func count(_ sql: String) throws -> Int64 { try warehouse.read { try Int64.fetchOne($0, sql: sql) ?? -1 } }
    }

    @Test("are given once each: the next file has only what came since, and no news make no file")
    func once() throws {
        let core = try Core()
        let one = try #require(try core.export().first)
        let scored = try core.count("SELECT count(*) FROM bank_scores")
        #expect(one.rows == scored && one.corrections == 0 && one.decisions == 0)
        #expect(try core.export().isEmpty)
        try core.bank.deliver(5)
        _ = try core.bank.runner(core.warehouse, at: Self.first + .days(5)).run(core.bank.job())
        let two = try #require(try core.export().first)
        let later = try core.count("SELECT count(*) FROM bank_scores WHERE run = 2")
        #expect(two.number == 2 && two.rows == later && later > 100)
        // Over both files, each row of the table stands once; another receiver gets everything anew, a later start only later runs.
        let keys = try core.rows(one).map { $0[3] + "/" + $0[4] } + core.rows(two).map { $0[3] + "/" + $0[4] }
        #expect(Set(keys).count == keys.count && Int64(keys.count) == scored + later)
        #expect(try core.export("other").first?.rows == one.rows + two.rows)
        #expect(try core.export("third", since: 1).first?.rows == two.rows)
    }

    @Test("are written where they were to be, whatever the folder of the next start is, by one process at a time")
    func place() throws {
        let core = try Core()
        let above = FileManager.default.currentDirectoryPath.split(separator: "/").map { _ in ".." }.joined(separator: "/")
        let relative = "\(above)\(core.folder)"
        func export(_ receiver: String, to folder: String) throws -> [Outbound] {
            try OutboundExport(
                job: "bank", receiver: receiver, form: .csv, warehouse: core.warehouse, environment: .fixed(Self.first)
            ).run(folder: folder)
        }
        #expect(try export("core", to: relative).first?.path == "\(core.folder)/bank-core-000001.csv")
        let descriptor = open("\(core.warehouse.path).export!bank!other.lock", O_CREAT | O_RDWR, 0o600)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        #expect { try export("other", to: relative) } throws: { ($0 as? Failure)?.code == "run.locked" }
        #expect(try export("third", to: relative).count == 1)
        _ = flock(descriptor, LOCK_UN)
        #expect(try export("other", to: relative).count == 1)
    }

    @Test("are not written over a file that is there, and the message names what this command has")
    func taken() throws {
        let core = try Core()
        try "theirs".write(toFile: "\(core.folder)/bank-core-000001.csv", atomically: true, encoding: .utf8)
        #expect {
            try core.export()
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.code == "export.delivery-exists" && !failure.remedy.contains("--force") && failure.remedy.contains("--folder")
        }
        #expect(try String(contentsOfFile: "\(core.folder)/bank-core-000001.csv", encoding: .utf8) == "theirs")
        #expect(try core.count("SELECT count(*) FROM pipeline_outbound") == 0)
    }

    @Test("follow with the decisions of people, and a second thought is a correction")
    func decisions() throws {
        let core = try Core()
        let one = try #require(try core.export().first)
        let item = try #require(try core.warehouse.read { try ReviewStore($0).list(now: Self.first).first }).item
        // Until somebody decides, what holds is the interim outcome.
        let line = try #require(try core.rows(one).first { $0[3] == item.key })
        #expect(line[8] == item.interim)
        let interim = try core.warehouse.read { try ReviewStore($0).list(now: Self.first) }.map { [$0.item.key, $0.item.interim] }
        let effective = Set(try core.rows(one).map { [$0[3], $0[8]] })
        #expect(interim.count > 5 && interim.allSatisfy(effective.contains))
        let queue = ReviewQueue(core.warehouse)
        func decide(_ outcome: String, _ amount: DecidedAmount? = nil, hours: Int64) throws {
            _ = try queue.decide(
                item.id, outcome: outcome, isPositive: nil, reason: "seen", amount: amount, by: .ann, now: Self.first + .hours(hours),
                outcomes: ["clear", "hold"],
                replacing: hours > 1)
        }
        try decide("hold", hours: 1)
        let two = try #require(try core.export().first)
        #expect(try core.rows(two).map { [$0[2], $0[3], $0[7]] } == [["decision", item.key, "hold"]])
        #expect(two.decisions == 1 && two.corrections == 0)
        try decide("clear", DecidedAmount(amount: 12.5, unit: "euros"), hours: 2)
        let three = try #require(try core.export().first)
        #expect(try core.rows(three).map { [$0[2], $0[3], $0[7]] } == [["decision-correction", item.key, "clear"]])
        #expect(try core.rows(two).map(\.last) == [""] && core.rows(three).map(\.last) == ["12.5"])
        #expect(try core.export().isEmpty)
    }

    @Test("that a corrected row changed come again as a correction")
    func corrections() throws {
        let core = try Core()
        _ = try core.export()
        // A new version of a known row, as a corrected feed file makes it.
        try core.warehouse.write { database in
            try database.execute(
                sql: """
                    INSERT INTO pipeline_runs (job, clock, seed, status, job_digest, policy_digest, input_digest, list_digest, versions)
                    SELECT job, clock, seed, 'held', job_digest, policy_digest, input_digest, list_digest, versions FROM pipeline_runs WHERE id = 1;
                    INSERT INTO bank_scores SELECT "transaction", 2, 2, event_time, score, 'hold', cause, late, record, features
                    FROM bank_scores WHERE version = 1 ORDER BY 1 LIMIT 1
                    """)
        }
        // A held run is not given.
        #expect(try core.export().isEmpty)
        try core.warehouse.write { try $0.execute(sql: "UPDATE pipeline_runs SET status = 'done' WHERE id = 2") }
        let two = try #require(try core.export().first)
        #expect(two.rows == 1 && two.corrections == 1)
        #expect(try core.rows(two).map { [$0[2], $0[4], $0[7]] } == [["outcome-correction", "2", "hold"]])
    }

    @Test("are not followed by a decision about a version that was overtaken")
    func overtaken() throws {
        let core = try Core()
        _ = try core.export()
        let item = try #require(try core.warehouse.read { try ReviewStore($0).list(now: Self.first).first }).item
        try core.warehouse.write { database in
            try database.execute(
                sql: """
                    INSERT INTO pipeline_runs (job, clock, seed, status, job_digest, policy_digest, input_digest, list_digest, versions)
                    SELECT job, clock, seed, 'done', job_digest, policy_digest, input_digest, list_digest, versions FROM pipeline_runs WHERE id = 1
                    """)
            try database.execute(
                sql: """
                    INSERT INTO bank_scores SELECT "transaction", 2, 2, event_time, score, 'clear', cause, late, record, features
                    FROM bank_scores WHERE CAST("transaction" AS TEXT) = ?
                    """, arguments: [item.key])
        }
        _ = try ReviewQueue(core.warehouse).decide(
            item.id, outcome: "hold", isPositive: nil, reason: "seen", by: .ann, now: Self.first + .hours(1), outcomes: ["clear", "hold"])
        let two = try #require(try core.export().first)
        #expect(try core.rows(two).map { [$0[2], $0[4], $0[7]] } == [["outcome-correction", "2", "clear"]])
        #expect(try core.export().isEmpty)
    }

    @Test("are not given again where an erasure stated a decision anew")
    func erased() throws {
        let core = try Core()
        let item = try #require(try core.warehouse.read { try ReviewStore($0).list(now: Self.first).first }).item
        let own = item.fields.first { $0.name == "customer" }?.value
        let busy = Set(
            try core.warehouse.read { try ReviewStore($0).list(now: Self.first) }.compactMap { entry in
                entry.item.fields.first { $0.name == "customer" }?.value
            })
        let idle = (0..<30).map { "C" + String(format: "%06d", $0) }.first { !busy.contains($0) && $0 != own }
        let name = try #require(idle)
        _ = try ReviewQueue(core.warehouse).decide(
            item.id, outcome: "hold", isPositive: nil, reason: "with \(name)", by: .ann, now: Self.first + .hours(1),
            outcomes: ["clear", "hold"])
        #expect(try #require(try core.export().first).decisions == 1)
        _ = try Erasure(name, in: "customer", of: core.bank.job(), warehouse: core.warehouse, environment: .fixed(Self.first + .days(1)))
            .run(reason: "request 19")
        #expect(try core.count("SELECT count(*) FROM pipeline_audit WHERE kind = 'decision'") == 2)
        #expect(try core.export().isEmpty)
    }

    @Test("of a process that died before its file are written by the next, with the same number and bytes as if it had not")
    func crash() throws {
        let (core, undisturbed) = (try Core(), try Core())
        #expect(try core.export(dies: true).isEmpty)
        let planned = try #require(try core.warehouse.read { try OutboundStore($0).list().first })
        #expect(!planned.isWritten && !FileManager.default.fileExists(atPath: planned.path))
        // What comes meanwhile does not get into the file that was promised.
        try core.bank.deliver(5)
        _ = try core.bank.runner(core.warehouse, at: Self.first + .days(5)).run(core.bank.job())
        let files = try core.export()
        #expect(files.map(\.number) == [1, 2])
        let same = try undisturbed.export().first?.digest
        #expect(files[0].digest == same)
        #expect(try String(contentsOfFile: files[0].path + ".sha256", encoding: .utf8).hasPrefix(files[0].digest))
    }

    @Test("in XML say how many rows they have, and are escaped")
    func xml() throws {
        let core = try Core()
        let file = try #require(try core.export(form: .xml).first)
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        #expect(text.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<outcomes job=\"bank\" receiver=\"core\" delivery=\"1\""))
        #expect(text.hasSuffix("  <total rows=\"\(file.rows)\"/>\n</outcomes>\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("  <row>") }.count == Int(file.rows))
        #expect { try core.export("two words") } throws: { ($0 as? Failure)?.code == "export.receiver" }
    }
}
