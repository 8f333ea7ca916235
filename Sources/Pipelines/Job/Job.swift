public import Connectors
public import Models
public import Records

/// A job file that passed `check`: everything resolved, every default filled in.
public struct Job: Sendable {
    public var name: String
    public var owner: String?
    /// Cron expression; nil = started by hand.
    public var schedule: String?
    /// IANA zone of the job's calendar; `UTC` by default.
    public var zone: String
    /// CSV file with the days on which nobody works, relative to the job file's folder; nil = none but weekends.
    public var holidays: String?
    /// The file's path, and the folder that relative paths start from.
    public var path: String
    public var directory: String
    /// The file's bytes and their SHA-256; replay uses the bytes of the day.
    public var text: String
    public var digest: String
    /// Digest of the policy, rules and lists sections alone.
    public var policyDigest: String
    /// The main feed first where there is one, the others as written.
    public var feeds: [JobFeed]
    /// What is done with the rows of the main feed; nil = the job only lands rows in tables.
    public var scoring: ScoringSettings?
    /// Nil = everything is kept.
    public var retention: RetentionSettings?

    public var labels: JobFeed? { feeds.first { $0.role == .labels } }

    public init(
        name: String, owner: String?, schedule: String?, zone: String, path: String, directory: String, text: String, digest: String,
        policyDigest: String, feeds: [JobFeed], scoring: ScoringSettings?
    ) {
        (self.name, self.owner, self.schedule, self.zone) = (name, owner, schedule, zone)
        (self.path, self.directory, self.text, self.digest) = (path, directory, text, digest)
        (self.policyDigest, self.feeds, self.scoring) = (policyDigest, feeds, scoring)
    }
}

/// One feed of a job.
public struct JobFeed: Sendable {
    public enum Role: String, CaseIterable, Sendable {
        case main, table, labels, list
    }

    public var name: String
    public var role: Role
    /// Name in `FeedFormats.all`.
    public var format: String
    public var options: [String: ParameterValue]
    /// Glob as written, relative to the job file's folder.
    public var files: String
    public var columns: [FeedColumn]
    /// Names of the key columns, one or more (lists: the entry's column). Empty only in a table feed: its rows are then known by file and
    /// row number.
    public var key: [String]
    /// Table feeds: the table that the rows go into.
    public var table: String?
    /// Main and table feeds: name of the event-time column.
    public var eventTime: String?
    /// Label and list feeds: name of the known-time column.
    public var knownTime: String?
    /// Main feed: a label column of the same row and when it becomes known; nil = labels come from a feed of their own.
    public var labelColumn: String?
    public var labelDelay: Timestamp.Span
    /// Label feed: name of the value column.
    public var lateness: Timestamp.Span
    /// How far after the run's clock a row of the main feed may lie.
    public var ahead = Timestamp.Span.days(1)
    /// Share of rows that may be rejected, in 0...1.
    public var rejectLimit: Double
    /// Files must not have changed for this long; zero = no waiting.
    public var stableFor: Timestamp.Span
    /// What else is declared about deliveries.
    public var arrival = ArrivalSettings()
    /// How observations become rows, with the columns of observations; nil = a record is a row.
    public var pivot: FeedPivot?
    public var observed: [FeedColumn] = []

    /// The columns of the file's records.
    public var readColumns: [FeedColumn] { pivot == nil ? columns : observed }

    public init(
        name: String, role: Role, format: String, options: [String: ParameterValue] = [:], files: String, columns: [FeedColumn],
        key: [String], table: String? = nil, eventTime: String? = nil, knownTime: String? = nil, labelColumn: String? = nil,
        labelDelay: Timestamp.Span = .zero, lateness: Timestamp.Span = .zero, rejectLimit: Double = 0.01,
        stableFor: Timestamp.Span = .zero
    ) {
        (self.name, self.role, self.format, self.options, self.files) = (name, role, format, options, files)
        (self.columns, self.key, self.table) = (columns, key, table)
        (self.eventTime, self.knownTime) = (eventTime, knownTime)
        (self.labelColumn, self.labelDelay, self.lateness) = (labelColumn, labelDelay, lateness)
        (self.rejectLimit, self.stableFor) = (rejectLimit, stableFor)
    }

    public var schema: Schema { Schema(columns.map(\.field)) }
}

/// A stage as configured in a job: its name and parameter values, defaults filled in; columns and models are texts.
public struct StageConfiguration: Sendable {
    public var name: String
    public var parameters: [String: ParameterValue]

    public init(name: String, parameters: [String: ParameterValue]) { (self.name, self.parameters) = (name, parameters) }

    public func text(_ name: String) -> String? {
        if case .text(let value)? = parameters[name] { value } else { nil }
    }
    public func integer(_ name: String) -> Int? {
        if case .integer(let value)? = parameters[name] { value } else { nil }
    }
    public func span(_ name: String) -> Timestamp.Span? {
        if case .span(let value)? = parameters[name] { value } else { nil }
    }
}

/// `train:`; the model's name is the stage's `model`.
public struct TrainSettings: Sendable {
    /// Name in `ModelFamilies.classifiers`.
    public var family: String
    public var parameters: [String: ParameterValue]
    /// Length of the training period.
    public var last: Timestamp.Span
    /// Labels are taken to be complete after this; the training period ends this long before the train clock.
    public var labelDelay: Timestamp.Span
    /// Fewest positive labels that a model may be trained on.
    public var minimumPositives: Int
    /// Operating-system accounts that must stand behind a promotion, at least 1.
    public var approvals = 1
    /// Of `last`, the share of its end that scores are calibrated on, in 0 ..< 1; 0 = they are not.
    public var calibrationShare = 0.0
    /// Of `last`, the share of its end that automatic decisions are fitted to, after the calibration's; 0 = none.
    public var selectionShare = 0.0
    /// The kind of calibration; nil = the one that does best.
    public var calibration: Calibrator.Kind?
    /// Steps without gain on the calibration's rows after which training stops; nil = it goes on to its end.
    public var patience: Int?
    /// Positive rows weigh as much as all others together.
    public var isBalanced = false
    /// The signs that the stage states are kept.
    public var keepsSigns = false

    public init(
        family: String, parameters: [String: ParameterValue], last: Timestamp.Span, labelDelay: Timestamp.Span, minimumPositives: Int
    ) {
        (self.family, self.parameters, self.last, self.labelDelay) = (family, parameters, last, labelDelay)
        self.minimumPositives = minimumPositives
    }
}

/// `policy:`, `rules:` and `lists:`.
public struct PolicySettings: Sendable {
    /// What an outcome costs when the row is of a class: a fixed amount or a money column of the row.
    public enum Pay: Sendable, Hashable {
        case fixed(Money)
        /// Name of a money column of the main feed.
        case column(String)
    }
    public enum When: String, CaseIterable, Sendable {
        case positive, negative, always
    }
    public struct Cost: Sendable, Hashable {
        public var when: When
        public var pay: Pay
        public init(when: When, pay: Pay) { (self.when, self.pay) = (when, pay) }
    }
    public struct Outcome: Sendable, Hashable {
        public var name: String
        public var cost: Cost
        public var isReversible: Bool
        /// Only a person chooses it: never taken or suggested, whatever it costs.
        public var isForPeople = false
        /// What a decision for it must state as a number, in the job's words (`units`); nil = nothing.
        public var amount: String?
        public init(name: String, cost: Cost, isReversible: Bool) { (self.name, self.cost, self.isReversible) = (name, cost, isReversible) }
    }
    /// A declared condition over the row's columns, the stage's features and lists (`amount > 220 EUR and terminal in blocked`).
    public struct Rule: Sendable, Hashable {
        public var name: String
        public var condition: RuleExpression
        public var outcome: String
        public init(name: String, condition: RuleExpression, outcome: String) {
            (self.name, self.condition, self.outcome) = (name, condition, outcome)
        }
    }
    /// Rows that meet the condition, up to a day, are not reviewed.
    public struct Suppression: Sendable, Hashable {
        public var name: String
        public var condition: RuleExpression
        /// The last day, in the job's zone, as days since 1970-01-01.
        public var until: Int
        public var reason: String
        public var owner: String
        public init(name: String, condition: RuleExpression, until: Int, reason: String, owner: String) {
            (self.name, self.condition, self.until, self.reason, self.owner) = (name, condition, until, reason, owner)
        }
    }
    /// In the order written; the one named `review` asks a person.
    public var outcomes: [Outcome]
    /// Applied before the costs, first match wins.
    public var rules: [Rule]
    /// Nil = outcomes are chosen by cost alone.
    public var automatic: AutomaticSettings?
    /// In the order written; the first that applies is named.
    public var suppressions: [Suppression] = []
    /// Nil = the model is asked about every row, however long it takes.
    public var deadline: DeadlineSettings?
    /// Month in which the year of conditions begins, 1...12.
    public var fiscalYear = 1
    public init(outcomes: [Outcome], rules: [Rule], automatic: AutomaticSettings? = nil) {
        (self.outcomes, self.rules, self.automatic) = (outcomes, rules, automatic)
    }
}

/// `review:`
public struct ReviewSettings: Sendable {
    public var queue: String
    /// Items a day that people can decide.
    public var capacityPerDay: Int
    /// Outcome of what is over capacity until a person has decided; mandatory.
    public var overCapacity: String
    public var dueBusinessDays: Int
    /// Outcome of what is overdue; mandatory.
    public var onOverdue: String
    /// Probability, in 0...1, that a row decided without a person is reviewed all the same.
    public var auditSample: Double
    /// A unit's column, and how long it is asked about once; nil = every row may be.
    public var oncePer: (column: String, within: Timestamp.Span)?
    public init(queue: String, capacityPerDay: Int, overCapacity: String, dueBusinessDays: Int, onOverdue: String, auditSample: Double) {
        (self.queue, self.capacityPerDay, self.overCapacity) = (queue, capacityPerDay, overCapacity)
        (self.dueBusinessDays, self.onOverdue, self.auditSample) = (dueBusinessDays, onOverdue, auditSample)
    }
}

/// `results:` as a name, or `{ table: name, features: false }`.
public struct ResultSettings: Sendable {
    public var table: String
    /// Features are stored a row, so that replay from them is exact for ever.
    public var storesFeatures: Bool
    public init(table: String, storesFeatures: Bool) { (self.table, self.storesFeatures) = (table, storesFeatures) }
}
