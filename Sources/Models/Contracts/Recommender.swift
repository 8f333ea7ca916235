public import Records

/// A trained model of which items go with a person's history. Immutable and safe to use from several threads.
///
/// Contract: no item comes twice, none that is excluded; scores fall; equal scores by rising item; the first n of a longer list are the
/// list of n; an unknown person gets the list of an empty history, never a failure.
public protocol Recommender: Sendable {
    var family: String { get }
    /// Identifiers of the items the model can name, rising and unique; everything else refers to their places here, from 0.
    var items: [String] { get }

    /// The best items for each history.
    ///
    /// - Parameters:
    ///   - histories: for each person the items of the past, oldest first, as places in `items`.
    ///   - excluded: for each person the items not to name, as places in `items`.
    ///   - count: most items a person, at least 1.
    /// - Throws: a place outside `items`, or lists of different lengths.
    func recommendations(for histories: [[Int]], excluding excluded: [[Int]], count: Int) throws(Failure) -> [[Recommendation]]

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
