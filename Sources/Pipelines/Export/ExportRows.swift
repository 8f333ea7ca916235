import Connectors
import Foundation
import GRDBSQLite
import Records

/// Rows of a statement as the bytes of a file.
protocol ExportRows {
    mutating func begin()
    /// The row that the statement stands on.
    mutating func append(_ statement: OpaquePointer)
    mutating func end()
    /// Bytes that `take` would give.
    var count: Int { get }
    mutating func take() -> [UInt8]
    var lacking: Int { get }
    var guarded: Int { get }
}

/// Values of a statement as text.
struct ExportValues {
    private var zone: Zone

    init(zone: Zone) { self.zone = zone }

    /// The bytes of a text or number as SQLite gives them; valid until the statement moves.
    static func stored(_ statement: OpaquePointer, _ index: Int32) -> UnsafeBufferPointer<UInt8> {
        let text = sqlite3_column_text(statement, index)
        return UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, index)))
    }

    static func scaled(_ statement: OpaquePointer, _ index: Int32, scale: Int) -> String {
        Self.decimal(sqlite3_column_int64(statement, index), scale: scale)
    }

    /// `-1234.50` for -123450 and a scale of 2.
    static func decimal(_ value: Int64, scale: Int) -> String {
        guard scale > 0 else { return String(value) }
        let digits = String(value.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
        return "\(value < 0 ? "-" : "")\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }

    /// A number that a REAL column holds: the shortest text that reads back as the same.
    static func number(_ statement: OpaquePointer, _ index: Int32) -> String? {
        guard sqlite3_column_type(statement, index) == SQLITE_FLOAT else { return nil }
        return "\(sqlite3_column_double(statement, index))"
    }

    /// A stored time in the export's zone, `2026-03-03T09:00:00+09:00`; nil where it is in UTC, or no time.
    mutating func time(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        guard zone.name != "UTC", let time = Timestamp(iso8601: String(decoding: text, as: UTF8.self)) else { return nil }
        let offset = zone.offset(at: time.microseconds)
        let minutes = offset / 60_000_000
        let local = Timestamp(microseconds: time.microseconds + offset).iso8601.dropLast()
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }
        return "\(local)\(minutes < 0 ? "-" : "+")\(two(abs(minutes) / 60)):\(two(abs(minutes) % 60))"
    }
}

struct CSVExport: ExportRows {
    private var writer: CSVWriter
    private var values: ExportValues
    private let columns: [ExportColumn]
    private let normalize: TextNormalization
    private var normalized: [UInt8] = []

    init(_ configuration: CSVWriter.Configuration, columns: [ExportColumn], zone: Zone, normalize: TextNormalization) {
        (writer, values, self.columns) = (CSVWriter(configuration), ExportValues(zone: zone), columns)
        self.normalize = normalize
    }

    var count: Int { writer.count }
    var lacking: Int { writer.lacking }
    var guarded: Int { writer.guarded }
    mutating func take() -> [UInt8] { writer.take() }

    mutating func begin() {
        for column in columns { writer.value(column.name) }
        writer.endRecord()
    }

    mutating func append(_ statement: OpaquePointer) {
        for (index, column) in columns.enumerated() {
            let index = Int32(index)
            if sqlite3_column_type(statement, index) == SQLITE_NULL {
                writer.missing()
                continue
            }
            switch column.kind {
            case .text where normalize.isNone: writer.text(ExportValues.stored(statement, index))
            case .text:
                normalize.normalize(ExportValues.stored(statement, index), into: &normalized)
                normalized.withUnsafeBufferPointer { writer.text($0) }
            case .value:
                if let number = ExportValues.number(statement, index) {
                    writer.value(number)
                } else {
                    writer.value(ExportValues.stored(statement, index))
                }
            case .bool: writer.value(sqlite3_column_int64(statement, index) != 0 ? "true" : "false")
            case .scaled(let scale): writer.value(ExportValues.scaled(statement, index, scale: scale))
            case .time:
                let stored = ExportValues.stored(statement, index)
                if let text = values.time(stored) { writer.value(text) } else { writer.value(stored) }
            }
        }
        writer.endRecord()
    }

    mutating func end() {}
}

/// Objects, one a row: numbers and decimals as JSON numbers, missing values as null. UTF-8.
struct JSONExport: ExportRows {
    private let columns: [ExportColumn]
    /// `{"name":` or `,"name":`
    private let names: [[UInt8]]
    private let isArray: Bool
    private var values: ExportValues
    private var bytes: [UInt8] = []
    private var isFirst = true

    init(columns: [ExportColumn], zone: Zone, isArray: Bool) {
        (self.columns, self.isArray, values) = (columns, isArray, ExportValues(zone: zone))
        names = columns.enumerated().map { index, column in
            Array("\(index == 0 ? "{" : ",")\(JSONValue.text(column.name).json):".utf8)
        }
    }

    var count: Int { bytes.count }
    var lacking: Int { 0 }
    var guarded: Int { 0 }

    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func begin() { if isArray { bytes.append(UInt8(ascii: "[")) } }

    mutating func append(_ statement: OpaquePointer) {
        if isArray, !isFirst { bytes.append(UInt8(ascii: ",")) }
        if isArray { bytes.append(10) }
        isFirst = false
        for (index, column) in columns.enumerated() {
            bytes += names[index]
            write(statement, Int32(index), column.kind)
        }
        bytes.append(UInt8(ascii: "}"))
        if !isArray { bytes.append(10) }
    }

    mutating func end() { if isArray { bytes += isFirst ? Array("]\n".utf8) : Array("\n]\n".utf8) } }

    private mutating func write(_ statement: OpaquePointer, _ index: Int32, _ kind: ExportColumn.Kind) {
        guard sqlite3_column_type(statement, index) != SQLITE_NULL else {
            bytes += "null".utf8
            return
        }
        switch kind {
        case .text: quote(ExportValues.stored(statement, index))
        case .value:
            switch sqlite3_column_type(statement, index) {
            case SQLITE_FLOAT:
                let value = sqlite3_column_double(statement, index)
                bytes += (value.isFinite ? ExportValues.number(statement, index) ?? "null" : "null").utf8
            case SQLITE_INTEGER: bytes += String(sqlite3_column_int64(statement, index)).utf8
            default: quote(ExportValues.stored(statement, index))
            }
        case .bool: bytes += (sqlite3_column_int64(statement, index) != 0 ? "true" : "false").utf8
        case .scaled(let scale): bytes += ExportValues.scaled(statement, index, scale: scale).utf8
        case .time:
            let stored = ExportValues.stored(statement, index)
            bytes.append(UInt8(ascii: "\""))
            if let text = values.time(stored) { bytes += text.utf8 } else { bytes += stored }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20: bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
