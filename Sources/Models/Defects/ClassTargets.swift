/// What kind each row of a training set is, besides whether it is positive: what ``DefectFamily`` learns from.
public struct ClassTargets: Sendable {
    /// Unique names.
    public var names: [String]
    /// Place in `names` a row; -1 = not known.
    public var labels: [Int]

    public init(names: [String], labels: [Int]) { (self.names, self.labels) = (names, labels) }

    /// The given rows.
    public func rows(_ indices: [Int]) -> ClassTargets { ClassTargets(names: names, labels: indices.map { labels[$0] }) }
}
