import ArgumentParser
import Pipelines
import Records

extension Simulate {
    /// `pipeline simulate demand`
    struct Demand: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a shop's daily sales, with stock-outs and offers, and its stock on the last day.",
            discussion: """
                Two thirds of the items sell most days, the others seldom. The same options give the same content on every machine.

                  pipeline simulate demand --items 60 --days 365 --seed 1 --out data
                  pipeline simulate demand --items 100000 --days 1092 --weekly --out data
                """)

        @Option(help: "Number of items.")
        var items = 60

        @Option(help: "Number of days, 30 or more.")
        var days = 365

        @Option(help: "Seed: another number gives other items.")
        var seed: UInt64 = 1

        @Option(help: "First day, as 2025-01-01.", transform: Fraud.day)
        var start = Timestamp(.init(year: 2025, month: 1, day: 1))

        @Flag(help: "A row holds a week's sales, dated by its first day.")
        var weekly = false

        @Flag(help: "Write UBL 2.1 documents as well: ProductActivity, InventoryReport, Order, Invoice and Forecast.")
        var documents = false

        @OptionGroup(title: "Files") var files: Simulate.Files
        @OptionGroup(title: "Output") var format: FormatOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func run() throws {
            var configuration = DemandSimulation.Configuration(
                items: items, days: days, seed: seed, start: start, gzipLevel: files.gzipLevel)
            (configuration.step, configuration.documents) = (weekly ? 7 : 1, documents)
            let simulation = try DemandSimulation(configuration)
            let summary = try simulation.write(to: files.out)
            try format.write(
                Details(
                    title: "Simulated sales in \(files.out)",
                    [
                        .init("rows", .count(summary.rows)), .init("units", .count(summary.units)),
                        .init("stockouts", .count(summary.stockouts)), .init("files", .count(summary.files)),
                        .init("bytes", .bytes(summary.bytes)),
                    ]), to: output.console)
        }
    }
}
