import Models
public import Records

/// What came of simulated fleets under several policies, a machine-year of 365 days.
public struct FleetReport: Sendable {
    /// A mean over seeds with its 95 % interval (Student's t); no limits where there is one seed.
    public struct Figure: Hashable, Sendable {
        public var mean: Double
        public var lower: Double?
        public var upper: Double?

        init(_ values: [Double]) {
            let interval = MeanInterval(values)
            (mean, lower, upper) = (interval.mean, interval.limits?.lowerBound, interval.limits?.upperBound)
        }
    }

    public struct Row: Hashable, Sendable {
        public var policy: FleetPolicy
        /// A machine-year each.
        public var failures: Figure
        public var repairs: Figure
        public var inspections: Figure
        public var standingHours: Figure
        /// Share of its life that a machine had used when it was repaired or failed, in 0...1.
        public var lifeUsed: Figure
        /// Minor units a machine-year: of it all, and of repairs that share of a life which they threw away.
        public var cost: Figure
        public var lifeThrown: Figure
        /// Cost under `at-failure` less that of this policy, seed by seed.
        public var saved: Figure
    }

    public var job: String
    /// Nil where no policy asked one.
    public var model: String?
    public var configuration: FleetReplay.Configuration
    /// Hours between readings.
    public var every: Int
    /// Hours of use at which `age` repairs; nil = it was not asked for, or waits for the failure.
    public var bestAge: Int?
    public var failureCost: Money
    public var repairCost: Money
    public var inspectionCost: Money
    /// In the order asked for.
    public var rows: [Row]

    public func money(_ minor: Double) -> Money {
        Money(minor: Int64(min(max(minor, -9e15), 9e15).rounded()), currency: repairCost.currency)
    }

    init(
        job: String, model: String?, configuration: FleetReplay.Configuration, every: Int, bestAge: Int?, costs: FleetParts.Costs,
        tallies: [FleetPolicy: [FleetTally]]
    ) {
        (self.job, self.model, self.configuration, self.every, self.bestAge) = (job, model, configuration, every, bestAge)
        func money(_ minor: Double) -> Money { Money(minor: Int64(minor.rounded()), currency: costs.currency) }
        (failureCost, repairCost, inspectionCost) = (money(costs.failure), money(costs.repair), money(costs.inspection))
        let years = Double(configuration.machines * configuration.days) / 365
        func cost(_ tally: FleetTally) -> Double {
            let repaired = Double(tally.failures + tally.repairs)
            let lost = repaired * costs.repair + Double(tally.failures) * costs.failure + Double(tally.inspections) * costs.inspection
            return lost / years
        }
        let base = tallies[.atFailure] ?? []
        rows = configuration.policies.map { policy in
            let own = tallies[policy] ?? []
            func yearly(_ part: (FleetTally) -> Double) -> Figure { Figure(own.map { part($0) / years }) }
            return Row(
                policy: policy, failures: yearly { Double($0.failures) }, repairs: yearly { Double($0.repairs) },
                inspections: yearly { Double($0.inspections) }, standingHours: yearly { Double($0.standing) },
                lifeUsed: Figure(own.map { $0.lifeUsed / Double(max($0.failures + $0.repairs, 1)) }), cost: Figure(own.map(cost)),
                lifeThrown: yearly { $0.lifeThrown * costs.repair }, saved: Figure(zip(base, own).map { cost($0) - cost($1) }))
        }
    }
}
