import Foundation
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Pieces of two machines: a dimension, a force that is often missing, an alloy, and what inspection found.
private struct Pieces {
    static let schema = Schema([
        Field("machine", .string), Field("width", .float64), Field("force", .float64, optional: true), Field("alloy", .string),
        Field("found", .string, optional: true),
    ])

    static func configuration(_ more: [String: ParameterValue] = [:]) -> StageConfiguration {
        StageConfiguration(
            name: "quality",
            parameters: [
                "inputs": .text("width force alloy"), "derived": .text("load = force / (width - 10)\ntwice = 2 * width"),
                "group": .text("machine"), "charts": .text("width load"), "tests": .text("western-electric ewma cusum"),
                "classes": .text("found"), "sound": .text("good"),
            ].merging(more) { _, new in new })
    }

    static func stage(_ more: [String: ParameterValue] = [:]) throws(Failure) -> QualityStage {
        try QualityStage(configuration: configuration(more), schema: schema)
    }

    /// - Parameters:
    ///   - shift: of the width from the middle of the stream on.
    ///   - lateness: of every eighth row, in seconds.
    static func stream(_ seed: UInt64, rows count: Int, shift: Double = 0, lateness: Int64 = 0) -> StageInput {
        var random = SeededGenerator(seed: seed)
        var (machine, width, force, alloy, found, times): ([String], [Double], [Double], [String], [String?], [Int64]) = (
            [], [], [], [], [], []
        )
        var now: Int64 = 1_700_000_000_000_000
        for row in 0..<count {
            now += [0, 1, 1, 2][Int.random(in: 0..<4, using: &random)] * 1_000_000
            let isLate = lateness > 0 && Int.random(in: 0..<8, using: &random) == 0
            times.append(isLate ? now - Int64.random(in: 0...lateness, using: &random) * 1_000_000 : now)
            machine.append(["A", "B"][Int.random(in: 0..<2, using: &random)])
            let noise = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
            width.append(10 + noise / 10 + (row > count / 2 ? shift / 10 : 0))
            force.append([.nan, .infinity, 1e300, 3, 4, 5][Int.random(in: 0..<6, using: &random)])
            alloy.append(["x", "y", "z"][Int.random(in: 0..<3, using: &random)])
            found.append([nil, "good", "crack", "dent"][Int.random(in: 0..<4, using: &random)])
        }
        let batch = RecordBatch(
            schema: schema,
            columns: [
                Column(strings: machine), Column(doubles: width), Column(doubles: force), Column(strings: alloy), Column(strings: found),
            ], rowNumbers: (0..<count).map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: (0..<count).map { RecordKey.hash("\(seed) \($0)") }, times: times)
    }

    static func learned(_ stream: StageInput, _ more: [String: ParameterValue] = [:]) throws(Failure) -> [UInt8] {
        let stage = try stage(more)
        stage.survey(stream.batch)
        return stage.preparation()
    }

    static var names: [String] { QualityStage.definition(for: configuration()).features.map(\.name) }
}

@Suite struct QualityStageTests {
    @Test("the quality stage keeps every promise of a stage, with late rows, before there is a model and with one")
    func contract() throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            let subgroup: [String: ParameterValue] = seed > 2 ? ["subgroup": .integer(3)] : [:]
            let learned = try seed % 2 == 0 ? Pieces.learned(Pieces.stream(seed + 100, rows: 200), subgroup) : []
            let contract = StageContract(
                stream: Pieces.stream(seed, rows: 60, lateness: 6), seed: seed, trials: 4, featureNames: Pieces.names
            ) { () throws(Failure) in
                let stage = try Pieces.stage(subgroup)
                if !learned.isEmpty { try stage.prepare(learned) }
                return stage
            }
            #expect(try contract.check() == [], "seed \(seed)")
        }
    }

    @Test("derived features are the arithmetic declared, texts their place among those learnt, and none is infinite")
    func features() throws {
        let stream = Pieces.stream(3, rows: 50), stage = try Pieces.stage()
        try stage.prepare(try Pieces.learned(Pieces.stream(4, rows: 100)))
        let matrix = try stage.consume(stream)
        #expect(matrix.values.allSatisfy { !$0.isInfinite })
        for row in 0..<50 {
            let own = Array(matrix.row(row)), width = stream.batch.columns[1].doubles[row], force = stream.batch.columns[2].doubles[row]
            #expect(own[0] == Float(width) && own[4] == Float(2 * width))
            #expect(own[2] == Float(["x", "y", "z"].firstIndex(of: stream.batch.columns[3].string(row)) ?? -1))
            let load = force / (width - 10)
            #expect(load.isFinite && abs(load) < 1e30 ? own[3] == Float(load) : own[3].isNaN)
        }
    }

    @Test("a shift of the process signals on its charts and not before, and without limits nothing does")
    func charts() throws {
        let limits = try Pieces.learned(Pieces.stream(10, rows: 2_000))
        func signals(_ shift: Double, prepared: Bool) throws -> [Float] {
            let stage = try Pieces.stage(["tests": .text("cusum"), "charts": .text("width")])
            if prepared { try stage.prepare(try Pieces.learned(Pieces.stream(10, rows: 2_000), ["charts": .text("width")])) }
            let matrix = try stage.consume(Pieces.stream(11, rows: 300, shift: shift))
            return (0..<300).map { Array(matrix.row($0))[6] }
        }
        #expect(!limits.isEmpty)
        let shifted = try signals(2, prepared: true)
        #expect(shifted[..<150].reduce(0, +) <= 2)
        #expect(shifted[151..<180].reduce(0, +) >= 2)
        #expect(try signals(0, prepared: true).reduce(0, +) <= 4)
        #expect(try signals(2, prepared: false).reduce(0, +) == 0)
    }

    @Test("a signal is told in words, with the readings of the group and their limits as evidence")
    func reasons() throws {
        let stage = try Pieces.stage(["tests": .text("shewhart"), "charts": .text("width")])
        try stage.prepare(try Pieces.learned(Pieces.stream(10, rows: 500), ["charts": .text("width")]))
        let stream = Pieces.stream(12, rows: 40, shift: 12)
        let matrix = try stage.consume(stream)
        let row = try #require((0..<40).first { Array(matrix.row($0))[6] > 0 })
        #expect(stage.reasons(features: matrix.row(row), contributions: []).first == "width: a point beyond three standard deviations")
        let evidence = stage.evidence(forRow: row)
        #expect(
            evidence.map(\.title) == [
                "control charts of this group", "newest points of the control chart of width", "readings of this group, newest first",
            ])
        #expect(evidence[0].rows.first?.first == "width")
    }

    @Test("kinds and what is sound come from the columns named")
    func classes() throws {
        let stream = Pieces.stream(5, rows: 30), stage = try Pieces.stage()
        #expect(stage.knowsClasses)
        #expect(stage.classes(of: stream.batch) == (0..<30).map { stream.batch.columns[4].string($0) })
        #expect(stage.isSound("good") && !stage.isSound("crack"))
    }

    @Test("what was learnt of other inputs or charts, or was damaged, is refused")
    func refused() throws {
        let learned = try Pieces.learned(Pieces.stream(5, rows: 60))
        let other = try Pieces.stage(["charts": .text("width")])
        #expect(throws: Failure.self) { try other.prepare(learned) }
        // The same names, computed in another way: limits of the one say nothing of the other.
        let derived = try Pieces.stage(["derived": .text("twice = width * 2"), "charts": .text("width")])
        let rescaled = try Pieces.stage(["derived": .text("twice = width * 3"), "charts": .text("width")])
        let twice = derived.preparation()
        try derived.prepare(twice)
        #expect(throws: Failure.self) { try rescaled.prepare(twice) }
        var damaged = learned
        damaged[damaged.count / 2] ^= 1
        let stage = try Pieces.stage()
        #expect(throws: Failure.self) { try stage.prepare(damaged) }
        try stage.prepare(learned)
    }

    @Test(
        "parameters that name nothing, or a class as input, are refused with what was found",
        arguments: [
            (["inputs": "widht"], "stage.column-missing"), (["inputs": "width found", "classes": "found"], "stage.class-used"),
            (["derived": "a = width +"], "stage.derived"), (["derived": "a = width > 3"], "stage.derived"),
            (["derived": "a = alloy * 2"], "stage.column-type"), (["derived": "width = force"], "stage.feature-twice"),
            (["charts": "thickness"], "stage.column-missing"), (["charts": "width width"], "stage.feature-twice"),
            (["tests": "shewart"], "stage.column-missing"),
            (["inputs": ""], "stage.parameter-missing"), (["classes": "width force"], "stage.column-type"),
        ] as [([String: String], String)])
    func mistakes(parameters: [String: String], code: String) {
        var found = ""
        do throws(Failure) { _ = try Pieces.stage(parameters.mapValues { .text($0) }) } catch { found = error.code }
        #expect(found == code)
    }

    private static let root = String(
        #filePath.prefix(upTo: #filePath.range(of: "/Tests/PipelinesTests/")?.lowerBound ?? #filePath.endIndex))

    @Test("the job on the sample data passes its check, and mistakes in its derived features are found at their place")
    func shippedJob() throws {
        let path = "\(Self.root)/jobs/quality.yaml"
        #expect(Job.check(path: path).findings.map(\.description) == [])
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for (right, wrong) in [
            ("process - air", "process - airr"), ("wear * torque", "wear * product"), ("process - air", "process -"),
            ("wear * torque", "wear > torque"), ("charts: torque power", "charts: torque powerr"),
        ] {
            let broken = text.replacingOccurrences(of: right, with: wrong)
            #expect(broken != text)
            #expect(throws: (any Error).self, "\(wrong)") { try Job.load(bytes: Array(broken.utf8), path: "jobs/quality.yaml") }
        }
    }
}
