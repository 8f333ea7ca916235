import Connectors
import GRDB
import Models
import Pipelines
import Records
import Testing

@Suite struct AuditChainTests {
    private let outcomes = ["clear", "hold"]

    /// Three decisions (one superseding), two roles and a run: six entries.
    private func filled() throws -> WarehouseFixture {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        let queue = ReviewQueue(fixture.warehouse)
        let model = try fixture.addModel([1])
        _ = try queue.claim(1, by: .ann, now: .at(0), lease: .days(9))
        _ = try queue.decide(1, outcome: "hold", isPositive: true, reason: "copied", by: .ann, now: .at(1), outcomes: outcomes)
        _ = try queue.decide(2, outcome: "clear", isPositive: nil, reason: "known", by: .bob, now: .at(2), outcomes: outcomes)
        try fixture.warehouse.write { database in
            let store = ModelStore(database)
            try store.setRole(.challenger, of: model, at: .at(2), actor: "ann@desk-1", reason: "trial")
            try store.setRole(.champion, of: model, at: .at(3), actor: "ann@desk-1", reason: "better")
            var run = fixture.run
            run.status = .done
            run.head = try AuditChain(database).append(
                .run, subject: run.id, body: .object([.init("rows", .integer(10)), .init("input", .text("i1"))]), actor: "cron", host: "h",
                at: run.clock
            ).description
            try RunStore(database).update(run)
        }
        _ = try queue.decide(
            1, outcome: "clear", isPositive: false, reason: "mistake", by: .bob, now: .at(4), outcomes: outcomes, replacing: true)
        return fixture
    }

    /// What `verify` finds after `sql`, which is rolled back.
    private func finding(
        _ fixture: WarehouseFixture, against head: String? = nil, hash: @escaping (CanonicalEncoding) -> String = \.sha256,
        after change: (Database) throws -> Void
    ) throws -> Failure? {
        try fixture.warehouse.pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF")
            defer { try? database.execute(sql: "PRAGMA foreign_keys = ON") }
            var found: Failure?
            try database.inTransaction {
                try change(database)
                do throws(Failure) { _ = try AuditChain(database, hash: hash).verify(against: head) } catch { found = error }
                return .rollback
            }
            return found
        }
    }

    private func head(_ fixture: WarehouseFixture) throws -> String {
        try fixture.warehouse.read { try AuditChain($0).head().description }
    }

    @Test("an untouched chain verifies, also against every earlier head")
    func untouched() throws {
        let fixture = try filled()
        try fixture.warehouse.read { (database) throws -> Void in
            let chain = AuditChain(database)
            let report = try chain.verify()
            #expect((report.entries, report.decisions, report.roles, report.runs) == (6, 3, 2, 1))
            for entry in try chain.entries() { #expect(try chain.verify(against: "\(entry.id):\(entry.hash)") == report) }
            #expect(try chain.verify(against: AuditHead.genesis.description) == report)
            #expect { try chain.verify(against: "6:abc") } throws: { ($0 as? Failure)?.kind == .usage }
        }
        let empty = try WarehouseFixture()
        #expect(try empty.warehouse.read { try AuditChain($0).verify().head } == .genesis)
    }

    @Test("the same events give the same chain, byte for byte")
    func deterministic() throws { #expect(try head(filled()) == head(filled())) }

    @Test("an edit of any column of any row of the chain, decisions and roles is found", arguments: ["audit", "decisions", "champions"])
    func edits(_ table: String) throws {
        let fixture = try filled()
        let rows = try fixture.warehouse.read { try Row.fetchAll($0, sql: "SELECT * FROM pipeline_\(table) ORDER BY id") }
        #expect(rows.count == ["audit": 6, "decisions": 3, "champions": 2][table])
        for row in rows {
            for (column, value) in row {
                let changed: DatabaseValue =
                    switch value.storage {
                    case .null: column == "seconds" ? 1.5.databaseValue : 1.databaseValue
                    case .int64(let number): (number + 1_000).databaseValue
                    case .double(let number): (number + 1).databaseValue
                    case .string(let text): (text + " ").databaseValue
                    case .blob: DatabaseValue.null
                    }
                let found = try finding(fixture) {
                    try $0.execute(
                        sql: "UPDATE pipeline_\(table) SET \"\(column)\" = ? WHERE id = ?", arguments: [changed, row["id"] as Int64])
                }
                #expect(found?.kind == .difference, "\(table).\(column) of \(row["id"] as Int64)")
                if table != "audit", column != "id" {
                    #expect(found?.code == "audit.edited")
                    #expect(
                        found?.place.hasPrefix("pipeline_\(table) \(row["id"] as Int64), \(column), entry ") == true,
                        "\(found?.place ?? "")")
                }
            }
        }
    }

    @Test("deletion of the first, a middle and the last entry or row is found", arguments: ["audit", "decisions", "champions"])
    func deletions(_ table: String) throws {
        let fixture = try filled()
        let kept = try head(fixture)
        let ids = try fixture.warehouse.read { try Int64.fetchAll($0, sql: "SELECT id FROM pipeline_\(table)") }
        for id in ids {
            let found = try finding(fixture, against: kept) {
                try $0.execute(sql: "DELETE FROM pipeline_\(table) WHERE id = ?", arguments: [id])
            }
            #expect(found?.kind == .difference, "\(table) \(id)")
        }
    }

    @Test("a row put in without an entry is found")
    func insertions() throws {
        let fixture = try filled()
        for table in ["decisions", "champions", "audit"] {
            let found = try finding(fixture) { database in
                try database.execute(
                    sql: """
                        CREATE TEMP TABLE copy AS SELECT * FROM pipeline_\(table) WHERE id = 1;
                        UPDATE copy SET id = 7; INSERT INTO pipeline_\(table) SELECT * FROM copy; DROP TABLE copy
                        """)
            }
            #expect(found?.code == (table == "audit" ? "audit.link" : "audit.inserted"))
        }
    }

    @Test("entries put in another order are found")
    func reordered() throws {
        let fixture = try filled()
        let found = try finding(fixture) {
            try $0.execute(
                sql:
                    "UPDATE pipeline_audit SET id = 99 WHERE id = 2; UPDATE pipeline_audit SET id = 2 WHERE id = 3; UPDATE pipeline_audit SET id = 3 WHERE id = 99"
            )
        }
        #expect(found?.code == "audit.link" && found?.place == "entry 2, previous")
    }

    @Test("a chain cut off with all its rows is found only against an earlier head")
    func truncated() throws {
        let fixture = try filled()
        func cut(_ database: Database) throws {
            try database.execute(
                sql:
                    "DELETE FROM pipeline_audit WHERE id = 6; DELETE FROM pipeline_labels WHERE decision = 3; DELETE FROM pipeline_decisions WHERE id = 3"
            )
        }
        #expect(try finding(fixture, after: cut) == nil)
        let found = try finding(fixture, against: head(fixture), after: cut)
        #expect(
            found?.description
                == "the audit chain is shorter than it was (entry 6): 5 entries, expected at least 6. "
                + "Keep this file as it is, compare it with the last backup, and find out who had write access.")
        // Cut before the run's entry, the head stored with the run tells.
        let earlier = try finding(fixture) { database in
            try cut(database)
            try database.execute(sql: "DELETE FROM pipeline_audit WHERE id = 5")
        }
        #expect(earlier?.code == "audit.run-head")
    }

    /// Edits a decision and writes the whole chain anew, as somebody would who has the program and the file.
    private func rebuild(_ database: Database) throws {
        try database.execute(sql: "UPDATE pipeline_decisions SET outcome = 'clear' WHERE id = 1")
        let entries = try AuditChain(database).entries().reversed()
        try database.execute(sql: "DELETE FROM pipeline_audit")
        for entry in entries {
            let body = JSONValue(parsing: entry.body.replacing("\"outcome\":\"hold\"", with: "\"outcome\":\"clear\"")) ?? .null
            let kind = AuditEntry.Kind(rawValue: entry.kind) ?? .run
            let head = try AuditChain(database).append(
                kind, subject: entry.subject, body: body, actor: entry.actor, host: entry.host, at: entry.at)
            if kind == .run { try database.execute(sql: "UPDATE pipeline_runs SET head = ?", arguments: [head.description]) }
        }
    }

    @Test("a chain rewritten with new hashes is found only against an earlier head")
    func rebuilt() throws {
        let fixture = try filled()
        let kept = try head(fixture)
        #expect(try finding(fixture, after: rebuild) == nil)
        #expect(try finding(fixture, against: kept, after: rebuild)?.code == "audit.rebuilt")
        // Going on after the rewrite hides nothing.
        let grown = try finding(fixture, against: kept) { database in
            try rebuild(database)
            try AuditChain(database).append(.run, subject: nil, body: .null, actor: "x", host: "h", at: .at(9))
        }
        #expect(grown?.code == "audit.rebuilt")
    }

    @Test("a decision moved to another row, and a changed model, are found")
    func surroundings() throws {
        let fixture = try filled()
        let moved = try finding(fixture) { try $0.execute(sql: "UPDATE pipeline_review_items SET key = 'z' WHERE id = 1") }
        #expect(moved?.place == "pipeline_decisions 1, item_key, entry 1")
        let model = try finding(fixture) { try $0.execute(sql: "UPDATE pipeline_models SET artefact = x'09'") }
        #expect(model?.code == "audit.model")
        let digest = try finding(fixture) { try $0.execute(sql: "UPDATE pipeline_models SET digest = 'x', artefact = x'09'") }
        #expect(digest?.code == "audit.edited" && digest?.place.contains("model_digest") == true)
        let unhashed = try finding(fixture) { try $0.execute(sql: "UPDATE pipeline_runs SET head = 'x'") }
        #expect(unhashed?.code == "audit.run-head-form")
    }

    @Test("the text of a finding names entry, column, found and expected")
    func golden() throws {
        let fixture = try filled()
        let found = try finding(fixture) { try $0.execute(sql: "UPDATE pipeline_decisions SET outcome = 'clear' WHERE id = 1") }
        #expect(
            found?.description
                == "a row is not what its audit entry says (pipeline_decisions 1, outcome, entry 1): \"clear\", expected \"hold\". "
                + "Keep this file as it is, compare it with the last backup, and find out who had write access.")
    }

    @Test("negative control: with a hash that hashes nothing, an edited entry of a run passes")
    func plantedHash() throws {
        let fixture = try WarehouseFixture()
        let constant = String(repeating: "a", count: 64)
        try fixture.warehouse.write { database in
            for number in 1...3 {
                try AuditChain(database, hash: { _ in constant }).append(
                    .run, subject: 1, body: .integer(number), actor: "a", host: "h", at: .at(0))
            }
        }
        func edit(_ database: Database) throws { try database.execute(sql: "UPDATE pipeline_audit SET body = '9' WHERE id = 2") }
        #expect(try finding(fixture, hash: { _ in constant }, after: edit) == nil)
        // The same edit under the real hash is found.
        let real = try WarehouseFixture()
        try real.warehouse.write { database in
            for number in 1...3 {
                try AuditChain(database).append(.run, subject: 1, body: .integer(number), actor: "a", host: "h", at: .at(0))
            }
        }
        #expect(try finding(real, after: edit)?.code == "audit.hash")
    }

    @Test("the encoding is unambiguous: moving a byte between fields changes it")
    func encoding() {
        func hash(_ texts: String...) -> String {
            var encoding = CanonicalEncoding(domain: "test")
            for text in texts { encoding.append(text) }
            return encoding.sha256
        }
        #expect(hash("ab", "c") != hash("a", "bc"))
        #expect(hash("a", "") != hash("a"))
        var zero = CanonicalEncoding(domain: "test"), none = zero
        zero.append(0 as Int64?)
        none.append(nil as Int64?)
        #expect(zero.sha256 != none.sha256)
        #expect(CanonicalEncoding(domain: "").bytes == [UInt8(ascii: "t"), 0, 0, 0, 0, 0, 0, 0, 0])
    }
}
