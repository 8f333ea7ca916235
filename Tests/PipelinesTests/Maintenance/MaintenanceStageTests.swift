import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Readings of a small fleet: a setting with two levels, a sensor that follows it, one that wears and one that is often missing.
private struct Fleet {
    static let schema = Schema([
        Field("unit", .int64), Field("load", .float64), Field("heat", .float64), Field("wear", .float64),
        Field("hum", .float64, optional: true),
    ])
    static let hour: Int64 = 3_600_000_000

    static func stage(forget: Timestamp.Span = .days(366)) throws(Failure) -> MaintenanceStage {
        try MaintenanceStage(
            configuration: StageConfiguration(
                name: "maintenance",
                parameters: [
                    "unit": .text("unit"), "sensors": .text("heat wear hum"), "conditions": .text("load"), "forget": .span(forget),
                ]),
            schema: schema)
    }

    static func names() throws(Failure) -> [String] {
        let configuration = StageConfiguration(name: "maintenance", parameters: ["sensors": .text("heat wear hum")])
        return MaintenanceStage.definition(for: configuration).features.map(\.name)
    }

    /// - Parameter lateness: of every eighth row, in hours.
    static func stream(_ seed: UInt64, rows count: Int, units: Int, lateness: Int64 = 0) -> StageInput {
        var random = SeededGenerator(seed: seed)
        var (unit, load, heat, wear, hum, times): ([Int64], [Double], [Double], [Double], [Double], [Int64]) = ([], [], [], [], [], [])
        var now = Timestamp(iso8601: "2026-01-01")?.microseconds ?? 0
        for row in 0..<count {
            now += [0, 1, 1, 2][Int.random(in: 0..<4, using: &random)] * hour
            let isLate = lateness > 0 && Int.random(in: 0..<8, using: &random) == 0
            times.append(isLate ? now - Int64.random(in: 0...lateness, using: &random) * hour : now)
            unit.append(Int64.random(in: 1...Int64(units), using: &random))
            let level = Bool.random(using: &random) ? 10.0 : 20.0
            load.append(level)
            heat.append(3 * level + Double.random(in: -0.5...0.5, using: &random))
            wear.append(Double(row) / 20 + Double.random(in: -0.5...0.5, using: &random))
            hum.append([.nan, .nan, .infinity, 1e300, 0, 1][Int.random(in: 0..<6, using: &random)])
        }
        let batch = RecordBatch(
            schema: schema,
            columns: [
                Column(type: .int64, integers: unit), Column(doubles: load), Column(doubles: heat), Column(doubles: wear),
                Column(doubles: hum),
            ], rowNumbers: (0..<count).map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: (0..<count).map { RecordKey.hash("\(seed) \($0)") }, times: times)
    }

    /// What a stage learns of the stream, with the life left counted in rows from the end.
    static func learned(from stream: StageInput) throws(Failure) -> [UInt8] {
        let lives = stream.times.indices.map { Float(stream.times.count - 1 - $0) }
        return try stage().preparation(of: [stream.batch], lives: [lives])
    }
}

@Suite struct MaintenanceStageTests {
    @Test("the maintenance stage keeps every promise of a stage, with late rows, before there is a model and with one")
    func contract() throws {
        let names = try Fleet.names()
        for seed in 1...4 as ClosedRange<UInt64> {
            let stream = Fleet.stream(seed, rows: 45, units: 3, lateness: 6)
            let learned = try seed % 2 == 0 ? Fleet.learned(from: Fleet.stream(seed + 100, rows: 200, units: 3)) : []
            let contract = StageContract(stream: stream, seed: seed, trials: 4, featureNames: names) { () throws(Failure) in
                let stage = try Fleet.stage()
                if !learned.isEmpty { try stage.prepare(learned) }
                return stage
            }
            #expect(try contract.check() == [], "seed \(seed)")
        }
    }

    @Test("a unit with more readings than are kept, and one that starts anew, keep every promise")
    func memory() throws {
        let names = try Fleet.names()
        let long = StageContract(stream: Fleet.stream(7, rows: 165, units: 1), trials: 2, featureNames: names) { () throws(Failure) in
            try Fleet.stage()
        }
        #expect(try long.check() == [])
        let late = StageContract(stream: Fleet.stream(9, rows: 190, units: 1, lateness: 6), trials: 2, featureNames: names) {
            () throws(Failure) in
            try Fleet.stage()
        }
        #expect(try late.check() == [])
        let short = StageContract(stream: Fleet.stream(8, rows: 40, units: 6), trials: 3, featureNames: names) { () throws(Failure) in
            try Fleet.stage(forget: .seconds(4 * 3_600))
        }
        #expect(try short.check() == [])
    }

    @Test("features are finite, whatever the readings are, and equal what a plain sum over the unit's readings gives")
    func plainSums() throws {
        let stream = Fleet.stream(3, rows: 120, units: 2), stage = try Fleet.stage(), names = try Fleet.names()
        let matrix = try stage.consume(stream)
        #expect(matrix.values.allSatisfy { $0.isFinite })
        let (mean, slope) = (try #require(names.firstIndex(of: "wear_mean_15")), try #require(names.firstIndex(of: "wear_slope_30")))
        var seen: [Int64: [Double]] = [:]
        for row in stream.times.indices {
            let unit = stream.batch.columns[0].integers[row]
            seen[unit, default: []].append(stream.batch.columns[3].doubles[row])
            let own = seen[unit] ?? [], newest = own.suffix(15), line = Array(own.suffix(30))
            let features = Array(matrix.row(row))
            #expect(abs(Double(features[mean]) - newest.reduce(0, +) / Double(newest.count)) < 1e-4)
            let middle = Double(line.count - 1) / 2
            let spread = line.indices.reduce(0.0) { $0 + (Double($1) - middle) * (Double($1) - middle) }
            let steepness = line.indices.reduce(0.0) { $0 + (Double($1) - middle) * line[$1] } / (spread > 0 ? spread : 1)
            #expect(abs(Double(features[slope]) - (line.count > 1 ? steepness : 0)) < 1e-4)
        }
    }

    @Test("operating conditions are found in training rows, so that a sensor that only follows the load says nothing")
    func conditions() throws {
        let stream = Fleet.stream(5, rows: 300, units: 3), names = try Fleet.names()
        let heat = try #require(names.firstIndex(of: "heat_mean_5"))
        let prepared = try Fleet.stage(), plain = try Fleet.stage()
        let learned = try Fleet.learned(from: stream)
        try prepared.prepare(learned)
        func spread(_ matrix: FeatureMatrix) -> Float {
            (20..<matrix.rowCount).map { abs(Array(matrix.row($0))[heat]) }.max() ?? 0
        }
        // Within its condition the sensor varies by less than two standard deviations; across both its level moves by 30 units.
        #expect(try spread(prepared.consume(stream)) < 2)
        #expect(try spread(plain.consume(stream)) > 30)
    }

    /// Readings of 1,200 units, one each, at settings drawn from some, with uniform noise in both; a stage that has learnt from them says how
    /// far a sensor is off, in standard deviations: the mean of that by group.
    private func heard(
        _ settings: [(Double, Double)], noise: Double, level: (_ drawn: Int, _ setting: Double) -> Double,
        group: (_ drawn: Int, _ setting: Double) -> Int = { drawn, _ in drawn }
    ) throws -> [Int: Float] {
        var random = SeededGenerator(seed: 11)
        let rows = 1_200, schema = Schema([Field("unit", .int64), Field("a", .float64), Field("b", .float64), Field("heat", .float64)])
        let drawn = (0..<rows).map { _ in Int.random(in: settings.indices, using: &random) }
        let a = drawn.map { settings[$0].0 + Double.random(in: -noise...noise, using: &random) }
        let b = drawn.map { settings[$0].1 + Double.random(in: -noise...noise, using: &random) / 10 }
        let heat = (0..<rows).map { level(drawn[$0], a[$0]) + Double.random(in: -0.5...0.5, using: &random) }
        let batch = RecordBatch(
            schema: schema,
            columns: [
                Column(type: .int64, integers: (0..<rows).map { Int64($0) }), Column(doubles: a), Column(doubles: b), Column(doubles: heat),
            ], rowNumbers: (0..<rows).map { Int64($0 + 1) })
        let configuration = StageConfiguration(
            name: "maintenance", parameters: ["unit": .text("unit"), "sensors": .text("heat"), "conditions": .text("a b")])
        let stage = try MaintenanceStage(configuration: configuration, schema: schema)
        try stage.prepare(stage.preparation(of: [batch], lives: [Array(repeating: .nan, count: rows)]))
        let names = MaintenanceStage.definition(for: configuration).features.map(\.name)
        let mean = try #require(names.firstIndex(of: "heat_mean_5"))
        let matrix = try stage.consume(
            StageInput(batch: batch, keys: (0..<rows).map { RecordKey.hash("\($0)") }, times: (0..<rows).map { Int64($0) * Fleet.hour }))
        var sums: [Int: (sum: Float, count: Float)] = [:]
        for row in 0..<rows {
            let own = sums[group(drawn[row], a[row])] ?? (0, 0)
            sums[group(drawn[row], a[row])] = (own.sum + Array(matrix.row(row))[mean], own.count + 1)
        }
        return sums.mapValues { $0.sum / $0.count }
    }

    @Test("two operating conditions close together count as two, however far off the others are; settings around a point are one")
    func closeConditions() throws {
        // Those of C-MAPSS FD002, of which the last two are a hundredth of the settings' spread apart.
        let six = [(0.0, 0.0), (10, 0.25), (20, 0.7), (25, 0.62), (35, 0.84), (42, 0.84)]
        for noise in [0.003, 0] {
            let means = try heard(six, noise: noise, level: { drawn, _ in Double(drawn) * 40 })
            #expect(means.count == 6)
            #expect(means.values.allSatisfy { abs($0) < 0.01 }, "\(means)")
        }
        // The control: a level that no setting tells of is heard.
        let untold = try heard(six + [(42, 0.84)], noise: 0.003, level: { drawn, _ in Double(drawn) * 40 })
        #expect(abs(untold[5] ?? 0) > 0.9 && abs(untold[6] ?? 0) > 0.9)
        // A sensor that follows a setting that only varies a little is not split by it.
        let around = try heard([(20, 0.7)], noise: 3, level: { _, setting in 10 * setting }, group: { _, setting in setting > 20 ? 1 : 0 })
        #expect(around.values.allSatisfy { abs($0) > 0.7 }, "\(around)")
    }

    @Test("a unit whose counter falls starts anew, and a late reading of its earlier life is judged by itself")
    func renewed() throws {
        func stage() throws(Failure) -> MaintenanceStage {
            try MaintenanceStage(
                configuration: StageConfiguration(
                    name: "maintenance", parameters: ["unit": .text("unit"), "sensors": .text("wear"), "counter": .text("heat")]),
                schema: Fleet.schema)
        }
        func input(_ rows: [(hour: Int64, counter: Double, wear: Double)], from number: Int = 0) -> StageInput {
            let batch = RecordBatch(
                schema: Fleet.schema,
                columns: [
                    Column(type: .int64, integers: rows.map { _ in 1 }), Column(doubles: rows.map { _ in 0 }),
                    Column(doubles: rows.map(\.counter)), Column(doubles: rows.map(\.wear)), Column(doubles: rows.map { _ in 0 }),
                ], rowNumbers: rows.indices.map { Int64(number + $0 + 1) })
            return StageInput(
                batch: batch, keys: rows.indices.map { RecordKey.hash("\(number + $0)") }, times: rows.map { $0.hour * Fleet.hour })
        }
        let first = (0..<40).map { (hour: Int64($0), counter: Double($0), wear: Double($0)) }
        let second = (50..<60).map { (hour: Int64($0), counter: Double($0 - 50), wear: 1.0) }
        let both = try stage(), fresh = try stage()
        _ = try both.consume(input(first))
        #expect(try both.consume(input(second, from: 40)) == fresh.consume(input(second, from: 40)))
        // State that was written and read goes on alike.
        let restored = try stage()
        try restored.restore(base: both.base(), deltas: [])
        let late = input([(hour: 20, counter: 20, wear: 20)], from: 60), next = input([(hour: 61, counter: 11, wear: 2)], from: 61)
        let alone = try stage().consume(late)
        for stage in [both, restored] {
            #expect(try stage.consume(late) == alone)
            #expect(try stage.consume(next) == fresh.consume(next))
            _ = try fresh.restore(base: [], deltas: [])
            _ = try fresh.consume(input(second, from: 40))
        }
    }

    @Test("what was learnt of other sensors, or was damaged, is refused")
    func refused() throws {
        let learned = try Fleet.learned(from: Fleet.stream(5, rows: 60, units: 3))
        let other = try MaintenanceStage(
            configuration: StageConfiguration(name: "maintenance", parameters: ["unit": .text("unit"), "sensors": .text("heat")]),
            schema: Fleet.schema)
        #expect(throws: Failure.self) { try other.prepare(learned) }
        var damaged = learned
        damaged[damaged.count / 2] ^= 1
        let stage = try Fleet.stage()
        #expect(throws: Failure.self) { try stage.prepare(damaged) }
        try stage.prepare(learned)
    }
}
