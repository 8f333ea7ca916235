public import GRDB
public import Records

/// What a person can say of an item: the outcomes of the policy of the day, and the stage's words for what a row was.
public struct ReviewChoices: Hashable, Sendable {
    public struct Choice: Hashable, Sendable {
        public var outcome: String
        /// What choosing it says of the row: an outcome that costs when the row is positive says that it is not, and the other way round;
        /// nil = neither.
        public var isPositive: Bool?
        /// What choosing it must state as a number, such as `units`; nil = nothing.
        public var amount: String?
    }

    /// In the policy's order, without `review`.
    public var choices: [Choice]
    /// `fraud` and `genuine`
    public var positive: String
    public var negative: String

    public var outcomes: [String] { choices.map(\.outcome) }

    public init(job: Job) throws(Failure) {
        let job = try job.scored()
        let stage = try Stages.required(job.stage.name).definition
        (positive, negative) = (stage.positive, stage.negative)
        choices = job.policy.outcomes.filter { $0.name != "review" }.map { outcome in
            switch outcome.cost.when {
            case .positive: Choice(outcome: outcome.name, isPositive: false, amount: outcome.amount)
            case .negative: Choice(outcome: outcome.name, isPositive: true, amount: outcome.amount)
            case .always: Choice(outcome: outcome.name, isPositive: nil, amount: outcome.amount)
            }
        }
    }

    /// What can be said of an item that is not about a row; `wait` leaves it open.
    public static let accept = "accept"
    public static let reject = "reject"
    public static let wait = "wait"

    /// Of an item that is not about a row: no job and no label come into it.
    public static let ofDelivery = ReviewChoices(
        choices: [accept, reject, wait].map { Choice(outcome: $0, isPositive: nil) }, positive: "", negative: "")

    private init(choices: [Choice], positive: String, negative: String) {
        (self.choices, self.positive, self.negative) = (choices, positive, negative)
    }

    /// The choices of any item: of a row, those of the policy of its run's day.
    public static func of(_ item: ReviewItem, in database: Database) throws -> ReviewChoices {
        item.kind == .row ? try ReviewChoices(job: try RunStore(database).job(ofRun: item.run)) : ofDelivery
    }

    /// The stage's word; nil for nil.
    public func word(_ isPositive: Bool?) -> String? { isPositive.map { $0 ? positive : negative } }

    /// What a decision says the row was: the word given, else what the outcome says.
    ///
    /// - Throws: a word that is neither of the two.
    public func label(word: String?, outcome: String) throws(Failure) -> Bool? {
        if let word, positive.isEmpty { throw .reviewWord(word, known: []) }
        switch word {
        case positive: return true
        case negative: return false
        case let word?: throw .reviewWord(word, known: [positive, negative])
        case nil: return choices.first { $0.outcome == outcome }?.isPositive
        }
    }
}

extension RunStore {
    /// The job as its file was when a run started: a decision is made under the policy of its day.
    ///
    /// - Throws: no such run; a stored file that is gone, or that this version cannot read.
    public func job(ofRun run: Int64) throws(Failure) -> Job {
        let record = try self.run(run)
        let stored = try database.worded {
            try String.fetchOne(database, sql: "SELECT path FROM pipeline_jobs WHERE digest = ?", arguments: [record.jobDigest])
        }
        return try Job.stored(text: try jobText(digest: record.jobDigest), path: stored ?? "")
    }
}

extension Failure {
    static func reviewWord(_ word: String, known: [String]) -> Failure {
        Failure(
            .usage, code: "review.word",
            what: known.isEmpty ? "a decision about a delivery says nothing of a row" : "this is not what a row can be", found: "'\(word)'",
            expected: known.isEmpty ? "no word" : known.joined(separator: " or "),
            remedy: Nearest.name(to: word, among: known).map { "Did you mean '\($0)'?" } ?? "")
    }
}
