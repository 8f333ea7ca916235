import Connectors
import GRDB
import GRDBSQLite
import Models
import Records

/// Binds a block's rows into the result table through SQLite's C interface: no value is boxed on the way.
///
/// Within one run a key may come twice: the same content again is counted and rejected as `duplicate`, another content is a new version.
struct ResultInserter {
    private let table: ResultTable
    private let database: Database
    private let statement: Statement
    private let run: Int64
    private let keyColumns: [Int]
    private let storesFeatures: Bool

    init(table: ResultTable, database: Database, run: Int64, keyColumns: [Int], storesFeatures: Bool) throws {
        (self.table, self.database, self.run) = (table, database, run)
        (self.keyColumns, self.storesFeatures) = (keyColumns, storesFeatures)
        statement = try database.cachedStatement(sql: table.insertSQL)
    }

    /// Writes the rows; returns those whose key was there already with the same content, and the versions of those with another.
    func insert(_ block: ScoredBlock, outcomes: [String], causes: [String?]) throws -> (duplicates: Set<Int>, versions: [Int: Int64]) {
        var duplicates: Set<Int> = []
        var versions: [Int: Int64] = [:]
        let handle = statement.sqliteStatement
        var time = TimeText()
        let outcomeTexts = outcomes.map { Array($0.utf8) }
        let causeTexts = causes.map { $0.map { Array($0.utf8) } }
        let featureBytes = block.features.featureCount * MemoryLayout<Float>.size
        try block.features.values.withUnsafeBytes { features in
            for row in 0..<block.batch.count {
                var at: Int32 = 1
                for column in keyColumns { Self.bind(block.batch.columns[column], row: row, at: &at, to: handle) }
                let versionPlace = at
                sqlite3_bind_int64(handle, at, block.versions[row])
                sqlite3_bind_int64(handle, at + 1, run)
                time.bind(block.times[row], to: handle, at: at + 2)
                sqlite3_bind_double(handle, at + 3, Double(block.scores[row]))
                let ruling = block.rulings[row]
                Self.bind(outcomeTexts[Int(ruling.outcome)], to: handle, at: at + 4)
                if let cause = causeTexts[Int(ruling.cause)] {
                    Self.bind(cause, to: handle, at: at + 5)
                } else {
                    sqlite3_bind_null(handle, at + 5)
                }
                sqlite3_bind_int64(handle, at + 6, block.isLate[row] ? 1 : 0)
                sqlite3_bind_int64(handle, at + 7, Int64(bitPattern: block.records[row]))
                if storesFeatures {
                    sqlite3_bind_blob(handle, at + 8, features.baseAddress! + row * featureBytes, Int32(featureBytes), Self.transient)
                } else {
                    sqlite3_bind_null(handle, at + 8)
                }
                var code = sqlite3_step(handle)
                sqlite3_reset(handle)
                if code == SQLITE_CONSTRAINT {
                    guard let version = try nextVersion(block, row: row) else {
                        duplicates.insert(row)
                        continue
                    }
                    sqlite3_bind_int64(handle, versionPlace, version)
                    code = sqlite3_step(handle)
                    sqlite3_reset(handle)
                    versions[row] = version
                }
                guard code == SQLITE_DONE else {
                    throw DatabaseError(
                        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
                }
            }
        }
        sqlite3_clear_bindings(handle)
        return (duplicates, versions)
    }

    /// The version after the newest one; nil when the newest has the same content.
    private func nextVersion(_ block: ScoredBlock, row: Int) throws -> Int64? {
        let match = table.key.map { "\(ResultTable.quoted($0.name)) = ?" }.joined(separator: " AND ")
        let values = keyColumns.map { ResultTable.value(block.batch.columns[$0], row) }
        let newest = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT version, record FROM \(ResultTable.quoted(table.name)) WHERE \(match) ORDER BY version DESC LIMIT 1"),
            arguments: StatementArguments(values))
        guard let newest else { return block.versions[row] }
        let record: Int64 = newest["record"]
        return UInt64(bitPattern: record) == block.records[row] ? nil : newest["version"] + 1
    }

    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private static func bind(_ text: [UInt8], to handle: OpaquePointer, at place: Int32) {
        text.withUnsafeBytes { bytes in
            _ = sqlite3_bind_text(handle, place, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), transient)
        }
    }

    private static func bind(_ column: Records.Column, row: Int, at place: inout Int32, to handle: OpaquePointer) {
        defer { place += 1 }
        switch column.type {
        case .int64, .bool, .money:
            sqlite3_bind_int64(handle, place, column.integers[row])
        case .float64:
            sqlite3_bind_double(handle, place, column.doubles[row])
        case .string:
            column.bytes.withUnsafeBytes { bytes in
                let start = Int(column.offsets[row]), end = Int(column.offsets[row + 1])
                let base = bytes.baseAddress.map { ($0 + start).assumingMemoryBound(to: CChar.self) }
                if let base {
                    sqlite3_bind_text(handle, place, base, Int32(end - start), Self.transient)
                } else {
                    sqlite3_bind_text(handle, place, "", 0, Self.transient)
                }
            }
        case .timestamp:
            Self.bind(Timestamp(microseconds: column.integers[row]).iso8601Bytes, to: handle, at: place)
        }
    }
}

/// Event times as ISO 8601 text; the date is worked out once a day, the buffer is one for all rows.
private struct TimeText {
    private var day: Int64 = .min
    private var bytes: [UInt8] = []

    mutating func bind(_ microseconds: Int64, to handle: OpaquePointer, at place: Int32) {
        let quotient = microseconds / 86_400_000_000
        let today = microseconds % 86_400_000_000 < 0 ? quotient - 1 : quotient
        let rest = microseconds - today * 86_400_000_000
        if rest % 1_000_000 != 0 || bytes.count != 20 || today != day {
            bytes = Timestamp(microseconds: microseconds).iso8601Bytes
            day = bytes.count == 20 ? today : .min
        } else {
            let seconds = Int(rest / 1_000_000)
            set(11, seconds / 3_600)
            set(14, seconds / 60 % 60)
            set(17, seconds % 60)
        }
        bytes.withUnsafeBytes { buffer in
            _ = sqlite3_bind_text(
                handle, place, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count),
                unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        }
    }

    private mutating func set(_ at: Int, _ value: Int) {
        bytes[at] = UInt8(48 + value / 10)
        bytes[at + 1] = UInt8(48 + value % 10)
    }
}
