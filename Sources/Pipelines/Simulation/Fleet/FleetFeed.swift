import Connectors
import Records

/// What one machine of a simulated fleet said at a step.
struct FleetReading {
    /// Place of the machine in its fleet, and its number.
    var place: Int
    var number: Int
    var reading: SimulatedMachine.Reading
    /// Sensor without a value, in order of the file's columns; nil = none.
    var missing: Int?
}

/// Makes rows of a job's main feed of what simulated machines say, with the values that ``MaintenanceSimulation`` would have written.
struct FleetFeed: Sendable {
    /// Columns of the simulated files.
    enum Source: String, CaseIterable, Sendable {
        case machine = "MACHINE", time = "TIME", hours = "HOURS", speed = "SPEED", load = "LOAD"
        case temperature = "TEMPERATURE", vibration = "VIBRATION", pressure = "PRESSURE", current = "CURRENT", humidity = "HUMIDITY"

        /// Place among those that may lack a value.
        var sensor: Int? {
            switch self {
            case .temperature: 0
            case .vibration: 1
            case .pressure: 2
            case .current: 3
            case .humidity: 4
            case .machine, .time, .hours, .speed, .load: nil
            }
        }

        /// What a column of it may be read as.
        var types: [ColumnType] {
            switch self {
            case .machine: [.string]
            case .time: [.timestamp]
            case .hours: [.int64, .float64]
            default: [.float64]
            }
        }

        func value(_ reading: SimulatedMachine.Reading) -> Double {
            switch self {
            case .machine, .time: .nan
            case .hours: Double(reading.hours)
            case .speed: reading.speed
            case .load: reading.load
            case .temperature: reading.temperature
            case .vibration: reading.vibration
            case .pressure: reading.pressure
            case .current: reading.current
            case .humidity: reading.humidity
            }
        }
    }

    let schema: Schema
    let keys: [Int]
    private let sources: [Source]
    /// Sensors that the feed must have: a reading without one of them is a reject, and no row.
    private let required: Set<Int>

    /// - Throws: a feed that is not of the simulated files: other columns, other types, a pivot.
    init(_ feed: JobFeed) throws(Failure) {
        schema = feed.schema
        keys = feed.key.compactMap { [schema] in schema.index(of: $0) }
        guard feed.pivot == nil else { throw .fleetColumns(feed.name, found: "rows that are made of observations (`pivot`)") }
        var sources: [Source] = [], required: Set<Int> = []
        for column in feed.columns {
            guard let source = Source(rawValue: column.source) else {
                throw .fleetColumns(feed.name, found: "the column '\(column.field.name)' from \(column.source)", column: column.source)
            }
            guard source.types.contains(column.field.type) else {
                throw .fleetColumns(
                    feed.name, found: "\(source.rawValue) as \(column.field.type.name)",
                    expected: source.types.map(\.name).joined(separator: " or "))
            }
            if let sensor = source.sensor, !column.field.isOptional { required.insert(sensor) }
            sources.append(source)
        }
        for source in [Source.machine, .time] where !sources.contains(source) {
            throw .fleetColumns(feed.name, found: "no column from \(source.rawValue)")
        }
        (self.sources, self.required) = (sources, required)
    }

    /// Those readings that a run would have taken.
    func accepted(_ said: [FleetReading]) -> [FleetReading] {
        required.isEmpty ? said : said.filter { reading in !(reading.missing.map(required.contains) ?? false) }
    }

    /// - Parameter said: accepted ones, all of one time.
    func batch(_ said: [FleetReading], at time: Int64) -> RecordBatch {
        let columns = sources.enumerated().map { place, source in
            switch source {
            case .machine: return Column(strings: said.map { Self.name($0.number) })
            case .time: return Column(type: .timestamp, integers: said.map { _ in time })
            default:
                let values = said.map { said in
                    source.sensor != nil && source.sensor == said.missing ? .nan : Self.written(source.value(said.reading))
                }
                guard schema.fields[place].type == .float64 else { return Column(type: .int64, integers: values.map { Int64($0) }) }
                var validity: [UInt64] = []
                if values.contains(where: \.isNaN) {
                    validity = [UInt64](repeating: 0, count: (values.count + 63) / 64)
                    for (row, value) in values.enumerated() where !value.isNaN { validity[row / 64] |= 1 << UInt64(row % 64) }
                }
                return Column(doubles: values, validity: validity)
            }
        }
        return RecordBatch(schema: schema, columns: columns, rowNumbers: said.indices.map { Int64($0 + 1) })
    }

    /// `M0007`
    static func name(_ number: Int) -> String {
        let digits = String(number)
        return "M" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// As a reader finds it: the file has three decimals.
    private static func written(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
