import Connectors
import Records

/// How observations in long form (machine, time, what was measured, value) become rows with a column for each thing measured.
public struct FeedPivot: Hashable, Sendable {
    /// Column that names what was measured (`string`), and the column of its value (`float64`).
    public var name: String
    public var value: String
    /// What was measured, as the feed names it, a column of the rows each; other observations are not read.
    public var measures: [(column: String, name: String)]
    /// Columns that tell apart what is measured: machine, line.
    public var units: [String]
    public var time: String
    /// Observations of a unit at most so many microseconds after the first of a row belong to it.
    public var tolerance: Int64
    /// An `int64` column that counts observations over all files, so that files that overlap give each once; nil = there is none.
    public var sequence: String?
    /// A column that changes when the count begins anew; nil = it never does.
    public var instance: String?

    public init(
        name: String, value: String, measures: [(column: String, name: String)], units: [String], time: String, tolerance: Int64 = 0,
        sequence: String? = nil, instance: String? = nil
    ) {
        (self.name, self.value, self.measures, self.units, self.time) = (name, value, measures, units, time)
        (self.tolerance, self.sequence, self.instance) = (tolerance, sequence, instance)
    }

    public static func == (a: FeedPivot, b: FeedPivot) -> Bool { a.parts == b.parts }
    public func hash(into hasher: inout Hasher) { hasher.combine(parts) }

    private var parts: [String] {
        [name, value, time, "\(tolerance)", sequence ?? "", instance ?? ""] + units + measures.flatMap { [$0.column, $0.name] }
    }

    /// Columns of observations that rows do not have.
    public var consumed: Set<String> { Set([name, value, sequence, instance].compactMap(\.self)) }

    /// Newest count of a file, and the instance that counted.
    struct Seen: Hashable, Sendable {
        var through: Int64
        var instance: String?

        /// - Parameter reader: of observations, from the file's start.
        init?(_ pivot: FeedPivot, reader: any FeedReader) throws(Failure) {
            var (newest, last): (Int64?, String?) = (nil, nil)
            while let block = try reader.next() {
                guard let column = pivot.sequence.flatMap({ block.batch[$0] }) else { return nil }
                for row in 0..<block.batch.count where newest.map({ column.integers[row] > $0 }) ?? true {
                    newest = column.integers[row]
                    last = pivot.instance.flatMap { block.batch[$0]?.text(row) }
                }
            }
            guard let newest else { return nil }
            (through, instance) = (newest, last)
        }
    }
}

/// Reads a file of observations as rows: a unit's observations in order of time, those within the tolerance of a row's first together; of
/// two of the same thing in a row, the later. A missing value says nothing. Rows come in order of time, and have the number of their first
/// observation. The file is held in memory whole: observations of one time may stand anywhere in it.
///
/// Positions count rows given (`row`); their `line` is 2 once the file's rejects were given.
final class PivotReader: FeedReader {
    /// Observations of one file; more are refused.
    static let most = 50_000_000

    private let pivot: FeedPivot
    private let schema: Schema
    private let base: any FeedReader
    private let file: FeedFile
    private let seen: FeedPivot.Seen?
    private let blockRows: Int
    private var given: Int
    private var hasGivenRejects: Bool
    private var batches: [RecordBatch] = []
    private var rejects: [Reject] = []
    private var rows: [PivotedRow]?

    /// - Parameters:
    ///   - base: observations from the file's start.
    ///   - schema: of the rows: columns of observations by their names, and one for each measure.
    ///   - position: where an earlier reader of this kind left off.
    ///   - seen: what the file before this one ended with.
    init(
        _ base: any FeedReader, of file: FeedFile, pivot: FeedPivot, schema: Schema, from position: FeedPosition, blockRows: Int,
        seen: FeedPivot.Seen? = nil
    ) {
        (self.base, self.file, self.pivot, self.schema, self.blockRows, self.seen) = (base, file, pivot, schema, blockRows, seen)
        (given, hasGivenRejects) = (Int(position.row), position.line > 1)
    }

    func next() throws(Failure) -> FeedBlock? {
        if self.rows == nil { self.rows = try load() }
        let rows = self.rows ?? []
        let part = rows[min(given, rows.count)..<min(given + blockRows, rows.count)]
        let own = hasGivenRejects ? [] : rejects
        guard !part.isEmpty || !own.isEmpty else { return nil }
        hasGivenRejects = true
        given += part.count
        return FeedBlock(batch: batch(part), rejects: own, end: FeedPosition(offset: 0, row: Int64(given), line: 2))
    }

    private func load() throws(Failure) -> [PivotedRow] {
        let places = Dictionary(pivot.measures.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var observations: [Observation] = []
        while let block = try base.next() {
            rejects += block.rejects
            let batch = block.batch
            guard let names = batch[pivot.name], let values = batch[pivot.value], let times = batch[pivot.time] else { continue }
            let units = RecordKey.hashes(of: batch, columns: pivot.units.compactMap { batch.schema.index(of: $0) })
            let counts = pivot.sequence.flatMap { batch[$0] }, instances = pivot.instance.flatMap { batch[$0] }
            for row in 0..<batch.count {
                guard let name = names.string(row), let place = places[name] else { continue }
                if let seen, let counts, counts.isValid(row), counts.integers[row] <= seen.through, instances?.text(row) == seen.instance {
                    continue
                }
                observations.append(
                    Observation(
                        unit: units[row], time: times.integers[row], number: batch.rowNumbers[row], batch: Int32(batches.count),
                        row: Int32(row), place: Int32(place), value: values.isValid(row) ? values.doubles[row] : .nan))
            }
            batches.append(batch)
            guard observations.count <= Self.most else { throw .pivotFileTooLarge(file.name, observations.count) }
        }
        return gathered(observations)
    }

    private struct Observation {
        var unit: UInt64
        var time: Int64
        var number: Int64
        var batch: Int32
        var row: Int32
        var place: Int32
        var value: Double
    }

    private struct PivotedRow {
        var time: Int64
        /// Least number of its observations.
        var number: Int64
        /// The observation that its other columns come from: the first.
        var batch: Int
        var row: Int
        var values: [Double]
    }

    private func gathered(_ observations: [Observation]) -> [PivotedRow] {
        var rows: [PivotedRow] = []
        var unit: UInt64?
        for next in observations.sorted(by: { ($0.unit, $0.time, $0.number) < ($1.unit, $1.time, $1.number) }) {
            if unit != next.unit || next.time > rows[rows.count - 1].time + pivot.tolerance {
                unit = next.unit
                rows.append(
                    PivotedRow(
                        time: next.time, number: next.number, batch: Int(next.batch), row: Int(next.row),
                        values: [Double](repeating: .nan, count: pivot.measures.count)))
            }
            let last = rows.count - 1
            rows[last].number = min(rows[last].number, next.number)
            if !next.value.isNaN { rows[last].values[Int(next.place)] = next.value }
        }
        return rows.sorted { ($0.time, $0.number) < ($1.time, $1.number) }
    }

    private func batch(_ rows: ArraySlice<PivotedRow>) -> RecordBatch {
        let places = Dictionary(pivot.measures.enumerated().map { ($1.column, $0) }, uniquingKeysWith: { first, _ in first })
        let columns = schema.fields.map { field in
            if let place = places[field.name] { return Self.numbers(rows.map { $0.values[place] }) }
            return column(field, rows)
        }
        return RecordBatch(schema: schema, columns: columns, rowNumbers: rows.map(\.number))
    }

    private static func numbers(_ values: [Double]) -> Column {
        Column(doubles: values, validity: validity(of: values.map { !$0.isNaN }))
    }

    private static func validity(of valid: [Bool]) -> [UInt64] {
        guard valid.contains(false) else { return [] }
        var words = [UInt64](repeating: 0, count: (valid.count + 63) / 64)
        for (row, isValid) in valid.enumerated() where isValid { words[row >> 6] |= 1 << UInt64(row & 63) }
        return words
    }

    private func column(_ field: Field, _ rows: ArraySlice<PivotedRow>) -> Column {
        func own(_ row: PivotedRow) -> Column { batches[row.batch][field.name] ?? Column(strings: []) }
        switch field.type {
        case .string: return Column(strings: rows.map { own($0).string($0.row) })
        case .float64: return Self.numbers(rows.map { own($0).isValid($0.row) ? own($0).doubles[$0.row] : .nan })
        default:
            return Column(
                type: field.type, integers: rows.map { own($0).integers[$0.row] },
                validity: Self.validity(of: rows.map { own($0).isValid($0.row) }))
        }
    }
}

extension Failure {
    static func pivotFileTooLarge(_ name: String, _ count: Int) -> Failure {
        Failure(
            .failed, code: "feed.pivot-size", what: "a file has more observations than can be put together at once", place: name,
            found: "\(count) so far", expected: "at most \(PivotReader.most)",
            remedy: "Deliver smaller files, or rows with a column for each thing measured.")
    }
}
