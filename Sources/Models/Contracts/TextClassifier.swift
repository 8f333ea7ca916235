public import Records

/// A trained model that says which of several classes a text is of, and how sure it is. Immutable and safe to use from several threads.
///
/// Contract (`TextClassifierContract` tests it): the same seed gives the same bytes, for any number of threads; verdicts on some of the
/// texts are some of the verdicts; probabilities of a text add up to 1; saved and loaded says the same; changed bytes are refused; weight 0
/// equals the text left out; any bytes at all can be a text.
public protocol TextClassifier: Sendable {
    var family: String { get }
    /// In the order of the probabilities.
    var classes: [String] { get }
    /// What training saw of texts that were held out: where automatic answers may begin follows from it.
    var heldOut: HeldOutAnswers { get }

    /// - Parameter texts: UTF-8; bytes that are none are passed over.
    func verdicts(on texts: [[UInt8]]) -> [TextVerdict]

    /// Row-major, one in 0...1 a class.
    func probabilities(of texts: [[UInt8]]) -> [Float]

    /// The artefact's bytes; the family's `load` gives an equal model back.
    func serialized() throws(Failure) -> [UInt8]
}

/// What a model makes of a text.
public struct TextVerdict: Hashable, Sendable {
    /// The likeliest class and the next one, places in `classes`.
    public var label: Int
    public var runnerUp: Int
    /// Probability that `label` is right, in 0...1, as it was on texts held out.
    public var confidence: Float
    /// Share of the text's n-grams that the model knows, in 0...1.
    public var known: Float

    public init(label: Int, runnerUp: Int, confidence: Float, known: Float) {
        (self.label, self.runnerUp, self.confidence, self.known) = (label, runnerUp, confidence, known)
    }
}

/// What a text classifier learns from.
public struct TextSet: Sendable {
    /// UTF-8.
    public var texts: [[UInt8]]
    /// At least two names, unique.
    public var classes: [String]
    /// Place in `classes` a text.
    public var labels: [Int]
    /// One a text, 0 or more; empty = all 1.
    public var weights: [Float]
    /// An encoder's vector a text; empty = without one.
    package var meanings: [[Float]] = []

    public init(texts: [[UInt8]], classes: [String], labels: [Int], weights: [Float] = []) {
        (self.texts, self.classes, self.labels, self.weights) = (texts, classes, labels, weights)
    }

    /// Texts with the names of their classes, which are ordered by name.
    public init(texts: [String], labels: [String]) {
        let classes = Set(labels).sorted()
        let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        self.init(texts: texts.map { Array($0.utf8) }, classes: classes, labels: labels.map { places[$0] ?? 0 })
    }

    /// The given texts.
    public func rows(_ rows: [Int]) -> TextSet {
        var set = TextSet(
            texts: rows.map { texts[$0] }, classes: classes, labels: rows.map { labels[$0] },
            weights: weights.isEmpty ? [] : rows.map { weights[$0] })
        if !meanings.isEmpty { set.meanings = rows.map { meanings[$0] } }
        return set
    }
}

/// A family of text classifiers: one entry in `ModelFamilies.text`.
public protocol TextClassifierFamily: Sendable {
    static var definition: Definition { get }
    static var libraryVersion: String { get }

    /// - Throws: no texts, a class with fewer than two texts, a label that is no class, counts that do not match.
    static func train(
        on set: TextSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any TextClassifier

    /// - Throws: bytes that are not a model of this family.
    static func load(_ bytes: [UInt8], threads: Int) throws(Failure) -> any TextClassifier
}
