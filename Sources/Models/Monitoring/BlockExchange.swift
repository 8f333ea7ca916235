#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// All blocks, and which of them are the window now.
struct BlockExchange {
    private let width: Int
    private let columns: [DriftBins.Column]
    /// Row-major, `width` a block.
    private let counts: [Double]
    /// 1 / rows of each bin; 0 for an empty one.
    private let inverses: [Double]
    /// Rows of each column: all rows, missing values too.
    private let totals: [Double]
    /// Block places of each stratum; the first `chosen` of them are the window.
    private var strata: [(places: [Int], chosen: Int)]
    private var window: [Double]
    /// Of the ways to choose the window: none can be told apart better.
    let leastPValue: Double

    init(reference: [DriftBlock], window: [DriftBlock], bins: DriftBins) {
        (width, columns) = (bins.binCount, bins.columns)
        let all = window + reference
        counts = all.flatMap { $0.counts.map(Double.init) }
        var (total, mine) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        for (place, block) in all.enumerated() {
            for bin in 0..<width {
                total[bin] += Double(block.counts[bin])
                if place < window.count { mine[bin] += Double(block.counts[bin]) }
            }
        }
        (inverses, self.window) = (total.map { $0 > 0 ? 1 / $0 : 0 }, mine)
        totals = bins.columns.map { total[$0.start..<($0.start + $0.binCount)].reduce(0, +) }
        strata = Set(all.map(\.stratum)).sorted().map { stratum in
            let places = all.indices.filter { all[$0].stratum == stratum }
            return (places, places.count { $0 < window.count })
        }
        let logWays = strata.reduce(0.0) { sum, stratum in
            let (n, k) = (Double(stratum.places.count), Double(stratum.chosen))
            return sum + SpecialFunctions.logGamma(n + 1) - SpecialFunctions.logGamma(k + 1) - SpecialFunctions.logGamma(n - k + 1)
        }
        leastPValue = exp(-logWays)
    }

    /// Draws as many blocks of each stratum as the window has there.
    ///
    /// - Parameter stopped: columns with a value are no longer counted.
    mutating func draw(_ random: inout SplitMix64, until stopped: [Int?]) {
        for column in columns.indices where stopped[column] == nil {
            for bin in columns[column].start..<(columns[column].start + columns[column].binCount) { window[bin] = 0 }
        }
        let open = columns.indices.filter { stopped[$0] == nil }.map { columns[$0].start..<(columns[$0].start + columns[$0].binCount) }
        for stratum in strata.indices {
            let count = strata[stratum].places.count
            for place in 0..<strata[stratum].chosen {
                strata[stratum].places.swapAt(place, place + random.next(below: count - place))
                let base = strata[stratum].places[place] * width
                window.withUnsafeMutableBufferPointer { window in
                    counts.withUnsafeBufferPointer { counts in
                        for range in open { for bin in range { window[bin] += counts[base + bin] } }
                    }
                }
            }
        }
    }

    /// Chi-square distance of the window's counts of a column from those of all blocks.
    func distance(_ column: Int) -> Double {
        let range = columns[column].start..<(columns[column].start + columns[column].binCount)
        let all = totals[column]
        return window.withUnsafeBufferPointer { window in
            inverses.withUnsafeBufferPointer { inverses in
                var mine = 0.0
                for bin in range { mine += window[bin] }
                guard mine > 0, mine < all else { return 0 }
                let share = mine / all
                var sum = 0.0
                for bin in range { sum += window[bin] * window[bin] * inverses[bin] }
                // The sum of (window - share total)² / total, multiplied out.
                return (sum - share * mine) / (share * (1 - share))
            }
        }
    }

    /// The population stability index and the bins' shares.
    func shares(_ column: Int, reference: [DriftBlock], window: [DriftBlock]) -> (index: Double, reference: [Double], window: [Double]) {
        let range = columns[column].start..<(columns[column].start + columns[column].binCount)
        func sums(_ blocks: [DriftBlock]) -> [Double] { range.map { bin in blocks.reduce(0) { $0 + Double($1.counts[bin]) } } }
        let (before, now) = (sums(reference), sums(window))
        let (beforeAll, nowAll) = (max(before.reduce(0, +), 1), max(now.reduce(0, +), 1))
        let index = zip(before, now).reduce(0) { sum, bin in
            guard bin.0 + bin.1 > 0 else { return sum }
            let (p, q) = (max(bin.0, 0.5) / beforeAll, max(bin.1, 0.5) / nowAll)
            return sum + (q - p) * log(q / p)
        }
        return (index, before.map { $0 / beforeAll }, now.map { $0 / nowAll })
    }
}
