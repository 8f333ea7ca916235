import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline audit`
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that decisions, roles and runs are as they were written.",
        discussion: "  pipeline audit verify", subcommands: [AuditVerify.self])
}

/// `pipeline audit verify`
struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute the hash chain and compare it with what it speaks of.",
        discussion: """
            Finds any entry, decision, role or model edited, deleted, inserted or reordered. With a head that was kept outside the database, \
            as every run prints it, also a chain cut off or rewritten as a whole. A difference ends with exit code 3.

              pipeline audit verify --head 12:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
            """)

    @Option(help: ArgumentHelp("An earlier head: entries, a colon, the hash.", valueName: "n:hash"))
    var head: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.read)
        defer { database.close() }
        let head = head
        let report = try database.read { try AuditChain($0).verify(against: head) }
        try format.write(
            Details(
                title: "The audit chain is whole",
                [
                    .init("entries", .integer(report.entries)), .init("decisions", .count(report.decisions)),
                    .init("signatures", .count(report.signatures)), .init("amounts", .count(report.amounts)),
                    .init("roles", .count(report.roles)), .init("promotions", .count(report.promotions)),
                    .init("approvals", .count(report.approvals)),
                    .init("holds", .count(report.holds)), .init("emptied", .count(report.emptied)),
                    .init("runs", .count(report.runs)), .init("head", .text("\(report.head)")),
                ]), to: output.console)
    }
}
