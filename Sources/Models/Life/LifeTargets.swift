/// How long the units of a training set still ran, besides the labels: what ``LifeFamily`` learns from.
public struct LifeTargets: Sendable {
    /// Steps (cycles, hours) from the row until its unit failed; NaN where it had not failed yet.
    public var left: [Float]
    /// Steps from the row until the unit was last seen: it ran at least that long.
    public var atLeast: [Float]
    /// The unit of each row.
    public var units: [Int]
    /// The planning horizon in steps: the score is the probability of a failure within it.
    public var horizon: Float

    public init(left: [Float], atLeast: [Float], units: [Int], horizon: Float) {
        (self.left, self.atLeast, self.units, self.horizon) = (left, atLeast, units, horizon)
    }
}
