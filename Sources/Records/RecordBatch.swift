/// One column of a batch: values of one type in one buffer, with validity bits.
///
/// Read it through spans (`column.integers.span`) taken once a batch; nothing here allocates a value per row.
public struct Column: Sendable {
    public let type: ColumnType
    /// `int64`; `bool` as 0 or 1; `timestamp` in microseconds; `money` in minor units; `decimal` scaled; `date` in days since 1970-01-01.
    /// Empty for other types. 0 where missing.
    public let integers: [Int64]
    /// `float64` only. NaN where missing.
    public let doubles: [Double]
    /// `string` only: row i is `bytes[offsets[i]..<offsets[i + 1]]`, UTF-8; count + 1 entries. Missing rows are empty.
    public let offsets: [Int32]
    public let bytes: [UInt8]
    /// Bit i % 64 of word i / 64 is 1 where row i has a value; empty when no value is missing.
    public let validity: [UInt64]

    public init(type: ColumnType, integers: [Int64], validity: [UInt64] = []) {
        (self.type, self.integers, doubles, offsets, bytes, self.validity) = (type, integers, [], [], [], validity)
    }

    public init(doubles: [Double], validity: [UInt64] = []) {
        (type, integers, self.doubles, offsets, bytes, self.validity) = (.float64, [], doubles, [], [], validity)
    }

    public init(offsets: [Int32], bytes: [UInt8], validity: [UInt64] = []) {
        (type, integers, doubles, self.offsets, self.bytes, self.validity) = (.string, [], [], offsets, bytes, validity)
    }

    /// A text column from values; nil is missing.
    public init(strings: [String?]) {
        var offsets: [Int32] = [0]
        var bytes: [UInt8] = []
        var validity = [UInt64](repeating: 0, count: (strings.count + 63) / 64)
        for (row, value) in strings.enumerated() {
            if let value {
                bytes.append(contentsOf: value.utf8)
                validity[row / 64] |= 1 << UInt64(row % 64)
            }
            offsets.append(Int32(bytes.count))
        }
        self.init(offsets: offsets, bytes: bytes, validity: strings.allSatisfy { $0 != nil } ? [] : validity)
    }

    public var count: Int {
        switch type {
        case .float64: doubles.count
        case .string: offsets.count - 1
        default: integers.count
        }
    }

    @inlinable public func isValid(_ row: Int) -> Bool {
        validity.isEmpty || validity[row >> 6] >> UInt64(row & 63) & 1 == 1
    }

    /// The text of a row of a `string` column. Allocates: not for loops over rows.
    public func string(_ row: Int) -> String? {
        guard isValid(row) else { return nil }
        return String(decoding: bytes[Int(offsets[row])..<Int(offsets[row + 1])], as: UTF8.self)
    }

    /// Any value as text, as an export would write it: ISO 8601 times and dates, money and decimals with all their decimals; nil where missing. Allocates.
    public func text(_ row: Int) -> String? {
        guard isValid(row) else { return nil }
        switch type {
        case .int64: return String(integers[row])
        case .float64: return "\(doubles[row])"
        case .bool: return integers[row] != 0 ? "true" : "false"
        case .string: return string(row)
        case .timestamp: return Timestamp(microseconds: integers[row]).iso8601
        case .money(let currency): return Money(minor: integers[row], currency: currency).amountText
        case .decimal(let scale): return DecimalText.text(integers[row], scale: scale)
        case .date: return Timestamp.isoDate(days: integers[row])
        }
    }
}

/// A columnar block of records of one file, in feed order.
public struct RecordBatch: Sendable {
    public let schema: Schema
    /// One for each field of the schema, all of `count` rows.
    public let columns: [Column]
    public let count: Int
    /// Record number of each row in its file, from 1 (header not counted, rejected rows counted).
    public let rowNumbers: [Int64]

    public init(schema: Schema, columns: [Column], rowNumbers: [Int64]) {
        precondition(columns.count == schema.fields.count && columns.allSatisfy { $0.count == rowNumbers.count })
        (self.schema, self.columns, count, self.rowNumbers) = (schema, columns, rowNumbers.count, rowNumbers)
    }

    public subscript(_ name: String) -> Column? { schema.index(of: name).map { columns[$0] } }
}

extension Column {
    /// The given rows, in the given order.
    public func selecting(_ rows: [Int]) -> Column {
        var validity: [UInt64] = []
        if !self.validity.isEmpty {
            validity = [UInt64](repeating: 0, count: (rows.count + 63) / 64)
            for (new, old) in rows.enumerated() where isValid(old) { validity[new >> 6] |= 1 << UInt64(new & 63) }
        }
        switch type {
        case .float64:
            return Column(doubles: rows.map { doubles[$0] }, validity: validity)
        case .string:
            var offsets: [Int32] = [0], bytes: [UInt8] = []
            for row in rows {
                bytes.append(contentsOf: self.bytes[Int(self.offsets[row])..<Int(self.offsets[row + 1])])
                offsets.append(Int32(bytes.count))
            }
            return Column(offsets: offsets, bytes: bytes, validity: validity)
        default:
            return Column(type: type, integers: rows.map { integers[$0] }, validity: validity)
        }
    }
}

extension RecordBatch {
    /// The given rows, in the given order.
    public func selecting(_ rows: [Int]) -> RecordBatch {
        RecordBatch(schema: schema, columns: columns.map { $0.selecting(rows) }, rowNumbers: rows.map { rowNumbers[$0] })
    }
}
