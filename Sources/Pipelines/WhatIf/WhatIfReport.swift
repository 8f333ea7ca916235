public import Records

/// What another policy, or another model, would have made of a job's past.
public struct WhatIfReport: Sendable {
    /// A sum of money in minor units with limits.
    public struct Interval: Hashable, Sendable {
        public var estimate: Double
        public var lower: Double
        public var upper: Double

        public init(_ estimate: Double, _ lower: Double, _ upper: Double) {
            (self.estimate, self.lower, self.upper) = (estimate, lower, upper)
        }

        public static let zero = Interval(0, 0, 0)

        static func + (left: Interval, right: Interval) -> Interval {
            Interval(left.estimate + right.estimate, left.lower + right.lower, left.upper + right.upper)
        }

        static func - (left: Interval, right: Interval) -> Interval {
            Interval(left.estimate - right.estimate, left.lower - right.upper, left.upper - right.lower)
        }
    }

    /// Rows that went from one outcome to another; `from == to` are those that did not.
    public struct Move: Hashable, Sendable {
        public var from: String
        public var to: String
        public var rows = 0
        /// Of them, those known to be positive, those known or taken to be negative, and those of which nothing is known.
        public var positive = 0
        public var negative = 0
        public var unknown = 0
        /// Of the rows whose label is known, minor units; below 0 = lost.
        public var saved = 0.0
    }

    /// Items a day.
    public struct Load: Hashable, Sendable {
        /// Mean over the days, with the 95 % interval by resampling days.
        public var mean: Interval
        public var days: Int
        public var daysOverCapacity: Int
        /// Of the next 30 days; nil with fewer than 7 days.
        public var forecast: QueueForecast?
        /// Forecasts made on each day of the period from the days before it: how many days they spoke of, and how many of these held.
        public var checked: (days: Int, held: Int)

        public static func == (left: Load, right: Load) -> Bool {
            left.mean == right.mean && left.days == right.days && left.forecast == right.forecast && left.checked == right.checked
                && left.daysOverCapacity == right.daysOverCapacity
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(mean)
            hasher.combine(days)
        }
    }

    public var job: String
    /// First and last event time of the rows.
    public var from: Timestamp
    public var to: Timestamp
    public var created: Timestamp
    /// Of the policy tried; that of the job file where only a model is.
    public var policyDigest: String
    /// Of the model tried; else of the newest run's; nil = the stage's rules.
    public var modelDigest: String?
    public var model: String?
    public var rows: Int
    public var changed: Int
    public var moves: [Move]
    public var currency: Currency
    /// Of the rows whose label is known: resampled by entity and by day, the wider of both.
    public var savedKnown: Interval
    /// Of those whose label is not known, from the audit sample among them; the limits hold for every labelling where nothing was audited.
    public var savedUnknown: Interval
    /// Changed rows whose label is not known, and audited rows that stand for them.
    public var unknownRows: Int
    public var auditedRows: Int
    public var queueBefore: Load
    public var queueAfter: Load
    public var capacity: Int

    /// Both together; the limits are added, which is wider than 95 %.
    public var saved: Interval { savedKnown + savedUnknown }
}

/// A row that another policy or model would have decided otherwise.
public struct WhatIfChange: Sendable {
    /// Texts of the key's columns.
    public var key: [String]
    public var version: Int64
    public var eventTime: Timestamp
    public var scoreBefore: Double
    public var scoreAfter: Double
    public var outcomeBefore: String
    public var outcomeAfter: String
    /// `cost`, `no-model`, `rule: …`, …
    public var causeBefore: String
    public var causeAfter: String
    /// The stage's word for the label, with `assumed` before it where no report came in time; nil = unknown.
    public var label: String?
    /// Minor units if the row is positive, and if it is negative.
    public var savedIfPositive: Double
    public var savedIfNegative: Double
    public var reasonsBefore: [String]
    public var reasonsAfter: [String]
}
