public import Records

/// A model that places texts in space, near texts of like meaning. Immutable and safe to use from several tasks.
///
/// Contract: the same text has the same vector, alone or among others, in any order; every vector has length 1 (within 1e-5), also that of
/// an empty text.
public protocol Embedder: Sendable {
    var family: String { get }
    /// Identifier and version; vectors of two models do not compare.
    var model: String { get }
    /// Values a vector, at least 1.
    var dimensions: Int { get }

    /// Row-major, `dimensions` a text, in the order given.
    ///
    /// - Throws: a text beyond the model's context; for far models also throttled for good or out of time.
    func vectors(of texts: [String]) async throws(Failure) -> [Float]
}
