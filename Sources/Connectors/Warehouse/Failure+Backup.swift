public import Records

/// Wording of what can go wrong with a backup.
extension Failure {
    static func backupFolder(_ folder: String) -> Failure {
        Failure(
            .usage, code: "backup.folder", what: "nothing can be written here", place: folder, expected: "a folder this account may write",
            remedy: "Create it, change its permissions, or name another one.")
    }

    static func backupRoom(_ folder: String, needed: Int64, free: Int64) -> Failure {
        Failure(
            .tryAgain, code: "backup.room", what: "there is no room for the backup", place: folder, found: "\(free) bytes free",
            expected: "\(needed) or more", remedy: "Make room, or name another folder.")
    }

    static func backupSync(_ path: String, cause: String) -> Failure {
        Failure(
            .failed, code: "backup.sync", what: "the backup could not be made safe on the disk", place: path, remedy: "Look at the disk.",
            cause: cause)
    }

    static func backupAltered(_ path: String, found: String, expected: String) -> Failure {
        Failure(
            .difference, code: "backup.altered", what: "the backup is not what was written", place: path, found: found, expected: expected,
            remedy: "Take another backup.")
    }

    public static func databaseDamaged(_ path: String, first: String) -> Failure {
        Failure(
            .difference, code: "database.damaged", what: "the database is damaged", place: path, found: first, expected: "a whole database",
            remedy: "Restore the last good backup: `pipeline restore <backup> --database <file> --force`.")
    }

    static func restoreExists(_ path: String) -> Failure {
        Failure(
            .usage, code: "restore.exists", what: "there is a database already", place: path,
            remedy: "Name another file with --database, or use --force: the present one is then kept under another name.")
    }
}
