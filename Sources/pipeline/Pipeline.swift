import ArgumentParser

/// The command line: parses, calls, prints; no logic of its own.
@main
struct Pipeline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline", abstract: "From feeds to scored rows in SQLite, a queue where people decide, and an exact replay.",
        subcommands: [Simulate.self])
}
