#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Errors summed by cluster and slice, so that a resample is one pass over the sums and not over the rows.
struct SliceParts {
    private struct Part {
        var cluster: Int
        /// The last one is "in no slice".
        var slice: Int
        var sum: Double
        var rows: Double
    }
    private var parts: [Part] = []
    private let clusterCount: Int
    private let sliceCount: Int
    private(set) var rows: [Int]
    /// Clusters with rows in each slice, and with rows outside it.
    private(set) var clusterCounts: [Int]
    private(set) var clustersOutside: [Int]

    init(errors: [Double], slices: [Int], sliceCount: Int, identifiers: [Int]) {
        self.sliceCount = sliceCount
        let bootstrap = ClusterBootstrap(identifiers: identifiers, seed: 0)
        let places = slices.map { $0 < 0 ? sliceCount : $0 }
        clusterCount = bootstrap.clusterCount
        let order = errors.indices.sorted { (bootstrap.clusters[$0], places[$0], $0) < (bootstrap.clusters[$1], places[$1], $1) }
        for row in order {
            let (cluster, slice) = (bootstrap.clusters[row], places[row])
            if parts.last?.cluster != cluster || parts.last?.slice != slice {
                parts.append(Part(cluster: cluster, slice: slice, sum: 0, rows: 0))
            }
            parts[parts.count - 1].sum += errors[row]
            parts[parts.count - 1].rows += 1
        }
        (rows, clusterCounts) = ([Int](repeating: 0, count: sliceCount), [Int](repeating: 0, count: sliceCount))
        var slicesOfCluster = [Int](repeating: 0, count: clusterCount)
        for part in parts { slicesOfCluster[part.cluster] += 1 }
        var only = [Int](repeating: 0, count: sliceCount)
        for part in parts where part.slice < sliceCount {
            rows[part.slice] += Int(part.rows)
            clusterCounts[part.slice] += 1
            if slicesOfCluster[part.cluster] == 1 { only[part.slice] += 1 }
        }
        let all = clusterCount
        clustersOutside = only.map { all - $0 }
    }

    /// The means as they are, and the gap of each slice in each resample (where it is not defined: as it is).
    func resample(
        _ resamples: Int, seed: UInt64
    ) -> (estimates: [(inside: Double, outside: Double, gap: Double)], samples: [[Double]]) {
        var weights = [UInt32](repeating: 1, count: clusterCount)
        let estimates = means(weights)
        var samples = [[Double]](repeating: [], count: sliceCount)
        var random = PoissonWeights(seed: seed)
        for _ in 0..<resamples {
            random.fill(&weights)
            for (slice, mean) in means(weights).enumerated() { samples[slice].append(mean.gap.isNaN ? estimates[slice].gap : mean.gap) }
        }
        return (estimates.map { ($0.inside, $0.outside, $0.gap) }, samples)
    }

    private func means(_ weights: [UInt32]) -> [(inside: Double, outside: Double, gap: Double)] {
        var (sums, counts) = ([Double](repeating: 0, count: sliceCount + 1), [Double](repeating: 0, count: sliceCount + 1))
        for part in parts {
            let weight = Double(weights[part.cluster])
            sums[part.slice] += weight * part.sum
            counts[part.slice] += weight * part.rows
        }
        let (sum, count) = (sums.reduce(0, +), counts.reduce(0, +))
        return (0..<sliceCount).map { slice in
            let (inside, outside) = (sums[slice] / counts[slice], (sum - sums[slice]) / (count - counts[slice]))
            return (inside, outside, inside - outside)
        }
    }
}

extension SliceReport {
    /// -ln(probability given to the label) a row, in nats, probabilities kept within `Float.ulpOfOne` of 0 and 1.
    public static func logLosses(probabilities: [Float], labels: [Float]) -> [Double] {
        precondition(probabilities.count == labels.count, "a label a row")
        return zip(probabilities, labels).map { probability, label in
            let p = Calibrator.inside(Double(probability))
            return -log(label == 1 ? p : 1 - p)
        }
    }
}
