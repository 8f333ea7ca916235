import ArgumentParser
import Connectors
import Models
import Pipelines
import Records

/// `pipeline report transfers`
struct ReportTransfers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfers", abstract: "Show what was sent to which country and recipient, on which legal basis.",
        discussion: """
            The register that Japan's Act on the Protection of Personal Information, article 28, asks for, from the ledger: every call that left \
            for another's machine, also those without an answer. The bases are yours to declare. Exit code 3 when one abroad has none.

              pipeline report transfers --home JP --basis "US=consent, form 7" --basis "*=equivalent measures, contract of 2026-03-01"
            """)

    @Option(help: ArgumentHelp("A country's ISO 3166 code, or * for all others, and the basis; repeat for more.", valueName: "code=text"))
    var basis: [String] = []
    @Option(help: ArgumentHelp("The country that is no abroad.", valueName: "code"))
    var home = "JP"
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        for text in basis where !text.contains("=") { throw ValidationError("--basis is '\(text)', expected code=text") }
    }

    func run() throws {
        var bases: [String: String] = [:]
        for text in basis {
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            bases[String(halves[0])] = String(halves[1])
        }
        let database = try warehouse.open(.read)
        defer { database.close() }
        let declared = bases
        let register = try database.read { try TransferRegister($0, basis: declared, isOwn: Self.isOwn) }
        if register.lines.isEmpty { output.console.note("Nothing was sent to another's machine.") }
        let table = Table(
            columns: [
                .init("country"), .init("recipient"), .init("model"), .init("regions"), .init("basis"), .init("calls", .number),
                .init("prompt_tokens", .number), .init("first"), .init("last"),
            ],
            rows: register.lines.map { line in
                [
                    .text(line.entry.country), .text(line.entry.recipient), .text(line.entry.model), .list(line.entry.regions),
                    .text(line.entry.basis), .count(line.entry.calls), .count(line.tokens), .time(line.first), .time(line.last),
                ]
            })
        try format.write(table, to: output.console)
        let open = register.withoutBasis(home: home)
        guard open.isEmpty else { throw Failure.transferWithoutBasis(open.map { "\($0.entry.country): \($0.entry.model)" }) }
    }

    /// This machine or a private network, by the host's name.
    private static func isOwn(_ destination: String) -> Bool {
        guard !destination.hasPrefix("bedrock:") else { return false }
        #if Remote
            return PrivateHost.isOwn(destination)
        #else
            return destination.hasPrefix("127.") || destination.hasPrefix("localhost")
        #endif
    }
}

extension Failure {
    static func transferWithoutBasis(_ transfers: [String]) -> Failure {
        Failure(
            .difference, code: "report.transfer-basis", what: "transfers abroad have no legal basis declared",
            found: transfers.joined(separator: ", "), expected: "a basis for each country",
            remedy: "Declare it with --basis, or keep calls at home with `allowed-regions`.")
    }
}
