import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Rows that take the place of earlier ones, by definition: from the corrected row on, the earlier one of its key counts nowhere.
private struct CorrectedRows {
    var data: TestRows
    var corrected: [Bool]
    /// The row that takes the place of each, if any does.
    var replacedBy: [Int?]

    init(_ seed: UInt64) {
        data = TestRows.random(seed)
        (data.given, corrected) = ([], [])
        replacedBy = data.rows.map { _ in nil }
        var random = SeededGenerator(seed: seed ^ 991)
        for row in data.rows.indices {
            data.rows[row].label = nil
            data.rows[row].key = RecordKey.hash("\(Int.random(in: 0..<40, using: &random))")
            let earlier = data.rows[..<row].lastIndex { $0.key == data.rows[row].key }
            corrected.append(earlier != nil && Int.random(in: 0..<3, using: &random) > 0)
            if corrected[row], let earlier { replacedBy[earlier] = row }
        }
    }

    /// Counts and means of the card's windows and counts of the terminal's: the features that amounts and places decide.
    func features(_ index: Int) -> [Float] {
        let row = data.rows[index], watermark = data.rows[...index].map(\.time).max() ?? row.time
        let cutoff = Int64(Timestamp(microseconds: watermark).day) * TestRows.day - 31 * TestRows.day - data.delay
        let there = data.rows[...index].indices.filter { (replacedBy[$0] ?? .max) > index }
        return ([1, 7, 30] as [Int64]).flatMap { days -> [Float] in
            let width = days * TestRows.day, end = row.time - data.delay
            let own = there.filter { other in
                let time = data.rows[other].time
                return data.rows[other].customer == row.customer && time <= row.time
                    && (time > max(row.time - width, cutoff) || other == index && row.time <= cutoff)
            }
            let place = there.filter { other in
                let time = data.rows[other].time
                return data.rows[other].terminal == row.terminal && time <= end && time > max(end - width, cutoff)
            }
            let sum = own.reduce(0) { $0 + data.rows[$1].amount }
            return [Float(own.count), Float(Double(sum) / (Double(own.count) * 100)), Float(place.count)]
        }
    }

    func input(_ range: Range<Int>) -> StageInput {
        var input = data.input(range)
        input.corrected = Array(corrected[range])
        return input
    }
}

@Suite("Fraud features of corrected rows")
struct FraudCorrectionTests {
    /// Where the stage, written out and restored at every cut, and the definition differ first.
    private func difference(_ rows: CorrectedRows, seed: UInt64, restoring: Bool) throws -> String? {
        var random = SeededGenerator(seed: seed ^ 5)
        var stage = try rows.data.stage()
        var (bases, deltas): ([UInt8], [[UInt8]]) = (stage.base(), [])
        var start = 0
        while start < rows.data.rows.count {
            let end = min(start + Int.random(in: 1...30, using: &random), rows.data.rows.count)
            let matrix = try stage.consume(rows.input(start..<end))
            for row in start..<end {
                let values = Array(matrix.row(row - start)), expected = rows.features(row)
                for (place, feature) in [3, 4, 9, 5, 6, 11, 7, 8, 13].enumerated() where values[feature] != expected[place] {
                    return "row \(row), \(FraudStage.definition.features[feature].name): \(values[feature]), expected \(expected[place])"
                }
            }
            if restoring {
                if Bool.random(using: &random) { (bases, deltas) = (stage.base(), []) } else { deltas.append(stage.delta()) }
                stage = try rows.data.stage()
                try stage.restore(base: bases, deltas: deltas)
            }
            start = end
        }
        return nil
    }

    @Test("a corrected row takes the earlier one's place in every window, late rows, ties and restored stages included")
    func corrections() throws {
        for seed in 0..<300 as Range<UInt64> {
            let rows = CorrectedRows(seed)
            #expect(try difference(rows, seed: seed, restoring: seed % 2 == 0) == nil, "seed \(seed)")
        }
    }

    @Test("the comparison notices a correction that is left out")
    func control() throws {
        var noticed = 0
        for seed in 0..<40 as Range<UInt64> {
            var rows = CorrectedRows(seed)
            guard let row = rows.corrected.lastIndex(of: true) else { continue }
            rows.corrected[row] = false
            if try difference(rows, seed: seed, restoring: false) != nil { noticed += 1 }
        }
        #expect(noticed > 5, "\(noticed)")
    }
}
