public import Models
public import Records

/// The columns of what a ``FinishingStage`` gives: its results go through policy, review and the result table as rows of a feed would.
public struct ResultLayout: Sendable {
    /// Every column. Money columns may be costs of outcomes, number columns may stand in rules.
    public var schema: Schema
    /// Names of the key's columns: what is asked about, such as the article and the day of the forecast.
    public var key: [String]
    /// Name of the timestamp column that is the result's event time.
    public var time: String

    /// - Precondition: key and time are columns of the schema, the time is a timestamp.
    public init(schema: Schema, key: [String], time: String) {
        precondition(schema[time]?.type == .timestamp && !key.isEmpty && key.allSatisfy { schema[$0] != nil })
        (self.schema, self.key, self.time) = (schema, key, time)
    }
}

/// A row that a stage cannot use: it becomes a reject.
public struct RowRefusal: Hashable, Sendable {
    /// Index into the batch.
    public var row: Int
    /// Name as in the job file; nil = the whole row.
    public var column: String?
    public var code: Reject.Code
    public var found: String
    public var expected: String

    public init(row: Int, column: String?, code: Reject.Code, found: String, expected: String) {
        (self.row, self.column, self.code, self.found, self.expected) = (row, column, code, found, expected)
    }
}

/// When a feed was read to its end.
public struct FinishTime: Hashable, Sendable {
    /// The run's clock.
    public var clock: Timestamp
    /// Newest event time of the main feed; nil = it never had a row.
    public var watermark: Timestamp?
    /// That results may be computed on, at least 1; they are the same for any number.
    public var threads: Int
    /// Days since 1970 that are holidays by the job's calendar, sorted.
    public var holidays: [Int] = []

    public init(clock: Timestamp, watermark: Timestamp?, threads: Int = 1) {
        (self.clock, self.watermark, self.threads) = (clock, watermark, threads)
    }
}

/// Results of a finishing stage, one a row.
public struct FinishedRows: Sendable {
    /// Of the layout's schema. Row numbers count the results of the whole feed from 1.
    public var batch: RecordBatch
    /// As defined, a row each.
    public var features: FeatureMatrix

    public init(batch: RecordBatch, features: FeatureMatrix) { (self.batch, self.features) = (batch, features) }
}

/// Domain logic whose results are about entities and exist only once the feed is read: a forecast and an order an article, recommendations a
/// customer. It takes rows in, then gives results a part at a time; rows of the feed get no result of their own.
///
/// The engine calls `absorb` for every block (rows of table feeds first), `finish` after the last, then `finished` for consecutive ranges;
/// scores, reasons and evidence are asked for the part given last. A killed run restores the state, calls `finish` again and goes on with
/// the range after the last one committed.
///
/// `ruleScores` are probabilities here: policy weighs costs by them, as it does by a model's.
///
/// Contract (`FinishingStageContract` tests it): how rows are cut into blocks changes nothing; results depend on the state and the
/// `FinishTime` only, never on how the results are cut, on threads or on an earlier `finish`; `finish` and `finished` change no state (the
/// next `delta` is empty); a stage restored from `base` and deltas gives the same results; no key comes twice.
public protocol FinishingStage: TableStage {
    /// - Parameter main: the main feed's columns.
    /// - Returns: nil where a parameter is missing or names no column; `init` then says why.
    static func layout(for configuration: StageConfiguration, main: Schema) -> ResultLayout?

    /// Takes rows of the main feed, late ones within the feed's lateness included. A key that came before with another content takes the
    /// place of the earlier row, unless `input.isReplayed`. Returns the rows that it cannot use, in order.
    func absorb(_ input: StageInput) throws(Failure) -> [RowRefusal]

    /// Fixes what is to be given. - Returns: the number of results.
    func finish(_ time: FinishTime) throws(Failure) -> Int

    /// Results of a range of 0 ..< count, in the order of the state.
    func finished(_ range: Range<Int>) throws(Failure) -> FinishedRows
}

/// A finishing stage whose results can cease to hold. Rows of the result table stay until their key comes again, so a key that a later run
/// does not fill any more would stand as if it still held: the stage is told which keys stand, and gives a row for each that it takes back.
public protocol WithdrawingStage: FinishingStage {
    /// The text column of the layout that says what kind a result is, what it says in one that takes back, and the text column that says
    /// what the result was about.
    static var withdrawal: (column: String, mark: String, subject: String) { get }

    /// Called before `finish` with what earlier runs gave and did not take back, in the order of the keys; part of what results depend on.
    func stood(_ results: [StandingResult])
}

/// A finishing stage whose results people decide about, and which heeds what they decided from its time on.
public protocol DecidedStage: FinishingStage {
    /// The parameter that says what each outcome means (a mapping of outcomes to the stage's words), and the text column of the layout that
    /// says what a decision is about.
    static var deciding: (parameter: String, column: String) { get }

    /// Called before `finish` with every decision made before the run's clock, oldest first; those of earlier runs come again and change
    /// nothing. It moves the state, which is stored with the first results.
    func absorb(decisions: [StageDecision])

    /// How many of these decisions the state does not know, where other results come of them at that time: reason enough for a run without
    /// new rows. 0 where they change nothing. The state stays as it is; called on the stored one with every decision made before `time`, oldest
    /// first.
    func unheard(_ decisions: [StageDecision], at time: Timestamp) -> Int
}

/// What a person decided about a result.
public struct StageDecision: Hashable, Sendable {
    /// What the result was about.
    public var subject: String
    public var outcome: String
    /// The outcome of the decision whose place it takes; nil = of none.
    public var replaced: String?
    public var decided: Timestamp

    public init(subject: String, outcome: String, replaced: String? = nil, decided: Timestamp) {
        (self.subject, self.outcome, self.replaced, self.decided) = (subject, outcome, replaced, decided)
    }
}

/// A finishing stage that learns from all rows once they are read, and whose next run starts from what this one learnt.
public protocol LearningStage: FinishingStage {
    /// What `finish` learnt, as bytes that `restore` takes among its deltas; empty = nothing. It becomes part of the stored state with the first
    /// results, not of this stage: `finish` changes no state, and called again on the restored state at the same time it gives the same.
    func learnt() throws(Failure) -> [UInt8]
}

/// A result of an earlier run that nothing has taken the place of.
public struct StandingResult: Hashable, Sendable {
    /// Texts of the key's columns, in order.
    public var key: [String]
    public var subject: String

    public init(key: [String], subject: String) { (self.key, self.subject) = (key, subject) }
}

extension FinishingStage {
    public func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) -> [RowRefusal] { [] }

    /// Rows have no features: they are absorbed.
    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        _ = try absorb(input)
        return FeatureMatrix(featureCount: 0, values: [])
    }
}

/// The rows that a job decides: those of the main feed, or those that its finishing stage gives.
struct DecidedRows: Sendable {
    var schema: Schema
    var key: [Int]
    var time: Int
    /// They come from a finishing stage: columns besides the key are written to the result table.
    var isFinished: Bool
    /// Columns that an answering stage adds to the result table.
    var answers: [Field] = []

    var keyFields: [Field] { key.map { schema.fields[$0] } }

    /// Columns of the result table besides those every result table has.
    var valueColumns: [Int] { isFinished ? schema.fields.indices.filter { !key.contains($0) && $0 != time } : [] }
}

extension ScoringJob {
    /// - Throws: a stage that is not listed, or is configured wrongly.
    func decided() throws(Failure) -> DecidedRows {
        let stage = scoring.stage, main = scoring.main
        if let type = try Stages.required(stage.name) as? any FinishingStage.Type {
            guard let layout = type.layout(for: stage, main: main.schema) else {
                _ = try type.init(configuration: stage, schema: main.schema)
                throw .stageInput(stage.name, found: "no layout of its results", expected: "one, as it can be made")
            }
            let schema = layout.schema
            return DecidedRows(
                schema: schema, key: layout.key.compactMap { schema.index(of: $0) }, time: schema.index(of: layout.time) ?? 0,
                isFinished: true)
        }
        let schema = main.schema
        let answers = (try Stages.required(stage.name) as? any AnsweringStage.Type)?.answerFields(for: stage) ?? []
        if let clash = answers.map(\.name).first(where: { main.key.contains($0) }) { throw .answerNamedAsKey(stage.name, clash) }
        return DecidedRows(
            schema: schema, key: main.key.compactMap { schema.index(of: $0) },
            time: main.eventTime.flatMap { schema.index(of: $0) } ?? 0, isFinished: false, answers: answers)
    }
}

extension Failure {
    static func answerNamedAsKey(_ stage: String, _ name: String) -> Failure {
        Failure(
            .job, code: "stage.answer-key", what: "a column of the key has the name of an answer", place: stage, found: "`\(name)`",
            expected: "another name: the stage writes a column of this name into the result table",
            remedy: "Rename the column in the feed: `other: { from: \(name), … }`.")
    }
}
