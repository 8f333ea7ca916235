import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

/// Bits that flip within a value or a definition are no damage to SQLite.
@Suite("A flipped bit") struct FlippedBitTests {
    private func bank() throws -> (bank: BankFixture, warehouse: Warehouse) {
        let bank = try BankFixture(customers: 40, days: 20, delivered: 10)
        let warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        return (bank, warehouse)
    }

    private func problems(_ warehouse: Warehouse, quick: Bool = false) throws -> [String] {
        try warehouse.read { try WarehouseCheck.problems($0, quick: quick) }
    }

    @Test("in the stage's state is found by the thorough check, and the next run refuses the state instead of scoring by it")
    func state() throws {
        let (bank, warehouse) = try bank()
        defer { warehouse.close() }
        #expect(try problems(warehouse) == [])
        try warehouse.write { database in
            let newest = "SELECT kind, sequence, data FROM pipeline_state ORDER BY sequence DESC"
            let row = try #require(try Row.fetchOne(database, sql: newest))
            var data: Data = row["data"]
            data[data.count / 2] ^= 4
            try database.execute(
                sql: "UPDATE pipeline_state SET data = ? WHERE kind = ? AND sequence = ?",
                arguments: [data, row["kind"] as String, row["sequence"] as Int64])
        }
        let found = try problems(warehouse)
        #expect(found.count == 1 && found[0].hasPrefix("part ") && found[0].hasSuffix(" has another sum"), "\(found)")
        try bank.deliver(5)
        let failure = #expect(throws: Failure.self) {
            try bank.runner(warehouse, at: BankFixture.clock + .days(1)).run(bank.job())
        }
        #expect(failure?.code == "database.damaged")
    }

    @Test("stops a backup, which names the database and leaves nothing behind")
    func backup() throws {
        let (bank, warehouse) = try bank()
        defer { warehouse.close() }
        try warehouse.write { try $0.execute(sql: "UPDATE pipeline_state SET sum = '0' WHERE sum IS NOT NULL") }
        let copy = "\(bank.folder)/copy.db"
        let failure = #expect(throws: Failure.self) { try WarehouseBackup.make(of: warehouse, to: copy) }
        #expect(failure?.code == "database.damaged" && failure?.place == warehouse.path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: bank.folder).filter { $0.hasPrefix("copy") } == [])
    }

    @Test("in the definition of one of the program's tables is found by the thorough check")
    func definition() throws {
        let (_, warehouse) = try bank()
        defer { warehouse.close() }
        try warehouse.write { database in
            try database.execute(
                sql: """
                    PRAGMA writable_schema = ON;
                    UPDATE sqlite_master SET sql = replace(sql, 'process INTEGER', 'procesr INTEGER') WHERE name = 'pipeline_attempts';
                    PRAGMA writable_schema = OFF
                    """)
        }
        #expect(try problems(warehouse) == ["the definition of pipeline_attempts is not this layout's"])
        #expect(try problems(warehouse, quick: true) == [])
    }

    @Test(
        "in the definition of a job's own table, or of its view, is found by the thorough check",
        arguments: [("outcome TEXT", "outcomf TEXT", "bank_scores"), ("newer.version >", "newer.version <", "bank_scores_current")])
    func ownTable(from: String, to: String, table: String) throws {
        let (bank, warehouse) = try bank()
        defer { warehouse.close() }
        try warehouse.write { database in
            try database.execute(sql: "PRAGMA writable_schema = ON")
            try database.execute(
                sql: "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ? AND instr(sql, ?) > 0",
                arguments: [from, to, table, from])
            #expect(database.changesCount == 1)
            try database.execute(sql: "PRAGMA writable_schema = OFF")
        }
        #expect(try problems(warehouse) == ["the definition of bank_scores, or of its view, is not as it was made"])
        // A table of before the sums gets its own at the next run, and is compared from then on.
        try warehouse.write { try $0.execute(sql: "UPDATE pipeline_results SET definition = NULL") }
        #expect(try problems(warehouse) == [])
        _ = bank
    }

    @Test("a table of before the sums gets its own at the next run; a column that a feed brings later changes it")
    func tables() throws {
        let (bank, warehouse) = try bank()
        defer { warehouse.close() }
        let sum = "SELECT definition FROM pipeline_results WHERE name = 'bank_scores'"
        let before = try #require(try warehouse.read { try String.fetchOne($0, sql: sum) })
        try warehouse.write { try $0.execute(sql: "UPDATE pipeline_results SET definition = NULL") }
        try bank.deliver(5)
        _ = try bank.runner(warehouse, at: BankFixture.clock + .days(1)).run(bank.job())
        #expect(try warehouse.read { try String.fetchOne($0, sql: sum) } == before)
        try warehouse.write { database in
            let key = [Field("a", .int64)]
            try LandingTable(name: "landed", job: "bank", feed: "more", fields: key, key: ["a"]).create(in: database)
            let first = try DefinitionSum.of("landed", in: database)
            try LandingTable(name: "landed", job: "bank", feed: "more", fields: key + [Field("b", .string)], key: ["a"]).create(
                in: database)
            #expect(try DefinitionSum.of("landed", in: database) != first)
        }
        #expect(try problems(warehouse) == [])
    }

    @Test("parts that an older program wrote have no sum, and are read as they are")
    func older() throws {
        let (bank, warehouse) = try bank()
        defer { warehouse.close() }
        try warehouse.write { try $0.execute(sql: "UPDATE pipeline_state SET sum = NULL") }
        #expect(try problems(warehouse) == [])
        try bank.deliver(5)
        #expect(try bank.runner(warehouse, at: BankFixture.clock + .days(1)).run(bank.job()).record?.status == .done)
    }
}
