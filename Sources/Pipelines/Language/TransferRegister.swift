package import GRDB
public import Models
public import Records

/// The register of transfers to other countries that Japan's Act on the Protection of Personal Information, article 28, asks for: what the
/// ledger says was sent where. Calls to this machine or a private network are none.
public struct TransferRegister: Sendable {
    public struct Line: Hashable, Sendable {
        public var entry: TransferEntry
        public var destination: String
        public var first: Timestamp
        public var last: Timestamp
        /// Tokens sent, as counted by the models; of calls without an answer unknown.
        public var tokens: Int
    }

    public private(set) var lines: [Line] = []

    /// - Parameters:
    ///   - basis: of a country by its ISO 3166 code; `*` = of those not named; empty where nothing is declared.
    ///   - isOwn: whether a destination is this machine or a network of one's own.
    public init(_ entries: [LedgerEntry], basis: [String: String], isOwn: (String) -> Bool) {
        struct Key: Hashable { var destination: String, model: String }
        var groups: [Key: [LedgerEntry]] = [:]
        // An open or failed call may have been sent, too.
        for entry in entries where entry.destination != "here" && !isOwn(entry.destination) {
            groups[Key(destination: entry.destination, model: entry.model), default: []].append(entry)
        }
        for (key, entries) in groups {
            var entry = TransferEntry(destination: key.destination, model: key.model, basis: "", calls: entries.count)
            entry.basis = basis[entry.country] ?? basis["*"] ?? ""
            let times = entries.map(\.reservedAt)
            lines.append(
                Line(
                    entry: entry, destination: key.destination, first: times.min() ?? .distantPast, last: times.max() ?? .distantPast,
                    tokens: entries.reduce(0) { $0 + ($1.answer.flatMap { Completion(recorded: $0) }?.promptTokens ?? 0) }))
        }
        lines.sort { ($0.entry.country, $0.destination, $0.entry.model) < ($1.entry.country, $1.destination, $1.entry.model) }
    }

    package init(_ database: Database, basis: [String: String], isOwn: (String) -> Bool) throws(Failure) {
        self.init(try LedgerRows(database).all(), basis: basis, isOwn: isOwn)
    }

    /// Transfers out of the country of the operator for which no basis is declared.
    public func withoutBasis(home: String) -> [Line] { lines.filter { $0.entry.country != home && $0.entry.basis.isEmpty } }
}
