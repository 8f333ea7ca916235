import Connectors
import GRDB
import Pipelines
import Records
import Testing

@Suite struct ReviewStoreTests {
    @Test("an item comes back as it was queued, fields in the feed's order")
    func roundTrip() throws {
        let fixture = try WarehouseFixture()
        var item = fixture.item("1")
        try fixture.insert([item])
        item.id = 1
        let entry = try fixture.warehouse.read { try ReviewStore($0).show(1) }
        #expect(entry.item == item)
        #expect(entry.decisions.isEmpty)
        #expect { try fixture.warehouse.read { try ReviewStore($0).show(2) } } throws: { ($0 as? Failure)?.code == "review.item-missing" }
    }

    @Test("the queue is in the order that pays: value at stake, then arrival")
    func order() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([
            fixture.item("a", value: 5), fixture.item("b", value: 9), fixture.item("c", value: 5), fixture.item("d", value: 7),
        ])
        let keys = try fixture.warehouse.read { try ReviewStore($0).list(queue: "fraud", now: .at(0)).map(\.item.key) }
        #expect(keys == ["b", "d", "a", "c"])
        #expect(
            try fixture.warehouse.read { try ReviewStore($0).list(queue: "fraud", now: .at(0), limit: 2).map(\.item.key) } == ["b", "d"])
        #expect(try fixture.warehouse.read { try ReviewStore($0).list(queue: "other", now: .at(0)) }.isEmpty)
        let plan = try fixture.warehouse.read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + ReviewStore.candidateSQL, arguments: ["queue": "fraud", "now": 0])
                .map { $0["detail"] as String }
        }
        #expect(plan.first?.contains("pipeline_review_items_queue") == true, "\(plan)")
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
    }

    @Test("a later version of a key supersedes open items of earlier ones, and no decided ones")
    func superseded() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        let queue = ReviewQueue(fixture.warehouse)
        _ = try queue.decide(2, outcome: "clear", isPositive: nil, reason: "known", by: .ann, now: .at(0), outcomes: ["clear", "hold"])
        try fixture.insert([fixture.item("a", version: 2), fixture.item("b", version: 2)])
        try fixture.warehouse.read { (database) throws -> Void in
            let store = ReviewStore(database)
            #expect(try store.show(1).state.phase(at: .at(0)) == .superseded(by: 3))
            #expect(try store.show(2).state.phase(at: .at(0)) == .decided)
            #expect(try store.list(now: .at(0)).map(\.item.id) == [3, 4])
            #expect(try store.history(job: "card-fraud", key: "a").map(\.item.version) == [1, 2])
        }
        #expect { try queue.claim(1, by: .ann, now: .at(0), lease: .hours(1)) } throws: { ($0 as? Failure)?.code == "review.superseded" }
    }

    @Test("items of a held or discarded run are invisible and supersede nothing", arguments: ["held", "discarded"])
    func held(_ status: String) throws {
        let fixture = try WarehouseFixture()
        let second = try fixture.warehouse.write { try RunStore($0).create(WarehouseFixture.newRun()) }
        try fixture.insert([fixture.item("a"), fixture.item("a", version: 2, run: second.id), fixture.item("b", run: second.id)])
        #expect(try fixture.warehouse.read { try ReviewStore($0).list(now: .at(0)).map(\.item.id) } == [2, 3])
        try fixture.warehouse.write { try $0.execute(sql: "UPDATE pipeline_runs SET status = ? WHERE id = 2", arguments: [status]) }
        #expect(try fixture.warehouse.read { try ReviewStore($0).list(now: .at(0)).map(\.item.id) } == [1])
        #expect(try ReviewQueue(fixture.warehouse).next(in: "fraud", by: .ann, now: .at(0), lease: .hours(1))?.item.id == 1)
    }

    @Test("counts tell open, claimed, overdue, decided and superseded, and the value at stake")
    func counts() throws {
        let fixture = try WarehouseFixture()
        let queue = ReviewQueue(fixture.warehouse)
        try fixture.insert((1...5).map { fixture.item("k\($0)", value: Int64($0)) } + [fixture.item("k5", version: 2, value: 50)])
        _ = try queue.claim(1, by: .ann, now: .at(0), lease: .days(10))
        _ = try queue.decide(2, outcome: "hold", isPositive: true, reason: "r", by: .ann, now: .at(0), outcomes: ["hold"])
        let (early, late) = try fixture.warehouse.read { database in
            (try ReviewStore(database).counts(now: .at(1)), try ReviewStore(database).counts(queue: "fraud", now: .at(3)))
        }
        #expect(
            early == [.init(queue: "fraud", open: 4, claimed: 1, overdue: 0, decided: 1, superseded: 1, openValue: 58, currency: "EUR")])
        #expect(late.first?.overdue == 4)
        try fixture.warehouse.read { (database) throws -> Void in
            #expect(try ReviewStore(database).list(filter: .overdue, now: .at(2)).isEmpty)
            #expect(try ReviewStore(database).list(filter: .overdue, now: .at(3)).count == 4)
            #expect(try ReviewStore(database).list(filter: .decided, now: .at(3)).map(\.item.id) == [2])
            #expect(try ReviewStore(database).list(filter: .all, now: .at(3)).count == 6)
        }
    }
}
