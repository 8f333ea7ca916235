import Pipelines
import Records

/// A fleet of three sensors under two conditions: `hot` and `worn` rise with wear, `flat` never moves.
struct FleetFixture {
    static let second: Int64 = 1_000_000
    static let schema = Schema([
        Field("unit", .string), Field("time", .timestamp), Field("load", .float64), Field("hot", .float64), Field("worn", .float64),
        Field("flat", .float64),
    ])

    struct Reading {
        var unit: String
        var time: Int64
        /// `load`, then the sensors; NaN = missing.
        var values: [Double]
    }
    var readings: [Reading] = []

    /// Units that run until they fail after 40 to 120 steps, interleaved in order of time.
    init(units: Int, seed: UInt64) {
        for unit in 0..<units {
            let life = 40 + Int(RecordKey.mix(seed &* 31 &+ UInt64(unit)) % 81)
            for step in 1...life {
                func noise(_ channel: UInt64) -> Double {
                    Double(RecordKey.mix(seed &+ UInt64(unit * 1_000 + step) &* 8 &+ channel) % 2_001) / 1_000 - 1
                }
                let load = RecordKey.mix(UInt64(unit * 7 + step)) % 2 == 0 ? 10.0 : 50.0
                let wear = 60 / (Double(life - step) + 20)
                let values = [load, load + 3 * wear + 0.3 * noise(1), 2 * load + 2 * wear + 0.3 * noise(2), 7]
                readings.append(Reading(unit: "u\(unit)", time: Int64(step) * Self.second, values: values))
            }
        }
        readings.sort { ($0.time, $0.unit) < ($1.time, $1.unit) }
    }

    static let configuration = StageConfiguration(
        name: "maintenance",
        parameters: [
            "unit": .text("unit"), "sensors": .text("hot worn flat"), "conditions": .text("load"), "step": .span(.seconds(1)),
            "horizon": .integer(15), "run-to-failure": .bool(true),
        ])

    static var names: [String] { MaintenanceStage.definition(for: configuration).features.map(\.name) }

    /// A stage that has learnt the fleet's norms, or one that has not.
    func stage(isPrepared: Bool = true) throws(Failure) -> MaintenanceStage {
        let stage = try MaintenanceStage(configuration: Self.configuration, schema: Self.schema)
        if isPrepared { try stage.prepare(stage.preparation(of: [input.batch], lives: [lives])) }
        return stage
    }

    /// Steps left of each reading's unit.
    var lives: [Float] {
        var last: [String: Int64] = [:]
        for reading in readings { last[reading.unit] = max(last[reading.unit] ?? 0, reading.time) }
        return readings.map { Float((last[$0.unit] ?? 0) - $0.time) / Float(Self.second) }
    }

    var input: StageInput {
        let columns = (0..<4).map { place in Column(doubles: readings.map { $0.values[place] }) }
        let batch = RecordBatch(
            schema: Self.schema,
            columns: [Column(strings: readings.map(\.unit)), Column(type: .timestamp, integers: readings.map(\.time))] + columns,
            rowNumbers: readings.indices.map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1]), times: readings.map(\.time))
    }
}
