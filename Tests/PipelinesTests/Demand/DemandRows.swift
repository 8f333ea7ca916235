import Foundation
import Models
import Pipelines
import Records

/// Rows of sales for the stage `demand`, and what it makes of them.
struct DemandRows {
    static let day: Int64 = 86_400_000_000
    static let euro = Currency("EUR")!

    var items: [String] = []
    var times: [Int64] = []
    var units: [Double] = []
    var costs: [Int64] = []
    var short: [Int64] = []
    var prices: [Double] = []
    /// Of any other column.
    var labels: [String: [String]] = [:]

    static func schema(_ labels: [String] = []) -> Schema {
        Schema(
            [
                Field("item", .string), Field("time", .timestamp), Field("units", .float64), Field("cost", .money(euro)),
                Field("ran_out", .bool), Field("price", .float64),
            ] + labels.map { Field($0, .string) })
    }

    mutating func add(
        _ item: String, day: Int, _ units: Double, hour: Int = 0, cost: Int64 = 200, ranOut: Bool = false, price: Double = 3,
        _ labels: [String: String] = [:]
    ) {
        add(item, time: Int64(day) * Self.day + Int64(hour) * 3_600_000_000, units, cost: cost, ranOut: ranOut, price: price, labels)
    }

    mutating func add(
        _ item: String, time: Int64, _ units: Double, cost: Int64 = 200, ranOut: Bool = false, price: Double = 3,
        _ labels: [String: String] = [:]
    ) {
        items.append(item)
        times.append(time)
        self.units.append(units)
        costs.append(cost)
        short.append(ranOut ? 1 : 0)
        prices.append(price)
        for (name, value) in labels { self.labels[name, default: []].append(value) }
    }

    var input: StageInput {
        let names = labels.keys.sorted()
        let batch = RecordBatch(
            schema: Self.schema(names),
            columns: [
                Column(strings: items), Column(type: .timestamp, integers: times), Column(doubles: units),
                Column(type: .money(Self.euro), integers: costs), Column(type: .bool, integers: short), Column(doubles: prices),
            ] + names.map { Column(strings: labels[$0] ?? []) }, rowNumbers: times.indices.map { Int64($0 + 1) })
        return StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: [0, 1]), times: times)
    }

    static func configuration(_ more: [String: ParameterValue] = [:]) -> StageConfiguration {
        var values: [String: ParameterValue] = [
            "item": .text("item"), "units": .text("units"), "unit-cost": .text("cost"), "stockout": .text("ran_out"),
            "lead-time": .integer(1), "review": .integer(2),
        ]
        values.merge(more) { $1 }
        return StageConfiguration(name: "demand", parameters: values)
    }

    /// A stage that has taken the rows.
    func stage(_ more: [String: ParameterValue] = [:], refused: inout [RowRefusal]) throws -> DemandStage {
        let stage = try DemandStage(configuration: Self.configuration(more), schema: Self.schema(labels.keys.sorted()))
        refused = try stage.absorb(input)
        return stage
    }

    func stage(_ more: [String: ParameterValue] = [:]) throws -> DemandStage {
        var refused: [RowRefusal] = []
        return try stage(more, refused: &refused)
    }

    /// A table of rows: the item, numbers, texts and times by their names.
    static func table(
        items: [String]? = nil, times: [String: [Int64]] = [:], numbers: [String: [Double]] = [:], texts: [String: [String]] = [:]
    ) -> RecordBatch {
        var fields: [Field] = [], columns: [Column] = []
        if let items {
            fields.append(Field("item", .string))
            columns.append(Column(strings: items))
        }
        for name in times.keys.sorted() {
            fields.append(Field(name, .timestamp))
            columns.append(Column(type: .timestamp, integers: times[name] ?? []))
        }
        for name in numbers.keys.sorted() {
            fields.append(Field(name, .float64))
            columns.append(Column(doubles: numbers[name] ?? []))
        }
        for name in texts.keys.sorted() {
            fields.append(Field(name, .string))
            columns.append(Column(strings: texts[name] ?? []))
        }
        let count = items?.count ?? times.values.first?.count ?? 0
        return RecordBatch(schema: Schema(fields), columns: columns, rowNumbers: (0..<count).map { Int64($0 + 1) })
    }
}

/// Results of a stage, by item.
struct DemandOutcome {
    let rows: FinishedRows
    let names: [String]

    init(_ stage: DemandStage, lastDay: Int, threads: Int = 1) throws {
        try self.init(stage, watermark: Int64(lastDay) * DemandRows.day, threads: threads)
    }

    init(_ stage: DemandStage, watermark: Int64, threads: Int = 1) throws {
        let time = FinishTime(clock: Timestamp(seconds: 0), watermark: Timestamp(microseconds: watermark), threads: threads)
        let rows = try stage.finished(0..<stage.finish(time))
        self.rows = rows
        names = (0..<rows.batch.count).map { rows.batch.columns[0].text($0) ?? "" }
    }

    func number(_ column: String, _ item: String) -> Double {
        guard let row = names.firstIndex(of: item), let values = rows.batch[column] else { return .nan }
        return values.type == .float64 ? values.doubles[row] : Double(values.integers[row])
    }

    func text(_ column: String, _ item: String) -> String {
        names.firstIndex(of: item).flatMap { rows.batch[column]?.text($0) } ?? ""
    }

    func feature(_ name: String, _ item: String) -> Float {
        guard let row = names.firstIndex(of: item), let place = DemandStage.definition.features.firstIndex(where: { $0.name == name })
        else {
            return .nan
        }
        return Array(rows.features.row(row))[place]
    }

    /// 10, 50 and 90 % of each period.
    func forecast(_ item: String) -> [[Double]] {
        (try? JSONDecoder().decode([[Double]].self, from: Data(text("forecast", item).utf8))) ?? []
    }
}
