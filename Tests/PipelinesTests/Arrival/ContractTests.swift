import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

/// What a contract does with a file that is not what its feed looked like so far.
@Suite("a contract") struct ContractTests {
    private static let plain = SmallFeed.rows(1...300)

    /// A feed that has read 300 plain rows.
    private func known(_ contract: String, edit: (String) -> String = { $0 }) throws -> (SmallFeed, Warehouse) {
        let feed = try SmallFeed(feed: "    contract: \(contract)", edit: edit)
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", Self.plain)
        try feed.run(warehouse)
        #expect(try feed.items(warehouse).isEmpty)
        return (feed, warehouse)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var name: String
        var cause: String
        var text: String
        var content: String
        var testDescription: String { name }
    }

    static let next = SmallFeed.rows(401...700, day: 6)

    static let changes = [
        Change(
            name: "a column added", cause: "column-added", text: "column 'NOTE' is new at position 6",
            content: next.split(separator: "\n").enumerated().map { $0 == 0 ? "\($1),NOTE" : "\($1),n\($0)" }.joined(separator: "\n")),
        Change(
            name: "columns moved", cause: "column-moved", text: "the same columns stand in another order, from 'TX_DATETIME' on",
            content: next.split(separator: "\n").map { line in
                var fields = line.split(separator: ",")
                fields.swapAt(0, 1)
                return fields.joined(separator: ",")
            }.joined(separator: "\n")),
        Change(
            name: "a column renamed", cause: "column-renamed",
            text: "column 'TX_AMOUNT' is gone and 'TX_AMOUNTS' is new: a name much like it, whose values fit",
            content: next.replacing("TX_AMOUNT", with: "TX_AMOUNTS")),
        Change(
            name: "a column gone", cause: "column-gone", text: "column 'TX_AMOUNT' is gone, which the job reads as 'amount'",
            content: next.split(separator: "\n").map { $0.split(separator: ",").dropLast().joined(separator: ",") }.joined(separator: "\n")),
        Change(
            name: "decimal commas", cause: "type-changed",
            text: "100.0% of 'amount' are no money any more: they have a decimal comma",
            content: next.split(separator: "\n").enumerated().map { index, line in
                guard index > 0, let point = line.lastIndex(of: ".") else { return String(line) }
                let start = line.lastIndex(of: ",") ?? line.startIndex
                return "\(line[...start])\"\(line[line.index(after: start)..<point]),\(line[line.index(after: point)...])\""
            }.joined(separator: "\n")),
        Change(
            name: "a text never seen", cause: "new-value", text: "'terminal' has a text never seen: 'T9'",
            content: next.replacing(",T4,", with: ",T9,")),
    ]

    @Test("`quarantine` sets a changed file aside whole, with three samples, until a person accepts it", arguments: changes)
    func quarantine(_ change: Change) throws {
        let (feed, warehouse) = try known("quarantine")
        try feed.put("b.csv", change.content)
        let report = try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        #expect(report.ending == .nothingNew)
        #expect(report.notes.first?.hasPrefix("in/b.csv is set aside: \(change.text)") == true)
        let item = try #require(try warehouse.read { try ReviewStore($0).list(kind: .schema, now: SmallFeed.clock) }.first?.item)
        #expect(item.cause == change.cause && item.reasons[0] == change.text && item.suggested == "wait")
        if !["column-moved", "column-gone"].contains(change.cause) {
            #expect(item.evidence.first.map { (1...3).contains($0.rows.count) } == true)
        }
        // Asked again: the same answer, and no second item.
        #expect(try feed.run(warehouse, at: SmallFeed.clock + .days(2)).ending == .nothingNew)
        #expect(try feed.items(warehouse).count == 1)
        let status = try #require(try warehouse.read { try JobStatus.all(in: $0, now: SmallFeed.clock) }.first)
        #expect(status.setAside == ["in/b.csv"] && status.open[.schema] == 1 && status.needsPerson)
        let queue = ReviewQueue(warehouse)
        _ = try queue.decide(
            item.id, outcome: "accept", isPositive: nil, reason: "announced", by: ReviewPerson(actor: "ann", host: "desk"),
            now: SmallFeed.clock + .days(3), outcomes: ReviewChoices.ofDelivery.outcomes)
        guard change.cause != "column-gone", change.cause != "column-renamed", change.cause != "type-changed" else { return }
        #expect(try feed.run(warehouse, at: SmallFeed.clock + .days(4)).record?.counts.accepted == 300)
        // Known now.
        try feed.put("c.csv", change.content.replacing("\n4", with: "\n8").replacing("\n5", with: "\n9").replacing("\n6", with: "\n7"))
        #expect(try feed.run(warehouse, at: SmallFeed.clock + .days(5)).notes.isEmpty)
    }

    @Test("`reject` leaves a file that was set aside out for good, and replay gives what was read")
    func rejected() throws {
        let (feed, warehouse) = try known("quarantine")
        try feed.put("b.csv", Self.changes[0].content)
        try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        let id = try #require(try warehouse.read { try ReviewStore($0).list(kind: .schema, now: SmallFeed.clock) }.first?.item.id)
        _ = try ReviewQueue(warehouse).decide(
            id, outcome: "reject", isPositive: nil, reason: "a test file", by: ReviewPerson(actor: "ann", host: "desk"),
            now: SmallFeed.clock + .days(2), outcomes: ReviewChoices.ofDelivery.outcomes)
        try feed.put("c.csv", Self.next)
        #expect(try feed.run(warehouse, at: SmallFeed.clock + .days(3)).record?.counts.accepted == 300)
        #expect(try feed.files(warehouse) == ["in/a.csv", "in/c.csv"])
        let replay = try Replayer(warehouse: warehouse, environment: .fixed(SmallFeed.clock)).replay(
            feed.job(), asOf: .distantFuture, in: feed.folder)
        #expect(replay.difference == nil && replay.runs == [1, 2])
    }

    @Test("`evolve` reads a changed file, says what changed, and asks only once")
    func evolve() throws {
        let (feed, warehouse) = try known("evolve")
        try feed.put("b.csv", Self.changes[0].content)
        let report = try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        #expect(report.record?.counts.accepted == 300 && report.notes == ["in/b.csv: column 'NOTE' is new at position 6"])
        try feed.put(
            "c.csv", Self.changes[0].content.replacing("\n4", with: "\n8").replacing("\n5", with: "\n9").replacing("\n6", with: "\n7"))
        #expect(try feed.run(warehouse, at: SmallFeed.clock + .days(2)).notes.isEmpty)
        #expect(try feed.items(warehouse).count == 1)
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_feed_schemas") } == 2)
    }

    @Test("`freeze` refuses a changed file: the run goes on with others, and fails where there is none")
    func freeze() throws {
        let (feed, warehouse) = try known("freeze")
        try feed.put("b.csv", Self.changes[0].content)
        let failure = try #require(try feed.failure(warehouse, at: SmallFeed.clock + .days(1)))
        #expect(
            failure.description
                == "the contract of a feed of 'bank' refuses a file, and there is no other to read (in/b.csv): columns, types or values that "
                + "the feed did not have so far, expected what `contract: freeze` keeps. `pipeline review list --kind schema` shows it. "
                + "Decide the item, or correct the file or the job file.")
        try feed.put("c.csv", SmallFeed.rows(801...900, day: 7))
        #expect(try feed.run(warehouse, at: SmallFeed.clock + .days(2)).record?.counts.accepted == 100)
        #expect(try feed.items(warehouse).count == 1)
    }

    @Test("`discard-row` makes rejects of rows with a text never seen, with their places, and replay gives the same")
    func discardRow() throws {
        let (feed, warehouse) = try known("{ values: discard-row }")
        let content = Self.changes[5].content
        try feed.put("b.csv", content)
        let report = try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        #expect(report.record?.counts.rejected == 60 && report.record?.counts.accepted == 240)
        let reject = try #require(try warehouse.read { try RejectStore($0).list(code: .contract) }.first?.reject)
        #expect(reject.column == "terminal" && reject.found == "T9" && reject.line == 5)
        #expect(String(decoding: reject.raw, as: UTF8.self) == content.split(separator: "\n")[4])
        let replay = try Replayer(warehouse: warehouse, environment: .fixed(SmallFeed.clock)).replay(
            feed.job(), asOf: .distantFuture, in: feed.folder)
        #expect(replay.difference == nil)
    }
}
