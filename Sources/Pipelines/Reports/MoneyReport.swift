package import Models
package import Records

/// What the outcomes that held have cost, beside what nothing but the harmless outcome would have cost.
package struct MoneyReport: Sendable {
    package struct Outcome: Hashable, Sendable {
        package var name: String
        package var rows: Int
        package var positives: Int
        /// In minor units.
        package var cost: Double
    }

    package var currency: Currency
    package var outcomes: [Outcome]
    /// The outcome that costs least when nothing is wrong: what doing nothing means.
    package var harmless: String
    /// Cost had every row got `harmless`, and cost as it was, with reviews; minor units.
    package var costOfNothing: Double
    package var cost: Double
    package var reviews: Int
    package var reviewCost: Double
    /// Rows that wait for a person: what they will cost is not known, so they are in no figure.
    package var waiting: Int
    /// `costOfNothing - cost`, by resampling.
    package var saved: BootstrapInterval?

    /// - Parameters:
    ///   - rows: settled ones, with a label and an identifier each.
    ///   - features: names in the order of the stored ones; amounts that a cost asks for are taken from the feature `amount`.
    /// - Returns: nil where a cost needs an amount that is not stored with the rows, or there are no settled rows.
    init?(_ all: ReportRows, rows: [Int], labels: [Float], identifiers: [Int], job: ScoringJob, features: [String]) {
        guard !rows.isEmpty else { return nil }
        currency = job.policyCurrency
        let amountColumn = job.stage.text("amount")
        let amount = features.count == all.featureCount ? features.firstIndex(of: "amount") : nil
        var costs: [String: (when: PolicySettings.When, fixed: Double?)] = [:]
        for outcome in job.policy.outcomes {
            switch outcome.cost.pay {
            case .fixed(let money): costs[outcome.name] = (outcome.cost.when, Double(money.minor))
            case .column(let column):
                guard column == amountColumn, amount != nil else { return nil }
                costs[outcome.name] = (outcome.cost.when, nil)
            }
        }
        let minorUnits = Double(currency.minorUnits)
        func cost(_ name: String, row: Int, isPositive: Bool) -> Double {
            guard let cost = costs[name] else { return 0 }
            let applies = cost.when == .always || (cost.when == .positive) == isPositive
            guard applies else { return 0 }
            return cost.fixed ?? (amount.map { (Double(all.features[row * all.featureCount + $0]) * minorUnits).rounded() } ?? 0)
        }
        let names = job.policy.outcomes.map(\.name).filter { $0 != "review" }
        guard let first = rows.first,
            let harmless = names.min(by: { cost($0, row: first, isPositive: false) < cost($1, row: first, isPositive: false) })
        else { return nil }
        self.harmless = harmless
        let bootstrap = ClusterBootstrap(identifiers: identifiers, resamples: JobReport.resamples, seed: 1)
        var saved = [Double](repeating: 0, count: bootstrap.clusterCount)
        var table = Dictionary(uniqueKeysWithValues: names.map { ($0, Outcome(name: $0, rows: 0, positives: 0, cost: 0)) })
        (costOfNothing, self.cost, reviews, reviewCost, waiting) = (0, 0, 0, 0, 0)
        for (place, row) in rows.enumerated() {
            let isPositive = labels[place] == 1, name = all.effectiveOutcome(row)
            guard name != "review" else {
                waiting += 1
                continue
            }
            let paid = cost(name, row: row, isPositive: isPositive), nothing = cost(harmless, row: row, isPositive: isPositive)
            let asked = all.items[row]?.decision == nil ? 0 : cost("review", row: row, isPositive: isPositive)
            table[name]?.rows += 1
            table[name]?.positives += isPositive ? 1 : 0
            table[name]?.cost += paid
            costOfNothing += nothing
            self.cost += paid + asked
            reviews += all.items[row]?.decision == nil ? 0 : 1
            reviewCost += asked
            saved[bootstrap.clusters[place]] += nothing - paid - asked
        }
        outcomes = names.compactMap { table[$0] }
        self.saved = bootstrap.interval { weights in
            var sum = 0.0
            for (cluster, weight) in weights.enumerated() where weight > 0 { sum += Double(weight) * saved[cluster] }
            return sum
        }
    }
}
