public import GRDB
public import Records

/// Where a job stands, and what of it waits for a person.
public struct JobStatus: Hashable, Sendable {
    /// A delivery that is due or overdue.
    public struct Due: Hashable, Sendable {
        public var feed: String
        /// `2026-06-02`, or `2026-06-02T14` of an hour.
        public var period: String
        public var due: Timestamp
    }

    public var job: String
    public var run: RunRecord
    /// A run that was started and has not ended: it goes on with the next start.
    public var unfinished: Int64?
    public var watermark: Timestamp?
    /// The next one expected; nil where no feed declares any.
    public var next: Due?
    /// Deliveries that are overdue now, the oldest first.
    public var missing: [Due] = []
    /// Open review items a kind, in the order of the kinds.
    public var open: [ReviewItem.Kind: Int] = [:]
    /// Rejected rows that no later run has taken.
    public var rejects: Int = 0
    public var held: [Int64] = []
    /// Files that were set aside or refused, and on which nobody has decided.
    public var setAside: [String] = []
    /// What the last run's job file and earlier ones kept from review.
    public var suppressions: [SuppressionCost] = []

    /// Somebody should look: something is held, set aside, overdue, or an item about a delivery is open. Open items about rows are the
    /// ordinary work of a queue and do not count.
    public var needsPerson: Bool {
        !held.isEmpty || !setAside.isEmpty || !missing.isEmpty || open.contains { $0.key != .row && $0.value > 0 }
    }
}

extension JobStatus {
    /// The status of every job that has run, by name.
    ///
    /// - Parameter job: only this one.
    /// - Throws: a job that has never run.
    public static func all(in database: Database, job: String? = nil, now: Timestamp) throws(Failure) -> [JobStatus] {
        try database.worded {
            let names = try String.fetchAll(database, sql: "SELECT DISTINCT job FROM pipeline_runs ORDER BY job")
            if let job, !names.contains(job) { throw Failure.statusUnknownJob(job, known: names) }
            return try names.filter { job == nil || $0 == job }.compactMap { try status(of: $0, in: database, now: now) }
        }
    }

    private static func status(of name: String, in database: Database, now: Timestamp) throws -> JobStatus? {
        let runs = RunStore(database)
        guard let last = try runs.list(job: name, limit: 1).first else { return nil }
        var status = JobStatus(job: name, run: last)
        status.unfinished = last.status == .running ? last.id : nil
        status.watermark = try Int64.fetchOne(
            database, sql: "SELECT max(watermark) FROM pipeline_runs WHERE job = ? AND status <> 'discarded'", arguments: [name]
        ).map { Timestamp(microseconds: $0) }
        status.held = try Int64.fetchAll(
            database, sql: "SELECT id FROM pipeline_runs WHERE job = ? AND status = 'held' ORDER BY id", arguments: [name])
        status.rejects =
            try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM pipeline_rejects j JOIN pipeline_runs r ON r.id = j.run AND r.status IN ('done', 'held')
                    WHERE r.job = ? AND j.id NOT IN (SELECT reject FROM pipeline_selections)
                    """, arguments: [name]) ?? 0
        status.open = try ReviewStore(database).openCounts(job: name)
        status.setAside = try DeliveryStore(database).all(job: name).filter { $0.state == .quarantined || $0.state == .frozen }.map(\.name)
        try status.addDeliveries(run: last, in: database, now: now)
        if let job = try? runs.job(ofRun: last.id) { status.suppressions = try SuppressionStore(database).costs(of: job, now: now) }
        return status
    }

    /// From the job file of the last run, with the holidays it knew.
    private mutating func addDeliveries(run: RunRecord, in database: Database, now: Timestamp) throws {
        guard let job = try? RunStore(database).job(ofRun: run.id) else { return }
        for feed in job.feeds {
            guard let expect = feed.arrival.expect else { continue }
            let calendar = DeliveryCalendar(expect, zone: job.zone, holidays: Holidays(stored: run.holidays))
            let history = try DeliveryHistory(database: database, job: job.name, feed: feed.name)
            // What a person has accepted as not coming is no longer missed.
            for period in history.missing(calendar, at: now) {
                let key = "\(feed.name)/\(DeliveryItem.Cause.missing.rawValue)/\(period.name)"
                let decision = try ReviewStore(database).lastDecision(job: job.name, kind: .delivery, key: key)
                if decision?.outcome == ReviewChoices.accept { continue }
                missing.append(Due(feed: feed.name, period: period.name, due: period.due))
            }
            let coming = calendar.next(after: now)
            if next.map({ coming.due < $0.due }) ?? true { next = Due(feed: feed.name, period: coming.name, due: coming.due) }
        }
        missing.sort { ($0.due, $0.feed) < ($1.due, $1.feed) }
    }
}

extension Failure {
    static func statusUnknownJob(_ job: String, known: [String]) -> Failure {
        Failure(
            .usage, code: "status.unknown-job", what: "no job of this name has run", found: "'\(job)'",
            expected: known.isEmpty ? "a job that has run" : known.joined(separator: ", "),
            remedy: Nearest.name(to: job, among: known).map { "Did you mean '\($0)'?" } ?? "`pipeline runs list` shows them.")
    }
}
