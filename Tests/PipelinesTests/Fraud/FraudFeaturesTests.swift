import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("Fraud features")
struct FraudFeaturesTests {
    @Test("every feature equals its definition on random rows with ties, late rows, labels of both kinds and corrections")
    func features() throws {
        for seed in 0..<600 as Range<UInt64> {
            let data = TestRows.random(seed), reference = FraudReference(data), stage = try data.stage()
            var random = SeededGenerator(seed: seed ^ 77)
            let cuts = seed % 3 == 0 ? [] : (0..<5).map { _ in Int.random(in: 0..<data.rows.count, using: &random) }
            let expected = data.rows.indices.flatMap { reference.features($0) }
            var values: [Float] = []
            for input in data.inputs(cutAt: cuts) { values += try stage.consume(input).values }
            guard values.map(\.bitPattern) != expected.map(\.bitPattern) else { continue }
            let at = zip(values, expected).enumerated().first { $0.element.0.bitPattern != $0.element.1.bitPattern }
            Issue.record("seed \(seed), row \((at?.offset ?? 0) / 15), feature \((at?.offset ?? 0) % 15): \(at.map { "\($0.element)" } ?? "")")
            return
        }
    }
}
