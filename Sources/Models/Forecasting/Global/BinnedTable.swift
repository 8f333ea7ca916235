/// Features as small integers: what histograms of trees are made over.
///
/// Source: Ke et al., "LightGBM: A highly efficient gradient boosting decision tree" (2017). Limits are quantiles of a sample of rows; bin 0 is
/// for missing values. Column-major, a byte a value.
struct BinnedTable {
    let rowCount: Int
    let featureCount: Int
    private(set) var bins: [UInt8]
    /// Upper limits of a feature's bins from 1 on, rising; a value above the last is in the bin after it.
    let limits: [[Float]]

    /// - Parameter values: row-major; NaN is missing.
    init(_ values: [Float], featureCount: Int, limits given: [[Float]]? = nil) {
        self.featureCount = featureCount
        rowCount = featureCount == 0 ? 0 : values.count / featureCount
        let limits = given ?? Self.limits(values, featureCount: featureCount, rowCount: rowCount)
        self.limits = limits
        let count = rowCount
        bins = [UInt8](unsafeUninitializedCapacity: values.count) { bins, initialized in
            values.withUnsafeBufferPointer { values in
                for feature in 0..<featureCount {
                    limits[feature].withUnsafeBufferPointer { own in
                        for row in 0..<count { bins[feature * count + row] = Self.bin(values[row * featureCount + feature], own) }
                    }
                }
            }
            initialized = values.count
        }
    }

    @inline(__always)
    static func bin(_ value: Float, _ limits: UnsafeBufferPointer<Float>) -> UInt8 {
        guard value == value else { return 0 }
        var low = 0, high = limits.count
        while low < high {
            let middle = (low + high) / 2
            if limits[middle] < value { low = middle + 1 } else { high = middle }
        }
        return UInt8(low + 1)
    }

    private static func limits(_ values: [Float], featureCount: Int, rowCount: Int) -> [[Float]] {
        let step = max(1, rowCount / 50_000)
        return (0..<featureCount).map { feature in
            var sample: [Float] = []
            for row in stride(from: 0, to: rowCount, by: step) {
                let value = values[row * featureCount + feature]
                if value == value { sample.append(value) }
            }
            sample.sort()
            var result: [Float] = []
            let parts = 62
            for part in 1..<max(parts, 2) where !sample.isEmpty {
                let limit = sample[min(sample.count - 1, part * sample.count / parts)]
                if limit != result.last, limit != sample[sample.count - 1] { result.append(limit) }
            }
            return result
        }
    }
}
