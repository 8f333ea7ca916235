import Connectors
import GRDB
import Records

/// What was found about deliveries, to be written at once with the run that reads them, or alone where there is none.
struct ArrivalFindings: Sendable {
    struct Taken: Sendable {
        var delivery: Delivery
        /// What the feed looks like from now on; nil where nobody asked.
        var shape: FeedShape?
        /// Why the shape is another: `first`, `evolved`, `accepted`.
        var cause: String
    }

    var deliveries: [Taken] = []
    var states: [(delivery: Int64, state: Delivery.State)] = []
    var items: [ReviewItem] = []

    var isEmpty: Bool { deliveries.isEmpty && states.isEmpty && items.isEmpty }

    func apply(to database: Database, at clock: Timestamp) throws {
        let store = DeliveryStore(database)
        for (delivery, state) in states { try store.setState(state, of: delivery) }
        for taken in deliveries {
            let stored = try store.add(taken.delivery)
            if let shape = taken.shape { try store.append(shape, of: stored, cause: taken.cause, known: clock) }
        }
        try ReviewStore(database).insertOnce(items)
    }
}

/// Looks at what arrived: which files are whole, which are new, and whether they are what the feed declares.
///
/// Reads only; ``RunPlan/findings`` are written later. A replay does not come here: it reads the files its run has read.
struct Arrival {
    let job: Job
    let warehouse: Warehouse
    let clock: Timestamp
    let holidays: Holidays
    var fault: PlantedFault?

    func plan() throws(Failure) -> RunPlan {
        var plan = RunPlan(feeds: [])
        for feed in job.feeds {
            let found = Readiness(try files(of: feed), of: feed, clock: clock, fault: fault)
            if !found.waiting.isEmpty { plan.waiting.append((feed.name, found.waiting)) }
            plan.stamps.merge(found.stamps) { $1 }
            plan.feeds.append(PlannedFiles(feed: feed, files: []))
            var seen: [String: String] = [:]
            for file in found.ready {
                let digest = try FeedDigest(of: file)
                let known = try warehouse.read { try RunStore($0).file(job: job.name, feed: feed.name, digest: digest.hex) }
                if let twin = known?.name ?? seen[digest.hex] {
                    if twin != file.name, feed.arrival.isInspected { try note(double: file, of: twin, digest, feed: feed, in: &plan) }
                    continue
                }
                seen[digest.hex] = file.name
                try look(at: file, digest: digest, stamp: found.stamps[file.path], feed: feed, in: &plan)
            }
            try noteMissing(feed, in: &plan)
        }
        return plan
    }

    /// A feed that expects deliveries may have none yet.
    private func files(of feed: JobFeed) throws(Failure) -> [FeedFile] {
        do throws(Failure) {
            return try Readiness.deliveries(of: feed, in: job.directory)
        } catch {
            if error.code == "feed.files-missing", feed.arrival.expect != nil { return [] }
            throw error
        }
    }

    // MARK: One new file

    private func look(
        at file: FeedFile, digest: FeedDigest, stamp: FileStamp?, feed: JobFeed, in plan: inout RunPlan
    ) throws(Failure) {
        let table = Correction.Table(of: feed, in: job)
        let earlier = table == nil ? [] : try Correction.earlierFiles(file.name, feed: feed, job: job, warehouse: warehouse)
        let known = try warehouse.read { database in
            try DeliveryStore(database).find(job: job.name, feed: feed.name, digest: digest.hex, name: file.name)
        }
        if let known, known.state == .quarantined || known.state == .frozen || known.state == .leftOut {
            guard try isReleased(known, in: &plan) else { return }
        }
        guard feed.arrival.isInspected || !earlier.isEmpty else {
            plan.feeds[plan.feeds.count - 1].files.append((file, digest))
            return
        }
        let profile = try DeliveryProfile(of: file, feed: feed, wantsKeys: !earlier.isEmpty)
        let inspection = DeliveryInspection(
            job: job, feed: feed, file: file, digest: digest, seen: min(stamp?.modified ?? clock, clock), clock: clock, holidays: holidays,
            profile: profile, wasReleased: known.map { $0.state != .taken } ?? false, isCorrection: !earlier.isEmpty)
        let history = try warehouse.read { try DeliveryHistory(database: $0, job: job.name, feed: feed.name) }
        let verdict = try inspection.verdict(history.adding(plan.findings.deliveries, feed: feed.name))
        plan.findings.items += verdict.items
        plan.findings.deliveries.append(verdict.taken)
        plan.notes += verdict.notes
        switch verdict.taken.delivery.state {
        case .quarantined: return
        case .frozen:
            plan.frozen.append(file.name)
            return
        default: break
        }
        if !earlier.isEmpty, let table {
            let correction = Correction(job: job, feed: feed, table: table, warehouse: warehouse, earlier: earlier, keys: profile.keys)
            if let missing = try correction.missingRows() {
                plan.findings.items.append(inspection.item(missing: missing))
                plan.notes.append("\(file.name): \(missing.count) rows of the file it corrects are missing in it; they stay as they are")
            }
        }
        if !verdict.discards.isEmpty { plan.discards[digest.hex] = verdict.discards }
        plan.feeds[plan.feeds.count - 1].files.append((file, digest))
    }

    /// Whether a file that was set aside may be read now.
    private func isReleased(_ delivery: Delivery, in plan: inout RunPlan) throws(Failure) -> Bool {
        let key = DeliveryInspection.schemaKey(feed: delivery.feed, digest: delivery.digest)
        let decision = try warehouse.read { try ReviewStore($0).lastDecision(job: job.name, kind: .schema, key: key) }
        switch decision?.outcome {
        case ReviewChoices.accept:
            plan.findings.states.append((delivery.id, .released))
            return true
        case ReviewChoices.reject:
            if delivery.state != .leftOut { plan.findings.states.append((delivery.id, .leftOut)) }
            return false
        default:
            if delivery.state == .frozen { plan.frozen.append(delivery.name) }
            plan.notes.append("\(delivery.name) is set aside: `pipeline review list --kind schema` shows why")
            return false
        }
    }

    // MARK: What came twice, and what did not come

    private func note(double file: FeedFile, of twin: String, _ digest: FeedDigest, feed: JobFeed, in plan: inout RunPlan) throws(Failure) {
        plan.findings.items.append(
            DeliveryItem.make(
                .duplicate, job: job, feed: feed.name, subject: "\(digest.hex.prefix(12))/\(file.name)", clock: clock,
                suggested: ReviewChoices.accept,
                reasons: ["\(file.name) has the same bytes as \(twin)", "it is not read"],
                fields: [NamedText("file", file.name), NamedText("same as", twin), NamedText("digest", digest.hex)], holidays: holidays))
    }

    private func noteMissing(_ feed: JobFeed, in plan: inout RunPlan) throws(Failure) {
        guard let expect = feed.arrival.expect else { return }
        let history = try warehouse.read { try DeliveryHistory(database: $0, job: job.name, feed: feed.name) }
            .adding(plan.findings.deliveries, feed: feed.name)
        let calendar = DeliveryCalendar(expect, zone: job.zone, holidays: holidays)
        for period in history.missing(calendar, at: clock) {
            let item = DeliveryItem.make(
                .missing, job: job, feed: feed.name, subject: period.name, clock: clock, suggested: ReviewChoices.wait,
                reasons: ["no delivery for \(period.name): due at \(period.due.iso8601)"],
                fields: [NamedText("period", period.name), NamedText("due", period.due.iso8601)], holidays: holidays)
            plan.findings.items.append(item)
            plan.notes.append("feed '\(feed.name)' has no delivery for \(period.name), due at \(period.due.iso8601)")
        }
    }
}

/// The deliveries of a feed so far.
struct DeliveryHistory {
    /// Every file that came, whatever became of it, the newest last.
    var all: [Delivery]
    var shape: FeedShape?

    init(database: Database, job: String, feed: String) throws {
        let store = DeliveryStore(database)
        all = try store.all(job: job, feed: feed)
        shape = try store.shape(job: job, feed: feed)
    }

    /// With those found in the same look.
    func adding(_ found: [ArrivalFindings.Taken], feed: String) -> DeliveryHistory {
        var history = self
        for taken in found where taken.delivery.feed == feed {
            history.all.append(taken.delivery)
            history.shape = taken.shape ?? history.shape
        }
        return history
    }

    /// Those that were read.
    var taken: [Delivery] { all.filter { $0.state == .taken || $0.state == .released } }

    /// Periods over at `clock` in which nothing came, and for which nothing came later.
    ///
    /// A delivery that came after its time stands in the next period: two there, or one while that period still runs, make up for it.
    /// The first delivery ever begins the counting.
    func missing(_ calendar: DeliveryCalendar, at clock: Timestamp) -> [DeliveryCalendar.Period] {
        guard let first = all.map(\.seen).min() else { return [] }
        let periods = calendar.periods(after: first, through: clock)
        func count(after start: Timestamp, through end: Timestamp) -> Int { all.count { $0.seen > start && $0.seen <= end } }
        return periods.enumerated().filter { index, period in
            guard count(after: period.opens, through: period.due) == 0 else { return false }
            let isLast = index == periods.count - 1
            let next = isLast ? clock : periods[index + 1].due
            return count(after: period.due, through: next) < (isLast ? 1 : 2)
        }.map(\.element)
    }
}
