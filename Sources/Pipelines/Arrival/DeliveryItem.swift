import GRDB
public import Records

/// Review items that are not about rows, and how they enter the queue: once each, whatever is run how often.
enum DeliveryItem {
    /// Where they wait: who answers for deliveries is seldom who decides about rows.
    static let queue = "deliveries"

    /// What is wrong, as the middle of an item's key and its cause.
    enum Cause: String, CaseIterable {
        case missing, short, duplicate, renamed, broken = "broken-off"
        case rowsMissing = "rows-missing"
        case control
        case columnAdded = "column-added"
        case columnGone = "column-gone"
        case columnMoved = "column-moved"
        case columnRenamed = "column-renamed"
        case typeChanged = "type-changed"
        case newValue = "new-value"

        var kind: ReviewItem.Kind {
            switch self {
            case .missing, .short, .duplicate, .renamed, .broken, .rowsMissing: .delivery
            case .control: .control
            case .columnAdded, .columnGone, .columnMoved, .columnRenamed, .typeChanged, .newValue: .schema
            }
        }
    }

    /// - Parameters:
    ///   - subject: which delivery: a due time, or the first digits of a digest.
    ///   - suggested: `accept`, `reject` or `wait`.
    static func make(
        _ cause: Cause, job: Job, feed: String, subject: String, run: Int64 = 0, clock: Timestamp, suggested: String,
        reasons: [String], evidence: [Evidence] = [], fields: [NamedText] = [], holidays: Holidays
    ) -> ReviewItem {
        var item = ReviewItem(
            run: run, job: job.name, queue: queue, key: "\(feed)/\(cause.rawValue)/\(subject)", version: 1, eventTime: clock, score: nil,
            value: Money(minor: 0, currency: noCurrency), cause: cause.rawValue, suggested: suggested, interim: ReviewChoices.wait,
            reasons: reasons, evidence: evidence, fields: fields, created: clock,
            due: BusinessDays.adding(1, to: clock, zone: job.zone, holidays: holidays.set), onOverdue: ReviewChoices.wait)
        item.kind = cause.kind
        return item
    }

    private static let noCurrency = Currency.unknown
}

extension ReviewStore {
    /// Appends those whose key is not there yet.
    ///
    /// - Returns: how many were new.
    @discardableResult
    func insertOnce(_ items: some Sequence<ReviewItem>) throws -> Int {
        var count = 0
        for item in items {
            let known = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM pipeline_review_items WHERE job = ? AND kind = ? AND key = ?)",
                arguments: [item.job, item.kind.rawValue, item.key])
            if known == true { continue }
            try insert([item])
            count += 1
        }
        return count
    }

    /// Items that are not about rows but about the files of a run, or came of it.
    public func items(aboutFilesOf run: Int64) throws(Failure) -> [ReviewItem] {
        try database.worded {
            try ReviewItem.fetchAll(
                database,
                sql: """
                    SELECT i.* FROM pipeline_review_items i JOIN pipeline_runs r ON r.id = ?1 AND r.job = i.job
                    WHERE i.kind <> 'row' AND (i.run = ?1 OR EXISTS (
                        SELECT 1 FROM pipeline_files f WHERE f.run = ?1 AND i.key GLOB f.feed || '/*/' || substr(f.digest, 1, 12) || '*'))
                    ORDER BY i.id
                    """, arguments: [run])
        }
    }

    /// The last decision about an item that is not about a row; nil = none yet, or no such item.
    func lastDecision(job: String, kind: ReviewItem.Kind, key: String) throws -> ReviewDecision? {
        try ReviewDecision.fetchOne(
            database,
            sql: """
                SELECT d.* FROM pipeline_decisions d JOIN pipeline_review_items i ON i.id = d.item
                WHERE i.job = ? AND i.kind = ? AND i.key = ? ORDER BY d.id DESC LIMIT 1
                """, arguments: [job, kind.rawValue, key])
    }
}
