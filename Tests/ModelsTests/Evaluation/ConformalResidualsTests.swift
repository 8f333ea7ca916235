import Models
import PipelineTesting
import Testing

@Suite struct ConformalResidualsTests {
    /// Fifteen units, each predicted at 0, 1, ... 99; the truth is off by up to a fifth of the prediction, either way.
    private func rows() -> (predictions: [Float], targets: [Float], groups: [Int]) {
        var random = SeededGenerator(seed: 5)
        var (predictions, targets, groups): ([Float], [Float], [Int]) = ([], [], [])
        for unit in 0..<15 {
            for step in 0..<100 {
                let prediction = Float(step)
                predictions.append(prediction)
                targets.append(prediction * (1 + Float.random(in: -0.2...0.2, using: &random)))
                groups.append(unit)
            }
        }
        return (predictions, targets, groups)
    }

    @Test("few units that are predicted at every stage tell how far predictions miss at each stage")
    func stages() {
        let rows = rows()
        let residuals = ConformalResiduals(predictions: rows.predictions, targets: rows.targets, groups: rows.groups)
        func width(_ prediction: Float) -> Float { residuals.quantile(0.9, at: prediction) - residuals.quantile(0.1, at: prediction) }
        #expect(width(10) < 0.3 * width(90))
        // The truth of a uniform error: eight tenths of two fifths of the prediction, and a little more.
        #expect(width(90) > 0.8 * 0.4 * 90 && width(90) < 0.45 * 90)
        // The control: fifteen units that are each at one stage only say nothing of the others.
        let pooled = rows.groups.indices.map { rows.predictions[$0] < 50 ? 0 : rows.groups[$0] }
        let one = ConformalResiduals(predictions: rows.predictions, targets: rows.targets, groups: pooled)
        #expect(one.quantile(0.9, at: 10) - one.quantile(0.1, at: 10) > 0.9 * (one.quantile(0.9, at: 90) - one.quantile(0.1, at: 90)))
    }

    @Test("limits for units never seen are wider than what was observed, and the more so the fewer units there were")
    func widened() {
        var gaps: [Float] = []
        for units in [12, 60] {
            let predictions = (0..<units * 50).map { Float($0 % 50) }, groups = predictions.indices.map { $0 / 50 }
            let targets = predictions.indices.map { predictions[$0] + Float($0 / 50) / Float(units) }
            let residuals = ConformalResiduals(predictions: predictions, targets: targets, groups: groups, bins: 1)
            func width(_ isWidened: Bool) -> Float {
                residuals.quantile(0.9, at: 20, widened: isWidened) - residuals.quantile(0.1, at: 20, widened: isWidened)
            }
            gaps.append(width(true) / width(false) - 1)
        }
        #expect(gaps[0] > gaps[1] && gaps[1] > 0)
    }
}
