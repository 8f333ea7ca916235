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

    /// Where bytes stand in the file or its log among neighbours that nothing accounts for; nil = nowhere.
    ///
    /// - Parameters:
    ///   - width: of the neighbours that are looked at on each side; fewer where a page ends.
    ///   - isAccounted: told the bytes before and after.
    public func place(
        of needle: [UInt8], beside width: Int, unless isAccounted: (_ before: [UInt8], _ after: [UInt8]) -> Bool
    ) throws(Failure) -> String? {
        let size = try read { try Int.fetchOne($0, sql: "PRAGMA page_size") ?? 4_096 }
        // A frame of the log has a header of 24 bytes, the log one of 32.
        for (name, start, header) in [(path, 0, 0), ("\(path)-wal", 32, 24)] {
            do {
                var found: Int?
                try FileSearch.each(of: needle, in: name, beside: width) { offset, before, after in
                    let place = max(offset - start, 0) % (size + header) - header
                    // The first four bytes of a page are no content: the number of the next one, where a long value goes on.
                    let left = min(before.count, max(place - 4, 0)), right = min(after.count, max(size - place - needle.count, 0))
                    if isAccounted(Array(before.suffix(left)), Array(after.prefix(right))) { return true }
                    found = offset
                    return false
                }
                if let found { return "\(name), byte \(found)" }
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

extension Failure {
    static func compactBusy(_ path: String) -> Failure {
        Failure(
            .tryAgain, code: "database.compact", what: "another program reads the database, so its log still holds what was deleted",
            place: path, remedy: "`pipeline doctor` names who has it open; repeat the command once it is closed.")
    }
}
