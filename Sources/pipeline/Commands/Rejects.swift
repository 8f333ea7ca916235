import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline rejects`
struct Rejects: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at rows that could not be used, and read them again.",
        discussion: "Nothing is dropped in silence: rows read = rows accepted + rows rejected.\n\n  pipeline rejects list --run 3\n"
            + "  pipeline rejects replay jobs/fraud.yaml",
        subcommands: [RejectsList.self, RejectsReplay.self])
}

/// `pipeline rejects list`
struct RejectsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List rejected rows: file, line, column, why, and what stood there.",
        discussion:
            "The raw text of a row may be personal data: it is printed only with --raw.\n\n  pipeline rejects list --run 3 --format csv")

    @Option(name: .customLong("run"), help: ArgumentHelp("Of this run only.", valueName: "run"), completion: Completions.runs)
    var number: Int64?
    @Option(help: ArgumentHelp("Of this code only.", valueName: "code"), completion: .list(Reject.Code.allCases.map(\.rawValue)))
    var code: Reject.Code?
    @Flag(help: "Also print the rows as they stood in the file.")
    var raw = false
    @OptionGroup var limit: LimitOptions
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (run, code, count) = (number, code, limit.fetched(format.format))
        let fetched = try database.read { database in
            if let run { _ = try RunStore(database).run(run) }
            return try RejectStore(database).list(run: run, code: code, limit: count)
        }
        let rejects = limit.cut(fetched, format.format, console: console)
        if rejects.isEmpty { console.note("No rejects.") }
        var columns: [Table.Column] = [
            .init("run", .number), .init("feed"), .init("file"), .init("line", .number), .init("row", .number, hidden: true),
            .init("offset", .number, hidden: true), .init("replayed_by", .number, hidden: rejects.allSatisfy { $0.replayedBy == nil }),
            .init("column"), .init("code"), .init("found"), .init("expected"),
        ]
        if raw { columns.append(.init("raw")) }
        try format.write(Table(columns: columns, rows: rejects.map(cells)), to: console)
    }

    private func cells(_ stored: StoredReject) -> [Cell] {
        let reject = stored.reject
        var cells: [Cell] = [
            .identifier(stored.run), .text(stored.feed), .text(reject.file), .identifier(reject.line), .identifier(reject.row),
            .identifier(reject.offset), stored.replayedBy.map { .identifier($0) } ?? .missing,
            .text(reject.column), .text(reject.code.rawValue), .text(reject.found), .text(reject.expected),
        ]
        if raw { cells.append(.text(String(decoding: reject.raw, as: UTF8.self))) }
        return cells
    }
}

/// `pipeline rejects replay`
struct RejectsReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Read rejected rows again, once the job file is corrected.",
        discussion: """
            Exactly the records that were rejected are read, from the files they stood in, and scored as of their event time, in a run of their \
            own. The rejects stay on record, marked with that run. A row whose key has come meanwhile is left out.

              pipeline rejects replay jobs/fraud.yaml
              pipeline rejects replay jobs/fraud.yaml --run 3 --code type
            """)

    @OptionGroup var job: JobArgument
    @Option(name: .customLong("run"), help: ArgumentHelp("Rejects of this run only.", valueName: "run"), completion: Completions.runs)
    var number: Int64?
    @Option(
        help: ArgumentHelp(
            "Rejects of this code only; may be given several times. Otherwise all but late, duplicate and malformed.",
            valueName: "code"), completion: .list(Reject.Code.allCases.map(\.rawValue)))
    var code: [Reject.Code] = []
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let job = try job.load()
        let database = try warehouse.open(.write)
        defer { database.close() }
        let choice = RejectChoice(run: number, codes: code.isEmpty ? RejectChoice.mendable : Set(code))
        let report = try Runner(warehouse: database, environment: warehouse.environment).replayRejects(of: job, choice)
        if report.ending == .nothingNew { console.note("No rejects to read again.") }
        let summary = RunSummary(report: report, job: job, database: warehouse.database)
        try format.write(summary.details, to: console)
        for hint in summary.hints { console.note(hint) }
        if report.ending == .held, let record = report.record, let reason = report.holdReasons.first {
            throw reason.failure(of: record, namesFeed: report.feeds.count > 1)
        }
    }
}
