import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline export`
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a table of a job to a file, or give another system each outcome once.",
        discussion: """
            Without a subcommand, `table` is meant.

              pipeline export fraud_scores --out scores.csv.gz
              pipeline export results --job card-fraud --to core --folder outbox
            """, subcommands: [ExportTableCommand.self, ExportResults.self, ExportDeliveries.self, ExportFineTuning.self],
        defaultSubcommand: ExportTableCommand.self)
}

/// `pipeline export table`
struct ExportTableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Write a table of a job to a CSV or JSON file.",
        discussion: """
            Without a choice, the newest version of each row, of runs neither held nor discarded, in the order of the key. Money has its \
            decimals, times are ISO 8601 in --zone. The file appears under its name only when it is whole, gzipped where that ends in .gz.

            For spreadsheets use --encoding utf-8-bom or cp932. A text that a spreadsheet would run as a formula gets an apostrophe before \
            it; characters that the encoding lacks are written as their code points and counted.

              pipeline export table fraud_scores --out scores.csv.gz
              pipeline export statement_entries --as-of 2026-03-03 --zone Asia/Tokyo --encoding cp932 --out entries.csv
              pipeline export --job card-fraud --run 3 --format jsonl --out run-3.jsonl
            """)

    @Argument(
        help: ArgumentHelp("The table; may be left out where the job has one only.", valueName: "table"), completion: Completions.tables)
    var table: String?
    @Option(help: ArgumentHelp("The job, by name or file.", valueName: "name|file"), completion: Completions.jobs)
    var job: String?
    @Option(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
    var out: String
    @Flag(help: "Replace a file that is there already.")
    var force = false
    @OptionGroup(title: "Rows") var rows: ExportRowOptions
    @OptionGroup(title: "File") var file: ExportFileOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let named = try job.map { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") ? try Job.load(path: $0).name : $0 }
        var export = TableExport(table: table, job: named)
        export.selection = rows.selection
        export.columns = rows.columns.isEmpty ? nil : rows.columns
        (export.format, export.encoding, export.zone) = (file.format, file.encoding, file.zone)
        (export.delimiter, export.guardsFormulas) = (file.delimiter.byte, !file.noFormulaGuard)
        export.normalize = file.normalization
        let database = try warehouse.open(.read)
        defer { database.close() }
        let report = try export.write(to: out, overwrites: force, from: database)
        let console = output.console
        console.note("\(out): \(Quantity.count(report.rows, "row")) of \(report.table), \(Quantity.count(report.bytes, "byte"))")
        if report.guarded > 0 {
            console.note(
                "\(Quantity.count(report.guarded, "text")) would start a formula in a spreadsheet and got an apostrophe before it.")
        }
        if report.lacking > 0 {
            console.note(
                "warning: \(file.encoding.rawValue) lacks \(Quantity.count(report.lacking, "character")), written as U+ and the code point."
            )
        }
    }
}

/// Which rows and columns are exported.
struct ExportRowOptions: ParsableArguments {
    @Flag(help: "The newest version of each row, of runs neither held nor discarded: what is done without a choice.")
    var current = false
    @Option(help: ArgumentHelp("As --current, of runs whose clock is at or before a time.", valueName: "time"))
    var asOf: Timestamp?
    @Option(name: .customLong("run"), help: ArgumentHelp("The rows that a run wrote.", valueName: "run"), completion: Completions.runs)
    var number: Int64?
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Columns to write, in this order; all when not given.", valueName: "names"))
    var columns: [String] = []

    var selection: TableExport.Selection { number.map { .run($0) } ?? asOf.map { .asOf($0) } ?? .current }

    func validate() throws {
        let given = [current ? "--current" : nil, asOf.map { _ in "--as-of" }, number.map { _ in "--run" }].compactMap(\.self)
        if given.count > 1 { throw ValidationError("\(given.joined(separator: " and ")) exclude each other") }
    }
}

/// How an exported file is written.
struct ExportFileOptions: ParsableArguments {
    enum Delimiter: String, CaseIterable, ExpressibleByArgument {
        case comma, semicolon, tab

        var byte: UInt8 {
            switch self {
            case .comma: UInt8(ascii: ",")
            case .semicolon: UInt8(ascii: ";")
            case .tab: 9
            }
        }
    }

    @Option(help: "csv, json (an array) or jsonl (an object a line).")
    var format = TableExport.Format.csv
    @Option(help: "Of CSV; JSON is UTF-8.")
    var encoding = ExportEncoding.utf8
    @Option(help: ArgumentHelp("Zone of times.", valueName: "zone"))
    var zone = "UTC"
    @Option(help: "Of CSV.")
    var delimiter = Delimiter.comma
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Rewriting of texts in CSV: nfkc, half-width-kana, wave-dash, fullwidth-tilde, jis-symbols or microsoft-symbols.",
            valueName: "names"), completion: .list(TextNormalization.names))
    var normalize: [String] = []
    @Flag(help: "Leave texts that start a formula as they are: for programs that are no spreadsheets.")
    var noFormulaGuard = false

    /// What the names say; validated before.
    var normalization: TextNormalization { TextNormalization(normalize) ?? .none }

    func validate() throws {
        if let unknown = normalize.first(where: { !TextNormalization.names.contains($0) }) {
            throw ValidationError("--normalize has '\(unknown)', expected one of \(TextNormalization.names.joined(separator: ", "))")
        }
        if TextNormalization(normalize) == nil { throw ValidationError("--normalize has names that contradict each other") }
        if !normalize.isEmpty, format != .csv { throw ValidationError("--normalize is for CSV") }
    }
}

/// `pipeline export results`
struct ExportResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results", abstract: "Give another system each outcome once: of runs and of people, corrections included.",
        discussion: """
            Writes <job>-<receiver>-<number>.csv with what the receiver has not been given yet, its digest beside it, and a record in the \
            database. What a file holds is fixed before it is written: after a crash the next start writes the same bytes under the same \
            name. Held runs wait until they are accepted. Nothing new writes nothing and exits with 0.

            Each row has the delivery's number and its own: together they name it for ever. `effective` is what to do now: an outcome \
            that waits for a person has its interim outcome there (`review`: wait), until a row of kind `decision` follows.

              pipeline export results --job card-fraud --to core --folder outbox
              pipeline export results --job card-fraud --to core --folder outbox --since 120 --form xml
            """)

    @Option(help: ArgumentHelp("The job.", valueName: "name"), completion: Completions.jobs)
    var job: String
    @Option(help: ArgumentHelp("Who gets the files: each receiver has a count of its own.", valueName: "name"))
    var to: String
    @Option(help: ArgumentHelp("Folder to write into.", valueName: "folder"), completion: .directory)
    var folder: String
    @Option(help: ArgumentHelp("Leave out runs up to this one.", valueName: "run"), completion: Completions.runs)
    var since: Int64 = 0
    @Option(help: "csv or xml.")
    var form = Outbound.Form.csv
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.write)
        defer { database.close() }
        let written = try OutboundExport(
            job: job, receiver: to, form: form, warehouse: database, environment: warehouse.environment
        ).run(folder: folder, since: since)
        if written.isEmpty { output.console.note("Nothing new for \(to).") }
        try format.write(OutboundView.table(written), to: output.console)
    }
}

/// `pipeline export deliveries`
struct ExportDeliveries: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries", abstract: "List the files that other systems were given, newest first.",
        discussion: "  pipeline export deliveries --job card-fraud")

    @Option(help: ArgumentHelp("Of this job only.", valueName: "name"), completion: Completions.jobs)
    var job: String?
    @OptionGroup var limit: LimitOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (job, count) = (job, limit.fetched(format.format))
        let all = limit.cut(try database.read { try OutboundStore($0).list(job: job, limit: count) }, format.format, console: console)
        if all.isEmpty { console.note("No file was given to anybody yet.") }
        try format.write(OutboundView.table(all), to: console)
    }
}

private enum OutboundView {
    static func table(_ all: [Outbound]) -> Table {
        Table(
            columns: [
                .init("job"), .init("receiver"), .init("number", .number), .init("rows", .number), .init("corrections", .number),
                .init("decisions", .number), .init("made"), .init("written"), .init("file"), .init("sha256", hidden: true),
            ],
            rows: all.map { file in
                [
                    .text(file.job), .text(file.receiver), .identifier(file.number), .integer(file.rows), .integer(file.corrections),
                    .integer(file.decisions), .time(file.made), .bool(file.isWritten), .text(file.path), .text(file.digest),
                ]
            })
    }
}
