import ArgumentParser
import Connectors
import Foundation
import Pipelines
import Records

/// Options of every command.
struct OutputOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Print data and errors only: no progress, no hints.")
    var quiet = false

    @Option(help: ArgumentHelp("How errors are written to standard error.", valueName: "text|json"))
    var errorFormat = ErrorReport.Form.text

    var console: Console { Console(variables: ProcessInfo.processInfo.environment, isQuiet: quiet) }
}

/// Options of commands that print data.
struct FormatOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How data are written to standard output.", valueName: "table|json|csv"))
    var format = OutputFormat.table

    func write(_ table: Table, to console: Console) throws {
        try console.write(table.rendered(as: format, terminal: console.output))
    }

    func write(_ details: Details, to console: Console) throws {
        try console.write(details.rendered(as: format, terminal: console.output))
    }
}

/// Options of commands that work on the database.
struct WarehouseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The SQLite file with everything.", valueName: "file"), completion: .file(extensions: ["db", "sqlite"]))
    var database = "pipeline.db"

    @Option(help: ArgumentHelp("The clock instead of now, in ISO 8601: for backfills, demos and tests.", valueName: "time"))
    var clock: Timestamp?

    var environment: Records.Environment { .system(clock: clock) }

    func open(_ access: Warehouse.Access) throws(Failure) -> Warehouse { try Warehouse(path: database, access: access) }
}

/// How many rows a listing shows.
struct LimitOptions: ParsableArguments {
    /// What a screen can hold; programs get everything.
    static let tableRows = 50

    @Option(help: ArgumentHelp("Show at most this many; 50 in a table when not given, else all.", valueName: "rows"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit), expected 1 or more") }
    }

    func rows(_ format: OutputFormat) -> Int { limit ?? (format == .table ? Self.tableRows : .max) }

    /// Fetch this many to know whether there are more.
    func fetched(_ format: OutputFormat) -> Int { rows(format) == .max ? .max : rows(format) + 1 }

    /// Cuts what was fetched, and says so on standard error.
    func cut<Row>(_ fetched: [Row], _ format: OutputFormat, console: Console) -> [Row] {
        let limit = rows(format)
        guard fetched.count > limit else { return fetched }
        console.note("The first \(Quantity.count(limit)); there are more: --limit shows them.")
        return Array(fetched.prefix(limit))
    }
}
