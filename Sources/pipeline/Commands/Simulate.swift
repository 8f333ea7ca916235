import ArgumentParser
import Pipelines
import Records

/// `pipeline simulate`
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write simulated data, to try things with.",
        discussion: "  pipeline simulate fraud --out data",
        subcommands: [Fraud.self, Maintenance.self, Demand.self, Recommendations.self, FinanceOffers.self])

    /// Where simulated files go, and how they are packed.
    struct Files: ParsableArguments {
        @Option(help: ArgumentHelp("Folder to write to; it is created.", valueName: "folder"))
        var out: String

        @Option(help: "Gzip level, 1 (fast) to 9 (small).")
        var level = 6

        @Flag(help: "Write plain files instead of gzipped ones.")
        var plain = false

        /// Nil = not packed.
        var gzipLevel: Int? { plain ? nil : level }
    }

    /// `pipeline simulate fraud`
    struct Fraud: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write card transactions and, days later, the chargebacks that tell which were fraud.",
            discussion: """
                A customer buys 1.7 times a day in the mean, so 1,000 customers give about 50,000 transactions in 30 days. The same options \
                give the same content on every machine.

                  pipeline simulate fraud --customers 1000 --days 60 --seed 1 --out data
                """)

        @Option(help: "Number of customers.")
        var customers = 1_000

        @Option(help: "Number of terminals.")
        var terminals = 400

        @Option(help: "Number of days.")
        var days = 60

        @Option(help: "Seed: another number gives other people and frauds.")
        var seed: UInt64 = 1

        @Option(help: "First day, as 2026-01-01.", transform: Fraud.day)
        var start = Timestamp(.init(year: 2026, month: 1, day: 1))

        @Option(
            help: ArgumentHelp("A day that is also written as an ISO 20022 camt.053 statement.", valueName: "day"),
            transform: Fraud.day)
        var camtDay: Timestamp?

        @Option(help: "Broken lines among a million.")
        var brokenPerMillion = 70

        @OptionGroup(title: "Files") var files: Simulate.Files
        @OptionGroup(title: "Output") var format: FormatOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        static func day(_ text: String) throws -> Timestamp {
            guard text.utf8.count == 10, let day = Timestamp(iso8601: text) else {
                throw ValidationError("expected a day such as 2026-01-01")
            }
            return day
        }

        func run() throws {
            let simulation = try FraudSimulation(
                .init(
                    customers: customers, terminals: terminals, days: days, seed: seed, start: start, brokenPerMillion: brokenPerMillion,
                    statementDay: camtDay, gzipLevel: files.gzipLevel))
            let summary = try simulation.write(to: files.out)
            try format.write(
                Details(
                    title: "Simulated card transactions in \(files.out)",
                    [
                        .init("rows", .count(summary.rows)), .init("frauds", .count(summary.frauds)),
                        .init("chargebacks", .count(summary.chargebacks)), .init("broken_rows", .count(summary.brokenRows)),
                        .init("files", .count(summary.files)), .init("bytes", .bytes(Int64(summary.bytes))),
                        .init("plain_bytes", .bytes(Int64(summary.plainBytes))),
                    ]), to: output.console)
        }
    }
}
