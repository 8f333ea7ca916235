import Connectors
import Foundation
import GRDB
import GRDBSQLite
import Records

/// What became of a block's rows in their table, besides those that are new.
struct TableInsertion {
    /// Rows there already with the same content, from an earlier file or run.
    var unchanged: Int64 = 0
    /// Rows stored as a new version of a known key.
    var corrected: Int64 = 0
    /// Rows that the same file held before with the same content: indices into the batch, ascending.
    var duplicates: [Int] = []
}

/// Writes blocks of a table feed: a row with a new key is version 1, one with a known key and another content the next version.
///
/// Rows go in as version 1, up to 64 a statement. A statement that meets a key that is there already changes nothing, and its rows are
/// tried again one by one: only then is a newest version looked up.
final class TableInserter {
    let table: LandingTable
    let run: Int64
    private let database: Database
    private let many: Statement
    private let one: Statement
    private let newest: Statement
    private let rowsAStatement: Int
    private let fieldCount: Int
    private let key: [KeyPart]

    private enum KeyPart {
        case column(Int)
        case file
        case row
    }

    init(table: LandingTable, database: Database, run: Int64) throws {
        (self.table, self.database, self.run, fieldCount) = (table, database, run, table.fields.count)
        // SQLite takes 32,766 values a statement.
        rowsAStatement = max(1, min(64, 32_000 / (table.fields.count + 3)))
        many = try database.cachedStatement(sql: table.insertSQL(rows: rowsAStatement))
        one = try database.cachedStatement(sql: table.insertSQL(rows: 1))
        newest = try database.cachedStatement(sql: table.newestSQL)
        key = table.key.map { name in
            if let index = table.fields.firstIndex(where: { $0.name == name }) { return .column(index) }
            return name == "file" ? .file : .row
        }
    }

    /// - Parameters:
    ///   - records: content hash a row.
    ///   - file: as stored.
    ///   - keepsKnown: a row with a known key is left out, whatever its content.
    func insert(_ batch: RecordBatch, records: [UInt64], file: String, keepsKnown: Bool = false) throws -> TableInsertion {
        var result = TableInsertion()
        defer { for statement in [many, one, newest] { sqlite3_clear_bindings(statement.sqliteStatement) } }
        try file.utf8CString.withUnsafeBufferPointer { name in
            try BoundColumn.withColumns(batch.columns, slots: rowsAStatement) { columns in
                let rows = Rows(
                    columns: columns, numbers: batch.rowNumbers, records: records,
                    file: Text(bytes: name.baseAddress, count: Int32(name.count - 1)), keepsKnown: keepsKnown)
                // What is the same for all rows is bound once: a reset keeps it.
                for statement in [many, one] {
                    sqlite3_bind_int64(statement.sqliteStatement, 1, run)
                    rows.file.bind(to: statement.sqliteStatement, at: 2)
                }
                var start = 0
                while start < batch.count {
                    let end = min(start + rowsAStatement, batch.count)
                    let isDone = end - start == rowsAStatement ? try insertAll(rows, from: start) : false
                    if !isDone { for row in start..<end { try insertOne(rows, row, &result) } }
                    start = end
                }
            }
        }
        return result
    }

    private struct Rows {
        let columns: [BoundColumn]
        let numbers: [Int64]
        let records: [UInt64]
        let file: Text
        let keepsKnown: Bool
    }

    /// A text that is bound where it stands.
    private struct Text {
        let bytes: UnsafePointer<CChar>?
        let count: Int32

        func bind(to handle: OpaquePointer, at place: Int32) { sqlite3_bind_text(handle, place, bytes, count, SQLiteBinding.unmoved) }
    }

    /// The row's values in the order of `LandingTable.insertSQL`.
    @inline(__always)
    private func bind(_ rows: Rows, _ row: Int, version: Int64, slot: Int, to handle: OpaquePointer) {
        var place = Int32(3 + slot * (fieldCount + 3))
        for column in rows.columns {
            column.bind(row: row, slot: slot, to: handle, at: place)
            place += 1
        }
        sqlite3_bind_int64(handle, place, version)
        sqlite3_bind_int64(handle, place + 1, rows.numbers[row])
        sqlite3_bind_int64(handle, place + 2, Int64(bitPattern: rows.records[row]))
    }

    /// False when a key was there already: then no row was written.
    private func insertAll(_ rows: Rows, from start: Int) throws -> Bool {
        for slot in 0..<rowsAStatement { bind(rows, start + slot, version: 1, slot: slot, to: many.sqliteStatement) }
        return try step(many.sqliteStatement)
    }

    private func insertOne(_ rows: Rows, _ row: Int, _ result: inout TableInsertion) throws {
        let handle = one.sqliteStatement
        bind(rows, row, version: 1, slot: 0, to: handle)
        if try step(handle) { return }
        guard let known = try find(rows, row: row) else { throw failure(SQLITE_CONSTRAINT) }
        if known.record == rows.records[row] {
            if known.isOfThisFile { result.duplicates.append(row) } else { result.unchanged += 1 }
            return
        }
        if rows.keepsKnown {
            result.unchanged += 1
            return
        }
        bind(rows, row, version: known.version + 1, slot: 0, to: handle)
        guard try step(handle) else { throw failure(SQLITE_CONSTRAINT) }
        result.corrected += 1
    }

    /// False on a key that is there already.
    private func step(_ handle: OpaquePointer) throws -> Bool {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        if code & 0xFF == SQLITE_CONSTRAINT { return false }
        guard code == SQLITE_DONE else { throw failure(code) }
        return true
    }

    private struct Known {
        var version: Int64
        var record: UInt64
        var isOfThisFile: Bool
    }

    /// The newest version of a row's key.
    private func find(_ rows: Rows, row: Int) throws -> Known? {
        let handle = newest.sqliteStatement
        defer { sqlite3_reset(handle) }
        for (index, part) in key.enumerated() {
            let place = Int32(index + 1)
            switch part {
            case .column(let column): rows.columns[column].bind(row: row, slot: 0, to: handle, at: place)
            case .file: rows.file.bind(to: handle, at: place)
            case .row: sqlite3_bind_int64(handle, place, rows.numbers[row])
            }
        }
        let code = sqlite3_step(handle)
        guard code == SQLITE_ROW else {
            if code == SQLITE_DONE { return nil }
            throw failure(code)
        }
        var isOfThisFile = sqlite3_column_int64(handle, 2) == run && sqlite3_column_bytes(handle, 3) == rows.file.count
        if isOfThisFile, let stored = sqlite3_column_text(handle, 3), let own = rows.file.bytes {
            isOfThisFile = memcmp(stored, own, Int(rows.file.count)) == 0
        }
        return Known(
            version: sqlite3_column_int64(handle, 0), record: UInt64(bitPattern: sqlite3_column_int64(handle, 1)),
            isOfThisFile: isOfThisFile)
    }

    private func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
    }
}
