import Crypto
import Foundation
public import GRDB
public import Records

/// A copy of a warehouse that is whole, made while others read and write.
public struct WarehouseBackup: Hashable, Sendable {
    public var path: String
    public var bytes: Int64
    /// SHA-256 of the file, hexadecimal; also in `<path>.sha256`, as sha256sum(1) writes it.
    public var digest: String

    /// Copies the database as it is at one moment (SQLite's online backup, from one read transaction), checks the copy, writes its digest
    /// and gives it its name last: what has the name is whole.
    ///
    /// - Parameters:
    ///   - path: of the copy; a file of this name is replaced.
    ///   - progress: told the share done, 0...1.
    /// - Throws: no room (exit 75), a folder that cannot be written, a copy that fails its check.
    public static func make(
        of warehouse: Warehouse, to path: String, progress: (Double) -> Void = { _ in }
    ) throws(Failure) -> WarehouseBackup {
        try make(of: warehouse.pool, named: warehouse.path, to: path, progress: progress)
    }

    /// The same of a file whose layout is left as it is: what `upgrade` keeps before it changes anything.
    public static func makeUnmigrated(of database: String, to path: String) throws(Failure) -> WarehouseBackup {
        guard FileManager.default.fileExists(atPath: database) else { throw .databaseMissing(database) }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let queue = try DatabaseQueue(path: database, configuration: configuration)
            defer { try? queue.close() }
            return try make(of: queue, named: database, to: path, progress: { _ in })
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: database)
        }
    }

    /// Number of a file's layout.
    ///
    /// - Throws: no such file, another program's, a newer version's.
    public static func layout(of database: String) throws(Failure) -> Int32 {
        guard FileManager.default.fileExists(atPath: database) else { throw .databaseMissing(database) }
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let queue = try DatabaseQueue(path: database, configuration: configuration)
            defer { try? queue.close() }
            let (application, version) = try queue.read { database in
                (
                    try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
                    try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                )
            }
            guard application == Warehouse.applicationIdentifier else { throw Failure.databaseForeign(database) }
            guard version <= Warehouse.schemaVersion else {
                throw Failure.databaseNewer(database, found: version, known: Warehouse.schemaVersion)
            }
            return version
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: database)
        }
    }

    /// - Parameter database: where the source is, for what is wrong with it: a copy has the damage of what it was made of.
    private static func make(
        of source: some DatabaseReader, named database: String, to path: String, progress: (Double) -> Void
    ) throws(Failure) -> WarehouseBackup {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else { throw .backupFolder(folder) }
        let size: Int64
        do {
            size = try source.read { database in
                let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                return pages * (try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0)
            }
        } catch {
            throw .warehouse(error, path: path)
        }
        if let free = FileSystemFacts(path: folder)?.freeBytes, free < size { throw .backupRoom(folder, needed: size, free: free) }
        let partial = "\(path).partial"
        remove(partial)
        do {
            try copy(source, to: partial, progress: progress)
            let check = try WarehouseCheck.integrity(ofFile: partial)
            guard check.isEmpty else { throw Failure.databaseDamaged(database, first: check[0]) }
            chmod(partial, 0o640)
            try synchronise(partial)
            let digest = try FileHash.sha256(of: partial)
            let name = URL(fileURLWithPath: path).lastPathComponent
            let line = "\(digest)  \(name)\n"
            guard FileManager.default.createFile(atPath: "\(path).sha256", contents: Data(line.utf8)) else {
                throw Failure.backupFolder(folder)
            }
            try synchronise("\(path).sha256")
            guard rename(partial, path) == 0 else { throw Failure.backupFolder(folder) }
            try synchronise(folder)
            let bytes = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64) ?? size
            return WarehouseBackup(path: path, bytes: bytes, digest: digest)
        } catch {
            remove(partial)
            if let failure = error as? Failure { throw failure }
            throw .warehouse(error, path: partial)
        }
    }

    private static func copy(_ source: some DatabaseReader, to path: String, progress: (Double) -> Void) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try withoutActuallyEscaping(progress) { progress in
            try source.backup(to: queue, pagesPerStep: 2_048) { step in
                progress(step.totalPageCount == 0 ? 1 : Double(step.completedPageCount) / Double(step.totalPageCount))
            }
        }
        // The copy is one file: no log beside it that could be lost on the way.
        try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
    }

    static func remove(_ path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }

    /// On the disk, not only in the system's memory.
    static func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if fsync(descriptor) != 0, errno != EINVAL { throw Failure.backupSync(path, cause: String(cString: strerror(errno))) }
    }
}

extension WarehouseBackup {
    /// Puts a backup in the place of a database: checks it first, keeps what was there under another name.
    ///
    /// - Parameters:
    ///   - replacing: an existing database is moved aside to this path; nil = it is refused.
    /// - Returns: the digest of what was restored.
    /// - Throws: a file that is not whole or not ours, an existing database, one in use.
    public static func restore(_ source: String, to path: String, replacing aside: String?) throws(Failure) -> String {
        guard FileManager.default.fileExists(atPath: source) else { throw .databaseMissing(source) }
        let digest: String
        do { digest = try FileHash.sha256(of: source) } catch { throw .databaseUnreadable(source) }
        if let expected = try storedDigest(of: source), expected != digest {
            throw .backupAltered(source, found: digest, expected: expected)
        }
        // Not the warehouse's own opening: it would bring an older layout up to date inside the backup.
        do {
            let problems = try WarehouseCheck.integrity(ofFile: source)
            guard problems.isEmpty else { throw Failure.databaseDamaged(source, first: problems[0]) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .warehouse(error, path: source)
        }
        if FileManager.default.fileExists(atPath: path) {
            guard let aside else { throw .restoreExists(path) }
            try moveAside(path, to: aside)
        }
        let partial = "\(path).partial"
        remove(partial)
        do {
            try FileManager.default.copyItem(atPath: source, toPath: partial)
            chmod(partial, 0o640)
            try synchronise(partial)
        } catch {
            remove(partial)
            throw .backupFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        }
        // A log of another database of this name would be played into ours.
        for suffix in ["-journal", "-wal", "-shm"] { unlink(path + suffix) }
        guard rename(partial, path) == 0 else { throw .backupFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path) }
        return digest
    }

    /// The log is written into the file first, so that what is moved is one file.
    private static func moveAside(_ path: String, to aside: String) throws(Failure) {
        if let warehouse = try? Warehouse(path: path, access: .write, lockTimeout: .seconds(1)) {
            warehouse.close()
        }
        for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: path + suffix) {
            guard rename(path + suffix, aside + suffix) == 0 else {
                throw .backupFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            }
        }
    }

    /// Of `<path>.sha256`; nil when there is none.
    private static func storedDigest(of path: String) throws(Failure) -> String? {
        guard let data = FileManager.default.contents(atPath: "\(path).sha256") else { return nil }
        let word = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard word.count == 64, word.allSatisfy(\.isHexDigit) else {
            throw .backupAltered(path, found: "no digest in its .sha256", expected: "64 digits")
        }
        return word.lowercased()
    }
}

/// Damage of a database file.
public enum WarehouseCheck {
    /// SQLite's `integrity_check` and `foreign_key_check` of a file that nobody writes; empty = whole.
    public static func integrity(ofFile path: String) throws -> [String] {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { database in
            let application = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            guard application == Warehouse.applicationIdentifier else { throw Failure.databaseForeign(path) }
            let version = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version <= Warehouse.schemaVersion else {
                throw Failure.databaseNewer(path, found: version, known: Warehouse.schemaVersion)
            }
            return try problems(database, quick: false)
        }
    }

    /// - Parameter quick: leaves out that indexes match their tables.
    public static func problems(_ database: Database, quick: Bool) throws -> [String] {
        var problems = try String.fetchAll(database, sql: quick ? "PRAGMA quick_check(5)" : "PRAGMA integrity_check(5)").filter {
            $0 != "ok"
        }
        if let row = try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") {
            problems.append("a row of \(row["table"] as String? ?? "?") refers to nothing")
        }
        return quick || !problems.isEmpty ? problems : try layoutProblems(database) + tableProblems(database) + stateProblems(database)
    }

    /// Definitions of our own tables that are not those of this program: a letter that changed there is no damage to SQLite.
    private static func layoutProblems(_ database: Database) throws -> [String] {
        guard try Int32.fetchOne(database, sql: "PRAGMA user_version") == Warehouse.schemaVersion else { return [] }
        let fresh = try DatabaseQueue()
        defer { try? fresh.close() }
        let own = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'pipeline\\_%' ESCAPE '\\' AND sql IS NOT NULL"
        let expected = try fresh.write { database in
            for (_, sql) in WarehouseSchema.migrations { try database.execute(sql: sql) }
            return try Row.fetchAll(database, sql: own)
        }
        var found: [String: String] = [:]
        for row in try Row.fetchAll(database, sql: own) { found[row["name"]] = row["sql"] }
        return expected.filter { $0["sql"] as String != found[$0["name"]] }.map {
            "the definition of \($0["name"] as String) is not this layout's"
        }
    }

    /// Definitions of tables that jobs made which are not as they were made.
    private static func tableProblems(_ database: Database) throws -> [String] {
        guard try database.columns(in: "pipeline_results").contains(where: { $0.name == "definition" }) else { return [] }
        let tables = try Row.fetchAll(
            database, sql: "SELECT name, definition FROM pipeline_results WHERE definition IS NOT NULL ORDER BY name")
        return try tables.compactMap { row in
            let (name, sum): (String, String) = (row["name"], row["definition"])
            return try DefinitionSum.of(name, in: database) == sum
                ? nil : "the definition of \(name), or of its view, is not as it was made"
        }
    }

    /// Parts of a stage's state whose bytes are not what was written.
    private static func stateProblems(_ database: Database) throws -> [String] {
        guard try database.columns(in: "pipeline_state").contains(where: { $0.name == "sum" }) else { return [] }
        var problems: [String] = []
        let rows = try Row.fetchCursor(
            database, sql: "SELECT job, kind, sequence, data, sum FROM pipeline_state WHERE sum IS NOT NULL ORDER BY job, sequence")
        while let row = try rows.next() {
            let (job, sequence): (String, Int64) = (row["job"], row["sequence"])
            let sum = try row.withUnsafeData(named: "data") {
                StateSum.of($0 ?? Data(), job: job, kind: row["kind"], sequence: sequence)
            }
            if row["sum"] != sum { problems.append("part \(sequence) of the state of job '\(job)' has another sum") }
        }
        return problems
    }
}

/// SHA-256 of files, in pieces.
package enum FileHash {
    package static func sha256(of path: String) throws -> String {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        var hash = SHA256()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
        return hash.finalize().map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
