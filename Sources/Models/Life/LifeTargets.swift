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

    /// Mean of the lives known, each from its first row on; nil when none is.
    var typical: Float? {
        var newest: [Int: Float] = [:]
        var (sum, count) = (0.0, 0)
        for (row, unit) in units.enumerated() where !left[row].isNaN {
            // Within a life what is left falls from row to row; more than before is the first row of another life.
            if left[row] > newest[unit] ?? -1 { (sum, count) = (sum + Double(left[row]), count + 1) }
            newest[unit] = left[row]
        }
        return count > 0 ? Float(sum / Double(count)) : nil
    }
}
