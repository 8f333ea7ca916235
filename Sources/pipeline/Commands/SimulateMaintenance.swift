import ArgumentParser
import Pipelines
import Records

extension Simulate {
    /// `pipeline simulate maintenance`
    struct Maintenance: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the sensor readings of machines that wear out under six operating conditions, and when they failed.",
            discussion: """
                A life lasts 1,500 hours of normal work in the middle and ends with a worn bearing or a worn seal; a quarter end in an \
                overhaul before that. Either way it stands for a day. The same options give the same content on every machine. \
                `pipeline replay --fleet` lets such machines live on under maintenance policies, where a planned repair stands for 12 hours.

                  pipeline simulate maintenance --machines 40 --days 365 --seed 1 --out data
                """)

        @Option(help: "Number of machines.")
        var machines = 40

        @Option(help: "Number of days.")
        var days = 365

        @Option(help: "Hours between two readings of a machine: 1, 2, 3, 4, 6, 8, 12 or 24.")
        var every = 6

        @Option(help: "Hours of normal work that a life lasts in the middle.")
        var life = 1_500

        @Option(help: "Seed: another number gives other machines.")
        var seed: UInt64 = 1

        @Option(help: "First day, as 2025-01-01.", transform: Fraud.day)
        var start = Timestamp(.init(year: 2025, month: 1, day: 1))

        @Option(help: ArgumentHelp("A day that is also written as MTConnect documents.", valueName: "day"), transform: Fraud.day)
        var mtconnectDay: Timestamp?

        @Option(help: "Broken lines among a million.")
        var brokenPerMillion = 200

        @OptionGroup(title: "Files") var files: Simulate.Files
        @OptionGroup(title: "Output") var format: FormatOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func run() throws {
            let simulation = try MaintenanceSimulation(
                .init(
                    machines: machines, days: days, every: every, life: life, seed: seed, start: start, brokenPerMillion: brokenPerMillion,
                    documentDay: mtconnectDay, gzipLevel: files.gzipLevel))
            let summary = try simulation.write(to: files.out)
            try format.write(
                Details(
                    title: "Simulated readings in \(files.out)",
                    [
                        .init("rows", .count(summary.rows)), .init("failures", .count(summary.failures)),
                        .init("overhauls", .count(summary.overhauls)), .init("broken_rows", .count(summary.brokenRows)),
                        .init("files", .count(summary.files)), .init("bytes", .bytes(summary.bytes)),
                    ]), to: output.console)
        }
    }
}
