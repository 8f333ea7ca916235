import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// `pipeline backup`
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the database as it is at one moment, also while a job runs, and check the copy.",
        discussion: """
            The copy gets its name once it is whole and on the disk; beside it stands its digest, as sha256sum writes it. A plain copy of a \
            database in use is no backup.

              pipeline backup --folder /backups --keep 14
              pipeline backup --to fraud.db.backup
            """)

    @Option(help: ArgumentHelp("Folder for a copy that is named after its time.", valueName: "folder"), completion: .directory)
    var folder: String?
    @Option(help: ArgumentHelp("In the folder, delete the oldest beyond this many.", valueName: "count"))
    var keep: Int?
    @Option(help: ArgumentHelp("The copy's own name; a file of this name is replaced.", valueName: "file"), completion: .file())
    var to: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if (folder == nil) == (to == nil) { throw ValidationError("Name either --folder or --to.") }
        if let keep, keep < 1 { throw ValidationError("--keep is \(keep), expected 1 or more") }
        if keep != nil, folder == nil { throw ValidationError("--keep belongs to --folder.") }
    }

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let backups = folder.map { Backups(folder: $0, database: warehouse.database) }
        let progress = Progress("backup", console: console)
        defer { progress.finish() }
        let made = try WarehouseBackup.make(of: database, to: to ?? backups!.path(at: warehouse.environment.now())) { share in
            progress.report(rows: 0, fraction: share)
        }
        let deleted = keep.flatMap { keep in backups?.rotate(keep: keep) } ?? []
        progress.finish()
        try format.write(
            Details(
                title: "Backup made and checked",
                [
                    .init("file", .text(made.path)), .init("size", .bytes(made.bytes)), .init("sha256", .text(made.digest)),
                    .init("deleted", .list(deleted)),
                ]), to: console)
        console.note("\nnext:\n  pipeline restore \(made.path) --database <file>   # on this machine or another")
    }
}

/// `pipeline restore`
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of the database, after checking it.",
        discussion: """
            Checks the digest beside it, every page and index, and afterwards the audit chain. An existing database is refused; with --force \
            it is kept as <database>.before-<time>.

              pipeline restore /backups/pipeline-2026-11-29T020000Z.db --database /data/pipeline.db
            """)

    @Argument(help: ArgumentHelp("The backup.", valueName: "backup"), completion: .file(extensions: ["db"]))
    var source: String
    @Flag(help: "Replace an existing database, which is kept under another name.")
    var force = false
    @Option(help: ArgumentHelp("The audit head that the backup must reach, as a run printed it.", valueName: "n:hash"))
    var head: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let running = RunningJobs.names(database: warehouse.database)
        guard running.isEmpty else { throw Failure.restoreWhileRunning(running, database: warehouse.database) }
        let time = warehouse.environment.now().iso8601.replacingOccurrences(of: ":", with: "")
        let exists = FileManager.default.fileExists(atPath: warehouse.database)
        let aside = "\(warehouse.database).before-\(time)"
        let digest = try WarehouseBackup.restore(source, to: warehouse.database, replacing: force ? aside : nil)
        let database = try warehouse.open(.write)
        defer { database.close() }
        let head = head
        let (report, run) = try database.read { (try AuditChain($0).verify(against: head), try RunStore($0).list(limit: 1).first) }
        try format.write(
            Details(
                title: "Restored and verified",
                [
                    .init("database", .text(warehouse.database)), .init("sha256", .text(digest)),
                    .init("audit_head", .text("\(report.head)")),
                    .init("last_run", run.map { .identifier($0.id) } ?? .missing), .init("last_run_clock", .time(run?.clock)),
                    .init("kept", exists && force ? .text(aside) : .missing),
                ]), to: output.console)
    }
}
