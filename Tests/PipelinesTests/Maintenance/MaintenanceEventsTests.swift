import Models
import PipelineTesting
import Pipelines
import Records
import Testing

/// Three machines with one sensor, and a log of what happened to them.
private struct Plant {
    static let schema = Schema([Field("unit", .int64), Field("heat", .float64)])
    static let log = Schema([Field("unit", .int64), Field("at", .timestamp), Field("code", .string, optional: true)])
    static let hour: Int64 = 3_600_000_000
    static let start = Timestamp(iso8601: "2026-01-01")?.microseconds ?? 0

    static func configuration(_ more: [String: ParameterValue] = [:]) -> StageConfiguration {
        StageConfiguration(
            name: "maintenance",
            parameters: [
                "unit": .text("unit"), "sensors": .text("heat"), "events": .text("log"), "event-kind": .text("code"),
                "event-kinds": .text("E1 E-2"),
            ].merging(more) { _, new in new })
    }

    static func stage(_ more: [String: ParameterValue] = [:]) throws(Failure) -> MaintenanceStage {
        try MaintenanceStage(configuration: configuration(more), schema: schema)
    }

    /// A reading an hour, of each unit in turn.
    static func stream(_ count: Int) -> StageInput {
        let batch = RecordBatch(
            schema: schema,
            columns: [
                Column(type: .int64, integers: (0..<count).map { Int64($0 % 3) }),
                Column(doubles: (0..<count).map { Double($0 % 7) }),
            ], rowNumbers: (0..<count).map { Int64($0 + 1) })
        return StageInput(
            batch: batch, keys: (0..<count).map { RecordKey.hash("\($0)") }, times: (0..<count).map { start + Int64($0) * hour })
    }

    /// - Parameter events: unit, hours after the start, code.
    static func events(_ events: [(unit: Int64, hours: Int64, code: String?)]) -> RecordBatch {
        RecordBatch(
            schema: log,
            columns: [
                Column(type: .int64, integers: events.map(\.unit)),
                Column(type: .timestamp, integers: events.map { start + $0.hours * hour }), Column(strings: events.map { $0.code }),
            ], rowNumbers: events.indices.map { Int64($0 + 1) })
    }

    static func names() -> [String] { MaintenanceStage.definition(for: configuration()).features.map(\.name) }

    static func features(_ stage: MaintenanceStage, _ name: String, of stream: StageInput) throws -> [Float] {
        let place = try #require(names().firstIndex(of: name)), matrix = try stage.consume(stream)
        return (0..<matrix.rowCount).map { Array(matrix.row($0))[place] }
    }
}

@Suite struct MaintenanceEventsTests {
    @Test("a reading counts its machine's events of each kind up to its own time, the last hours apart from the last days")
    func counts() throws {
        let stage = try Plant.stage()
        try stage.absorb(
            Plant.events([
                (0, 3, "E1"), (0, 4, "E1"), (0, 4, "E-2"), (0, 90, "E1"), (1, 2, "E1"), (0, 5, "E9"), (0, 6, nil), (7, 1, "E1"),
            ]), ofTable: "log")
        let stream = Plant.stream(120)
        func at(_ hour: Int, _ name: String) throws -> Float {
            let fresh = try Plant.stage()
            try fresh.restore(base: stage.base(), deltas: [])
            return try Plant.features(fresh, name, of: stream)[hour]
        }
        // Unit 0 is read at hours 0, 3, 6, ...
        #expect(try [0, 3, 6, 15].map { try at($0, "E1_events_10") } == [0, 1, 2, 0])
        #expect(try at(15, "E1_events_50") == 2)
        #expect(try at(90, "E1_events_10") == 1)
        #expect(try at(90, "E1_events_250") == 3)
        #expect(try [3, 6, 30].map { try at($0, "E_2_events_50") } == [0, 1, 1])
        #expect(try [0, 3, 6].map { try at($0, "E1_since") } == [1_000, 0, 2])
        #expect(try [1, 4].map { try at($0, "E1_events_10") } == [0, 1])
    }

    @Test("events later than a reading change nothing of it, nor does an event that comes twice; a log that comes late is seen late")
    func noLookAhead() throws {
        let known: [(Int64, Int64, String?)] = [(0, 3, "E1"), (1, 8, "E-2"), (2, 20, "E1")]
        let plain = try Plant.stage(), more = try Plant.stage(), late = try Plant.stage(["events-known-after": .span(.seconds(7_200))])
        try plain.absorb(Plant.events(known), ofTable: "log")
        try more.absorb(Plant.events(known + known + [(0, 40, "E1"), (1, 41, "E1"), (2, 1_000, "E-2")]), ofTable: "log")
        try late.absorb(Plant.events(known), ofTable: "log")
        let stream = Plant.stream(60)
        let (one, other, delayed) = try (plain.consume(stream), more.consume(stream), late.consume(stream))
        for row in 0..<40 { #expect(Array(one.row(row)) == Array(other.row(row)), "row \(row)") }
        // Unit 0 is read at hours 3 and 6: two hours later the event of hour 3 is known at 6 only.
        #expect(Array(one.row(42)) != Array(other.row(42)))
        #expect(Array(one.row(3)) != Array(delayed.row(3)))
        let place = try #require(Plant.names().firstIndex(of: "E1_events_10"))
        #expect(Array(delayed.row(3))[place] == 0 && Array(delayed.row(6))[place] == 1)
    }

    @Test("what lies two thousand steps back is forgotten, and only then")
    func forgotten() throws {
        let stage = try Plant.stage()
        try stage.absorb(Plant.events((0..<4_000).map { (Int64(0), Int64($0), Optional("E1")) }), ofTable: "log")
        let before = stage.base().count
        var stream = Plant.stream(3)
        stream.times[0] += 3_000 * Plant.hour
        _ = try stage.consume(stream)
        #expect(stage.base().count < before * 4 / 5)
        let place = try #require(Plant.names().firstIndex(of: "E1_events_250")),
            row = try stage.consume(
                {
                    var later = Plant.stream(1)
                    later.times[0] += 3_001 * Plant.hour
                    return later
                }())
        #expect(Array(row.row(0))[place] == 250)
    }

    @Test("with an event log the stage keeps every promise, and its items show the newest events")
    func contract() throws {
        let codes = ["E1", "E-2", "E3"]
        var events: [(unit: Int64, hours: Int64, code: String?)] = []
        for number in 0..<60 { events.append((Int64(number % 3), Int64(number * 5 % 97), codes[number / 3 % 3])) }
        let contract = StageContract(stream: Plant.stream(90), trials: 4, featureNames: Plant.names()) { () throws(Failure) in
            let stage = try Plant.stage()
            try stage.absorb(Plant.events(events), ofTable: "log")
            return stage
        }
        #expect(try contract.check() == [])
        let stage = try Plant.stage()
        try stage.absorb(Plant.events(events), ofTable: "log")
        _ = try stage.consume(Plant.stream(90))
        let shown = try #require(stage.evidence(forRow: 89).last)
        #expect(shown.title == "events of this unit, newest first")
        #expect(shown.rows.count == 8 && shown.rows.map { $0[0] } == shown.rows.map { $0[0] }.sorted(by: >))
        #expect(shown.rows.allSatisfy { $0[0] <= Timestamp(microseconds: Plant.start + 89 * Plant.hour).iso8601 })
    }

    @Test("a log without the machine's column, of another type, without times or kinds is refused, and so are half-named kinds")
    func refused() throws {
        let other = Schema([Field("unit", .string), Field("at", .timestamp), Field("code", .string)])
        let batch = RecordBatch(
            schema: other,
            columns: [Column(strings: ["0"]), Column(type: .timestamp, integers: [Plant.start]), Column(strings: ["E1"])], rowNumbers: [1])
        #expect(throws: Failure.self) { try Plant.stage().absorb(batch, ofTable: "log") }
        #expect(throws: Failure.self) {
            try Plant.stage(["event-kind": .text("sort")]).absorb(Plant.events([(0, 1, "E1")]), ofTable: "log")
        }
        let stage = try Plant.stage()
        try stage.absorb(Plant.events([(0, 1, "E1")]), ofTable: "log")
        let bytes = stage.base()
        for kinds in ["E1", "E-2 E1"] {
            #expect(throws: Failure.self) { try Plant.stage(["event-kinds": .text(kinds)]).restore(base: bytes, deltas: []) }
        }
        for parameters in [["event-kind": ""], ["event-kinds": ""], ["event-kinds": "E1 E1"], ["events": ""]] {
            #expect(throws: Failure.self) { try Plant.stage(parameters.mapValues { .text($0) }) }
        }
    }
}
