/// Where a model errs more than elsewhere: the error of each slice (a range of amounts, an hour, a declared group) beside that of all other
/// rows.
///
/// Intervals hold for all slices at once with 95 %: the largest studentized deviation over the slices sets their width (Romano, Wolf, JASA
/// 100, 2005), so that of many slices without a gap hardly one is named. Whole clusters are resampled with Poisson weights.
public struct SliceReport: Hashable, Sendable, Codable {
    public struct Slice: Hashable, Sendable, Codable {
        public var name: String
        public var rows: Int
        public var clusters: Int
        public var positives: Int
        /// Mean error a row, and that of the rows outside the slice.
        public var error: Double
        public var errorElsewhere: Double
        /// Simultaneous 95 % interval of error - errorElsewhere; nil with fewer than `leastClusters` clusters inside or outside.
        public var lower: Double?
        public var upper: Double?

        public var gap: Double { error - errorElsewhere }
        /// The interval leaves out 0.
        public var isNotable: Bool { (lower ?? 0) > 0 || (upper ?? 0) < 0 }
    }

    /// Below so many clusters no interval is given: resampling them would say too little.
    public static let leastClusters = 20

    /// Without those that hold no row or all of them: they have nothing to be compared with.
    public var slices: [Slice]
    /// Half widths of the intervals in standard errors: 1.96 for one slice, more for many.
    public var criticalValue: Double

    /// - Parameters:
    ///   - errors: of each row, for instance ``logLosses(probabilities:labels:)``.
    ///   - labels: 0 or 1 a row.
    ///   - slices: a place in `names` a row; negative = in no slice, and elsewhere for all.
    ///   - clusters: an identifier a row.
    public init(
        errors: [Double], labels: [Float], slices: [Int], names: [String], clusters identifiers: [Int], resamples: Int = 1_000, seed: UInt64
    ) {
        precondition([labels.count, slices.count, identifiers.count].allSatisfy { $0 == errors.count }, "a label, slice and cluster a row")
        precondition(resamples >= 40 && slices.allSatisfy { $0 < names.count }, "places in the names")
        let parts = SliceParts(errors: errors, slices: slices, sliceCount: names.count, identifiers: identifiers)
        let (estimates, samples) = parts.resample(resamples, seed: seed)
        let isUsable = names.indices.map { slice in
            min(parts.clusterCounts[slice], parts.clustersOutside[slice]) >= Self.leastClusters
        }
        let deviations = names.indices.map { slice in isUsable[slice] ? Self.deviation(samples[slice]) : 0 }
        var largest: [Double] = []
        for sample in 0..<resamples {
            var most = 0.0
            for slice in names.indices where deviations[slice] > 0 {
                most = max(most, abs(samples[slice][sample] - estimates[slice].gap) / deviations[slice])
            }
            largest.append(most)
        }
        let critical = ClusterBootstrap.quantile(0.95, of: largest.sorted())
        criticalValue = critical
        var positives = [Int](repeating: 0, count: names.count)
        for row in slices.indices where slices[row] >= 0 && labels[row] == 1 { positives[slices[row]] += 1 }
        let usedSlices = names.indices.filter { parts.rows[$0] > 0 && parts.rows[$0] < errors.count }
        self.slices = usedSlices.map { slice in
            let (estimate, half) = (estimates[slice], critical * deviations[slice])
            return Slice(
                name: names[slice], rows: parts.rows[slice], clusters: parts.clusterCounts[slice], positives: positives[slice],
                error: estimate.inside, errorElsewhere: estimate.outside, lower: isUsable[slice] ? estimate.gap - half : nil,
                upper: isUsable[slice] ? estimate.gap + half : nil)
        }
    }

    private static func deviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }

    /// Bins of a number with about as many rows each: a place a row (-1 for NaN), and the bins' names, `low to high`.
    public static func bins(of values: [Double], count: Int, text: (Double) -> String) -> (places: [Int], names: [String]) {
        let sorted = values.filter { !$0.isNaN }.sorted()
        guard let lowest = sorted.first, let highest = sorted.last, count >= 1 else { return (values.map { _ in -1 }, []) }
        var edges: [Double] = []
        for bin in 1..<max(count, 1) {
            let edge = sorted[sorted.count * bin / count]
            if edge > (edges.last ?? lowest) { edges.append(edge) }
        }
        let bounds = [lowest] + edges + [highest]
        let names = zip(bounds, bounds.dropFirst()).map { "\(text($0)) to \(text($1))" }
        return (values.map { value in value.isNaN ? -1 : edges.count { $0 <= value } }, names)
    }
}
