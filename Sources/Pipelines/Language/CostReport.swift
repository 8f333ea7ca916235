package import GRDB
public import Models
package import Records

/// What language models used: by month, job, queue and model. Money as reserved and settled, energy and carbon as bands, never one number.
public struct CostReport: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        /// `2026-11`, in UTC.
        public var month: String
        /// A job, or what was asked by hand.
        public var budget: String
        /// Where the job's items go; empty where it has none.
        public var queue: String
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
        /// Calls whose energy this machine measured, and micro-watt-hours of them; the rest of `used` is estimated.
        public var measuredCalls = 0
        public var measuredEnergy: Int64 = 0
        /// Billionths of a dollar, had the dearest model used in this report answered instead.
        public var atDearest: Int64

        /// Billionths of a dollar that were not spent because a cheaper model answered; what failed or was lost counts against it.
        public var saved: Int64 { atDearest - used.money }
        /// Wh, low and high.
        public var energy: ClosedRange<Double> {
            let estimated = EnergyEstimate.range(Double(used.energy - measuredEnergy) / 1e6, place: isLocal ? .local : .remote)
            // The counters hold what others used as well, and no memory: as wide as an estimate for this machine.
            let measured = EnergyEstimate.range(Double(measuredEnergy) / 1e6, place: .local)
            return estimated.lowerBound + measured.lowerBound...estimated.upperBound + measured.upperBound
        }
        /// `estimate`, `RAPL`, or how many calls were measured.
        public var energySource: String {
            measuredCalls == 0 ? "estimate" : measuredCalls == calls ? "RAPL" : "RAPL for \(measuredCalls) of \(calls) calls"
        }
        /// g CO2e, low and high.
        public var carbon: ClosedRange<Double> {
            let grams = gramsPerKilowattHour / 1_000
            return energy.lowerBound * grams...energy.upperBound * grams
        }
    }

    /// A month and model, billed and kept.
    public struct Billed: Hashable, Sendable {
        public var month: String
        /// As the ledger names it, else as the bill does.
        public var model: String
        /// How often the bill speaks of it.
        public var billLines: Int
        /// Billionths of a dollar.
        public var money: Int64
        public var ledger: Int64
        public var difference: Int64 { money - ledger }
    }

    /// By month, job and model.
    public private(set) var lines: [Line] = []
    /// The model that `atDearest` is about; nil = no model of the registry was used.
    public let dearest: String?

    /// - Parameter queues: of jobs.
    public init(_ entries: [LedgerEntry], queues: [String: String] = [:], registry: ModelRegistry = .bundled) {
        struct Key: Hashable { var month: String, budget: String, model: String }
        var groups: [Key: [LedgerEntry]] = [:]
        for entry in entries where entry.state != .open {
            groups[Key(month: String(entry.reservedAt.iso8601.prefix(7)), budget: entry.budget, model: entry.model), default: []].append(
                entry)
        }
        let dearest = Set(entries.map(\.model)).compactMap { registry.facts(of: $0) }
            .max { ($0.promptPrice + $0.answerPrice, $0.model) < ($1.promptPrice + $1.answerPrice, $1.model) }
        self.dearest = dearest?.model
        for (key, entries) in groups {
            var line = Self.line(key.month, key.budget, key.model, entries, registry, dearest)
            line.queue = queues[key.budget] ?? ""
            lines.append(line)
        }
        lines.sort { ($0.month, $0.budget, $0.model) < ($1.month, $1.budget, $1.model) }
    }

    /// Of all that the ledger holds.
    package init(_ database: Database) throws(Failure) {
        let queues = try database.worded {
            try Row.fetchAll(
                database,
                sql:
                    "SELECT job, group_concat(queue, ' ') AS queues FROM (SELECT DISTINCT job, queue FROM pipeline_review_items WHERE kind = 'row' ORDER BY job, queue) GROUP BY job"
            )
            .map { (job: $0["job"] as String, queues: $0["queues"] as String) }
        }
        self.init(
            try LedgerRows(database).all(), queues: Dictionary(queues.map { ($0.job, $0.queues) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func line(
        _ month: String, _ budget: String, _ model: String, _ entries: [LedgerEntry], _ registry: ModelRegistry, _ dearest: ModelFacts?
    ) -> Line {
        let answers = entries.compactMap { $0.answer.flatMap { Completion(recorded: $0) } }
        let (input, output) = (answers.reduce(0) { $0 + $1.promptTokens }, answers.reduce(0) { $0 + $1.answerTokens })
        let region = entries.first.map { String($0.destination.split(separator: ":").last ?? "") } ?? ""
        let used = entries.reduce(LedgerAmounts.zero) { $0 + $1.used }
        let measured = answers.compactMap(\.measuredEnergy)
        var line = Line(
            month: month, budget: budget, queue: "", model: model, calls: entries.count, lost: entries.count { $0.state == .lost },
            duplicates: entries.count { $0.isDuplicate }, failed: entries.count { $0.state == .failed }, promptTokens: input,
            answerTokens: output, used: used, gramsPerKilowattHour: EnergyEstimate.gramsPerKilowattHour(region: region).grams,
            isLocal: registry.facts(of: model) == nil,
            atDearest: dearest?.amounts(promptTokens: input, answerTokens: output).money ?? used.money)
        (line.measuredCalls, line.measuredEnergy) = (measured.count, measured.reduce(0, +))
        return line
    }

    /// Sets a bill beside the ledger: every month and model that one of the two knows. Lines of the bill about one model are added up, however it
    /// is named there.
    public func reconciled(_ bill: BillFile) -> [Billed] {
        struct Key: Hashable { var month: String, model: String }
        var sums: [Key: Billed] = [:]
        for line in lines {
            let key = Key(month: line.month, model: line.model)
            sums[key, default: Billed(month: line.month, model: line.model, billLines: 0, money: 0, ledger: 0)].ledger += line.used.money
        }
        let models = Array(Set(lines.map(\.model))).sorted()
        for line in bill.lines {
            let model = ModelNames.match(line.model, among: models) ?? line.model
            let key = Key(month: line.month, model: model)
            sums[key, default: Billed(month: line.month, model: model, billLines: 0, money: 0, ledger: 0)].money += line.money
            sums[key]?.billLines += 1
        }
        return sums.values.sorted { ($0.month, $0.model) < ($1.month, $1.model) }
    }
}
