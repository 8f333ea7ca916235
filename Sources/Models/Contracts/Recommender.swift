public import Records

/// A trained model of which items go with a person's history. Immutable and safe to use from several threads.
///
/// Contract (`RecommenderContract` tests it): no item comes twice, none that is excluded; scores fall; equal scores by rising item; the
/// first n of a longer list are the list of n; lists do not depend on which people are asked for together; an unknown person gets the
/// list of an empty history, never a failure; contributions add up to the score; the same seed gives the same bytes, for any number of
/// threads; saved and loaded recommends the same; a damaged artefact is refused.
public protocol Recommender: Sendable {
    var family: String { get }
    /// Identifiers of the items the model can name, rising and unique; everything else refers to their places here, from 0.
    var items: [String] { get }

    /// A score an item for each history, row-major; minus infinity where the model knows no reason to name the item.
    ///
    /// - Throws: a place outside `items`.
    func scores(for histories: [History]) throws(Failure) -> [Float]

    /// The best items for each history, exact.
    ///
    /// - Parameters:
    ///   - histories: what each person did, as places in `items`.
    ///   - excluded: for each person the items not to name, as places in `items`; empty = none for anybody.
    ///   - count: most items a person, at least 1.
    ///   - threads: any number gives the same lists.
    /// - Throws: a place outside `items`, or lists of different lengths.
    func recommendations(for histories: [History], excluding excluded: [[Int]], count: Int, threads: Int) throws(Failure)
        -> [[Recommendation]]

    /// What of the history made the score of one item: entries add up to it. A part that no single event made has `item` nil.
    ///
    /// - Throws: a place outside `items`.
    func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution]

    /// The model after more days, without training again: for families of counts and closed forms what a training on all of `log` gives, to the
    /// bit; for factors the new days folded in, with the items that training knew as they are; for those that learnt on slices what they learnt
    /// stays, and what it is applied to is of all days.
    ///
    /// - Parameters:
    ///   - log: everything known by now, the days that the model was trained on included.
    ///   - asOf: as in training.
    /// - Returns: nil where the family must train again.
    func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)?

    /// The artefact's bytes; the family's `load` gives an equal model back.
    func serialized() throws(Failure) -> [UInt8]
}

/// An item and how well it fits; scores of one model compare, those of two do not.
public struct Recommendation: Hashable, Sendable {
    /// Place in the recommender's `items`.
    public var item: Int
    public var score: Float

    public init(item: Int, score: Float) { (self.item, self.score) = (item, score) }
}

/// A part of a score.
public struct Contribution: Hashable, Sendable {
    /// Place of the item of the history that made it; nil = what everybody does, or a part of the model without an event behind it.
    public var item: Int?
    /// What the part is, where the model has several: a feature's name, or empty.
    public var part: String
    public var amount: Float

    public init(item: Int?, part: String = "", amount: Float) { (self.item, self.part, self.amount) = (item, part, amount) }
}

/// A family of recommenders: one folder, one entry in `ModelFamilies.recommenders`.
public protocol RecommenderFamily: Sendable {
    static var definition: Definition { get }
    /// Version of the library underneath, and ours: `ease 1, openblas 0.3.21`.
    static var libraryVersion: String { get }

    /// - Parameters:
    ///   - log: what was known then; nothing at or after `asOf`.
    ///   - asOf: microseconds; ages count back from here.
    /// - Throws: no interactions, one at or after `asOf`, more items than the family can hold in the memory it may use.
    static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender

    /// - Throws: bytes that are not a model of this family.
    static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender
}

extension Recommender {
    public func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? { nil }

    /// By blocks of people, so that memory is a block's whatever their number.
    public func recommendations(
        for histories: [History], excluding excluded: [[Int]] = [], count: Int, threads: Int = 1
    ) throws(Failure) -> [[Recommendation]] {
        try check(histories, excluding: excluded)
        var lists: [[Recommendation]] = []
        lists.reserveCapacity(histories.count)
        let size = max(1, min(256, 8_000_000 / max(1, items.count)))
        for block in 0..<FixedBlocks.count(of: histories.count, size: size) {
            let people = FixedBlocks.range(block, of: histories.count, size: size)
            var scores = try scores(for: Array(histories[people]))
            if !excluded.isEmpty {
                for (row, person) in people.enumerated() {
                    for place in excluded[person] { scores[row * items.count + place] = -.infinity }
                }
            }
            lists += TopItems.lists(of: scores, width: items.count, count: count)
        }
        return lists
    }

    package func check(_ histories: [History], excluding excluded: [[Int]] = []) throws(Failure) {
        guard excluded.isEmpty || excluded.count == histories.count else {
            throw .historyCounts(histories: histories.count, excluded: excluded.count)
        }
        for list in excluded { for place in list where !items.indices.contains(place) { throw .historyPlace(place, items: items.count) } }
        for history in histories {
            for place in history.items where !items.indices.contains(place) { throw .historyPlace(place, items: items.count) }
        }
    }
}

extension TopItems {
    /// A list a row of a row-major matrix of scores.
    package static func lists(of scores: [Float], width: Int, count: Int) -> [[Recommendation]] {
        guard width > 0 else { return [] }
        var top = TopItems(capacity: count)
        return scores.withUnsafeBufferPointer { scores in
            (0..<scores.count / width).map { row in
                top.removeAll()
                if let start = scores.baseAddress { top.offer(start + row * width, count: width, first: 0) }
                return top.list
            }
        }
    }
}
