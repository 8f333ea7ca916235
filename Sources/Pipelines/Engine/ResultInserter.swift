import Connectors
import GRDB
import GRDBSQLite
import Models
import Records

/// Binds a block's rows into the result table through SQLite's C interface: no value is boxed or copied on the way.
///
/// Rows go in by 256 or 32 a statement, which costs half of what as many statements do. Within one run a key may come twice: the same content again is
/// counted and rejected as `duplicate`, another content is a new version. A statement that meets such a key changes nothing, and its rows
/// are tried again one by one.
final class ResultInserter {
    /// Rows of one statement, most first; what is left is tried with the next.
    private static let sizes = [256, 32, 1]

    private let table: ResultTable
    private let database: Database
    /// One for each of `sizes`.
    private let statements: [Statement]
    private let run: Int64
    private let keyColumns: [Int]
    private let valueColumns: [Int]
    private let storesFeatures: Bool
    private let outcomes: BoundTexts
    private let causes: BoundTexts
    private let isPlain: [Bool]
    private var times = TimeTexts(rows: ResultInserter.sizes[0])
    /// Of the first time in the key.
    private var keyTimes = TimeTexts(rows: ResultInserter.sizes[0])

    init(table: ResultTable, database: Database, context: RunContext) throws {
        (self.table, self.database, run, keyColumns) = (table, database, context.run, context.decided.key)
        valueColumns = context.decided.valueColumns
        storesFeatures = context.job.results.storesFeatures
        statements = try Self.sizes.map {
            try database.cachedStatement(sql: table.insertSQL(rows: $0, features: context.job.results.storesFeatures))
        }
        outcomes = BoundTexts(context.policy.outcomes)
        causes = BoundTexts(context.policy.causes.map { $0 ?? "" })
        isPlain = context.policy.causes.map { $0 == nil }
    }

    /// What only the table knew: rows whose key was there already with the same content, and the versions of those with another.
    struct Found {
        var duplicates: Set<Int> = []
        var versions: [Int: Int64] = [:]
    }

    func insert(_ block: ScoredBlock) throws -> Found {
        var found = Found()
        let values = valueColumns.map { block.batch.columns[$0] } + block.answers
        try KeyPart.with(keyColumns.map { block.batch.columns[$0] } + values) { parts in
            try block.features.values.withUnsafeBytes { features in
                let keys = Array(parts.prefix(keyColumns.count))
                let rows = Rows(
                    block: block, order: KeyOrder.rows(block.batch.count, of: keys), keys: keys,
                    values: Array(parts.dropFirst(keyColumns.count)), valueColumns: values, features: features)
                var start = 0
                for (index, size) in Self.sizes.enumerated() where size > 1 {
                    while block.batch.count - start >= size {
                        if !(try insert(rows, from: start, count: size, by: statements[index])) {
                            for place in start..<start + size { try insertOne(rows, place, &found) }
                        }
                        start += size
                    }
                }
                for place in start..<block.batch.count { try insertOne(rows, place, &found) }
            }
        }
        for statement in statements { sqlite3_clear_bindings(statement.sqliteStatement) }
        return found
    }

    private struct Rows {
        let block: ScoredBlock
        /// Rows as they go in.
        let order: [Int32]
        let keys: [KeyPart]
        let values: [KeyPart]
        let valueColumns: [Records.Column]
        let features: UnsafeRawBufferPointer
    }

    /// False when a key was there already: then no row was written.
    private func insert(_ rows: Rows, from start: Int, count: Int, by statement: Statement) throws -> Bool {
        let handle = statement.sqliteStatement
        sqlite3_bind_int64(handle, 1, run)
        var place: Int32 = 2
        for slot in 0..<count { bind(rows, Int(rows.order[start + slot]), slot: slot, to: handle, at: &place) }
        return try step(handle)
    }

    private func insertOne(_ rows: Rows, _ place: Int, _ found: inout Found) throws {
        let row = Int(rows.order[place])
        if try insert(rows, from: place, count: 1, by: statements[Self.sizes.count - 1]) { return }
        guard let version = try nextVersion(rows.block, row: row) else {
            found.duplicates.insert(row)
            return
        }
        found.versions[row] = version
        let handle = statements[Self.sizes.count - 1].sqliteStatement
        sqlite3_bind_int64(handle, Int32(2 + keyColumns.count), version)
        guard try step(handle) else { throw error(SQLITE_CONSTRAINT) }
    }

    /// False on a key that is there already.
    private func step(_ handle: OpaquePointer) throws -> Bool {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        if code & 0xFF == SQLITE_CONSTRAINT { return false }
        guard code == SQLITE_DONE else { throw error(code) }
        return true
    }

    private func error(_ code: Int32) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
    }

    /// The row's values in the order of `ResultTable.insertSQL`.
    @inline(__always)
    private func bind(_ rows: Rows, _ row: Int, slot: Int, to handle: OpaquePointer, at place: inout Int32) {
        var isFirst = true
        for key in rows.keys {
            if isFirst, case .times(let values) = key {
                isFirst = false
                keyTimes.bind(values[row], slot: slot, to: handle, at: place)
                place += 1
            } else {
                key.bind(row, to: handle, at: &place)
            }
        }
        let block = rows.block, ruling = block.rulings[row]
        sqlite3_bind_int64(handle, place, block.versions[row])
        times.bind(block.times[row], slot: slot, to: handle, at: place + 1)
        sqlite3_bind_double(handle, place + 2, Double(block.scores[row]))
        outcomes.bind(Int(ruling.outcome), to: handle, at: place + 3)
        if isPlain[Int(ruling.cause)] {
            sqlite3_bind_null(handle, place + 4)
        } else {
            causes.bind(Int(ruling.cause), to: handle, at: place + 4)
        }
        sqlite3_bind_int64(handle, place + 5, block.isLate[row] ? 1 : 0)
        sqlite3_bind_int64(handle, place + 6, Int64(bitPattern: block.records[row]))
        place += 7
        if storesFeatures { bindFeatures(rows, row, to: handle, at: &place) }
        for (value, column) in zip(rows.values, rows.valueColumns) {
            if column.isValid(row) {
                value.bind(row, to: handle, at: &place)
            } else {
                sqlite3_bind_null(handle, place)
                place += 1
            }
        }
        // What a stage would have answered is not known where rows are scored again from their features.
        for _ in rows.values.count..<table.values.count {
            sqlite3_bind_null(handle, place)
            place += 1
        }
    }

    @inline(__always)
    private func bindFeatures(_ rows: Rows, _ row: Int, to handle: OpaquePointer, at place: inout Int32) {
        let block = rows.block
        let bytes = block.features.featureCount * MemoryLayout<Float>.size
        if let base = rows.features.baseAddress {
            sqlite3_bind_blob(handle, place, base + row * bytes, Int32(bytes), SQLiteBinding.unmoved)
        } else {
            sqlite3_bind_zeroblob(handle, place, 0)
        }
        place += 1
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
}
