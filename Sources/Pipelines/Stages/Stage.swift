public import Models
public import Records

/// What a stage says of itself: name, sentence and parameters, and what it computes.
public struct StageDefinition: Sendable {
    public var definition: Definition
    /// Counted up with every change that changes a result; runs store it.
    public var version: Int
    /// Names and meaning of the features it computes, in matrix order.
    public var features: [(name: String, meaning: String)]
    /// Of features that are amounts or lengths of time: rules compare them with `220 EUR` or `2d`. Others are plain numbers.
    public var units: [String: FeatureUnit] = [:]
    /// What a positive label means in this domain (`fraud`), and its opposite (`genuine`): the words of `cost: { if: … }`.
    public var positive: String
    public var negative: String
    /// Features that can only speak for or against a positive row, by name; the others may do both.
    public var signs: [String: FeatureSign] = [:]
    /// What the stage promises rests on these signs: a model keeps them whether the job asks for it or not.
    public var keepsSigns = false

    public init(definition: Definition, version: Int, features: [(name: String, meaning: String)], positive: String, negative: String) {
        (self.definition, self.version, self.features) = (definition, version, features)
        (self.positive, self.negative) = (positive, negative)
    }

    /// The same with units of features.
    public func with(units: [String: FeatureUnit]) -> StageDefinition {
        var definition = self
        definition.units = units
        return definition
    }
}

/// What one unit of a feature is.
public enum FeatureUnit: Hashable, Sendable {
    /// Major units of the currency of the stage's first money column.
    case money
    /// This length of time.
    case time(Timestamp.Span)

    public static let days = FeatureUnit.time(.days(1))
    public static let seconds = FeatureUnit.time(.seconds(1))
}

/// A fact learnt about an earlier row.
public struct LabelEvent: Hashable, Sendable {
    /// Hash of the row's key (`RecordKey.hash`).
    public var key: UInt64
    public var isPositive: Bool
    /// When it became known.
    public var known: Timestamp

    public init(key: UInt64, isPositive: Bool, known: Timestamp) { (self.key, self.isPositive, self.known) = (key, isPositive, known) }
}

/// Rows on their way through a stage.
public struct StageInput: Sendable {
    public var batch: RecordBatch
    /// Hash of each row's key.
    public var keys: [UInt64]
    /// Event time of each row.
    public var times: [Int64]
    /// Labels of the same rows that travel with them (research data), or empty; nil = no label.
    public var labels: [Bool?]
    /// When a row's own label becomes known after its event time.
    public var labelDelay: Timestamp.Span
    /// Rows whose key came before with another content: they take the place of the earlier row. Empty = none.
    public var corrected: [Bool] = []
    /// Labels from feeds and decisions in order of known time, not given before.
    public var events: [LabelEvent]
    /// The rows are rejects of earlier runs that are read again.
    public var isReplayed = false

    public init(
        batch: RecordBatch, keys: [UInt64], times: [Int64], labels: [Bool?] = [], labelDelay: Timestamp.Span = .zero,
        events: [LabelEvent] = []
    ) {
        (self.batch, self.keys, self.times, self.labels) = (batch, keys, times, labels)
        (self.labelDelay, self.events) = (labelDelay, events)
    }
}

/// Domain logic over a stream of rows. Used by one thread at a time.
///
/// Contract (`StageContract` tests it): a row's features depend on that row and earlier ones only (by event time, then by position), and
/// on labels known by its event time; how rows are cut into batches changes nothing; a stage restored from `base` and the deltas after it
/// goes on exactly as the one that wrote them.
public protocol Stage: AnyObject {
    static var definition: StageDefinition { get }

    /// As configured: a stage whose parameters choose among its features names those it then computes.
    static func definition(for configuration: StageConfiguration) -> StageDefinition

    /// - Parameter schema: of the main feed; the parameters name its columns.
    init(configuration: StageConfiguration, schema: Schema) throws(Failure)

    /// Features of the rows, in order; the stage's state moves past them.
    func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix

    /// Score of a row in 0...1 by the stage's own rules, for when there is no model yet.
    func ruleScores(of matrix: FeatureMatrix) -> [Float]

    /// What a person needs to decide about row `row` of the last batch consumed: earlier related rows, newest first.
    func evidence(forRow row: Int) -> [Evidence]

    /// The same as JSON, an array of tables; what the engine calls. A stage with much evidence writes it here without making texts first.
    func writeEvidence(forRow row: Int, to json: inout JSONWriter)

    /// The main reasons in words, strongest first, from a row's features and their contributions to the log-odds.
    func reasons(features: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String]

    /// What changed since the last call of `delta` or `base`.
    func delta() -> [UInt8]
    /// The whole state; deltas count from here.
    func base() -> [UInt8]
    /// Bytes of memory held, estimated.
    var stateBytes: Int { get }
    func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure)
}

extension Stage {
    public static func definition(for configuration: StageConfiguration) -> StageDefinition { definition }

    public func writeEvidence(forRow row: Int, to json: inout JSONWriter) { json.evidence(evidence(forRow: row)) }
}

/// A stage that takes rows of table feeds, which come before those of the main feed.
public protocol TableStage: Stage {
    /// Takes rows of a feed with `role: table` that a parameter names; others are not given. Returns the rows that it cannot use, in order: they
    /// become rejects and are not written to the table.
    @discardableResult
    func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) -> [RowRefusal]

    /// The same with each row's event time, where the feed declares one; a stage that does not ask when a row holds need not have it.
    @discardableResult
    func absorb(_ batch: RecordBatch, ofTable feed: String, times: Column?) throws(Failure) -> [RowRefusal]
}

extension TableStage {
    @discardableResult
    public func absorb(_ batch: RecordBatch, ofTable feed: String, times: Column?) throws(Failure) -> [RowRefusal] {
        try absorb(batch, ofTable: feed)
    }
}

/// A stage that can let go of one entity by its name, such as a person who asks for it.
public protocol ForgettingStage: Stage {
    /// Forgets the name; afterwards neither `base` nor anything the stage gives has it. What it says of others stays as it is.
    ///
    /// - Returns: whether the name was known.
    func forget(_ name: String) -> Bool
}

/// A stage whose own suspicion is a promise kept without a model: half and more is what a person is to see, and nothing else fills the
/// queue.
public protocol WatchingStage: Stage {}

/// A table of earlier rows shown with a review item.
public struct Evidence: Hashable, Sendable, Codable {
    /// `last ten transactions of this card`
    public var title: String
    public var columns: [String]
    public var rows: [[String]]

    public init(title: String, columns: [String], rows: [[String]]) { (self.title, self.columns, self.rows) = (title, columns, rows) }
}
