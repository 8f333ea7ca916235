import Connectors
import Foundation
public import Records

/// A folder of backups: one file a backup, named after its time; the newest are kept.
public struct Backups: Sendable {
    public let folder: String
    /// First part of the files' names: the database's own name without its extension.
    public let stem: String

    public init(folder: String, database: String) {
        self.folder = folder
        stem = URL(fileURLWithPath: database).deletingPathExtension().lastPathComponent
    }

    /// `pipeline-2026-11-29T020000Z.db`: sorts by time, and is a name on every file system.
    public func path(at time: Timestamp) -> String {
        let seconds = Timestamp(microseconds: time.microseconds / 1_000_000 * 1_000_000)
        return "\(folder)/\(stem)-\(seconds.iso8601.replacingOccurrences(of: ":", with: "")).db"
    }

    /// Backups of this database here, oldest first.
    public func existing() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter(isBackup).sorted().map { "\(folder)/\($0)" }
    }

    /// Of this database and with a time: nothing else is ever deleted.
    private func isBackup(_ name: String) -> Bool {
        guard name.hasPrefix("\(stem)-"), name.hasSuffix(".db") else { return false }
        let time = name.dropFirst(stem.count + 1).dropLast(3)
        return time.utf8.count == 18 && time.hasSuffix("Z") && time.dropFirst(10).first == "T"
    }

    /// Deletes the oldest beyond the newest `keep`.
    ///
    /// - Parameter keep: 1 or more.
    /// - Returns: what was deleted.
    public func rotate(keep: Int) -> [String] {
        precondition(keep >= 1, "the newest backup stays")
        let surplus = existing().dropLast(keep)
        for path in surplus {
            unlink(path)
            unlink("\(path).sha256")
        }
        return Array(surplus)
    }
}

/// Whether any job of a database is running now.
public enum RunningJobs {
    /// Names of the jobs whose lock another process holds.
    public static func names(database: String) -> [String] {
        let url = URL(fileURLWithPath: database)
        let prefix = "\(url.lastPathComponent)."
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []
        return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".lock") && $0.utf8.count > prefix.utf8.count + 5 }.compactMap { name in
            let path = url.deletingLastPathComponent().appendingPathComponent(name).path
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
            return String(name.dropFirst(prefix.count).dropLast(5))
        }.sorted()
    }
}

extension Failure {
    /// A database must not be replaced under a run.
    public static func restoreWhileRunning(_ jobs: [String], database: String) -> Failure {
        Failure(
            .tryAgain, code: "restore.running", what: "a job is running", place: database, found: jobs.joined(separator: ", "),
            expected: "no run", remedy: "Wait for its end, or stop it with SIGTERM.")
    }
}
