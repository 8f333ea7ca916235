import ArgumentParser
import Connectors
import Foundation
import Models
import Pipelines
import Records

/// `pipeline report cost`
struct ReportCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cost", abstract: "Show what language models used, by month, job, queue and model: money, tokens, energy and carbon.",
        discussion: """
            Energy and carbon are shown as ranges: measured by the processor's counters (RAPL, /sys/class/powercap) where the model ran on this \
            machine and they can be read, else estimated. What routing saved is against the dearest model used. With --bill (a CSV with a \
            month or date, a model and an amount in dollars, by whatever name) the ledger is set beside what was billed; ids, profiles, \
            addresses and a price list's words are taken for the same model.

              pipeline report cost --format csv
              pipeline report cost --bill bill.csv
            """)

    @Option(help: ArgumentHelp("A CSV with the columns month, model and usd.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var bill: String?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let database = try warehouse.open(.read)
        defer { database.close() }
        let report = try database.read { try CostReport($0) }
        guard let bill else {
            if report.lines.isEmpty { console.note("No calls yet: `pipeline ask --ledger` and stages with a remote model make the first.") }
            try format.write(table(report.lines), to: console)
            console.note(
                "Energy: \(EnergyEstimate.method), x0.4 to x2.5 remote, x0.6 to x1.4 local; RAPL: the processors' own counters, x0.6 to x1.4."
            )
            console.note("Prices: list prices of us-east-1. saved_usd: against always asking \(report.dearest ?? "the same model").")
            return
        }
        guard let data = FileManager.default.contents(atPath: bill) else { throw Failure.billMissing(bill) }
        let rows = report.reconciled(try BillFile(path: bill, text: String(decoding: data, as: UTF8.self)))
        let table = Table(
            columns: [
                .init("month"), .init("model"), .init("billed_usd", .number), .init("ledger_usd", .number),
                .init("difference_usd", .number), .init("bill_lines", .number),
            ],
            rows: rows.map {
                [.text($0.month), .text($0.model), dollars($0.money), dollars($0.ledger), dollars($0.difference), .count($0.billLines)]
            })
        try format.write(table, to: console)
    }

    private func dollars(_ money: Int64) -> Cell { .real(Double(money) / 1e9, decimals: 4) }

    private func table(_ lines: [CostReport.Line]) -> Table {
        Table(
            columns: [
                .init("month"), .init("job"), .init("queue"), .init("model"), .init("calls", .number), .init("lost", .number),
                .init("duplicates", .number), .init("failed", .number), .init("prompt_tokens", .number), .init("answer_tokens", .number),
                .init("usd", .number), .init("usd_at_dearest", .number), .init("saved_usd", .number), .init("wh_low", .number),
                .init("wh_high", .number), .init("energy_source"),
                .init("g_co2e_low", .number), .init("g_co2e_high", .number),
            ],
            rows: lines.map { line in
                [
                    .text(line.month), .text(line.budget), .text(line.queue), .text(line.model), .count(line.calls), .count(line.lost),
                    .count(line.duplicates),
                    .count(line.failed), .count(line.promptTokens), .count(line.answerTokens), dollars(line.used.money),
                    dollars(line.atDearest), dollars(line.saved), .real(line.energy.lowerBound, decimals: 3),
                    .real(line.energy.upperBound, decimals: 3),
                    .text(line.energySource), .real(line.carbon.lowerBound, decimals: 3), .real(line.carbon.upperBound, decimals: 3),
                ]
            })
    }
}

extension Failure {
    static func billMissing(_ path: String) -> Failure {
        Failure(
            .usage, code: "report.bill-missing", what: "there is no such bill", place: path, expected: "a CSV file",
            remedy: "Name another file with --bill.")
    }
}
