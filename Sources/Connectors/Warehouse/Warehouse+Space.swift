import Foundation
import GRDB
public import Records

/// Giving room back, and proof that something is gone.
extension Warehouse {
    /// Pages that hold nothing, given back to the file system, a few thousand at a time so that nobody waits long.
    ///
    /// - Returns: bytes given back; nil where the file was made before it could do that: `compact` does it once.
    public func reclaim() throws(Failure) -> Int64? {
        do {
            return try pool.writeWithoutTransaction { database -> Int64? in
                guard try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") == 2 else { return nil }
                let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
                let before = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
                var left = before
                while left > 0 {
                    // Each page given back is a row of the pragma's answer: all must be asked for.
                    _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(2000)")
                    let now = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
                    guard now < left else { break }
                    left = now
                }
                try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                return (before - left) * size
            }
        } catch {
            throw .warehouse(error, path: path)
        }
    }

    /// Writes the whole file anew: no deleted content is left in it, nor in its log. Needs room for a second copy.
    ///
    /// - Throws: somebody reads, so that the log cannot be emptied (exit 75).
    public func compact() throws(Failure) {
        var isBusy = false
        do {
            try pool.writeWithoutTransaction { database in
                // The copy goes to a file: it may be larger than the memory.
                try database.execute(sql: "PRAGMA temp_store = FILE; PRAGMA auto_vacuum = INCREMENTAL")
                defer { try? database.execute(sql: "PRAGMA temp_store = MEMORY") }
                try database.execute(sql: "VACUUM")
                isBusy = try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") != 0
            }
        } catch {
            throw .warehouse(error, path: path)
        }
        if isBusy { throw .compactBusy(path) }
    }

    /// Where bytes stand in the file or its log, as text that names the table where it can; nil = nowhere.
    public func place(of needle: [UInt8]) throws(Failure) -> String? {
        for name in [path, "\(path)-wal"] {
            do {
                guard let offset = try FileSearch.offset(of: needle, in: name) else { continue }
                return try read { try Self.table(with: needle, in: $0) } ?? "\(name), byte \(offset)"
            } catch let failure as Failure {
                throw failure
            } catch {
                throw .warehouse(error, path: name)
            }
        }
        return nil
    }

    private static func table(with needle: [UInt8], in database: Database) throws -> String? {
        for table in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
            for column in try database.columns(in: table) {
                let quoted = "\"\(column.name.replacing("\"", with: "\"\""))\""
                let found = try Int.fetchOne(
                    database, sql: "SELECT 1 FROM \"\(table)\" WHERE instr(CAST(\(quoted) AS BLOB), ?) > 0 LIMIT 1",
                    arguments: [Data(needle)])
                if found != nil { return "\(table), column \(column.name)" }
            }
        }
        return nil
    }
}

/// Bytes of files, searched in pieces.
enum FileSearch {
    /// Offset of the first occurrence; nil where there is none, or no such file.
    static func offset(of needle: [UInt8], in path: String) throws -> Int? {
        guard !needle.isEmpty, FileManager.default.fileExists(atPath: path) else { return nil }
        // Never closed: closing any descriptor of a database drops this process's locks of it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.databaseUnreadable(path) }
        let size = 1 << 20
        var buffer = [UInt8](repeating: 0, count: size + needle.count), kept = 0, start = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + kept, size, off_t(start + kept)) }
            guard count > 0 else { return nil }
            let filled = kept + count
            let found = buffer.withUnsafeBytes { Self.offset(of: needle, in: $0.baseAddress!, count: filled) }
            if let found { return start + found }
            let next = min(needle.count - 1, filled)
            buffer.withUnsafeMutableBytes { bytes in
                _ = memmove(bytes.baseAddress!, bytes.baseAddress! + filled - next, next)
            }
            start += filled - next
            kept = next
        }
    }

    private static func offset(of needle: [UInt8], in bytes: UnsafeRawPointer, count: Int) -> Int? {
        var at = 0
        while count - at >= needle.count, let hit = memchr(bytes + at, Int32(needle[0]), count - at - needle.count + 1) {
            at = bytes.distance(to: UnsafeRawPointer(hit))
            if memcmp(bytes + at, needle, needle.count) == 0 { return at }
            at += 1
        }
        return nil
    }
}

extension Failure {
    static func compactBusy(_ path: String) -> Failure {
        Failure(
            .tryAgain, code: "database.compact", what: "another program reads the database, so its log still holds what was deleted",
            place: path, remedy: "`pipeline doctor` names who has it open; repeat the command once it is closed.")
    }
}
