/// Where a measurement lies while its process is in control, from readings of a time when it was: the phase I of control charts.
///
/// Formulas: D. C. Montgomery, "Introduction to Statistical Quality Control", chapter 6.
public struct ControlLimits: Hashable, Sendable {
    /// How the spread of readings is estimated.
    public enum Spread: String, CaseIterable, Sendable {
        /// Mean range of a subgroup over d2; of single readings the mean distance of neighbours over d2 of 2.
        case range
        /// Mean standard deviation of a subgroup over c4; of single readings as `range`.
        case deviation
    }

    /// Mean of the readings.
    public let center: Double
    /// Standard deviation of one reading, from neighbouring ones alone: slow drifts do not widen it.
    public let sigma: Double
    /// Readings a point; 1 = single readings.
    public let subgroup: Int

    public init(center: Double, sigma: Double, subgroup: Int) { (self.center, self.sigma, self.subgroup) = (center, sigma, subgroup) }

    /// - Parameters:
    ///   - readings: in order; those that are not finite are left out. The rest that fills no subgroup is not used.
    ///   - subgroup: 1...25 consecutive readings a point.
    /// - Returns: nil for fewer than two points, or readings that are all the same: there are no limits then.
    public init?(readings: [Double], subgroup: Int = 1, spread: Spread = .range) {
        precondition(subgroup == 1 || SubgroupConstants.sizes.contains(subgroup), "1 to 25 readings a point")
        let finite = readings.filter(\.isFinite)
        let points = finite.count / subgroup
        guard points >= 2 else { return nil }
        let used = finite.prefix(points * subgroup)
        let meanSpread: Double
        if subgroup == 1 {
            meanSpread = zip(used, used.dropFirst()).reduce(0.0) { $0 + abs($1.0 - $1.1) } / Double(points - 1)
        } else {
            let spreads = (0..<points).map { Self.spread(of: used[($0 * subgroup)..<(($0 + 1) * subgroup)], spread) }
            meanSpread = spreads.reduce(0, +) / Double(points)
        }
        self.init(mean: used.reduce(0, +) / Double(used.count), meanSpread: meanSpread, subgroup: subgroup, spread: spread)
    }

    /// From sums that were kept in place of the readings.
    ///
    /// - Parameter meanSpread: mean of the subgroups' spreads; of single readings, of neighbours' distances.
    /// - Returns: nil where there is no spread, or no number.
    public init?(mean: Double, meanSpread: Double, subgroup: Int, spread: Spread = .range) {
        let constants = SubgroupConstants(size: max(subgroup, 2))
        let sigma = meanSpread / (spread == .range || subgroup == 1 ? constants.d2 : constants.c4)
        guard sigma > 0, sigma.isFinite, mean.isFinite else { return nil }
        self.init(center: mean, sigma: sigma, subgroup: subgroup)
    }

    /// Range, or standard deviation with divisor n - 1.
    package static func spread(of group: some Collection<Double>, _ kind: Spread) -> Double {
        guard kind == .deviation else { return (group.max() ?? 0) - (group.min() ?? 0) }
        let mean = group.reduce(0, +) / Double(group.count)
        return (group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(group.count - 1)).squareRoot()
    }

    /// Standard deviation of a point, which is the mean of a subgroup.
    public var pointSigma: Double { sigma / Double(subgroup).squareRoot() }

    /// Limits of points, three of their standard deviations from the center: the X chart, or the X-bar chart.
    public var points: ClosedRange<Double> { (center - 3 * pointSigma)...(center + 3 * pointSigma) }

    /// Limits of a subgroup's range (R chart) or standard deviation (S chart); never below 0.
    ///
    /// - Precondition: `subgroup` is 2 or more.
    public func spreads(_ kind: Spread = .range) -> ClosedRange<Double> {
        let constants = SubgroupConstants(size: subgroup)
        let mean = kind == .range ? constants.d2 : constants.c4
        let deviation = kind == .range ? constants.d3 : (1 - constants.c4 * constants.c4).squareRoot()
        return (max(mean - 3 * deviation, 0) * sigma)...((mean + 3 * deviation) * sigma)
    }
}
