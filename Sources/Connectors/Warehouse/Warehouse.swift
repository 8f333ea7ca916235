public import GRDB
import GRDBSQLite
public import Records

/// The one SQLite file: opened, checked and migrated; one writer, many readers.
public final class Warehouse: Sendable {
    /// "pipe" in ASCII: tells our files from other SQLite files.
    static let applicationIdentifier: Int32 = 0x7069_7065
    /// Newest layout this build writes; stored in `user_version`.
    public static let schemaVersion = Int32(WarehouseSchema.migrations.count)

    public let path: String
    public let pool: DatabasePool
    private let access: Access

    public enum Access: Sendable {
        /// Made when missing, migrated when older.
        case write
        /// Must exist.
        case read
    }

    /// Opens the file.
    ///
    /// - Parameter lockTimeout: how long each transaction waits for another program's lock.
    /// - Throws: not a SQLite file, another program's database, a newer version's, read-only, locked, a folder that is missing.
    public init(path: String, access: Access = .write, lockTimeout: Timestamp.Span = .seconds(5)) throws(Failure) {
        (self.path, self.access) = (path, access)
        do {
            pool = try WarehouseOpening.open(path: path, access: access, lockTimeout: lockTimeout)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: path)
        }
    }

    /// Runs one transaction on the writer. With `durable`, it survives power loss once this returns (`synchronous=FULL`).
    public func write<Value>(durable: Bool = false, _ body: (Database) throws -> Value) throws(Failure) -> Value {
        do {
            return try pool.writeWithoutTransaction { database in
                try database.execute(sql: durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
                var value: Value?
                try database.inTransaction(.immediate) {
                    value = try body(database)
                    return .commit
                }
                return value!
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: path)
        }
    }

    /// Reads from one consistent state.
    public func read<Value>(_ body: (Database) throws -> Value) throws(Failure) -> Value {
        do {
            return try pool.read(body)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: path)
        }
    }

    /// Closes the file; what was written is moved out of the write-ahead log first, as far as no other program holds it.
    public func close() {
        if access == .write {
            try? pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE)") }
        }
        try? pool.close()
    }
}
