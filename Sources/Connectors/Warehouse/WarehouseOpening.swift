import Foundation
import GRDB
import Records

/// Opening, checking and migrating a database file.
enum WarehouseOpening {
    static func open(path: String, access: Warehouse.Access, lockTimeout: Timestamp.Span) throws -> DatabasePool {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if isFolder.boolValue { throw Failure.databaseIsFolder(path) }
        if access == .read, !exists { throw Failure.databaseMissing(path) }
        if exists, !FileManager.default.isReadableFile(atPath: path) { throw Failure.databaseUnreadable(path) }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if !exists, !FileManager.default.fileExists(atPath: folder) { throw Failure.databaseFolderMissing(path) }
        if exists, access == .write, !FileManager.default.isWritableFile(atPath: path) { throw Failure.databaseReadOnly(path) }
        if access == .write, let facts = FileSystemFacts(path: folder), facts.isNetwork {
            throw Failure.databaseOnNetwork(path, kind: facts.kind ?? "")
        }
        // Before the pool, which turns a file to WAL: what is not ours stays untouched.
        if exists {
            let version = try check(path, lockTimeout: lockTimeout, readOnly: access == .read || !isHalfMade(path))
            // A reader of an older layout would find columns missing.
            if access == .read, version < Warehouse.schemaVersion { try bringUpToDate(path, lockTimeout: lockTimeout) }
        }
        let isNew = access == .write && makeEmpty(path)
        let pool = try DatabasePool(
            path: path, configuration: configuration(lockTimeout: lockTimeout, readOnly: access == .read, isNew: isNew))
        if access == .write { try migrate(pool) }
        return pool
    }

    /// Makes the file for its owner and group alone where there is none; SQLite gives the log the same mode. True when nothing is in it yet.
    ///
    /// A file that is there is only looked at: to close a descriptor of it would drop this process's locks.
    private static func makeEmpty(_ path: String) -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return status.st_size == 0 }
        let descriptor = Foundation.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    private static func configuration(lockTimeout: Timestamp.Span, readOnly: Bool, isNew: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(Double(lockTimeout.microseconds) / 1_000_000)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { database in
            // A new file can give pages back to the system piece by piece (`pipeline purge`). Of an older one the pragma would take a write lock.
            if isNew, !database.configuration.readonly { try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            // Pages of 16 KiB, which only a new file takes up: a run writes four times fewer of them, and the log is moved into the file
            // every 16 MB. A transaction's pages go to the log early only beyond 32 MB, lest pages that many rows share go there many times.
            // Pages that a newer state sets free are not overwritten with zeros first, as Debian's SQLite does by itself.
            try database.execute(
                sql: """
                    PRAGMA page_size = 16384; PRAGMA cache_size = -8000; PRAGMA cache_spill = 2000; PRAGMA temp_store = MEMORY;
                    PRAGMA wal_autocheckpoint = 1000; PRAGMA secure_delete = FAST
                    """)
        }
        return configuration
    }

    /// A file that a killed process had just begun: one page at most, and a journal that only a writer can settle.
    private static func isHalfMade(_ path: String) -> Bool {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? .max
        return size <= 16_384 && ["-journal", "-wal"].contains { FileManager.default.fileExists(atPath: path + $0) }
    }

    private static func bringUpToDate(_ path: String, lockTimeout: Timestamp.Span) throws {
        guard FileManager.default.isWritableFile(atPath: path) else { throw Failure.databaseReadOnly(path) }
        let pool = try DatabasePool(path: path, configuration: configuration(lockTimeout: lockTimeout, readOnly: false))
        defer { try? pool.close() }
        try migrate(pool)
    }

    /// Whether it is a database, SQLite says: a descriptor of our own would, when it is closed, drop this process's locks of the file.
    ///
    /// - Returns: the layout's version.
    private static func check(_ path: String, lockTimeout: Timestamp.Span, readOnly: Bool) throws -> Int32 {
        do {
            return try layout(path, lockTimeout: lockTimeout, readOnly: readOnly)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            guard hasHeader(path) else { throw Failure.databaseNotSQLite(path) }
            // It was one once.
            throw error
        }
    }

    /// Whether a file that SQLite does not take begins as its own do.
    private static func hasHeader(_ path: String) -> Bool {
        // Never closed: this process may have the database open, and would lose its locks.
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        var head = [UInt8](repeating: 0, count: 16)
        return pread(descriptor, &head, 16, 0) == 16 && head == Array("SQLite format 3\0".utf8)
    }

    private static func layout(_ path: String, lockTimeout: Timestamp.Span, readOnly: Bool) throws -> Int32 {
        let queue = try DatabaseQueue(path: path, configuration: configuration(lockTimeout: lockTimeout, readOnly: readOnly))
        defer { try? queue.close() }
        let (application, version, tables) = try queue.read { database in
            (
                try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
                try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0,
                // GRDB makes its own table in a transaction before ours: a process killed between both leaves only that one.
                try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'") ?? 0
            )
        }
        guard tables == 0 || application == Warehouse.applicationIdentifier else { throw Failure.databaseForeign(path) }
        guard version <= Warehouse.schemaVersion else {
            throw Failure.databaseNewer(path, found: version, known: Warehouse.schemaVersion)
        }
        return version
    }

    private static func migrate(_ pool: DatabasePool) throws {
        var migrator = DatabaseMigrator()
        for (name, sql) in WarehouseSchema.migrations {
            migrator.registerMigration(name) { database in
                try database.execute(sql: sql)
                try database.execute(sql: "PRAGMA application_id = \(Warehouse.applicationIdentifier)")
                // The layout has its version when all of it is there: who only reads would else miss tables of a process that was killed.
                guard name == WarehouseSchema.migrations.last?.0 else { return }
                try database.execute(sql: "PRAGMA user_version = \(Warehouse.schemaVersion)")
            }
        }
        // Another process may make tables between our look and our turn, step by step: each failure must find it a step further on.
        var known = -1
        while true {
            do { return try migrator.migrate(pool) } catch {
                let applied = try pool.read { try migrator.appliedIdentifiers($0).count }
                guard applied > known else { throw error }
                known = applied
            }
        }
    }
}
