import ArgumentParser
import Pipelines
import Records

extension Simulate {
    /// `pipeline simulate recommendations`
    struct Recommendations: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a shop's order lines with returns, its catalogue, customers and a merchandiser's list.",
            discussion: """
                Long tail, tastes, seasons, repeat purchases, new articles. The same options give the same content on every machine.

                  pipeline simulate recommendations --customers 1000 --articles 300 --days 365 --out data
                """)

        @Option(help: "Number of customers.")
        var customers = 1_000

        @Option(help: "Number of articles, 20 or more.")
        var articles = 300

        @Option(help: "Number of days, 30 or more.")
        var days = 365

        @Option(help: "Seed: another number gives another shop.")
        var seed: UInt64 = 1

        @Option(help: "First day, as 2025-01-01.", transform: Fraud.day)
        var start = Timestamp(.init(year: 2025, month: 1, day: 1))

        @Flag(help: "Customers look at articles, too: a column KIND says order, return or look.")
        var looks = false

        @OptionGroup(title: "Files") var files: Simulate.Files
        @OptionGroup(title: "Output") var format: FormatOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func run() throws {
            let simulation = try RecommendationSimulation(
                .init(
                    customers: customers, articles: articles, days: days, seed: seed, start: start, gzipLevel: files.gzipLevel,
                    looks: looks))
            let summary = try simulation.write(to: files.out)
            try format.write(
                Details(
                    title: "Simulated orders in \(files.out)",
                    [
                        .init("rows", .count(summary.rows)), .init("returns", .count(summary.returns)),
                    ] + (looks ? [.init("looks", .count(summary.looks))] : []) + [
                        .init("files", .count(summary.files)), .init("bytes", .bytes(summary.bytes)),
                    ]), to: output.console)
        }
    }
}
