import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Readings of a few machines: a steady sensor, one that is often missing or mad, and whole numbers.
private struct Machines {
    static let schema = Schema([
        Field("machine", .string), Field("heat", .float64), Field("odd", .float64, optional: true), Field("count", .int64),
    ])

    static func configuration(_ more: [String: ParameterValue] = [:]) -> StageConfiguration {
        StageConfiguration(
            name: "anomaly",
            parameters: [
                "unit": .text("machine"), "sensors": .text("heat odd count"), "false-alarms": .number(0.01), "quiet": .integer(20),
            ].merging(more) { _, new in new })
    }

    static func stage(_ more: [String: ParameterValue] = [:]) throws(Failure) -> AnomalyStage {
        try AnomalyStage(configuration: configuration(more), schema: schema)
    }

    /// - Parameters:
    ///   - jump: standard deviations that `heat` of machine A stands higher in the last fifth.
    ///   - lateness: of every eighth row, in minutes.
    static func stream(_ seed: UInt64, rows count: Int, jump: Double = 0, lateness: Int64 = 0) -> StageInput {
        var random = SeededGenerator(seed: seed)
        var (machine, heat, odd, whole, times): ([String], [Double], [Double], [Int64], [Int64]) = ([], [], [], [], [])
        var now = Timestamp(iso8601: "2026-01-01")?.microseconds ?? 0
        for row in 0..<count {
            now += [0, 1, 1, 2][Int.random(in: 0..<4, using: &random)] * 60_000_000
            let isLate = lateness > 0 && Int.random(in: 0..<8, using: &random) == 0
            times.append(isLate ? now - Int64.random(in: 0...lateness, using: &random) * 60_000_000 : now)
            machine.append(["A", "B", "C"][Int.random(in: 0..<3, using: &random)])
            let noise = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
            heat.append(noise + (machine[row] == "A" && row >= count * 4 / 5 ? jump : 0))
            odd.append([.nan, .infinity, -.infinity, 1e300, -1e200, 3][Int.random(in: 0..<6, using: &random)])
            whole.append([0, 0, 0, 1, Int64.max][Int.random(in: 0..<5, using: &random)])
        }
        let batch = RecordBatch(
            schema: schema,
            columns: [Column(strings: machine), Column(doubles: heat), Column(doubles: odd), Column(type: .int64, integers: whole)],
            rowNumbers: (0..<count).map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: (0..<count).map { RecordKey.hash("\(seed) \($0)") }, times: times)
    }
}

@Suite struct AnomalyStageTests {
    @Test("the anomaly stage keeps every promise of a stage, with late rows and mad readings")
    func contract() throws {
        let names = AnomalyStage.definition(for: Machines.configuration()).features.map(\.name)
        for seed in 1...4 as ClosedRange<UInt64> {
            let stream = Machines.stream(seed, rows: 120, lateness: seed % 2 == 0 ? 30 : 0)
            let contract = StageContract(stream: stream, seed: seed, trials: 4, featureNames: names) { () throws(Failure) in
                try Machines.stage()
            }
            // That a reading is late depends on later ones, which came before it: nothing else of a row does.
            let findings = try contract.check().filter { seed % 2 == 1 || $0.promise != .noLookAhead }
            #expect(findings == [], "seed \(seed)")
        }
    }

    @Test("units that were not seen for long start anew, and keep every promise")
    func forgotten() throws {
        let names = AnomalyStage.definition(for: Machines.configuration()).features.map(\.name)
        let contract = StageContract(stream: Machines.stream(7, rows: 100), seed: 3, trials: 4, featureNames: names) {
            () throws(Failure) in try Machines.stage(["forget": .span(.seconds(240))])
        }
        #expect(try contract.check() == [])
    }

    @Test("a machine that jumps alarms at once and is told once in the quiet time; the others, and it without the jump, do not")
    func jump() throws {
        func alarms(_ jump: Double) throws -> [(row: Int, machine: String?)] {
            let stream = Machines.stream(5, rows: 3_000, jump: jump), stage = try Machines.stage(["sensors": .text("heat")])
            let matrix = try stage.consume(stream)
            return (2_400..<3_000).filter { matrix.row($0).first ?? 0 > 0 }.map { ($0, stream.batch.columns[0].string($0)) }
        }
        let (found, calm) = try (alarms(8), alarms(0))
        #expect(found.first?.machine == "A")
        #expect(found.first.map { $0.row < 2_412 } == true)
        #expect(calm.count { $0.machine == "A" } < found.count { $0.machine == "A" })
        #expect(found.filter { $0.machine != "A" }.map(\.row) == calm.filter { $0.machine != "A" }.map(\.row))
        // 4 % of 600 readings would be 24.
        #expect(calm.count <= 12)
    }

    @Test("a late reading, and one that corrects another, say nothing and are not learnt from")
    func late() throws {
        var stream = Machines.stream(9, rows: 400)
        let plain = try Machines.stage().consume(stream)
        for row in stride(from: 40, to: 400, by: 10) { stream.times[row] -= 86_400_000_000 }
        let stage = try Machines.stage(), matrix = try stage.consume(stream)
        let late = stride(from: 40, to: 400, by: 10).filter { row in Array(matrix.row(row))[1] == 0 }
        #expect(late.count >= 34)
        #expect(late.allSatisfy { row in Array(matrix.row(row)).enumerated().allSatisfy { $0.offset == 2 || $0.element == 0 } })
        #expect(late.allSatisfy { stage.evidence(forRow: $0).isEmpty })
        #expect(plain != matrix)
        var corrected = Machines.stream(9, rows: 400)
        corrected.corrected = (0..<400).map { $0 >= 300 }
        let after = try Machines.stage().consume(corrected)
        #expect((300..<400).allSatisfy { Array(after.row($0))[1] == 0 })
    }

    @Test("one reading of a clock gone wrong does not make the other machines forgotten, wherever state is written")
    func clock() throws {
        var stream = Machines.stream(11, rows: 900)
        stream.times[300] = (Timestamp(iso8601: "2099-01-01") ?? Timestamp(seconds: 0)).microseconds
        let machine = stream.batch.columns[0].string(300), parts = stream.parts(cutAt: [301])
        let whole = try Machines.stage().consume(stream), stage = try Machines.stage()
        _ = try stage.consume(parts[0])
        let written = stage.base(), restored = try Machines.stage()
        try restored.restore(base: written, deltas: [])
        let rest = try restored.consume(parts[1])
        for row in 301..<900 where stream.batch.columns[0].string(row) != machine {
            #expect(Array(rest.row(row - 301)) == Array(whole.row(row)), "row \(row)")
        }
        #expect((301..<900).contains { stream.batch.columns[0].string($0) != machine && Array(whole.row($0))[2] > 150 })
    }

    @Test("rule scores are half and more where a sensor alarms, and below where none does; reasons name the sensor and its side")
    func words() throws {
        let stream = Machines.stream(5, rows: 3_000, jump: -9), stage = try Machines.stage(["sensors": .text("heat count")])
        let matrix = try stage.consume(stream), scores = stage.ruleScores(of: matrix)
        for row in 0..<3_000 { #expect((scores[row] >= 0.5) == (Array(matrix.row(row))[0] > 0), "row \(row)") }
        let row = try #require((2_400..<3_000).first { Array(matrix.row($0))[0] > 0 && stream.batch.columns[0].string($0) == "A" })
        let reasons = stage.reasons(features: matrix.row(row), contributions: [])
        #expect(reasons.first?.hasPrefix("heat is unusual for this machine, level ") == true, "\(reasons)")
        #expect(reasons.first?.contains(" below its ") == true, "\(reasons)")
        let evidence = stage.evidence(forRow: row)
        #expect(evidence.first?.columns == ["time", "heat", "level", "count", "level"])
        #expect(evidence.first?.rows.first?.first == Timestamp(microseconds: stream.times[row]).iso8601)
    }

    @Test(
        "parameters that name nothing or something twice are refused with what was found",
        arguments: [
            (["unit": "machin"], "stage.column-missing"), (["sensors": "heat cold"], "stage.column-missing"),
            (["sensors": "machine"], "stage.column-type"), (["sensors": "heat heat"], "stage.column-twice"),
            (["sensors": ""], "stage.parameter-missing"), (["unit": "odd"], "stage.column-optional"),
        ] as [([String: String], String)])
    func mistakes(parameters: [String: String], code: String) {
        var found = ""
        do throws(Failure) { _ = try Machines.stage(parameters.mapValues { .text($0) }) } catch { found = error.code }
        #expect(found == code)
    }
}
