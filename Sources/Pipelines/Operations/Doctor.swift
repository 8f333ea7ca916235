import Connectors
import Foundation
import GRDB
public import Records

/// One thing looked at, and what to do about it.
public struct Finding: Hashable, Sendable {
    public enum Level: String, Sendable, CaseIterable {
        case good, warning, problem
    }
    public var level: Level
    /// What was looked at: `file system`.
    public var subject: String
    public var found: String
    /// Empty when good.
    public var remedy: String
}

/// Looks at what a machine needs so that jobs run for a year: file system, room, permissions, libraries, clock, cron, and the database.
public struct Doctor: Sendable {
    public let database: String
    public let now: Timestamp
    /// Also checks every index against its table, which takes as long as reading the file.
    public let isThorough: Bool
    /// Versions of the libraries linked, by name.
    public let libraries: [(name: String, version: String)]

    public init(database: String, now: Timestamp, isThorough: Bool, libraries: [(name: String, version: String)]) {
        (self.database, self.now, self.isThorough, self.libraries) = (database, now, isThorough, libraries)
    }

    public func examine() -> [Finding] {
        let folder = URL(fileURLWithPath: database).deletingLastPathComponent().path
        var findings = [fileSystem(folder), room(folder), permissions(folder), sqlite(), clock(), cron()]
        for (name, version) in libraries { findings.append(Finding(level: .good, subject: name, found: version, remedy: "")) }
        if FileManager.default.fileExists(atPath: database) { findings += warehouse() }
        return findings
    }

    private func finding(_ level: Finding.Level, _ subject: String, _ found: String, _ remedy: String = "") -> Finding {
        Finding(level: level, subject: subject, found: found, remedy: remedy)
    }

    private func fileSystem(_ folder: String) -> Finding {
        guard let facts = FileSystemFacts(path: folder) else {
            return finding(.problem, "folder", "\(folder) is not there", "Create it, or name another file with --database.")
        }
        guard !facts.isNetwork else {
            return finding(
                .problem, "file system", "\(facts.kind ?? "?"), a network file system",
                "SQLite's locks do not hold there: put the database on a local disk, and copies of it (`pipeline backup`) on the network.")
        }
        return finding(.good, "file system", facts.kind ?? "unknown")
    }

    private func room(_ folder: String) -> Finding {
        guard let facts = FileSystemFacts(path: folder) else { return finding(.problem, "free space", "unknown", "Look at the folder.") }
        let size = (try? FileManager.default.attributesOfItem(atPath: database)[.size] as? Int64) ?? 0
        // A backup beside it, and a log as large as a long run may leave.
        let wanted = max(1_000_000_000, 2 * size)
        let text = "\(facts.freeBytes / 1_000_000) MB of \(facts.totalBytes / 1_000_000) MB"
        guard facts.freeBytes >= 200_000_000 else {
            return finding(.problem, "free space", text, "Make room: a run stops when the disk is full.")
        }
        guard facts.freeBytes >= wanted else {
            return finding(.warning, "free space", text, "Twice the database's size leaves room for a backup and a long run's log.")
        }
        return finding(.good, "free space", text)
    }

    private func permissions(_ folder: String) -> Finding {
        guard FileManager.default.isWritableFile(atPath: folder) else {
            return finding(.problem, "permissions", "\(folder) cannot be written", "The log, the locks and backups are written there.")
        }
        guard let mode = try? FileManager.default.attributesOfItem(atPath: database)[.posixPermissions] as? Int else {
            return finding(.good, "permissions", "the folder can be written")
        }
        let text = "mode \(String(mode, radix: 8))"
        guard FileManager.default.isWritableFile(atPath: database) else {
            return finding(.problem, "permissions", "\(text), not writable by this account", "chown or chmod the database.")
        }
        guard mode & 0o007 == 0 else {
            return finding(.warning, "permissions", "\(text): open to every account", "chmod 640 \(database): it holds personal data.")
        }
        return finding(.good, "permissions", text)
    }

    private func sqlite() -> Finding {
        let version = (try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }) ?? "unknown"
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count >= 2, (parts[0], parts[1]) >= (3, 37) else {
            return finding(.problem, "SQLite", version, "Version 3.37 or later is needed (STRICT tables).")
        }
        return finding(.good, "SQLite", version)
    }

    private func clock() -> Finding {
        guard now.parts.year >= 2026 else { return finding(.problem, "clock", now.iso8601, "Set the system's clock; use NTP.") }
        return finding(.good, "clock", now.iso8601)
    }

    private func cron() -> Finding {
        let places = ["/usr/sbin/cron", "/usr/sbin/crond", "/usr/bin/crontab", "/run/systemd/system"]
        guard let found = places.first(where: FileManager.default.fileExists(atPath:)) else {
            return finding(
                .warning, "cron", "neither cron nor systemd", "`apt-get install cron`, then `pipeline schedule jobs/*.yaml | crontab -`.")
        }
        return finding(.good, "cron", found == "/run/systemd/system" ? "systemd" : found)
    }

    // MARK: The database

    private func warehouse() -> [Finding] {
        do {
            let warehouse = try Warehouse(path: database, access: .read, lockTimeout: .seconds(2))
            defer { warehouse.close() }
            return [try integrity(warehouse), audit(warehouse), log(), try newestClock(warehouse)]
        } catch {
            return [finding(.problem, "database", error.what + (error.found.isEmpty ? "" : ": \(error.found)"), error.remedy)]
        }
    }

    private func integrity(_ warehouse: Warehouse) throws(Failure) -> Finding {
        let isQuick = !isThorough
        let problems = try warehouse.read { try WarehouseCheck.problems($0, quick: isQuick) }
        guard problems.isEmpty else {
            return finding(.problem, "database", problems[0], "Restore the last good backup: `pipeline restore <backup> --force`.")
        }
        return finding(.good, "database", isQuick ? "whole (quick check)" : "whole")
    }

    private func audit(_ warehouse: Warehouse) -> Finding {
        do {
            let report = try warehouse.read { try AuditChain($0).verify() }
            return finding(.good, "audit chain", "whole, head \(report.head)")
        } catch {
            return finding(.problem, "audit chain", error.description, "Compare with a backup: `pipeline audit verify` on both.")
        }
    }

    /// A log that grows is one that a reader keeps from being moved into the file.
    private func log() -> Finding {
        let size = (try? FileManager.default.attributesOfItem(atPath: "\(database)-wal")[.size] as? Int64) ?? 0
        guard size < 256_000_000 else {
            let holders = LogHolders.processes(database: database).map { "process \($0.process) (\($0.command))" }
            return finding(
                .warning, "write-ahead log",
                "\(size / 1_000_000) MB" + (holders.isEmpty ? "" : ", open in \(holders.joined(separator: ", "))"),
                "A reader that does not end keeps it from shrinking: end it.")
        }
        return finding(.good, "write-ahead log", "\(size / 1_000) kB")
    }

    private func newestClock(_ warehouse: Warehouse) throws(Failure) -> Finding {
        let newest = try warehouse.read { try Int64.fetchOne($0, sql: "SELECT max(clock) FROM pipeline_runs") }
        guard let newest, Timestamp(microseconds: newest) > now + .minutes(5) else {
            return finding(.good, "clock of the last run", "not ahead")
        }
        return finding(
            .warning, "clock of the last run", "\(Timestamp(microseconds: newest).iso8601), ahead of now",
            "The system's clock went back, or a run was given a later --clock.")
    }
}

/// Which processes have a database's files open.
public enum LogHolders {
    /// From /proc, as far as this account may look; not our own process. Empty where there is no /proc.
    public static func processes(database: String) -> [(process: Int32, command: String)] {
        let targets = Set([database, "\(database)-wal", "\(database)-shm"].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path })
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let process = Int32(name), process != getpid() else { return nil }
            let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(name)/fd")) ?? []
            let holds = descriptors.contains { descriptor in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/fd/\(descriptor)")).map(targets.contains)
                    ?? false
            }
            guard holds else { return nil }
            let command = (try? String(contentsOfFile: "/proc/\(name)/comm", encoding: .utf8)) ?? "?"
            return (process, command.trimmingCharacters(in: .whitespacesAndNewlines))
        }.sorted { $0.process < $1.process }
    }
}
