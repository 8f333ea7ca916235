import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline erase`
struct Erase: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forget one person: rows, items, decisions, rejects, the stage's state, and every trace in the file's bytes.",
        discussion: """
            The audit chain keeps its numbers and hashes, `audit verify` holds, and the value is searched for in the whole file and its log \
            afterwards. Feed files and backups are yours to clean: while a feed file still has the person, a rebuild of the stage's state \
            reads it again. Needs room for a second copy of the file.

              pipeline erase jobs/fraud.yaml --entity customer=C00042 --reason "request 17"
              pipeline erase jobs/fraud.yaml --entity customer=- --keys 288062 288099 --reason "request 17" < name.txt
            """)

    @OptionGroup var job: JobArgument
    @Option(
        help: ArgumentHelp(
            "Column and value; `-` reads the value from standard input, so that no shell keeps it.", valueName: "column=value"))
    var entity: String
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Further rows of this person, which only the feed files tell.", valueName: "keys"))
    var keys: [String] = []
    @Option(help: ArgumentHelp("The request, without the person's name: it stays in the audit chain.", valueName: "text"))
    var reason: String
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        guard let mark = entity.firstIndex(of: "="), mark > entity.startIndex, entity.index(after: mark) < entity.endIndex else {
            throw ValidationError("--entity is a column, = and a value, such as customer=C00042")
        }
    }

    func run() throws {
        let mark = entity.firstIndex(of: "=") ?? entity.endIndex
        let given = String(entity[entity.index(after: mark)...])
        let value = given == "-" ? readLine(strippingNewline: true) ?? "" : given
        let job = try job.load()
        let database = try warehouse.open(.write)
        defer { database.close() }
        let report = try Erasure(value, in: String(entity[..<mark]), of: job, warehouse: database, environment: warehouse.environment)
            .run(keys: keys, reason: reason)
        try format.write(
            Table(
                columns: [.init("table"), .init("rows", .number)],
                rows: report.rows.sorted { $0.key < $1.key }.map { [.text($0.key), .count($0.value)] }), to: output.console)
        let rest = report.isWithinOthers ? "its bytes are left within longer values alone" : "nothing is left in the file"
        if let left = report.left { throw Failure.eraseLeft(left) }
        output.console.note(
            "Erased \(Quantity.count(report.keys, "key")); \(Quantity.count(report.emptied, "audit entry", "audit entries")) lost content; "
                + "the stage's state \(report.wasInState ? "let go of the name" : "did not have the name"); \(rest).")
    }
}
