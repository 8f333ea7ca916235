public import Models
public import Records

/// Card fraud: see `definition`. (Skeleton: features follow.)
public final class FraudStage: Stage {
    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {}

    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        FeatureMatrix(featureCount: 15, values: [Float](repeating: 0, count: input.batch.count * 15))
    }

    public func ruleScores(of matrix: FeatureMatrix) -> [Float] { [Float](repeating: 0, count: matrix.rowCount) }
    public func evidence(forRow row: Int) -> [Evidence] { [] }
    public func reasons(features: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] { [] }
    public func delta() -> [UInt8] { [] }
    public func base() -> [UInt8] { [] }
    public var stateBytes: Int { 0 }
    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {}
}
