package import Records

/// Builds the batches of a reader, row by row, from the bytes of fields.
///
/// For each record: ``set(_:_:)`` or ``setMissing(_:)`` for every one of ``columns``, in their order, then ``commitRow(number:)``. When
/// one has a fault, do not commit: the row is given up at no cost, and the next record overwrites it.
///
/// Behind the feed's own columns stand companions: fields read for a column before them, which change or check its value (its sign, its
/// currency). A reader finds their text by ``FeedColumn/source`` like any other's; the batch has no column of theirs.
///
/// ```swift
/// for column in columns.indices {
///     let fault = builder.set(column, text[column])
///     if fault != .none { rejects.append(builder.reject(…)); continue nextRecord }
/// }
/// builder.commitRow(number: row)
/// ```
package final class BatchBuilder {
    /// What a record is asked for: the feed's columns, then their companions (``FeedColumn/read(_:)``).
    package let columns: [FeedColumn]
    /// Of the feed's columns alone.
    package let schema: Schema
    /// Records a block; at most so many rows are committed between two calls of ``finish()``.
    package let capacity: Int
    /// Rows committed. Touched for every row, and never lent out: a check of its accesses would cost more than they do.
    @exclusivity(unchecked) package private(set) var count = 0
    /// One a column. For loops of this module that want no class access a value.
    let builders: UnsafeMutablePointer<ColumnBuilder>
    private let rowNumbers: UnsafeMutablePointer<Int64>

    /// - Throws: a column with a timestamp pattern or a time zone that is not known (kind `job`).
    package init(columns: [FeedColumn], capacity: Int) throws(Failure) {
        var parts: [(pattern: TimestampPattern?, zone: Zone?)] = []
        for column in columns { parts.append(try Self.parts(of: column)) }
        let all = FeedColumn.read(columns)
        self.columns = all
        schema = Schema(columns.map(\.field))
        self.capacity = capacity
        builders = .allocate(capacity: all.count)
        for (index, column) in columns.enumerated() {
            (builders + index).initialize(
                to: ColumnBuilder(column: column, pattern: parts[index].pattern, zone: parts[index].zone, capacity: capacity))
        }
        var next = columns.count
        for (index, column) in columns.enumerated() {
            for companion in column.companions {
                (builders + next).initialize(
                    to: ColumnBuilder(column: companion, pattern: nil, zone: nil, capacity: 0, target: builders + index))
                next += 1
            }
        }
        rowNumbers = .allocate(capacity: capacity)
    }

    deinit {
        for index in columns.indices { builders[index].deallocate() }
        builders.deinitialize(count: columns.count)
        builders.deallocate()
        rowNumbers.deallocate()
    }

    private static func parts(of column: FeedColumn) throws(Failure) -> (TimestampPattern?, Zone?) {
        guard column.field.type == .timestamp || column.field.type == .date else { return (nil, nil) }
        for format in column.formats {
            if let problem = TimeForm.problem(of: format, hasPivot: column.spelling.pivot != nil) {
                throw .timestampPattern(format, column: column.field.name, problem: problem)
            }
        }
        var zone: Zone?
        if let name = column.zone {
            zone = Zone(name)
            if zone == nil { throw .zoneUnknown(name, column: column.field.name) }
        }
        let isPlain = TimeForm.isPlain(column.formats)
        return (isPlain ? column.formats.first.flatMap { TimestampPattern($0) } : nil, zone)
    }

    /// Reads the text of a column's field into the row under construction. Empty text and null markers are missing values;
    /// white space around anything but text is not part of the value.
    @inline(__always)
    package func set(_ column: Int, _ text: UnsafeBufferPointer<UInt8>) -> ValueFault {
        guard let base = text.baseAddress else { return builders[column].setMissing(count) }
        return builders[column].set(count, base, text.count)
    }

    /// The record has no such field: `.missing` unless the column is optional.
    package func setMissing(_ column: Int) -> ValueFault { builders[column].setMissing(count) }

    /// Keeps the row under construction. Every column must have been set without a fault.
    /// - Parameter number: of the record in its file, from 1.
    @inline(__always)
    package func commitRow(number: Int64) {
        precondition(count < capacity)
        rowNumbers[count] = number
        count &+= 1
    }

    /// Keeps the next `rows` rows, of records that follow each other from `first` on. Every column must have been set without a fault.
    func commitRows(_ rows: Int, first: Int64) {
        precondition(count + rows <= capacity)
        for index in 0..<rows { rowNumbers[count &+ index] = first &+ Int64(index) }
        count &+= rows
    }

    /// The committed rows; the builder starts again.
    package func finish() -> RecordBatch {
        let rows = count
        count = 0
        return RecordBatch(
            schema: schema, columns: schema.fields.indices.map { builders[$0].finish(count: rows) },
            rowNumbers: Array(UnsafeBufferPointer(start: rowNumbers, count: rows)))
    }

    /// The reject for a fault that ``set(_:_:)`` returned.
    /// - Parameters:
    ///   - text: the field's text.
    ///   - raw: the record; its first 64 KiB are kept.
    package func reject(
        _ fault: ValueFault, column: Int, text: UnsafeBufferPointer<UInt8>, file: String, line: Int64, offset: Int64, row: Int64,
        raw: UnsafeBufferPointer<UInt8>
    ) -> Reject {
        let column = columns[column]
        return Reject(
            file: file, line: line, offset: offset, row: row, column: column.field.name, code: fault.code,
            found: ValueFault.found(text, in: column), expected: fault.expected(in: column, text: text), raw: Reject.kept(raw))
    }
}

extension Reject {
    /// The part of a record that a reject keeps: its first 64 KiB.
    package static func kept(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] { Array(raw.prefix(1 << 16)) }
}
