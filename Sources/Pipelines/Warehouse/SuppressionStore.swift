import GRDB
public import Records

/// What a suppression came to so far.
public struct SuppressionCost: Hashable, Sendable {
    public var name: String
    /// The last day, `2026-12-31`; nil = the job file has it no more.
    public var until: String?
    public var isActive: Bool
    /// Rows that were not reviewed.
    public var rows: Int
    /// Of them, those that became known to be positive, and what their outcomes cost.
    public var positives: Int
    public var lost: Money
    /// What the reviews would have cost.
    public var spared: Money
}

/// Suppressed rows, over an open transaction.
struct SuppressionStore {
    let database: Database

    init(_ database: Database) { self.database = database }

    /// Appends the block's suppressed rows but those of `duplicates`.
    func insert(_ block: ScoredBlock, context: RunContext, except duplicates: Set<Int>, versions: [Int: Int64]) throws {
        let policy = context.policy
        guard policy.hasSuppressions else { return }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO pipeline_suppressed (run, job, suppression, key, version, event_time, cause, outcome, if_positive, if_negative,
                    review, currency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for row in block.rulings.indices where !duplicates.contains(row) {
            let ruling = block.rulings[row]
            guard let suppression = policy.suppression(of: ruling.cause) else { continue }
            let outcome = policy.outcomes[Int(ruling.outcome)]
            func price(_ outcome: String, _ isPositive: Bool) -> Int64 {
                Int64((policy.price(of: outcome, batch: block.batch, row: row, isPositive: isPositive) ?? 0).rounded())
            }
            try statement.execute(arguments: [
                context.run, context.job.name, suppression,
                RecordKey.text(of: block.batch, columns: context.decided.key, row: row), versions[row] ?? block.versions[row],
                block.times[row], policy.causes[Int(ruling.cause)] ?? "", outcome, price(outcome, true), price(outcome, false),
                price("review", false), policy.currency.code,
            ])
        }
    }

    /// By name: those of the job file, and others that rows name; labels as known at `now`.
    func costs(of job: Job, now: Timestamp) throws -> [SuppressionCost] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT suppression, currency, count(*) AS rows, sum(review) AS review, sum(positive = 1) AS positives,
                    sum(CASE WHEN positive = 1 THEN if_positive ELSE 0 END) AS lost
                FROM (
                    SELECT s.*, (SELECT l.positive FROM pipeline_labels l WHERE l.job = s.job AND l.key = s.key AND l.known <= ?
                        ORDER BY l.known DESC, l.id DESC LIMIT 1) AS positive
                    FROM pipeline_suppressed s JOIN pipeline_runs r ON r.id = s.run AND r.status = 'done' WHERE s.job = ?
                ) GROUP BY suppression, currency ORDER BY suppression
                """, arguments: [now.microseconds, job.name])
        let declared = job.scoring?.policy.suppressions ?? []
        var costs = rows.map { row -> SuppressionCost in
            let currency = Currency(row["currency"]) ?? .unknown
            let own = declared.first { $0.name == row["suppression"] }
            return SuppressionCost(
                name: row["suppression"], until: own.map { Timestamp.isoDate(days: Int64($0.until)) },
                isActive: own.map { now < $0.end(in: job.zone) } ?? false, rows: row["rows"], positives: row["positives"] ?? 0,
                lost: Money(minor: row["lost"] ?? 0, currency: currency), spared: Money(minor: row["review"] ?? 0, currency: currency))
        }
        let currency = (try? job.scored().policyCurrency) ?? .unknown
        for own in declared where !costs.contains(where: { $0.name == own.name }) {
            costs.append(
                SuppressionCost(
                    name: own.name, until: Timestamp.isoDate(days: Int64(own.until)), isActive: now < own.end(in: job.zone), rows: 0,
                    positives: 0, lost: Money(minor: 0, currency: currency), spared: Money(minor: 0, currency: currency)))
        }
        return costs.sorted { $0.name < $1.name }
    }
}
