/// Groups (units, cards) dealt into folds of nearly equal numbers of groups, so that rows of one group are never on both sides of a cut.
package struct GroupFolds: Sendable {
    package let count: Int
    private let foldOfRow: [Int]

    /// - Parameters:
    ///   - groups: the group of each row.
    ///   - folds: at least 2; fewer are made when there are fewer groups.
    ///   - seed: deals the groups; the same one deals them alike whatever their order.
    package init(groups: [Int], folds: Int, seed: UInt64) {
        precondition(folds >= 2)
        var order = Set(groups).sorted()
        var random = SplitMix64(seed: seed)
        for index in order.indices.reversed() where index > 0 { order.swapAt(index, random.next(below: index + 1)) }
        let made = min(folds, max(order.count, 1))
        count = made
        let folds = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0 % made) })
        foldOfRow = groups.map { folds[$0] ?? 0 }
    }

    package func rows(in fold: Int) -> [Int] { foldOfRow.indices.filter { foldOfRow[$0] == fold } }
    package func rows(notIn fold: Int) -> [Int] { foldOfRow.indices.filter { foldOfRow[$0] != fold } }
}
