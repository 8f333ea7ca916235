import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Training on slices of time, and what the policy makes of it.
@Suite("training and automatic decisions") struct TrainSlicesTests {
    static let window = "window: { last: 30d, label-delay: 7d }"
    static let slices = "window: { last: 36d, label-delay: 7d, calibration: 20%, selection: 40% }\n  early-stopping: 10"
    static let automatic = "  automatic: { risk: missed-fraud-count, alpha: 30%, confidence: 80% }\n"

    static func bank(_ automatic: String = Self.automatic, edit: @escaping (String) -> String = { $0 }) throws -> BankFixture {
        try BankFixture(customers: 120, days: 50) { text in
            edit(
                text.replacing(Self.window, with: Self.slices).replacing("        rules:\n", with: "").replacing(
                    "rules:\n", with: "\(automatic)rules:\n"))
        }
    }

    @Test("each slice is later than the one before, and the card holds what was fitted")
    func card() throws {
        let bank = try Self.bank()
        let warehouse = try bank.warehouse()
        let report = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
        let fitting = try #require(report.version.card.fitting)
        let (calibrated, selected) = (try #require(fitting.calibrated), try #require(fitting.selected))
        #expect(fitting.learned.to == calibrated.from && calibrated.to == selected.from)
        #expect(fitting.learned.from == report.version.card.trainedFrom && selected.to == report.version.card.trainedTo)
        #expect(fitting.learned.rows + calibrated.rows + selected.rows == report.rows)
        #expect(fitting.learned.positives > 0 && calibrated.positives > 0 && selected.positives > 0)
        #expect(fitting.calibration?.rows == calibrated.rows && fitting.calibration?.candidates.map(\.kind) == [.identity, .platt, .beta])
        #expect(fitting.automatic?.segments.first?.rows == selected.rows)
        #expect(fitting.chosen["trees"].flatMap(Int.init).map { $0 <= 20 } == true)
        let stored = try warehouse.read { try ModelStore($0).required("bank") }
        #expect(stored.card == report.version.card && stored.digest == report.version.digest)
        let again = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock + .days(1))).train(bank.job())
        #expect(again.isKnown && again.version.digest == report.version.digest)
    }

    private struct Row {
        var score: Double
        var outcome: String
        var cause: String?
    }

    private func rows(_ warehouse: Warehouse) throws -> [Row] {
        try warehouse.read { database in
            try GRDB.Row.fetchAll(database, sql: "SELECT score, outcome, cause FROM bank_scores").map {
                Row(score: $0["score"], outcome: $0["outcome"], cause: $0["cause"])
            }
        }
    }

    @Test("a row is cleared without a person only where the rule clears it; all others that would be go to review")
    func policy() throws {
        let bank = try Self.bank()
        let warehouse = try bank.warehouse()
        _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
        let version = try warehouse.read { try ModelStore($0).required("bank") }
        let artefact = try warehouse.read { try ModelStore($0).artefact(of: version) }
        let rule = try #require(ModelArtefact(serialized: artefact, family: version.family).automatic)
        let threshold = try #require(rule.rule.segments.first?.threshold)
        let report = try bank.runner(warehouse).run(bank.job())
        #expect(report.noPromise == nil)
        let rows = try rows(warehouse)
        let cleared = rows.filter { $0.outcome == "clear" }, beyond = rows.filter { $0.cause == "beyond-promise" }
        #expect(!cleared.isEmpty && !beyond.isEmpty)
        #expect(cleared.allSatisfy { $0.score <= Double(threshold) })
        #expect(beyond.allSatisfy { $0.outcome == "review" && $0.score > Double(threshold) })
        // The control: without the promise, rows above the threshold are cleared.
        let plain = try Self.bank("")
        let other = try plain.warehouse()
        _ = try Trainer(warehouse: other, environment: .fixed(BankFixture.clock)).train(plain.job())
        _ = try plain.runner(other).run(plain.job())
        #expect(try self.rows(other).contains { $0.outcome == "clear" && $0.score > Double(threshold) })
    }

    @Test("a model without a rule for the job's settings clears nothing, and says so")
    func otherSettings() throws {
        let bank = try Self.bank()
        let warehouse = try bank.warehouse()
        _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(bank.job())
        let text = try String(contentsOfFile: bank.jobPath, encoding: .utf8).replacing("alpha: 30%", with: "alpha: 29%")
        try text.write(toFile: bank.jobPath, atomically: true, encoding: .utf8)
        let report = try bank.runner(warehouse).run(bank.job())
        #expect(report.noPromise?.contains("other `automatic` settings") == true)
        let rows = try rows(warehouse)
        #expect(!rows.contains { $0.outcome == "clear" } && rows.contains { $0.cause == "no-promise" })
    }

    @Test("the bound fails in at most 5 % of 200 draws from scored rows, and clear-everything fails in all")
    func resamples() throws {
        let bank = try Self.bank()
        let warehouse = try bank.warehouse()
        let job = try bank.job()
        _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(job)
        _ = try bank.runner(warehouse).run(job)
        let population: [(score: Float, isFraud: Bool)] = try warehouse.read { database in
            try GRDB.Row.fetchAll(
                database,
                sql: """
                    SELECT score, EXISTS (SELECT 1 FROM pipeline_labels l WHERE l.job = 'bank' AND l.key = CAST(s.transaction_key AS TEXT) \
                    AND l.positive) AS fraud FROM (SELECT *, "transaction" AS transaction_key FROM bank_scores_current) s
                    """
            ).map { (Float($0["score"] as Double), $0["fraud"] as Bool) }
        }
        let frauds = population.filter(\.isFraud)
        #expect(frauds.count > 50)
        let settings = try SelectiveSettings(risk: .count, alpha: 0.2, confidence: 0.95)
        var random = SeededGenerator(seed: 11)
        var (failures, everything) = (0, 0)
        for _ in 0..<200 {
            let drawn = (0..<population.count).map { _ in population[Int.random(in: 0..<population.count, using: &random)] }
            let rows = try SelectiveRows(scores: drawn.map(\.score), labels: drawn.map { $0.isFraud ? 1 : 0 })
            let (rule, _) = try SelectiveRule.fit(rows, settings)
            // The population is known, so the risk is no estimate.
            let risk = Double(frauds.count { rule.clears(score: $0.score) }) / Double(frauds.count)
            if risk > settings.alpha { failures += 1 }
            let verdict = try SelectiveRule.verify(isCleared: drawn.map { _ in true }, on: rows, settings)
            if !verdict.passes { everything += 1 }
        }
        #expect(Binomial.atLeast(failures, trials: 200, probability: 0.05) > 0.01, "\(failures) of 200")
        #expect(everything == 200)
    }

    @Test("evaluation states the promise and its check, and clearing everything breaks it", arguments: [Evaluator.Control.clearEverything])
    func controls(control: Evaluator.Control) throws {
        let bank = try BankFixture(customers: 150, days: 62) { text in
            text.replacing(Self.window, with: "window: { last: 40d, label-delay: 7d, calibration: 15%, selection: 50% }")
                .replacing("rules:\n", with: "\(Self.automatic)rules:\n")
        }
        let report = try Evaluator(resamples: 40).evaluate(bank.job(), control: control)
        let verdict = try #require(report.automatic)
        #expect(report.fitting.automatic != nil && report.calibration != nil && !report.slices.isEmpty)
        #expect(!verdict.passes, "\(verdict.segments) \(verdict.certificate.segments)")
    }

    @Test("weeks one after the other are what each alone is, the realised risk too; a job beside itself is never better")
    func rolling() throws {
        let bank = try BankFixture(customers: 120, days: 75) { text in
            text.replacing(Self.window, with: Self.slices).replacing("last: 36d", with: "last: 30d").replacing("        rules:\n", with: "")
                .replacing("rules:\n", with: "\(Self.automatic)rules:\n")
        }
        let job = try bank.job(), evaluator = Evaluator(resamples: 40)
        let report = try evaluator.roll(job, against: job, weeks: 2)
        #expect(report.weeks.count == 2 && report.betterWeeks == 0)
        for week in report.weeks {
            let from = try #require(Timestamp(iso8601: week.from)).day
            let alone = try evaluator.evaluate(job, test: Evaluator.Period(days: from...(from + 6)))
            #expect(week.automatic == alone.automatic && week.automatic != nil)
            #expect(week.rows == alone.testRows && week.positives == alone.testPositives && week.positives > 0)
            #expect(week.averagePrecision == alone.figures.first { $0.name == "average_precision" }?.value)
            #expect(week.difference?.difference.estimate == 0)
        }
        let plain = try BankFixture(customers: 120, days: 75)
        #expect(try evaluator.roll(plain.job(), weeks: 1).weeks.allSatisfy { $0.automatic == nil && $0.rows > 0 })
    }
}
