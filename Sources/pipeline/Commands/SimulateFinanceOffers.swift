import ArgumentParser
import Pipelines
import Records

extension Simulate {
    /// `pipeline simulate finance-offers`
    struct FinanceOffers: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "finance-offers",
            abstract: "Write what a bank's customers bought, with risk classes of products and customers, limits and mailings.",
            discussion: """
                People buy within their risk class, save monthly and cancel now and then. The same options give the same content on every \
                machine.

                  pipeline simulate finance-offers --customers 300 --products 60 --days 365 --out data
                """)

        @Option(help: "Number of customers, 10 or more.")
        var customers = 300

        @Option(help: "Number of products, 20 or more.")
        var products = 60

        @Option(help: "Number of days, 60 or more.")
        var days = 365

        @Option(help: "Seed: another number gives another bank.")
        var seed: UInt64 = 1

        @Option(help: "First day, as 2025-01-01.", transform: Fraud.day)
        var start = Timestamp(.init(year: 2025, month: 1, day: 1))

        @OptionGroup(title: "Files") var files: Simulate.Files
        @OptionGroup(title: "Output") var format: FormatOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func run() throws {
            let simulation = try FinanceOfferSimulation(
                customers: customers, products: products, days: days, seed: seed, start: start, gzipLevel: files.gzipLevel)
            let summary = try simulation.write(to: files.out)
            try format.write(
                Details(
                    title: "Simulated purchases in \(files.out)",
                    [
                        .init("rows", .count(summary.rows)), .init("cancellations", .count(summary.returns)),
                        .init("files", .count(summary.files)), .init("bytes", .bytes(summary.bytes)),
                    ]), to: output.console)
        }
    }
}
