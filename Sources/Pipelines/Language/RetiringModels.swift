package import GRDB
public import Models
public import Records

/// Language models that jobs use and that end soon.
public struct RetiringModels: Sendable {
    /// A model in use.
    public struct Use: Hashable, Sendable {
        public var job: String
        /// As it is named: an id, a profile or an address.
        public var model: String

        public init(job: String, model: String) { (self.job, self.model) = (job, model) }
    }
    public struct Ending: Hashable, Sendable {
        public var use: Use
        /// `yyyy-MM-dd`
        public var retires: String
        /// Below 0 when it has ended.
        public var daysLeft: Int
    }

    /// Where its items wait.
    public static let queue = "models"

    /// The soonest first.
    public let endings: [Ending]
    /// Models that the registry does not know and that are no servers of one's own.
    public let unknown: [Use]

    public init(_ uses: some Sequence<Use>, at time: Timestamp, days: Int, registry: ModelRegistry = .bundled) {
        var endings: [Ending] = [], unknown: [Use] = []
        for use in Set(uses) {
            guard let facts = registry.facts(of: use.model) else {
                // What a router or an application's own profile chooses is known to the account only.
                let isChoice = use.model.contains("prompt-router") || use.model.contains("application-inference-profile")
                if !isChoice { unknown.append(use) }
                continue
            }
            if let left = facts.daysLeft(at: time), left <= days, let retires = facts.retires {
                endings.append(Ending(use: use, retires: retires, daysLeft: left))
            }
        }
        self.endings = endings.sorted { ($0.daysLeft, $0.use.job, $0.use.model) < ($1.daysLeft, $1.use.job, $1.use.model) }
        self.unknown = unknown.sorted { ($0.job, $0.model) < ($1.job, $1.model) }
    }

    /// Models that a job's stage names, as `bedrock:MODEL`; those of servers of one's own are left out.
    public static func uses(of job: Job) -> [Use] {
        guard let stage = try? job.scored().stage else { return [] }
        return stage.parameters.values.compactMap { value in
            guard case .text(let text) = value else { return nil }
            for kind in ["bedrock:", "bedrock-invoke:"] where text.hasPrefix(kind) {
                return Use(job: job.name, model: String(text.dropFirst(kind.count)))
            }
            return nil
        }
    }

    /// Models of Bedrock that the ledger says were asked within so many days.
    package static func uses(_ database: Database, at time: Timestamp, days: Int) throws(Failure) -> [Use] {
        let since = time.microseconds - Int64(days) * 86_400_000_000
        return try database.worded {
            try Row.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT budget, model FROM pipeline_ledger WHERE destination LIKE 'bedrock:%' AND reserved_at >= ? AND reserved_at <= ?
                    """, arguments: [since, time.microseconds]
            ).map { Use(job: $0["budget"], model: $0["model"]) }
        }
    }

    /// Asks a person about each, once a model and date; the item stays open until somebody accepts that a successor is planned.
    ///
    /// - Returns: how many are new.
    @discardableResult
    package func open(in database: Database, at time: Timestamp) throws(Failure) -> Int {
        let items = endings.map { ending in
            let end = Timestamp(iso8601: ending.retires + "T00:00:00Z") ?? time
            var item = ReviewItem(
                run: 0, job: ending.use.job, queue: Self.queue, key: "model/retires/\(ending.use.model)/\(ending.retires)", version: 1,
                eventTime: time, score: nil, value: Money(minor: 0, currency: .unknown), cause: "model-retires",
                suggested: ReviewChoices.accept,
                interim: ReviewChoices.wait,
                reasons: [
                    "the job uses \(ending.use.model), which ends on \(ending.retires) (\(ending.daysLeft) days)",
                    "accept when its successor is in the job file and a replay with it was looked at",
                ],
                created: time, due: max(end, time), onOverdue: ReviewChoices.wait)
            item.kind = .control
            return item
        }
        return try database.worded { try ReviewStore(database).insertOnce(items) }
    }
}
