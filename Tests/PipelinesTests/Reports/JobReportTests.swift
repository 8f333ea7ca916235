import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Testing

@Suite struct JobReportTests {
    private static let clock = BankFixture.clock + .days(1)

    private func page(_ warehouse: Warehouse, at now: Timestamp = clock) throws -> String {
        ReportPage(try warehouse.read { try JobReport(job: "bank", now: now, in: $0) }).html
    }

    @Test("the same database and clock give the same bytes, that fetch nothing and run nothing")
    func bytes() throws {
        let bank = try BankFixture(), warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        let first = try page(warehouse)
        #expect(try page(warehouse) == first)
        for word in ["<script", "http:", "https:", "url(", "@import", "src=", "href=\"/"] { #expect(!first.contains(word), "\(word)") }
        #expect(first.contains("default-src &#39;none&#39;"))
        #expect(try page(warehouse, at: Self.clock + .hours(1)) != first)
        #expect(throws: Failure.self) { try page(warehouse, at: BankFixture.clock - .days(1)) }
    }

    @Test("figures are those of rows that the model had not seen, by the labels known at the clock")
    func quality() throws {
        let bank = try BankFixture(), warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        let report = try warehouse.read { try JobReport(job: "bank", now: Self.clock, in: $0) }
        let (scores, labels) = try warehouse.read { database -> ([Float], [Float]) in
            let ripe = (Self.clock - .days(7)).iso8601
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT score, coalesce((SELECT positive FROM pipeline_labels WHERE key = CAST(r.'transaction' AS TEXT) AND known <= ?1
                        ORDER BY known DESC, id DESC LIMIT 1), 0) AS label
                    FROM bank_scores_current r WHERE event_time <= ?2
                        OR EXISTS (SELECT 1 FROM pipeline_labels WHERE key = CAST(r.'transaction' AS TEXT) AND known <= ?1)
                    """.replacing("r.'transaction'", with: "r.\"transaction\""), arguments: [Self.clock.microseconds, ripe])
            return (rows.map { Float($0["score"] as Double) }, rows.map { Float($0["label"] as Int) })
        }
        #expect(report.seenRows == 0)
        #expect(report.settledRows == scores.count)
        #expect(report.settledPositives == labels.count { $0 == 1 })
        #expect(report.settledPositives > 0)
        #expect(report.quality[0].interval.estimate == Metrics.rocAUC(scores: scores, labels: labels))
        #expect(report.quality[1].interval.estimate == Metrics.averagePrecision(scores: scores, labels: labels))
        #expect(report.clusters == "days")
    }

    @Test("rows of the last days are not settled until their labels are complete")
    func unsettled() throws {
        let bank = try BankFixture(), warehouse = try bank.warehouse()
        let last = Timestamp(.init(year: 2026, month: 1, day: 1)) + .days(50)
        _ = try bank.runner(warehouse, at: last).run(bank.job())
        let early = try warehouse.read { try JobReport(job: "bank", now: last, in: $0) }
        let later = try warehouse.read { try JobReport(job: "bank", now: last + .days(3), in: $0) }
        let whole = try warehouse.read { try JobReport(job: "bank", now: Self.clock, in: $0) }
        #expect(early.settledRows < later.settledRows)
        #expect(later.settledRows < whole.settledRows)
    }

    @Test("rows of the time that a model was trained on are left out")
    func seen() throws {
        let bank = try BankFixture(), warehouse = try bank.warehouse()
        _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
        _ = try bank.runner(warehouse).run(bank.job())
        let report = try warehouse.read { try JobReport(job: "bank", now: Self.clock, in: $0) }
        #expect(report.seenRows > 0)
        #expect(report.settledRows == 0)
        #expect(report.quality.isEmpty)
    }

    @Test("money counts what held, reviews and all, and leaves out what waits")
    func money() throws {
        let bank = try BankFixture(), warehouse = try bank.warehouse()
        _ = try bank.runner(warehouse).run(bank.job())
        let before = try #require(try warehouse.read { try JobReport(job: "bank", now: Self.clock, in: $0) }.money)
        #expect(before.harmless == "clear")
        #expect(before.reviews == 0)
        #expect(before.outcomes.map(\.cost).reduce(0, +) + before.reviewCost == before.cost)
        #expect(before.saved?.estimate == before.costOfNothing - before.cost)
        let item = try #require(
            try warehouse.read { try ReviewStore($0).list(queue: "fraud", now: Self.clock, limit: 1).first })
        _ = try ReviewQueue(warehouse).decide(
            item.item.id, outcome: "hold", isPositive: true, reason: "r", by: .ann, now: BankFixture.clock + .hours(1), outcomes: [])
        let report = try warehouse.read { try JobReport(job: "bank", now: Self.clock, in: $0) }
        let after = try #require(report.money)
        #expect(after.reviews == 1)
        #expect(after.reviewCost == 400)
        #expect(report.queue.decided == 1)
        #expect(report.queue.items > 1)
    }
}
