import PipelineTesting
import Pipelines
import Records
import Testing

@Suite struct LifeComparisonTests {
    private struct Row {
        var (truth, predicted, low, high, machine): (Float, Float, Float, Float, Int)
    }

    /// Lives of machines with an error of about ten steps and an interval that holds about nine in ten.
    private func rows(_ count: Int, seed: UInt64 = 1) -> [Row] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { row in
            let truth = Float.random(in: 0..<200, using: &random)
            let noise = (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &random) } * 10
            let predicted = min(max(min(truth, 100) + noise, 0), 100)
            return Row(
                truth: truth, predicted: predicted, low: max(predicted - 16, 0), high: min(predicted + 16, 100), machine: row * 40 / count)
        }
    }

    private func comparison(_ rows: [Row], truths: [Float]? = nil) -> LifeComparison {
        var comparison = LifeComparison(cap: 100, stated: 0.9)
        for (index, row) in rows.enumerated() {
            comparison.add(truth: truths?[index] ?? row.truth, predicted: row.predicted, interval: row.low...row.high, machine: row.machine)
        }
        return comparison
    }

    @Test("error, correlation, coverage and the counts of the drawing equal plain sums over the rows")
    func sums() throws {
        let rows = rows(4_000), comparison = comparison(rows)
        let pairs = rows.map { (x: Double(min($0.truth, 100)), y: Double($0.predicted)) }, count = Double(rows.count)
        let error = (pairs.reduce(0) { $0 + ($1.x - $1.y) * ($1.x - $1.y) } / count).squareRoot()
        #expect(abs(comparison.error - error) < 1e-6)
        let (mx, my) = (pairs.reduce(0) { $0 + $1.x } / count, pairs.reduce(0) { $0 + $1.y } / count)
        let product = pairs.reduce(0) { $0 + ($1.x - mx) * ($1.y - my) }
        let squares = (pairs.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) }) * (pairs.reduce(0) { $0 + ($1.y - my) * ($1.y - my) })
        #expect(abs(try #require(comparison.correlation) - product / squares.squareRoot()) < 1e-6)
        let shares = (0..<40).map { machine -> Double in
            let own = rows.filter { $0.machine == machine }
            return Double(own.count { ($0.low...$0.high).contains(min($0.truth, 100)) }) / Double(own.count)
        }
        let coverage = try #require(comparison.coverage)
        #expect(abs(coverage.share - shares.reduce(0, +) / 40) < 1e-9)
        #expect(coverage.lower.map { $0 < coverage.share } == true && coverage.upper.map { $0 > coverage.share } == true)
        #expect(comparison.density.reduce(0, +) == rows.count && comparison.bins.reduce(0) { $0 + $1.rows } == rows.count)
        #expect(comparison.capped == rows.count { $0.truth >= 100 } && comparison.bins[6].rows == comparison.capped)
        #expect(comparison.machineCount == 40)
    }

    @Test("with the truth dealt to other rows the correlation is gone, and the interval holds far fewer than it states")
    func shuffled() throws {
        let rows = rows(4_000), honest = comparison(rows)
        var random = SeededGenerator(seed: 9)
        let dealt = comparison(rows, truths: rows.map(\.truth).shuffled(using: &random))
        #expect(try #require(honest.correlation) > 0.9 && abs(try #require(dealt.correlation)) < 0.1)
        #expect(try #require(honest.coverage).share > 0.85 && #require(dealt.coverage).share < 0.5)
        #expect(dealt.error > 3 * honest.error)
    }

    @Test("the median and tails of a column are where the predictions lie, whatever the number of rows")
    func quantiles() throws {
        var comparison = LifeComparison(cap: 30, stated: nil)
        // Column 10 holds lives of 10 to 11: predictions 0.5, 1.5, ... 29.5, each as often.
        for row in 0..<3_000 {
            comparison.add(truth: 10.5, predicted: Float(row % 30) + 0.5, interval: 0...0, machine: 0)
        }
        for (share, value) in [(0.1, 3.0), (0.5, 15), (0.9, 27)] {
            #expect(abs(try #require(comparison.quantile(share, column: 10)) - value) < 0.01)
        }
        #expect(comparison.quantile(0.5, column: 11) == nil)
        #expect(comparison.points.isEmpty && comparison.coverage == nil && comparison.correlation == nil)
    }

    @Test("a single row is a point without a correlation or limits; one beyond the cap is cut to it")
    func one() throws {
        var comparison = LifeComparison(cap: 100, stated: 0.8)
        comparison.add(truth: 5_000, predicted: 97, interval: 90...100, machine: 3)
        let point = try #require(comparison.points.first)
        #expect(comparison.points.count == 1 && point.truth == 100 && point.predicted == 97 && point.isInside)
        #expect(comparison.correlation == nil && comparison.error == 3 && comparison.capped == 1)
        let coverage = try #require(comparison.coverage)
        #expect(coverage.share == 1 && coverage.lower == nil)
    }
}

@Suite struct ReasonCountsTests {
    @Test(
        "a reason is counted without the numbers of its row, and what is no reason is not counted",
        arguments: [
            ("mean of health over 10 readings: -0.322", "mean of health over 10 readings"),
            ("30 readings of this unit so far", "… readings of this unit so far"),
            ("torque: a point beyond three standard deviations", "torque: a point beyond three standard deviations"),
            ("power (torque * speed): 1,5", "power (torque * speed): 1,5"), ("product: L", "product: L"),
            ("a: b: 12", "a: b"), ("", ""),
            ("life left: 111 (80 % of such units: 96 to 127)", nil), ("kind: scratch 83 %, stain 12 %", nil),
            ("repair by 2025-01-24T18:00:00Z (69 steps on): 1 EUR expected", nil),
        ] as [(String, String?)])
    func forms(_ text: String, _ form: String?) { #expect(ReasonCounts.form(text) == form) }

    @Test("an item counts once for each reason; what persons found is counted of decided items alone")
    func counts() {
        var counts = ReasonCounts()
        counts.add(["a: 1", "a: 2", "b: 1"], found: true)
        counts.add(["a: 3"], found: false)
        counts.add(["a: 3", "life left: 4"], found: nil)
        #expect(counts.items == 3)
        let found = counts.reasons.map { "\($0.text) \($0.items) \($0.decided) \($0.positives)" }
        #expect(found == ["a 3 2 1", "b 1 1 1"])
        for index in 0..<6_000 { counts.add(["reason x\(index)"], found: nil) }
        #expect(counts.reasons.count == 5_000 && counts.others == 6_000 - 4_998)
    }
}

@Suite struct PlannedRepairTextTests {
    @Test("date and saving of a plan are read back as written; of other reasons nothing is")
    func reading() throws {
        let by =
            "repair by 2025-01-24T18:00:00Z (69 steps on): 790.32 EUR expected, saves 331.29 EUR (now 1121.61 EUR, at failure 12000.00 EUR)"
        let plan = try #require(PlannedRepairText(reasons: ["life left: 3", by]))
        #expect(plan.date == Timestamp(iso8601: "2025-01-24T18:00:00Z") && plan.saving == "331.29 EUR" && !plan.isAtOnce)
        let beyond = try #require(PlannedRepairText(reasons: [by.replacing("2025-01-24T18:00:00Z", with: "the end of its life")]))
        #expect(beyond.date == nil && beyond.saving == "331.29 EUR")
        let now = try #require(PlannedRepairText(reasons: ["repair now: 5.00 EUR of life lost expected, 9.00 EUR at failure"]))
        #expect(now.isAtOnce && now.date == nil && now.saving == nil)
        #expect(PlannedRepairText(reasons: ["no repair needs planning yet", "repairs by hand"]) == nil)
        #expect(PlannedRepairText(reasons: ["repair by "])?.date == nil)
    }
}
