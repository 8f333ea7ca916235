import Connectors
import GRDB
import Models
import Pipelines
import Records
import Testing

@Suite("Kept drafts") struct DraftStoreTests {
    private static let note = "It scored 0.5 [score]. The amount is 9 times the mean [reason-1].\n\nCall the customer [cause]."

    private func draft(_ text: String = note, model: String = "small") -> CaseNote.Draft {
        CaseNote.Draft(text: text, masked: text, cited: ["score", "reason-1", "cause"], dropped: [], model: model)
    }

    /// Keeps a draft with the first item.
    private func keep(_ draft: CaseNote.Draft, _ fixture: WarehouseFixture, at now: Timestamp = .at(1)) throws {
        try fixture.warehouse.write { database in
            let item = try ReviewStore(database).show(1).item
            try DraftStore(database).keep(draft, of: item.id, from: CaseNote(item, personal: []), at: now)
        }
    }

    private func newest(_ fixture: WarehouseFixture) throws -> KeptDraft? {
        try fixture.warehouse.read { try DraftStore($0).newest(of: try ReviewStore($0).show(1).item) }
    }

    @Test("a draft is kept with its item: model, time and what it cites; the same again once, another as the newest")
    func kept() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        #expect(try newest(fixture) == nil)
        for day in 1...2 { try keep(draft(), fixture, at: .at(Int64(day))) }
        let first = try #require(try newest(fixture))
        #expect((first.model, first.drafted, first.text, first.cited) == ("small", .at(1), Self.note, ["score", "reason-1", "cause"]))
        #expect(first.reason == "It scored 0.5 [score]. The amount is 9 times the mean [reason-1]. Call the customer [cause].")
        try keep(draft(model: "large"), fixture, at: .at(3))
        #expect(try newest(fixture)?.model == "large")
        #expect(try fixture.warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_drafts") } == 2)
        #expect(try fixture.warehouse.read { try DraftStore($0).newest(of: try ReviewStore($0).show(2).item) } == nil)
    }

    @Test(
        "a decision says from which draft it was signed, and whether that was edited; a reason of one's own says nothing",
        arguments: [
            ("It scored 0.5 [score]. The amount is 9 times the mean [reason-1]. Call  the customer [cause].", false),
            ("It scored 0.5. The amount is 9 times the mean. Call the customer. I called.", true),
            ("I called; the amount is 9 times the mean, and he knew it", true), ("He called us", nil), ("The mean", nil),
            ("It scored 0.53 [score].", nil),
        ] as [(String, Bool?)])
    func signed(_ reason: String, isEdited: Bool?) throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a")])
        try keep(draft(), fixture)
        let entry = try ReviewQueue(fixture.warehouse).decide(
            1, outcome: "hold", isPositive: true, reason: reason, by: .ann, now: .at(2), outcomes: ["hold"])
        let decision = try #require(entry.decisions.last)
        #expect(decision.isDraftEdited == isEdited && (decision.draft == nil) == (isEdited == nil))
        #expect(try fixture.warehouse.read { try AuditChain($0).verify().signatures } == (isEdited == nil ? 0 : 1))
    }

    @Test("the newest draft of which something is left counts; a draft of another item does not")
    func which() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        for (text, day) in [("The first draft said this [score].", 1), ("The second one says that [score].", 2)] {
            try keep(draft(text), fixture, at: .at(Int64(day)))
        }
        let queue = ReviewQueue(fixture.warehouse)
        let reason = "The first draft said this, and it was right."
        let entry = try queue.decide(1, outcome: "hold", isPositive: true, reason: reason, by: .ann, now: .at(3), outcomes: ["hold"])
        #expect(entry.decisions.last?.draft == 1 && entry.decisions.last?.isDraftEdited == true)
        let other = try queue.decide(2, outcome: "hold", isPositive: true, reason: reason, by: .ann, now: .at(3), outcomes: ["hold"])
        #expect(other.decisions.last?.draft == nil)
    }

    @Test("a signature that was taken away, put in or changed is found, and so is another model for its draft")
    func audited() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        try keep(draft(), fixture)
        let queue = ReviewQueue(fixture.warehouse)
        _ = try queue.decide(1, outcome: "hold", isPositive: true, reason: Self.note, by: .ann, now: .at(2), outcomes: ["hold"])
        _ = try queue.decide(2, outcome: "hold", isPositive: true, reason: "mine", by: .ann, now: .at(2), outcomes: ["hold"])
        #expect(try fixture.warehouse.read { try AuditChain($0).verify().signatures } == 1)
        for change in [
            "DELETE FROM pipeline_signatures", "UPDATE pipeline_signatures SET edited = 1",
            "INSERT INTO pipeline_signatures VALUES (2, 1, 0)",
            "UPDATE pipeline_drafts SET model = 'large'", "UPDATE pipeline_drafts SET drafted = 0",
        ] {
            try fixture.warehouse.pool.writeWithoutTransaction { database in
                try database.inTransaction {
                    try database.execute(sql: change)
                    #expect(throws: Failure.self, "\(change)") { try AuditChain(database).verify() }
                    return .rollback
                }
            }
        }
    }

    @Test("a purge takes drafts and signatures with their items, and the chain verifies; without their entries emptied it would not")
    func purged() throws {
        let bank = try RetainedBank()
        let item = try bank.warehouse.write { database in
            let entry = try #require(try ReviewStore(database).list(filter: .decided, now: RetainedBank.ran + .hours(2)).first)
            let note = try CaseNote.of(entry.item, in: database)
            try DraftStore(database).keep(draft(), of: entry.item.id, from: note, at: RetainedBank.ran + .hours(2))
            return entry.item.id
        }
        _ = try ReviewQueue(bank.warehouse).decide(
            item, outcome: "hold", isPositive: true, reason: Self.note, by: .ann, now: RetainedBank.ran + .hours(3),
            outcomes: ["clear", "hold"], replacing: true)
        #expect(try bank.warehouse.read { try AuditChain($0).verify().signatures } == 1)
        let report = try bank.purge()
        #expect(report.rows["pipeline_drafts"] == 1 && report.rows["pipeline_signatures"] == 1)
        try bank.warehouse.read { (database) throws -> Void in
            #expect(try AuditChain(database).verify(against: bank.head).signatures == 0)
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            #expect(
                try Int.fetchOne(database, sql: "SELECT count(*) FROM pipeline_audit WHERE kind = 'signature' AND body = ''") == 1)
        }
    }

    @Test("an erasure takes a name out of a draft about somebody else's row; before it stands there")
    func erased() throws {
        let bank = try RetainedBank()
        // Owners 0...30 have a row each in a table; the last has no transaction, so no open item.
        let name = "C000030"
        try bank.warehouse.write { (database) throws -> Void in
            let item = try #require(
                try ReviewStore(database).list(filter: .decided, now: RetainedBank.ran + .hours(2)).first {
                    !$0.item.fields.contains { $0.value == name }
                }
            ).item
            let text = "The card was seen with \(name) [score]."
            try DraftStore(database).keep(
                draft(text), of: item.id, from: try CaseNote.of(item, in: database), at: RetainedBank.ran + .hours(2))
        }
        #expect(try bank.count("SELECT count(*) FROM pipeline_drafts WHERE instr(text, ?) > 0", [name]) == 1)
        let report = try Erasure(
            name, in: "customer", of: bank.job, warehouse: bank.warehouse, environment: .fixed(RetainedBank.purged)
        ).run(reason: "request 17")
        #expect(try bank.count("SELECT count(*) FROM pipeline_drafts WHERE instr(text, ?) > 0", [name]) == 0)
        #expect(try bank.count("SELECT count(*) FROM pipeline_drafts") == 1 && report.left == nil)
    }
}
