import GRDB
package import Records

/// Wording of what can be wrong with the database file.
extension Failure {
    static func databaseMissing(_ path: String) -> Failure {
        Failure(
            .usage, code: "database.missing", what: "there is no database", place: path, expected: "a database written by `pipeline run`",
            remedy: "Run a job first, or name another file with --database.")
    }

    static func databaseFolderMissing(_ path: String) -> Failure {
        Failure(
            .usage, code: "database.folder-missing", what: "the database cannot be created", place: path,
            found: "its folder does not exist",
            expected: "an existing folder", remedy: "Create the folder, or name another file with --database.")
    }

    static func databaseIsFolder(_ path: String) -> Failure {
        Failure(
            .usage, code: "database.folder", what: "this is not a SQLite database", place: path, found: "a folder", expected: "a file",
            remedy: "Name a file with --database.")
    }

    static func databaseOnNetwork(_ path: String, kind: String) -> Failure {
        Failure(
            .usage, code: "database.network", what: "the database cannot be kept here", place: path,
            found: "\(kind), a network file system, on which SQLite's locks and log do not hold", expected: "a disk of this machine",
            remedy: "Name a file on a local disk with --database, and put copies on the network (`pipeline backup`).")
    }

    static func databaseReadOnly(_ path: String) -> Failure {
        Failure(
            .usage, code: "database.read-only", what: "the database cannot be written", place: path, found: "a read-only file",
            expected: "a file this account may write", remedy: "Change its permissions, or name another file with --database.")
    }

    static func databaseUnreadable(_ path: String) -> Failure {
        Failure(
            .usage, code: "database.unreadable", what: "the database cannot be opened", place: path, found: "no permission to read it",
            expected: "a file this account may read", remedy: "Change its permissions, or name another file with --database.")
    }

    static func databaseNotSQLite(_ path: String) -> Failure {
        Failure(
            .usage, code: "database.not-sqlite", what: "this is not a SQLite database", place: path,
            found: "a file that does not start with \"SQLite format 3\"", expected: "a database written by `pipeline run`",
            remedy: "Name another file with --database; this one was not touched.")
    }

    static func databaseForeign(_ path: String) -> Failure {
        Failure(
            .usage, code: "database.foreign", what: "this SQLite database belongs to another program", place: path,
            found: "tables, but not the application id of pipeline", expected: "a new file or one written by `pipeline run`",
            remedy: "Name another file with --database; this one was not touched.")
    }

    static func databaseNewer(_ path: String, found: Int32, known: Int32) -> Failure {
        Failure(
            .usage, code: "database.newer", what: "the database was written by a newer version of pipeline", place: path,
            found: "layout \(found)", expected: "layout \(known) or older",
            remedy: "Use the newer version of pipeline; this file was not touched.")
    }

    /// Errors of SQLite while the database is in use; other errors become `database.failed`.
    package static func warehouse(_ error: any Error, path: String) -> Failure {
        guard let error = error as? DatabaseError else {
            return Failure(.failed, code: "database.failed", what: "the database could not be used", place: path, cause: "\(error)")
        }
        let message = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return Failure(
                .tryAgain, code: "database.locked", what: "the database is locked by another program", place: path, found: message,
                expected: "its lock in time", remedy: "End the other program's transaction, then start the same command again.")
        case .SQLITE_FULL:
            return Failure(
                .tryAgain, code: "database.disk-full", what: "the disk is full", place: path, found: message,
                expected: "room for the next chunk",
                remedy: "Free space, then start the same command again; nothing is half-written.")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
            return Failure(
                .usage, code: "database.read-only", what: "the database cannot be written", place: path, found: message,
                expected: "a file and folder this account may write",
                remedy: "Change their permissions, or name another file with --database.")
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return Failure(
                .failed, code: "database.damaged", what: "the database is damaged", place: path, found: message,
                expected: "a sound SQLite file",
                remedy: "Restore the last backup; keep this file for inspection.")
        default:
            return Failure(
                .failed, code: "database.failed", what: "the database could not be used", place: path, cause: message)
        }
    }
}
