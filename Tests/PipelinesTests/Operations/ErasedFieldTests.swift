import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("An erasure takes whole fields", .serialized) struct ErasedFieldTests {
    private static let now = RetainedBank.purged

    /// A bank whose feed is declared in CP932, with rejects of given bytes.
    private func bank(_ rejects: [[UInt8]]) throws -> (bank: BankFixture, warehouse: Warehouse, job: Job) {
        let bank = try BankFixture(customers: 20, days: 8, broken: 0) {
            $0.replacing("files: transactions/*.csv.gz\n", with: "files: transactions/*.csv.gz\n    encoding: cp932\n")
        }
        let warehouse = try bank.warehouse(), job = try bank.job()
        _ = try bank.runner(warehouse, at: RetainedBank.ran).run(job)
        try warehouse.write { database in
            // Of the newest only the content goes, so one more stands behind them.
            for (number, raw) in (rejects + [Array("9,zz".utf8)]).enumerated() {
                try database.execute(
                    sql: """
                        INSERT INTO pipeline_rejects (run, feed, file, line, "offset", "row", column_name, code, found, expected, raw)
                        VALUES (1, 'transactions', 'f', ?, 0, ?, NULL, 'value', '', '', ?)
                        """, arguments: [number, number, Data(raw)])
            }
        }
        return (bank, warehouse, job)
    }

    private func erase(_ name: String, _ warehouse: Warehouse, _ job: Job) throws -> Erasure.Report {
        try Erasure(name, in: "customer", of: job, warehouse: warehouse, environment: .fixed(Self.now)).run(reason: "request 17")
    }

    private func rejects(_ warehouse: Warehouse) throws -> [[UInt8]] {
        try warehouse.read { try Data.fetchAll($0, sql: "SELECT raw FROM pipeline_rejects ORDER BY id").map { [UInt8]($0) } }
    }

    @Test("in the encoding of the feed: the bytes of a Japanese name are nowhere in the file, a longer name's are")
    func encoded() throws {
        let name: [UInt8] = [0x8E, 0x52, 0x93, 0x63, 0x91, 0xBE, 0x98, 0x59]
        let own = Array("7,".utf8) + name + Array(",x".utf8), longer = Array("8,".utf8) + name + [0x8E, 0x71] + Array(",x".utf8)
        let (bank, warehouse, job) = try bank([own, longer])
        defer { withExtendedLifetime(bank) {} }
        // A search in UTF-8 alone would have found nothing to do.
        #expect(try warehouse.place(of: Array("山田太郎".utf8)) == nil)
        #expect(try rejects(warehouse).contains(own))
        let report = try erase("山田太郎", warehouse, job)
        #expect(report.deleted == ["pipeline_rejects": 1] && report.left == nil)
        let left = try rejects(warehouse)
        #expect(!left.contains(own) && left.contains(longer))
        let bytes = ["", "-wal"].map { FileManager.default.contents(atPath: warehouse.path + $0) ?? Data() }
        #expect(bytes.allSatisfy { $0.firstRange(of: Data(own)) == nil })
        #expect(bytes.contains { $0.firstRange(of: Data(longer)) != nil })
    }

    @Test("of records, and whole words of sentences: what belongs to a longer value stays, and is no trace")
    func longer() throws {
        let own = ["1,C009049,x", "2, \"C009049\" ,y", "<c>C009049</c>"], others = ["3,C0090490,x", "4,XC009049,y", "5,a C009049 b"]
        let (bank, warehouse, job) = try bank((own + others).map { Array($0.utf8) })
        defer { withExtendedLifetime(bank) {} }
        try warehouse.write { database in
            try database.execute(
                sql: """
                    INSERT INTO pipeline_ledger (key, budget, owner, model, destination, state, reserved_money, reserved_tokens,
                        reserved_energy, reserved_at, prompt) VALUES ('k', 'b', 'o', 'm', 'd', 'open', 0, 0, 0, 0,
                        'card C009049 beside C0090490')
                    """)
        }
        let report = try erase("C009049", warehouse, job)
        #expect(report.deleted == ["pipeline_rejects": 3] && report.rewritten == ["pipeline_ledger": 1])
        let left = Set(try rejects(warehouse).map { String(decoding: $0, as: UTF8.self) })
        #expect(left.isDisjoint(with: own) && left.isSuperset(of: others.prefix(2)))
        let prompt = try warehouse.read { try String.fetchOne($0, sql: "SELECT prompt FROM pipeline_ledger") }
        #expect(prompt == "card (erased) beside C0090490")
        // A word within a field of somebody else's record is found and named; it is for a person to judge.
        #expect(report.left == "pipeline_rejects, column raw")
        try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_rejects WHERE CAST(raw AS TEXT) LIKE '5,%'") }
        let again = try erase("C009049", warehouse, job)
        #expect(again.rows.isEmpty && again.left == nil && again.isWithinOthers)
    }

    @Test("bytes that no cell accounts for are left, though longer names with the same bytes are there")
    func unaccounted() throws {
        let (bank, warehouse, job) = try bank([Array("3,C0090490,x".utf8), Array("4,XC009049,y".utf8)])
        defer { withExtendedLifetime(bank) {} }
        func notice(_ subject: String) throws {
            try warehouse.write {
                try $0.execute(sql: "INSERT INTO pipeline_notices (channel, subject, made) VALUES ('c', ?, 0)", arguments: [subject])
            }
        }
        // Far longer than a page, so that pages cut it in many places.
        try notice(String(repeating: "C0090490-", count: 20_000))
        let clean = try erase("C009049", warehouse, job)
        #expect(clean.left == nil && clean.isWithinOthers)
        // What was deleted without being overwritten stands in free room, and no cell has it.
        try warehouse.write { try $0.execute(sql: "PRAGMA secure_delete = OFF") }
        try notice("about C009049 and others")
        try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_notices WHERE subject LIKE 'about%'") }
        let found = try ErasureProof("C009049", in: warehouse).search()
        #expect(found.left?.contains(", byte ") == true && found.isWithinOthers)
        try warehouse.compact()
        let again = try ErasureProof("C009049", in: warehouse).search()
        #expect(again.left == nil && again.isWithinOthers)
    }

    @Test("written out as JSON has it, and not as a part of a number; an answer stays JSON")
    func spelled() throws {
        let name = "Robert \"Bob\" Lee"
        let (bank, warehouse, job) = try bank([])
        defer { withExtendedLifetime(bank) {} }
        func texts() throws -> [String] {
            try warehouse.read { try String.fetchAll($0, sql: "SELECT prompt || answer FROM pipeline_ledger") }
        }
        let answer = JSONValue.object([.init("of", .text("for \(name), 7700"))]).json
        try warehouse.write { database in
            try database.execute(
                sql: """
                    INSERT INTO pipeline_ledger (key, budget, owner, model, destination, state, reserved_money, reserved_tokens,
                        reserved_energy, reserved_at, prompt, answer) VALUES ('k', 'b', 'o', 'm', 'd', 'open', 0, 0, 0, 0, ?, ?)
                    """, arguments: ["7700.50 or 1,7700 for 7700. ", answer])
            try database.execute(
                sql: "UPDATE pipeline_review_items SET evidence = ? WHERE id = (SELECT min(id) FROM pipeline_review_items)",
                arguments: [JSONValue.array([.text(name)]).json])
        }
        #expect(try warehouse.place(of: Array(name.utf8)) == nil)
        let report = try erase(name, warehouse, job)
        #expect(report.rewritten == ["pipeline_ledger": 1, "pipeline_review_items": 1] && report.left == nil)
        #expect(try texts() == ["7700.50 or 1,7700 for 7700. {\"of\":\"for (erased), 7700\"}"])
        #expect(try erase("7700", warehouse, job).rewritten["pipeline_ledger"] == 1)
        #expect(try texts() == ["7700.50 or 1,7700 for (erased). {\"of\":\"for (erased), (erased)\"}"])
    }

    @Test("and is found out where the name stands in a table that it does not know")
    func control() throws {
        let (bank, warehouse, job) = try bank([])
        defer { withExtendedLifetime(bank) {} }
        try warehouse.write {
            try $0.execute(sql: "INSERT INTO pipeline_notices (channel, subject, made) VALUES ('c', 'about C009049', 0)")
        }
        #expect(try erase("C009049", warehouse, job).left == "pipeline_notices, column subject")
    }
}
