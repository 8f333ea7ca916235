import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// `pipeline upgrade`
struct Upgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database, or job files, up to this version.",
        discussion: """
              pipeline upgrade --folder /backups
              pipeline upgrade jobs jobs/*.yaml
            """,
        subcommands: [UpgradeDatabase.self, UpgradeJobs.self], defaultSubcommand: UpgradeDatabase.self)
}

/// `pipeline upgrade database`, or without the second word
struct UpgradeDatabase: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database", abstract: "Back the database up, bring its layout up to this version, and verify it.",
        discussion: """
            Every command that writes brings an older layout up to date by itself; this one makes a backup first and says what it did. The
            word `database` may be left out.

              pipeline upgrade database --folder /backups
            """)

    @Option(help: ArgumentHelp("Folder of the backup that is made first.", valueName: "folder"), completion: .directory)
    var folder: String
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let running = RunningJobs.names(database: warehouse.database)
        guard running.isEmpty else { throw Failure.restoreWhileRunning(running, database: warehouse.database) }
        let before = try WarehouseBackup.layout(of: warehouse.database)
        let copy = Backups(folder: folder, database: warehouse.database).path(at: warehouse.environment.now())
        let made = try WarehouseBackup.makeUnmigrated(of: warehouse.database, to: copy)
        let database = try warehouse.open(.write)
        defer { database.close() }
        let (report, problems) = try database.read { (try AuditChain($0).verify(), try WarehouseCheck.problems($0, quick: false)) }
        if let first = problems.first { throw Failure.databaseDamaged(warehouse.database, first: first) }
        try format.write(
            Details(
                title: before == Warehouse.schemaVersion ? "Already up to date" : "Upgraded and verified",
                [
                    .init("layout_before", .identifier(before)), .init("layout", .identifier(Warehouse.schemaVersion)),
                    .init("backup", .text(made.path)), .init("audit_head", .text("\(report.head)")),
                ]), to: output.console)
    }
}

/// `pipeline upgrade jobs`
struct UpgradeJobs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Rewrite job files for the newest version of their format.",
        discussion: """
            Changes `version:` and the keys that a version renamed; comments, order and spacing stay. All files are looked at, and must pass \
            the check as they will be, before the first is written. The old one stays beside it as <file>.before-version-<n>.

              pipeline upgrade jobs jobs/*.yaml --dry-run
              pipeline upgrade jobs jobs/*.yaml
            """)

    @Argument(help: ArgumentHelp("Job files.", valueName: "job"), completion: .file(extensions: ["yaml", "yml"]))
    var jobs: [String]
    @Flag(name: .customLong("dry-run"), help: "Only say what would change.")
    var isDryRun = false
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let upgrade = JobUpgrade()
        var results: [JobUpgrade.Result] = []
        var seen: Set<String> = []
        for path in jobs where seen.insert(URL(fileURLWithPath: path).resolvingSymlinksInPath().path).inserted {
            results.append(try upgrade.look(at: path))
        }
        if !isDryRun { for result in results { try upgrade.write(result) } }
        let table = Table(
            columns: [.init("job_file"), .init("version_before", .number), .init("version", .number), .init("changed")],
            rows: results.map { result in
                [.text(result.path), result.before.map { .count($0) } ?? .missing, .count(result.after), .bool(result.isChanged)]
            })
        try format.write(table, to: output.console)
    }
}
