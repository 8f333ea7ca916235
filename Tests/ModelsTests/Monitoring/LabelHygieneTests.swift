import Models
import PipelineTesting
import Testing

@Suite struct LabelHygieneTests {
    /// Three persons who decide as the probabilities say, one decision in ten seconds each, and chargebacks between.
    private func ordinary(_ count: Int = 600) -> LabelRows {
        var random = SeededGenerator(seed: 61)
        let probabilities = (0..<count).map { _ in Float.random(in: 0.05...0.95, using: &random) }
        return LabelRows(
            labels: probabilities.map { Float.random(in: 0..<1, using: &random) < $0 ? 1 : 0 }, probabilities: probabilities,
            actors: (0..<count).map { $0 % 4 - 1 }, times: (0..<count).map { Int64($0) * 10_000_000 },
            matrix: FeatureMatrix(featureCount: 2, values: (0..<(2 * count)).map { _ in Float.random(in: 0...1, using: &random) }))
    }

    @Test("ordinary labels have no findings")
    func none() {
        var rows = ordinary()
        rows.matrix = nil
        #expect(LabelHygiene().findings(rows).isEmpty)
        #expect(LabelHygiene().findings(LabelRows(labels: [], probabilities: [], actors: [], times: [])).isEmpty)
    }

    @Test("a bulk, a burst and a lean of one person are named, with the person")
    func persons() {
        var rows = ordinary()
        rows.matrix = nil
        for row in rows.labels.indices where row % 4 != 0 && row < 400 { rows.actors[row] = 2 }
        #expect(LabelHygiene().findings(rows).map(\.kind) == [.bulk])
        var fast = ordinary()
        fast.matrix = nil
        for row in 300..<340 { (fast.actors[row], fast.times[row]) = (1, Int64(100_000 + row) * 1_000_000) }
        let burst = LabelHygiene().findings(fast)
        #expect(burst.map(\.kind) == [.burst] && burst[0].actor == 1 && burst[0].rows == Array(300..<340))
        #expect(burst[0].reason == "40 decisions of one person within 60 seconds; 30 are allowed.")
        var leaning = ordinary()
        leaning.matrix = nil
        for row in leaning.labels.indices where leaning.actors[row] == 2 { leaning.labels[row] = 0 }
        let lean = LabelHygiene().findings(leaning)
        #expect(lean.map(\.kind) == [.leaning] && lean[0].actor == 2)
    }

    @Test("labels against strong evidence are named when a person gave them, not when a chargeback did")
    func evidence() {
        var rows = ordinary()
        rows.matrix = nil
        // Rows 0 and 4 are chargebacks.
        for (row, probability, label) in [(0, 0.001, 1), (1, 0.001, 1), (2, 0.999, 0), (4, 0.999, 0), (5, 0.001, 0)]
            as [(Int, Float, Float)]
        {
            (rows.probabilities[row], rows.labels[row]) = (probability, label)
        }
        let findings = LabelHygiene().findings(rows)
        #expect(findings.map(\.kind) == [.againstEvidence, .againstEvidence] && findings.map(\.rows) == [[1], [2]])
        #expect(findings[0].reason == "1 rows with a probability below 0.01 were called fraud by a person.")
    }

    @Test("rows that look alike with opposite labels are named once, on either side of a cell's border")
    func contradictions() throws {
        var rows = ordinary()
        // The widest cell is about .005: two near twins, of which one pair straddles a border of the first grid, wherever that lies.
        var matrix = try #require(rows.matrix)
        for row in [10, 11] { (matrix.values[2 * row], matrix.values[2 * row + 1]) = (0.5 + Float(row) * 1e-6, 0.25) }
        (rows.labels[10], rows.labels[11], rows.matrix) = (1, 0, matrix)
        let findings = LabelHygiene().findings(rows).filter { $0.kind == .contradiction }
        #expect(findings.contains { $0.rows == [10, 11] })
        // Few others by chance: 600 rows in 40,000 cells.
        #expect(findings.count < 15)
        rows.labels[11] = 1
        #expect(!LabelHygiene().findings(rows).contains { $0.rows == [10, 11] })
    }
}
