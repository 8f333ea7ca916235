import Models
public import Pipelines
public import Records

/// The suite for a stage that gives its results once the feed is read: what `FinishingStage` promises. Returns findings instead of failing,
/// so that a planted bug can be shown to be found.
public struct FinishingStageContract {
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        public enum Promise: String, CaseIterable, Sendable {
            /// Results of the layout's schema, a feature row each, no key twice, scores in 0...1, evidence with as many cells as columns.
            case shape
            /// Rows cut into blocks any way give the same results and refusals.
            case cuts
            /// Results asked for in any ranges, after one `finish` or two, are the same.
            case ranges
            /// `finish` and `finished` change no state.
            case pure
            /// Restored from `base` and deltas at any cut, it gives the same results.
            case restore
            /// Damaged bytes are refused.
            case damage
        }
        public var promise: Promise
        public var detail: String

        public var description: String { "\(promise.rawValue): \(detail)" }
    }

    /// The rows, in the feed's order.
    public var stream: StageInput
    public var time: FinishTime
    public var seed: UInt64
    public var trials: Int
    private let layout: ResultLayout
    private let make: () throws(Failure) -> any FinishingStage

    public init(
        stream: StageInput, time: FinishTime, layout: ResultLayout, seed: UInt64 = 1, trials: Int = 6,
        make: @escaping () throws(Failure) -> any FinishingStage
    ) {
        (self.stream, self.time, self.layout, self.seed, self.trials, self.make) = (stream, time, layout, seed, trials, make)
    }

    /// Everything that a stage gives, as texts, so that NaN equals NaN.
    private struct Course: Equatable {
        var refused: [RowRefusal] = []
        var results: [String] = []
        var features: [UInt32] = []
        var evidence: [[Evidence]] = []
    }

    /// - Throws: what the stage throws on good input.
    public func check() throws(Failure) -> [Finding] {
        try shape() + cuts() + ranges() + restores() + damage()
    }

    private func absorb(_ stage: any FinishingStage, _ parts: some Sequence<StageInput>) throws(Failure) -> [RowRefusal] {
        var refused: [RowRefusal] = [], before = 0
        for part in parts {
            for var refusal in try stage.absorb(part) {
                refusal.row += before
                refused.append(refusal)
            }
            before += part.batch.count
        }
        return refused
    }

    private func results(_ stage: any FinishingStage, of size: Int, into course: inout Course) throws(Failure) {
        let count = try stage.finish(time)
        var start = 0
        while start < count {
            let end = min(start + size, count)
            let rows = try stage.finished(start..<end)
            for row in 0..<rows.batch.count {
                course.results.append(rows.batch.columns.map { $0.text(row) ?? "-" }.joined(separator: "|"))
                course.evidence.append(stage.evidence(forRow: row))
            }
            course.features += rows.features.values.map(\.bitPattern)
            start = end
        }
    }

    private func run(cutAt cuts: [Int], size: Int) throws(Failure) -> Course {
        let stage = try make()
        var course = Course()
        course.refused = try absorb(stage, stream.parts(cutAt: cuts))
        try results(stage, of: size, into: &course)
        return course
    }

    private func shape() throws(Failure) -> [Finding] {
        let stage = try make()
        _ = try stage.absorb(stream)
        let count = try stage.finish(time)
        let rows = try stage.finished(0..<count)
        guard rows.batch.count == count, rows.batch.schema == layout.schema else {
            return [Finding(promise: .shape, detail: "\(rows.batch.count) results, \(count) were promised, or other columns")]
        }
        let width = type(of: stage).definition.features.count
        guard rows.features.featureCount == width, rows.features.rowCount == count else {
            return [Finding(promise: .shape, detail: "\(rows.features.featureCount) features, \(width) are defined")]
        }
        let keys = (0..<count).map { row in layout.key.map { rows.batch[$0]?.text(row) ?? "" } }
        if Set(keys).count != count { return [Finding(promise: .shape, detail: "a key comes twice")] }
        let scores = stage.ruleScores(of: rows.features)
        if scores.count != count || !scores.allSatisfy({ $0 >= 0 && $0 <= 1 }) {
            return [Finding(promise: .shape, detail: "scores are not one in 0...1 a result")]
        }
        for row in 0..<count {
            for table in stage.evidence(forRow: row) where table.rows.contains(where: { $0.count != table.columns.count }) {
                return [Finding(promise: .shape, detail: "evidence of result \(row) has a row with more or fewer cells than columns")]
            }
        }
        return []
    }

    private func randomCuts(_ random: inout SeededGenerator) -> [Int] {
        let share = Int.random(in: 2...40, using: &random)
        return (0..<stream.times.count).dropFirst().filter { _ in Int.random(in: 0..<share, using: &random) == 0 }
    }

    private func cuts() throws(Failure) -> [Finding] {
        var random = SeededGenerator(seed: seed)
        let whole = try run(cutAt: [], size: 1_000_000)
        for _ in 0..<trials {
            let cuts = randomCuts(&random)
            if try run(cutAt: cuts, size: 1_000_000) != whole { return [Finding(promise: .cuts, detail: "cut at \(cuts): another result")] }
        }
        return []
    }

    private func ranges() throws(Failure) -> [Finding] {
        let stage = try make()
        _ = stage.base()
        var first = Course(), second = Course(), third = Course()
        _ = try stage.absorb(stream)
        _ = stage.delta()
        let before = stage.base()
        try results(stage, of: 1_000_000, into: &first)
        try results(stage, of: 1, into: &second)
        try results(stage, of: 7, into: &third)
        if first != second || first != third { return [Finding(promise: .ranges, detail: "results depend on how they are asked for")] }
        if !stage.delta().isEmpty || stage.base() != before { return [Finding(promise: .pure, detail: "giving results changed the state")] }
        return []
    }

    private func restores() throws(Failure) -> [Finding] {
        var random = SeededGenerator(seed: seed &+ 2)
        let whole = try run(cutAt: [], size: 1_000_000)
        for _ in 0..<max(trials / 2, 2) {
            let parts = stream.parts(cutAt: randomCuts(&random))
            let steady = try make()
            let start = steady.base()
            var deltas: [[UInt8]] = [], refused: [RowRefusal] = [], rows = 0
            for part in parts {
                for var refusal in try steady.absorb(part) {
                    refusal.row += rows
                    refused.append(refusal)
                }
                rows += part.batch.count
                deltas.append(steady.delta())
            }
            let restored = try make()
            try restored.restore(base: start, deltas: deltas)
            if restored.base() != steady.base() { return [Finding(promise: .restore, detail: "base and deltas give another state")] }
            var course = Course(refused: refused)
            try results(restored, of: 1_000_000, into: &course)
            if course != whole { return [Finding(promise: .restore, detail: "a restored stage gives other results")] }
        }
        return []
    }

    private func damage() throws(Failure) -> [Finding] {
        var random = SeededGenerator(seed: seed &+ 3)
        let stage = try make()
        let start = stage.base()
        _ = try stage.absorb(stream)
        let delta = stage.delta()
        for trial in 0..<trials where !delta.isEmpty {
            var damaged = delta
            if trial % 2 == 0 {
                damaged[Int.random(in: damaged.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            } else {
                damaged.removeLast(Int.random(in: 1..<max(damaged.count, 2), using: &random))
                if damaged.isEmpty { continue }
            }
            do {
                try make().restore(base: start, deltas: [damaged])
                return [Finding(promise: .damage, detail: "damaged bytes were restored")]
            } catch { continue }
        }
        return []
    }
}
