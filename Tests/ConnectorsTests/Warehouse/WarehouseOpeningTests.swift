import Connectors
import Foundation
import GRDB
import Records
import Synchronization
import Testing

@Suite struct WarehouseOpeningTests {
    let folder: URL
    var path: String { folder.appendingPathComponent("pipeline.db").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("warehouse-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// The failure's text, with the file's own path as `DB`.
    private func opening(_ path: String? = nil, access: Warehouse.Access = .write) -> (text: String, kind: Failure.Kind)? {
        do {
            try Warehouse(path: path ?? self.path, access: access, lockTimeout: Timestamp.Span(microseconds: 50_000)).close()
            return nil
        } catch {
            return (error.description.replacingOccurrences(of: path ?? self.path, with: "DB"), error.kind)
        }
    }

    private func remove() { try? FileManager.default.removeItem(at: folder) }

    private func foreign(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test("a new file is made, and opened again for writing and reading")
    func new() throws {
        defer { remove() }
        for access in [Warehouse.Access.write, .write, .read] {
            let warehouse = try Warehouse(path: path, access: access)
            let tables = try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_runs") }
            #expect(tables == 0)
            warehouse.close()
        }
        #expect(opening()?.text == nil)
    }

    @Test("an empty file becomes a warehouse")
    func empty() throws {
        defer { remove() }
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(opening()?.text == nil)
    }

    @Test("a missing file and a missing folder are told apart")
    func missing() {
        defer { remove() }
        #expect(
            opening(access: .read)?.text
                == "there is no database (DB): expected a database written by `pipeline run`. Run a job first, or name another file with --database."
        )
        #expect(
            opening(folder.appendingPathComponent("none/pipeline.db").path)?.text
                == "the database cannot be created (DB): its folder does not exist, expected an existing folder. "
                + "Create the folder, or name another file with --database.")
        #expect(
            opening(folder.path)?.text
                == "this is not a SQLite database (DB): a folder, expected a file. Name a file with --database.")
    }

    @Test("a file that is not SQLite is refused and not touched")
    func notSQLite() throws {
        defer { remove() }
        let bytes = Data("transaction,amount\n1,2\n".utf8)
        try bytes.write(to: URL(fileURLWithPath: path))
        for access in [Warehouse.Access.write, .read] {
            let found = opening(access: access)
            #expect(found?.kind == .usage)
            #expect(
                found?.text
                    == "this is not a SQLite database (DB): a file that does not start with \"SQLite format 3\", "
                    + "expected a database written by `pipeline run`. Name another file with --database; this one was not touched.")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }

    @Test("another program's database is refused and not touched")
    func otherProgram() throws {
        defer { remove() }
        try foreign("CREATE TABLE customers (id INTEGER); PRAGMA application_id = 7")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(
            opening()?.text
                == "this SQLite database belongs to another program (DB): tables, but not the application id of pipeline, "
                + "expected a new file or one written by `pipeline run`. Name another file with --database; this one was not touched.")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipeline.db"])
    }

    @Test("a newer version's database is refused and not touched")
    func newer() throws {
        defer { remove() }
        try Warehouse(path: path).close()
        try foreign("PRAGMA user_version = 99")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(
            opening()?.text
                == "the database was written by a newer version of pipeline (DB): layout 99, expected layout \(Warehouse.schemaVersion) or older. "
                + "Use the newer version of pipeline; this file was not touched.")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("a database locked by another program: try again later (75), on opening, writing and reading")
    func locked() throws {
        defer { remove() }
        let golden =
            "the database is locked by another program (DB): database is locked, expected its lock in time. "
            + "End the other program's transaction, then start the same command again."
        let warehouse = try Warehouse(path: path, lockTimeout: Timestamp.Span(microseconds: 50_000))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        #expect { try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_claims") } } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.kind == .tryAgain && failure.description.replacingOccurrences(of: path, with: "DB") == golden
        }
        // One writer, many readers: reading goes on.
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_runs") } == 0)
        try other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_claims") }
        warehouse.close()

        try other.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        }
        let found = opening()
        #expect(found?.kind == .tryAgain)
        #expect(found?.text == golden)
        try other.close()
        #expect(opening()?.text == nil)
    }

    @Test("a damaged database says so")
    func damaged() throws {
        defer { remove() }
        try Warehouse(path: path).close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.replaceSubrange(20..<4_000, with: Data(repeating: 0xAB, count: 3_980))
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(
            opening()?.text
                == "the database is damaged (DB): file is not a database, expected a sound SQLite file. "
                + "Restore the last backup; keep this file for inspection.")
    }

    @Test("writing through a reader is refused")
    func readOnlyConnection() throws {
        defer { remove() }
        try Warehouse(path: path).close()
        let warehouse = try Warehouse(path: path, access: .read)
        #expect { try warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_claims") } } throws: {
            ($0 as? Failure)?.code == "database.read-only"
        }
        warehouse.close()
    }

    @Test(
        "a read-only file is refused for writing and opens for reading",
        .enabled(if: ReadOnlyFile.isPossible, "as root it needs a file system with the immutable attribute"))
    func readOnlyFile() throws {
        defer { remove() }
        try Warehouse(path: path).close()
        let guarded = try #require(ReadOnlyFile(path))
        #expect(
            opening()?.text
                == "the database cannot be written (DB): a read-only file, expected a file this account may write. "
                + "Change its permissions, or name another file with --database.")
        #expect(opening(access: .read)?.text == nil)
        guarded.release()
        #expect(opening()?.text == nil)
    }

    @Test("many programs make one new file at once, and all may use it")
    func together() async throws {
        defer { remove() }
        let path = path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    let warehouse = try Warehouse(path: path)
                    try warehouse.write { database in
                        try database.execute(
                            sql: "INSERT INTO pipeline_jobs VALUES (?, 'j', 'p', 't', 'd')", arguments: ["digest \(number)"])
                    }
                    warehouse.close()
                }
            }
            try await group.waitForAll()
        }
        let warehouse = try Warehouse(path: path, access: .read)
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_jobs") } == 6)
        warehouse.close()
    }

    @Test("tables that another program makes between this one's look and its turn are no error", arguments: 1...3)
    func overtaken(steps: Int) throws {
        defer { remove() }
        let other = try DatabaseQueue(path: path)
        try other.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA page_size = 16384; PRAGMA journal_mode = WAL;
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY); BEGIN IMMEDIATE
                    """)
            let opened = Mutex<Result<Void, Failure>?>(nil), ended = DispatchGroup(), path = path
            ended.enter()
            Thread.detachNewThread {
                let outcome = Result { () throws(Failure) in try Warehouse(path: path, lockTimeout: .seconds(60)).close() }
                opened.withLock { $0 = outcome }
                ended.leave()
            }
            // Long enough for it to have looked; it then waits for this transaction.
            usleep(400_000)
            #expect(opened.withLock { $0 == nil })
            for (name, sql) in WarehouseSchema.migrations.prefix(steps) {
                try database.execute(sql: sql)
                try database.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [name])
            }
            try database.execute(sql: "COMMIT")
            ended.wait()
            try opened.withLock { try $0?.get() }
        }
        try other.close()
        #expect(opening(access: .read)?.text == nil)
    }

    @Test("of a program killed while it made the tables, a reader makes the rest")
    func halfMade() throws {
        defer { remove() }
        let other = try DatabaseQueue(path: path)
        try other.writeWithoutTransaction { database in
            try database.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
            for (name, sql) in WarehouseSchema.migrations.prefix(2) {
                try database.execute(sql: sql + "; PRAGMA application_id = 0x70697065")
                try database.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [name])
            }
        }
        try other.close()
        let warehouse = try Warehouse(path: path, access: .read)
        #expect(try warehouse.read { try Int32.fetchOne($0, sql: "PRAGMA user_version") } == Warehouse.schemaVersion)
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_documents") } == 0)
        warehouse.close()
    }

    @Test("a durable transaction is synchronous FULL, others NORMAL")
    func durability() throws {
        defer { remove() }
        let warehouse = try Warehouse(path: path)
        let modes = try [true, false, true].map { durable in
            try warehouse.write(durable: durable) { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        }
        #expect(modes == [2, 1, 2])
        warehouse.close()
    }
}

/// A file nobody may write: by permission bits, or for root by the immutable attribute, where the file system has one.
struct ReadOnlyFile {
    let path: String

    init?(_ path: String) {
        self.path = path
        guard ReadOnlyFile.set(path, true), !FileManager.default.isWritableFile(atPath: path) else { return nil }
    }

    func release() { _ = ReadOnlyFile.set(path, false) }

    private static func set(_ path: String, _ isSet: Bool) -> Bool {
        guard NSUserName() == "root" else {
            return (try? FileManager.default.setAttributes([.posixPermissions: isSet ? 0o444 : 0o644], ofItemAtPath: path)) != nil
        }
        #if os(Linux)
            // FS_IOC_GETFLAGS, FS_IOC_SETFLAGS and FS_IMMUTABLE_FL of linux/fs.h, which binds root too.
            let descriptor = open(path, O_RDONLY)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            var flags: Int = 0
            guard ioctl(descriptor, 0x8008_6601, &flags) == 0 else { return false }
            flags = isSet ? flags | 0x10 : flags & ~0x10
            return ioctl(descriptor, 0x4008_6602, &flags) == 0
        #else
            return false
        #endif
    }

    static let isPossible: Bool = {
        let probe = FileManager.default.temporaryDirectory.appendingPathComponent("read-only-\(UInt64.random(in: 0...UInt64.max))").path
        defer { try? FileManager.default.removeItem(atPath: probe) }
        guard FileManager.default.createFile(atPath: probe, contents: Data()), let file = ReadOnlyFile(probe) else { return false }
        file.release()
        return true
    }()
}
