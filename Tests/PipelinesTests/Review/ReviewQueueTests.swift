import Connectors
import Dispatch
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite struct ReviewQueueTests {
    private let outcomes = ["clear", "hold", "report"]

    @Test("next hands out the most valuable open item; one's own again until decided; another on request")
    func next() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a", value: 5), fixture.item("b", value: 9), fixture.item("c", value: 7)])
        let queue = ReviewQueue(fixture.warehouse)
        func next(_ person: ReviewPerson, _ now: Timestamp = .at(0), another: Bool = false) throws -> String? {
            try queue.next(in: "fraud", by: person, now: now, lease: .hours(1), another: another)?.item.key
        }
        #expect(try next(.ann) == "b")
        #expect(try next(.bob) == "c")
        #expect(try next(.ann) == "b")
        #expect(try next(.ann, another: true) == "a")
        #expect(try next(.bob, another: true) == nil)
        try queue.release(2, by: .ann, now: .at(0))
        #expect(try next(.bob, another: true) == "b")
        // All leases have ended.
        #expect(try next(.ann, .at(1)) == "b")
        #expect(try queue.next(in: "other", by: .ann, now: .at(0), lease: .hours(1)) == nil)
    }

    @Test("a second claimant is told who holds the item and until when, and may take it after the lease")
    func refused() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a")])
        let queue = ReviewQueue(fixture.warehouse)
        _ = try queue.claim(1, by: .ann, now: .at(0), lease: .hours(1))
        for attempt in [
            { _ = try queue.claim(1, by: .bob, now: .at(0), lease: .hours(1)) },
            { _ = try queue.decide(1, outcome: "hold", isPositive: nil, reason: "r", by: .bob, now: .at(0), outcomes: outcomes) },
        ] {
            #expect { try attempt() } throws: {
                ($0 as? Failure)?.kind == .tryAgain
                    && "\($0)"
                        == "somebody else is looking at this item (item 1): claimed by ann@desk-1 until 2026-03-01T01:00:00Z. "
                        + "Take another with `pipeline review next`, or come back then."
            }
        }
        #expect(try queue.claim(1, by: .bob, now: .at(0) + .hours(1), lease: .hours(1)).state.claim?.person == .bob)
    }

    @Test("a decision is stored with its label, its seconds and its audit entry, and frees the item")
    func decide() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        let queue = ReviewQueue(fixture.warehouse)
        _ = try queue.claim(1, by: .ann, now: .at(0), lease: .hours(1))
        let entry = try queue.decide(
            1, outcome: "report", isPositive: true, reason: "card copied", by: .ann, now: .at(0) + .seconds(90), outcomes: outcomes)
        #expect(entry.state.phase(at: .at(1)) == .decided)
        #expect(entry.decisions.map(\.seconds) == [90])
        try fixture.warehouse.read { (database) throws -> Void in
            #expect(try ReviewStore(database).show(1) == entry)
            let label = try LabelStore(database).latest(job: "card-fraud", key: "a", asOf: .at(1))
            #expect(label?.isPositive == true && label?.known == .at(0) + .seconds(90) && label?.decision == 1 && label?.run == nil)
            #expect(try LabelStore(database).latest(job: "card-fraud", key: "a", asOf: .at(0)) == nil)
            #expect(try AuditChain(database).entries().map(\.kind) == ["decision"])
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM pipeline_claims") == 0)
        }
        _ = try queue.decide(2, outcome: "clear", isPositive: nil, reason: "unclear", by: .bob, now: .at(1), outcomes: outcomes)
        #expect(try fixture.warehouse.read { try LabelStore($0).history(job: "card-fraud", key: "b") }.isEmpty)
    }

    @Test("a decision is not dated before its item, nor before the decision it replaces")
    func backdated() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a")])
        let queue = ReviewQueue(fixture.warehouse)
        func decide(_ now: Timestamp, replacing: Bool = false) throws {
            _ = try queue.decide(
                1, outcome: "hold", isPositive: true, reason: "r", by: .ann, now: now, outcomes: outcomes, replacing: replacing)
        }
        let created = try fixture.warehouse.read { try ReviewStore($0).show(1).item.created }
        #expect { try decide(created - .seconds(1)) } throws: { ($0 as? Failure)?.code == "review.backdated" }
        try decide(created + .hours(2))
        #expect { try decide(created + .hours(1), replacing: true) } throws: { ($0 as? Failure)?.code == "review.backdated" }
        try decide(created + .hours(2), replacing: true)
    }

    @Test("a decision is superseded only on request; both stay, and the label follows from then on")
    func supersede() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a")])
        let queue = ReviewQueue(fixture.warehouse)
        func decide(_ outcome: String, _ isPositive: Bool, _ now: Timestamp, replacing: Bool) throws -> ReviewEntry {
            try queue.decide(
                1, outcome: outcome, isPositive: isPositive, reason: "r", by: .ann, now: now, outcomes: outcomes, replacing: replacing)
        }
        _ = try decide("clear", false, .at(1), replacing: false)
        #expect { _ = try decide("hold", true, .at(2), replacing: false) } throws: { ($0 as? Failure)?.code == "review.decided" }
        let entry = try decide("report", true, .at(2), replacing: true)
        #expect(entry.decisions.map(\.outcome) == ["clear", "report"])
        #expect(entry.decisions.map(\.supersedes) == [nil, 1])
        #expect(entry.state.effectiveOutcome(at: .at(3)) == "report")
        try fixture.warehouse.read { (database) throws -> Void in
            #expect(try LabelStore(database).latest(job: "card-fraud", key: "a", asOf: .at(1))?.isPositive == false)
            #expect(try LabelStore(database).latest(job: "card-fraud", key: "a", asOf: .at(2))?.isPositive == true)
            #expect(try AuditChain(database).verify().decisions == 2)
        }
    }

    @Test("a refused decision leaves the database as it was")
    func atomic() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert([fixture.item("a")])
        let queue = ReviewQueue(fixture.warehouse)
        func dump() throws -> String {
            let stream = TextBox()
            try fixture.warehouse.pool.dumpContent(to: stream)
            return stream.text
        }
        let before = try dump()
        for (outcome, reason) in [("clera", "r"), ("clear", "  ")] {
            #expect(throws: Failure.self) {
                try queue.decide(1, outcome: outcome, isPositive: true, reason: reason, by: .ann, now: .at(0), outcomes: outcomes)
            }
        }
        #expect(try dump() == before)
        #expect { try queue.decide(1, outcome: "clera", isPositive: nil, reason: "r", by: .ann, now: .at(0), outcomes: outcomes) } throws: {
            "\($0)" == "the policy has no such outcome (item 1): 'clera', expected clear, hold, report. Did you mean 'clear'?"
        }
    }

    /// Every connection takes items with `take` until none is left; gives all that were handed out.
    private func race(_ fixture: WarehouseFixture, connections: Int, take: @escaping @Sendable (Warehouse, Int) throws -> Int64?) throws
        -> [Int64]
    {
        let path = fixture.path
        let handed = Mutexed<[Int64]>([])
        DispatchQueue.concurrentPerform(iterations: connections) { number in
            do {
                let warehouse = try Warehouse(path: path)
                defer { warehouse.close() }
                while let id = try take(warehouse, number) { handed.with { $0.append(id) } }
            } catch {
                Issue.record("connection \(number): \(error)")
            }
        }
        return handed.with { $0 }
    }

    @Test("several connections racing for the next item never get the same one", arguments: [false, true])
    func racing(oneAccount: Bool) throws {
        let fixture = try WarehouseFixture()
        try fixture.insert((1...120).map { fixture.item("k\($0)", value: Int64($0 % 7)) })
        let handed = try race(fixture, connections: 4) { warehouse, number in
            let person = ReviewPerson(actor: oneAccount ? "ann" : "analyst \(number)", host: "h")
            return try ReviewQueue(warehouse).next(in: "fraud", by: person, now: .at(0), lease: .hours(1), another: true)?.item.id
        }
        #expect(handed.sorted() == Array(1...120))
    }

    @Test("negative control: looking and claiming in two transactions hands items out twice, so the race is a real one")
    func racingWithoutTransaction() throws {
        let fixture = try WarehouseFixture()
        try fixture.insert((1...120).map { fixture.item("k\($0)", value: Int64($0 % 7)) })
        let barrier = DispatchSemaphore(value: 0)
        let handed = try race(fixture, connections: 2) { warehouse, number in
            let id = try warehouse.read {
                try Int64.fetchOne(
                    $0, sql: ReviewStore.candidateSQL, arguments: ["queue": "fraud", "now": WarehouseFixture.clock.microseconds])
            }
            // The first to look waits, at most a moment, for the second one to look too.
            if number == 0 { _ = barrier.wait(timeout: .now() + 0.05) } else { barrier.signal() }
            guard let id else { return nil }
            try warehouse.write { database in
                try database.execute(
                    sql: "INSERT OR REPLACE INTO pipeline_claims VALUES (?, ?, 'h', 0, ?)",
                    arguments: [id, "analyst \(number)", Timestamp.at(1).microseconds])
            }
            return id
        }
        #expect(handed.count > Set(handed).count)
    }
}

final class TextBox: TextOutputStream {
    var text = ""
    func write(_ string: String) { text += string }
}

/// A value behind a lock.
final class Mutexed<Value>: @unchecked Sendable {  // the value is only touched while the lock is held
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func with<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}
