import Models
public import Pipelines
public import Records

/// The suite for any stage: what `Stage` promises, checked on a stream of rows. Returns findings instead of failing, so that a planted bug
/// can be shown to be found.
///
/// ```swift
/// let findings = try StageContract(stream: rows) { () throws(Failure) in try MyStage(configuration: configuration, schema: schema) }.check()
/// #expect(findings.isEmpty)
/// ```
public struct StageContract {
    /// A promise that was not kept.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        public enum Promise: String, CaseIterable, Sendable {
            /// One row of features a row, as many as defined; rule scores in 0...1; evidence with as many cells as columns.
            case shape
            /// The same rows give the same features and bytes twice.
            case sameTwice = "same-twice"
            /// Rows cut into batches any way give the same features and evidence.
            case cuts
            /// Later rows, and labels known later, change nothing.
            case noLookAhead = "no-look-ahead"
            /// Restored from `base` and deltas at every cut, it goes on as if it had never stopped.
            case restore
            /// Damaged bytes are refused.
            case damage
        }
        public var promise: Promise
        public var detail: String

        public var description: String { "\(promise.rawValue): \(detail)" }
    }

    /// The rows, in the feed's order, and all labels: those of `events` in order of known time.
    public var stream: StageInput
    public var seed: UInt64
    /// How many random ways to cut, and rows to look ahead from.
    public var trials: Int
    /// Names of the features as configured; nil = all that the stage defines.
    public var featureNames: [String]?
    private let make: () throws(Failure) -> any Stage

    public init(
        stream: StageInput, seed: UInt64 = 1, trials: Int = 8, featureNames: [String]? = nil,
        make: @escaping () throws(Failure) -> any Stage
    ) {
        (self.stream, self.seed, self.trials, self.featureNames, self.make) = (stream, seed, trials, featureNames, make)
    }

    /// What a stage gave for some parts of the stream.
    struct Course: Equatable {
        /// Bit patterns, so that NaN equals NaN.
        var features: [UInt32] = []
        var evidence: [[Evidence]] = []
        var deltas: [[UInt8]] = []
        var base: [UInt8] = []
    }

    /// All promises in turn. At most one finding a promise.
    ///
    /// - Throws: what the stage throws on good input.
    public func check() throws(Failure) -> [Finding] {
        var findings: [Finding] = []
        findings += try shape()
        findings += try sameTwice()
        findings += try cuts()
        findings += try lookAhead()
        findings += try restores()
        findings += try damage()
        return findings
    }

    func run(_ stage: any Stage, _ parts: some Sequence<StageInput>, withBytes: Bool = true) throws(Failure) -> Course {
        var course = Course()
        for part in parts {
            let matrix = try stage.consume(part)
            course.features += matrix.values.map(\.bitPattern)
            for row in 0..<part.batch.count { course.evidence.append(stage.evidence(forRow: row)) }
            if withBytes { course.deltas.append(stage.delta()) }
        }
        if withBytes { course.base = stage.base() }
        return course
    }

    /// A random set of cuts; the first trials are none at all and one after every row.
    func cuts(_ trial: Int, _ random: inout SeededGenerator) -> [Int] {
        let rows = Array(0..<stream.times.count).dropFirst()
        if trial < 2 { return trial == 0 ? [] : Array(rows) }
        let share = Int.random(in: 2...40, using: &random)
        return rows.filter { _ in Int.random(in: 0..<share, using: &random) == 0 }
    }

    // MARK: Promises

    private func shape() throws(Failure) -> [Finding] {
        let stage = try make(), matrix = try stage.consume(stream)
        let names = featureNames ?? type(of: stage).definition.features.map(\.name)
        if matrix.featureCount != names.count || matrix.rowCount != stream.times.count {
            return [
                Finding(promise: .shape, detail: "\(matrix.rowCount) rows of \(matrix.featureCount) features, \(names.count) are defined")
            ]
        }
        if Set(names).count != names.count { return [Finding(promise: .shape, detail: "two features have the same name")] }
        let scores = stage.ruleScores(of: matrix)
        if scores.count != matrix.rowCount || !scores.allSatisfy({ $0 >= 0 && $0 <= 1 }) {
            return [Finding(promise: .shape, detail: "rule scores are not one in 0...1 a row")]
        }
        for row in 0..<matrix.rowCount {
            for table in stage.evidence(forRow: row) where table.rows.contains(where: { $0.count != table.columns.count }) {
                return [Finding(promise: .shape, detail: "evidence of row \(row) has a row with more or fewer cells than columns")]
            }
        }
        return []
    }

    private func sameTwice() throws(Failure) -> [Finding] {
        let parts = stream.parts(cutAt: [stream.times.count / 3, stream.times.count / 2])
        let first = try run(make(), parts), second = try run(make(), parts)
        return first == second ? [] : [Finding(promise: .sameTwice, detail: difference(first, second))]
    }

    private func cuts() throws(Failure) -> [Finding] {
        var random = SeededGenerator(seed: seed)
        let whole = try run(make(), [stream], withBytes: false)
        for trial in 0..<max(trials, 2) {
            let cuts = cuts(trial, &random)
            for eventsFirst in [false, true] {
                let course = try run(make(), stream.parts(cutAt: cuts, eventsFirst: eventsFirst), withBytes: false)
                if course != whole { return [Finding(promise: .cuts, detail: "cut at \(cuts): \(difference(whole, course))")] }
            }
        }
        return []
    }

    private func lookAhead() throws(Failure) -> [Finding] {
        var random = SeededGenerator(seed: seed &+ 1)
        let whole = try run(make(), [stream], withBytes: false)
        for trial in 0..<max(trials, 2) where !stream.times.isEmpty {
            let row = trial == 0 ? 0 : Int.random(in: stream.times.indices, using: &random)
            let altered = try run(make(), [alteringAfter(row, &random)], withBytes: false)
            let width = whole.features.count / stream.times.count
            for feature in row * width..<(row + 1) * width where whole.features[feature] != altered.features[feature] {
                return [
                    Finding(promise: .noLookAhead, detail: "feature \(feature - row * width) of row \(row) changes with what came after it")
                ]
            }
            if whole.evidence[row] != altered.evidence[row] {
                return [Finding(promise: .noLookAhead, detail: "evidence of row \(row) changes with what came after it")]
            }
        }
        return []
    }

    /// The stream with everything changed that row `row` must not see: rows later by time or position get other rows' values (times stay),
    /// labels known later are turned round, its own label too.
    func alteringAfter(_ row: Int, _ random: inout SeededGenerator) -> StageInput {
        let time = stream.times[row]
        let later = stream.times.indices.filter { $0 > row || stream.times[$0] > time }
        var sources = Array(stream.times.indices)
        for (at, source) in zip(later, later.shuffled(using: &random)) { sources[at] = source }
        var altered = stream
        altered.batch = stream.batch.selecting(sources)
        for at in stream.labels.indices where at >= row || stream.times[at] + stream.labelDelay.microseconds > time {
            altered.labels[at] = stream.labels[at].map { !$0 }
        }
        for at in stream.events.indices where stream.events[at].known.microseconds > time { altered.events[at].isPositive.toggle() }
        return altered
    }

    private func restores() throws(Failure) -> [Finding] {
        var random = SeededGenerator(seed: seed &+ 2)
        for trial in 0..<max(trials / 2, 2) {
            let parts = stream.parts(cutAt: cuts(trial == 0 ? 2 : trial + 1, &random))
            // The stage that never stops: a base after every part, in a run of its own, and the deltas between them.
            let steady = try make()
            var bases = [steady.base()], courses: [Course] = []
            for part in parts {
                courses.append(try run(steady, [part], withBytes: true))
                bases.append(courses[courses.count - 1].base)
            }
            let log = try run(fresh(), parts)
            for cut in 1...max(parts.count, 1) where cut < parts.count {
                let start = Int.random(in: 0...cut, using: &random)
                let stage = try make()
                try stage.restore(base: bases[start], deltas: Array(log.deltas[start..<cut]))
                if stage.base() != bases[cut] {
                    return [Finding(promise: .restore, detail: "base \(start) and deltas to \(cut) give another state")]
                }
                let rest = try run(stage, parts[cut...])
                let expected = Course(
                    features: courses[cut...].flatMap(\.features), evidence: courses[cut...].flatMap(\.evidence),
                    deltas: Array(log.deltas[cut...]), base: log.base)
                if rest != expected {
                    return [Finding(promise: .restore, detail: "after base \(start) and deltas to \(cut): \(difference(expected, rest))")]
                }
            }
        }
        return []
    }

    /// A stage whose deltas count from the very start.
    private func fresh() throws(Failure) -> any Stage {
        let stage = try make()
        _ = stage.base()
        return stage
    }

    private func damage() throws(Failure) -> [Finding] {
        var random = SeededGenerator(seed: seed &+ 3)
        let stage = try fresh()
        let course = try run(stage, stream.parts(cutAt: [stream.times.count / 2]))
        let pieces = [course.base] + course.deltas
        for (number, piece) in pieces.enumerated() where !piece.isEmpty {
            for _ in 0..<trials {
                var damaged = piece
                if Bool.random(using: &random) {
                    damaged.removeLast(Int.random(in: 1..<max(damaged.count, 2), using: &random))
                    if damaged.isEmpty { continue }
                } else {
                    damaged[Int.random(in: damaged.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                do {
                    try make().restore(
                        base: number == 0 ? damaged : [], deltas: number == 0 ? [] : course.deltas.prefix(number - 1) + [damaged])
                    return [Finding(promise: .damage, detail: "damaged bytes were restored")]
                } catch { continue }
            }
        }
        return []
    }

    private func difference(_ first: Course, _ second: Course) -> String {
        if let at = zip(first.features, second.features).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            let width = max(first.features.count / max(first.evidence.count, 1), 1)
            return "feature \(at % width) of row \(at / width) differs"
        }
        if first.evidence != second.evidence { return "evidence differs" }
        if first.deltas != second.deltas { return "bytes of deltas differ" }
        return first.base != second.base ? "bytes of the base differ" : "lengths differ"
    }
}
