/// Whether the columns of a window of days look like those of the reference days, with a false-alarm rate that is set and holds.
///
/// Rows of one entity or day are alike, so whole blocks are exchanged between reference and window, not rows: a column's chi-square
/// distance is compared with the distances after drawing at random which blocks are the window (Pesarin, Salmaso, "Permutation Tests for
/// Complex Data", 2010). Exact when blocks are exchangeable without drift (within strata, such as weekdays). Draws stop once a column has
/// been beaten ten times (Besag, Clifford, Biometrika 78, 1991). Over columns: Holm (Scandinavian Journal of Statistics 6, 1979). Over runs:
/// the yearly rate is shared by the year's runs, which holds however much the runs' windows overlap.
public struct DriftTest: Hashable, Sendable, Codable {
    /// Probability of any false alarm in a year of runs, in 0 < rate < 1.
    public var yearlyRate: Double
    public var runsPerYear: Int
    /// Most draws; those needed to reach the level of the strictest column, if fewer.
    public var draws: Int
    public var seed: UInt64

    public init(yearlyRate: Double = 0.05, runsPerYear: Int = 365, draws: Int = 1_000_000, seed: UInt64) {
        precondition(yearlyRate > 0 && yearlyRate < 1 && runsPerYear >= 1 && draws >= 1, "a rate within 0...1, a run a year or more")
        (self.yearlyRate, self.runsPerYear, self.draws, self.seed) = (yearlyRate, runsPerYear, draws, seed)
    }

    /// The rate of one run.
    public var runRate: Double { yearlyRate / Double(runsPerYear) }

    /// - Parameters:
    ///   - reference, window: blocks counted with `bins`, each at least one.
    ///   - run: number of the run, so that each draws anew.
    public func compare(reference: [DriftBlock], window: [DriftBlock], bins: DriftBins, run: Int = 0) -> DriftReport {
        precondition(!reference.isEmpty && !window.isEmpty, "a block on each side")
        precondition((reference + window).allSatisfy { $0.counts.count == bins.binCount }, "blocks counted with these bins")
        var exchange = BlockExchange(reference: reference, window: window, bins: bins)
        let observed = bins.columns.indices.map { exchange.distance($0) }
        let most = min(draws, Int((2 * Double(bins.columns.count) / runRate).rounded(.up)))
        var random = SplitMix64(seed: SplitMix64.mixed(seed) &+ UInt64(bitPattern: Int64(run)))
        var beaten = [Int](repeating: 0, count: observed.count)
        var stopped = [Int?](repeating: nil, count: observed.count)
        let enough = 10
        for draw in 1...most where stopped.contains(nil) {
            exchange.draw(&random, until: stopped)
            for column in observed.indices where stopped[column] == nil {
                // Equal up to rounding counts as beaten: the same blocks may be drawn in another order.
                guard exchange.distance(column) >= observed[column] * (1 - 1e-9) else { continue }
                beaten[column] += 1
                if beaten[column] == enough { stopped[column] = draw }
            }
        }
        let pValues = observed.indices.map { column in
            stopped[column].map { Double(enough) / Double($0) } ?? Double(beaten[column] + 1) / Double(most + 1)
        }
        return DriftReport(
            columns: bins.columns.indices.map { column in
                let (psi, before, now) = exchange.shares(column, reference: reference, window: window)
                return DriftReport.Column(
                    name: bins.columns[column].name, pValue: pValues[column], adjustedPValue: 1, isAlarm: false,
                    stabilityIndex: psi, referenceShares: before, windowShares: now)
            }, runRate: runRate, leastPValue: max(1 / Double(most + 1), exchange.leastPValue))
    }
}

/// What the comparison of one run found.
public struct DriftReport: Hashable, Sendable, Codable {
    public struct Column: Hashable, Sendable, Codable {
        public var name: String
        public var pValue: Double
        /// After Holm.
        public var adjustedPValue: Double
        public var isAlarm: Bool
        /// Population stability index, a figure often asked for: no alarm depends on it, since what is usual for it depends on the number of
        /// rows. Empty bins count half a row.
        public var stabilityIndex: Double
        /// Of the column's bins, in 0...1; the last is the missing values'.
        public var referenceShares: [Double]
        public var windowShares: [Double]
    }

    public var columns: [Column]
    public var runRate: Double
    /// No p-value can be below it with so many blocks and draws.
    public var leastPValue: Double

    public var isAlarm: Bool { columns.contains(where: \.isAlarm) }
    /// False where even the largest drift could not raise an alarm: more reference days or a longer window are needed.
    public var canAlarm: Bool { leastPValue * Double(columns.count) <= runRate }

    init(columns: [Column], runRate: Double, leastPValue: Double) {
        (self.columns, self.runRate, self.leastPValue) = (columns, runRate, leastPValue)
        var before = 0.0
        for (rank, column) in columns.indices.sorted(by: { (columns[$0].pValue, $0) < (columns[$1].pValue, $1) }).enumerated() {
            before = max(before, min(1, columns[column].pValue * Double(columns.count - rank)))
            self.columns[column].adjustedPValue = before
            self.columns[column].isAlarm = before <= runRate
        }
    }
}
