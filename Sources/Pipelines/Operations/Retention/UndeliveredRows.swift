import GRDB
import Records

/// What a job's receivers are still to be given (`export results`): a purge must not take it first.
///
/// A receiver is whoever was given a file once; runs before the first that it was given are not its concern. A file that is fixed and not
/// written yet counts as not given: its rows are read when it is written.
struct UndeliveredRows {
    /// Runs whose results a receiver lacks.
    let runs: [Int64]
    /// Decisions of audit entries after this one, about rows of runs from this one on, are not given to every receiver; nil = there is none.
    private let decisions: (after: Int64, from: Int64)?

    /// Nobody waits for anything.
    init() { (runs, decisions) = ([], nil) }

    init(job: String, in database: Database) throws {
        runs = try Int64.fetchAll(
            database,
            sql: """
                WITH given AS (
                    SELECT o.receiver, r.run, o.written FROM pipeline_outbound o JOIN pipeline_outbound_runs r ON r.outbound = o.id
                    WHERE o.job = :job),
                receivers AS (SELECT receiver, min(run) AS first FROM given GROUP BY receiver)
                SELECT DISTINCT p.id FROM pipeline_runs p JOIN receivers f ON p.id >= f.first
                WHERE p.job = :job AND p.status IN ('done', 'held')
                AND NOT EXISTS (SELECT 1 FROM given g WHERE g.receiver = f.receiver AND g.run = p.id AND g.written = 1)
                ORDER BY p.id
                """, arguments: ["job": job])
        let waiting = try Row.fetchOne(
            database,
            sql: """
                SELECT min(last) AS last, (SELECT min(r.run) FROM pipeline_outbound o JOIN pipeline_outbound_runs r ON r.outbound = o.id
                    WHERE o.job = :job) AS first
                FROM (SELECT max(CASE WHEN written = 1 THEN audit_to ELSE 0 END) AS last FROM pipeline_outbound
                    WHERE job = :job GROUP BY receiver)
                """, arguments: ["job": job])
        if let last = waiting?["last"] as Int64?, let first = waiting?["first"] as Int64? {
            decisions = (last, first)
        } else {
            decisions = nil
        }
    }

    /// `0` where there is none: no run has that number.
    var list: String { runs.isEmpty ? "0" : runs.map(String.init).joined(separator: ", ") }

    /// No decision about an item, and no outcome that it says the interim one of, is still to be given.
    func isGiven(item: String) -> String {
        let runs = "\(item).run NOT IN (\(list))"
        guard let decisions else { return runs }
        // By their first entry: an erasure may have stated one anew in a later one.
        return """
            \(runs)
            AND (\(item).run < \(decisions.from) OR NOT EXISTS (SELECT 1 FROM pipeline_decisions d WHERE d.item = \(item).id
                AND d.id IN (SELECT subject FROM pipeline_audit WHERE kind = 'decision' GROUP BY subject HAVING min(id) > \(decisions.after))))
            """
    }
}
