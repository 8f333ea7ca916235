/// Rows of features, row-major, as 32-bit floats (what boosting compares); NaN is missing.
public struct FeatureMatrix: Sendable, Hashable {
    public let featureCount: Int
    public var values: [Float]

    public var rowCount: Int { featureCount == 0 ? 0 : values.count / featureCount }

    /// - Precondition: `values.count` is a multiple of `featureCount`.
    public init(featureCount: Int, values: [Float] = []) {
        precondition(featureCount >= 0 && (featureCount == 0 ? values.isEmpty : values.count % featureCount == 0))
        (self.featureCount, self.values) = (featureCount, values)
    }

    public func row(_ index: Int) -> ArraySlice<Float> { values[index * featureCount..<(index + 1) * featureCount] }

    /// The given rows, in the given order.
    public func rows(_ indices: some Sequence<Int>) -> FeatureMatrix {
        var picked: [Float] = []
        for index in indices { picked.append(contentsOf: row(index)) }
        return FeatureMatrix(featureCount: featureCount, values: picked)
    }
}
