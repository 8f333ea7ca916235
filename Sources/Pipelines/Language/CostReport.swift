public import Models
public import Records

/// What language models used: by month, budget and model. Money as reserved and settled, energy and carbon as bands, never one number.
public struct CostReport: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        /// `2026-11`, in UTC.
        public var month: String
        public var budget: String
        public var model: String
        public var calls: Int
        /// Calls whose answer was lost with their process; all of what was reserved counts.
        public var lost: Int
        /// Calls made again after one was lost: at most so many were paid twice.
        public var duplicates: Int
        public var failed: Int
        public var promptTokens: Int
        public var answerTokens: Int
        public var used: LedgerAmounts
        /// Grams of CO2e a kWh where the call was sent.
        public var gramsPerKilowattHour: Double
        public var isLocal: Bool
        /// Billionths of a dollar, had the dearest model used in this report answered instead.
        public var atDearest: Int64

        /// Wh, low and high.
        public var energy: ClosedRange<Double> { EnergyEstimate.range(Double(used.energy) / 1e6, place: isLocal ? .local : .remote) }
        /// g CO2e, low and high.
        public var carbon: ClosedRange<Double> {
            let grams = gramsPerKilowattHour / 1_000
            return energy.lowerBound * grams...energy.upperBound * grams
        }
    }

    /// A month and model of a bill.
    public struct Billed: Hashable, Sendable {
        public var month: String
        public var model: String
        /// Billionths of a dollar.
        public var money: Int64
        public var ledger: Int64
        public var difference: Int64 { money - ledger }
    }

    /// By month, budget and model.
    public private(set) var lines: [Line] = []

    public init(_ entries: [LedgerEntry], registry: ModelRegistry = .bundled) {
        struct Key: Hashable { var month: String, budget: String, model: String }
        var groups: [Key: [LedgerEntry]] = [:]
        for entry in entries where entry.state != .open {
            groups[Key(month: String(entry.reservedAt.iso8601.prefix(7)), budget: entry.budget, model: entry.model), default: []].append(
                entry)
        }
        let dearest = Set(entries.map(\.model)).compactMap { registry.facts(of: $0) }
            .max { ($0.promptPrice + $0.answerPrice, $0.model) < ($1.promptPrice + $1.answerPrice, $1.model) }
        for (key, entries) in groups {
            lines.append(Self.line(key.month, key.budget, key.model, entries, registry, dearest))
        }
        lines.sort { ($0.month, $0.budget, $0.model) < ($1.month, $1.budget, $1.model) }
    }

    private static func line(
        _ month: String, _ budget: String, _ model: String, _ entries: [LedgerEntry], _ registry: ModelRegistry, _ dearest: ModelFacts?
    ) -> Line {
        let answers = entries.compactMap { $0.answer.flatMap { Completion(recorded: $0) } }
        let (input, output) = (answers.reduce(0) { $0 + $1.promptTokens }, answers.reduce(0) { $0 + $1.answerTokens })
        let region = entries.first.map { String($0.destination.split(separator: ":").last ?? "") } ?? ""
        let used = entries.reduce(LedgerAmounts.zero) { $0 + $1.used }
        return Line(
            month: month, budget: budget, model: model, calls: entries.count, lost: entries.count { $0.state == .lost },
            duplicates: entries.count { $0.isDuplicate }, failed: entries.count { $0.state == .failed }, promptTokens: input,
            answerTokens: output, used: used, gramsPerKilowattHour: EnergyEstimate.gramsPerKilowattHour(region: region).grams,
            isLocal: registry.facts(of: model) == nil,
            atDearest: dearest?.amounts(promptTokens: input, answerTokens: output).money ?? used.money)
    }

    /// Sets a bill beside the ledger: a header `month,model,usd`, then a line a month and model.
    ///
    /// - Throws: another header, or a line that is not one.
    public func reconciled(bill: String, path: String) throws(Failure) -> [Billed] {
        var rows = bill.split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard !rows.isEmpty, rows.removeFirst().map(String.init) == ["month", "model", "usd"] else {
            throw .bill(path, line: 1, found: "another header")
        }
        var billed: [Billed] = []
        for (number, row) in rows.enumerated() {
            guard row.count == 3, row[0].utf8.count == 7, let dollars = Double(row[2]), dollars.isFinite, abs(dollars) < 1e9 else {
                throw .bill(path, line: number + 2, found: "no line of month, model and dollars")
            }
            let own = lines.filter { $0.month == row[0] && $0.model == row[1] }.reduce(Int64(0)) { $0 + $1.used.money }
            billed.append(Billed(month: String(row[0]), model: String(row[1]), money: Int64((dollars * 1e9).rounded()), ledger: own))
        }
        return billed
    }
}

extension Failure {
    static func bill(_ path: String, line: Int, found: String) -> Failure {
        Failure(
            .usage, code: "report.bill", what: "the bill cannot be read", place: "\(path):\(line)", found: found,
            expected: "a header `month,model,usd` and lines such as `2026-11,amazon.nova-lite-v1:0,12.50`",
            remedy: "Export the bill by month and model.")
    }
}
