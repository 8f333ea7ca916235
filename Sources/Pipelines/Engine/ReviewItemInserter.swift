import GRDB
import GRDBSQLite
import Records

/// The review items of a block: which rows, and their texts in one buffer.
struct QueuedItems: Sendable {
    struct Item: Sendable {
        var row: Int
        var isOverCapacity: Bool
        /// Ends of its JSON texts in `text`; each starts where the one before ends, the first where the item before ends.
        var reasonsEnd = 0
        var evidenceEnd = 0
        var fieldsEnd = 0
    }

    var items: [Item] = []
    var text: [UInt8] = []
}

/// Binds a block's review items through SQLite's C interface, without a copy of their texts.
final class ReviewItemInserter {
    private let context: RunContext
    private let statement: Statement
    private let connection: SQLiteConnection?
    private let texts: BoundTexts
    private let place: Places

    /// Where texts that are the same for many items lie.
    private struct Places {
        var job: Int, queue: Int, currency: Int, overdue: Int, overCapacity: Int
        /// First of the policy's outcomes and causes.
        var outcomes: Int, causes: Int, auditSample: Int
    }

    init(_ database: Database, context: RunContext) throws {
        self.context = context
        statement = try database.cachedStatement(sql: ReviewStore.insertSQL)
        connection = database.sqliteConnection
        let (job, policy) = (context.job, context.policy)
        var texts = [job.name, job.review.queue, policy.currency.code, job.review.onOverdue, job.review.overCapacity, "audit-sample"]
        place = Places(
            job: 0, queue: 1, currency: 2, overdue: 3, overCapacity: 4, outcomes: texts.count, causes: texts.count + policy.outcomes.count,
            auditSample: 5)
        texts += policy.outcomes + policy.causes.map { $0 ?? "cost" }
        self.texts = BoundTexts(texts)
    }

    /// Appends the items but those of `duplicates`; `versions` are those that only the table knew. Returns how many.
    func insert(_ block: ScoredBlock, except duplicates: Set<Int>, versions: [Int: Int64]) throws -> Int64 {
        var (count, start): (Int64, Int) = (0, 0)
        try block.items.text.withUnsafeBufferPointer { text in
            for item in block.items.items {
                defer { start = item.fieldsEnd }
                guard !duplicates.contains(item.row) else { continue }
                try insert(item, of: block, version: versions[item.row] ?? block.versions[item.row], text: text, start: start)
                count += 1
            }
        }
        sqlite3_clear_bindings(statement.sqliteStatement)
        return count
    }

    private func insert(
        _ item: QueuedItems.Item, of block: ScoredBlock, version: Int64, text: UnsafeBufferPointer<UInt8>, start: Int
    ) throws {
        let handle = statement.sqliteStatement, ruling = block.rulings[item.row]
        sqlite3_bind_int64(handle, 1, context.run)
        texts.bind(place.job, to: handle, at: 2)
        texts.bind(place.queue, to: handle, at: 3)
        var key = RecordKey.text(of: block.batch, columns: context.decided.key, row: item.row)
        key.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(handle, 4, $0.baseAddress, Int32($0.count), SQLiteBinding.transient)
            }
        }
        sqlite3_bind_int64(handle, 5, version)
        sqlite3_bind_int64(handle, 6, block.times[item.row])
        sqlite3_bind_double(handle, 7, Double(block.scores[item.row]))
        sqlite3_bind_int64(handle, 8, ruling.value)
        texts.bind(place.currency, to: handle, at: 9)
        texts.bind(ruling.isAuditSample ? place.auditSample : place.causes + Int(ruling.cause), to: handle, at: 10)
        texts.bind(place.outcomes + Int(ruling.suggested), to: handle, at: 11)
        texts.bind(item.isOverCapacity ? place.overCapacity : place.outcomes + Int(ruling.outcome), to: handle, at: 12)
        sqlite3_bind_int64(handle, 13, item.isOverCapacity ? 1 : 0)
        if ruling.isAuditSample {
            sqlite3_bind_double(handle, 14, ruling.sampleProbability)
        } else {
            sqlite3_bind_null(handle, 14)
        }
        SQLiteBinding.bind(text, from: start, to: item.reasonsEnd, handle, at: 15)
        SQLiteBinding.bind(text, from: item.reasonsEnd, to: item.evidenceEnd, handle, at: 16)
        SQLiteBinding.bind(text, from: item.evidenceEnd, to: item.fieldsEnd, handle, at: 17)
        sqlite3_bind_int64(handle, 18, context.clock.microseconds)
        sqlite3_bind_int64(handle, 19, context.due.microseconds)
        texts.bind(place.overdue, to: handle, at: 20)
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        guard code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
        }
    }
}
