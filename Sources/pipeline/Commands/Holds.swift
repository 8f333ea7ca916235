import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline hold`
struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep rows from purges and erasures, as a court or an auditor asks.",
        discussion: """
            A hold is on one key of a job, or on the whole job. Placing and releasing are in the audit chain.

              pipeline hold place --job card-fraud --key 288062 --reason "case 17"
              pipeline hold list
              pipeline hold release 1 --reason "case 17 closed"
            """, subcommands: [HoldPlace.self, HoldList.self, HoldRelease.self])
}

/// `pipeline hold place`
struct HoldPlace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place", abstract: "Place a hold.",
        discussion: "  pipeline hold place --job card-fraud --key 288062 --reason \"case 17\"")

    @Option(help: ArgumentHelp("The job.", valueName: "name"), completion: Completions.jobs)
    var job: String
    @Option(help: ArgumentHelp("A row's key; without it everything of the job is kept.", valueName: "key"))
    var key: String?
    @Option(help: ArgumentHelp("Who asked for it, and why.", valueName: "text"))
    var reason: String
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let (job, key, reason, environment) = (job, key, reason, warehouse.environment)
        let hold = try database.write(durable: true) { try HoldStore($0).place(job: job, key: key, reason: reason, by: environment) }
        output.console.note("Hold \(hold.id) is in force: \(hold.key.map { "key \($0)" } ?? "everything") of \(hold.job).")
    }
}

/// `pipeline hold list`
struct HoldList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List holds in force.", discussion: "  pipeline hold list --job card-fraud")

    @Option(help: ArgumentHelp("Of this job only.", valueName: "name"), completion: Completions.jobs)
    var job: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.read)
        defer { database.close() }
        let job = job
        let holds = try database.read { try HoldStore($0).active(job: job) }
        if holds.isEmpty { output.console.note("No hold is in force.") }
        try format.write(
            Table(
                columns: [.init("hold", .number), .init("job"), .init("key"), .init("placed"), .init("by"), .init("reason")],
                rows: holds.map { hold in
                    [
                        .identifier(hold.id), .text(hold.job), .text(hold.key), .time(hold.placed), .text("\(hold.actor)@\(hold.host)"),
                        .text(hold.reason),
                    ]
                }), to: output.console)
    }
}

/// `pipeline hold release`
struct HoldRelease: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Release a hold.", discussion: "  pipeline hold release 1 --reason \"case 17 closed\"")

    @Argument(help: ArgumentHelp("The hold's number.", valueName: "hold"))
    var number: Int64
    @Option(help: ArgumentHelp("Who asked for it, and why.", valueName: "text"))
    var reason: String
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let (number, reason, environment) = (number, reason, warehouse.environment)
        try database.write(durable: true) { try HoldStore($0).release(number, reason: reason, by: environment) }
        output.console.note("Hold \(number) is released.")
    }
}
