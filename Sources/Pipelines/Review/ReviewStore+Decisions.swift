import GRDB
import Records

/// What was decided about a job's results, as a stage hears it.
extension ReviewStore {
    /// Decisions about rows that were made before a time, in microseconds, oldest first; each with what its row says in `column`. Rows that say
    /// nothing there are left out.
    func decisions(ofJob job: String, about column: String, before time: Int64) throws(Failure) -> [StageDecision] {
        try database.worded {
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT d.outcome, d.decided, i.fields,
                        (SELECT outcome FROM pipeline_decisions WHERE id = d.supersedes) AS replaced
                    FROM pipeline_decisions d JOIN pipeline_review_items i ON i.id = d.item
                    WHERE i.job = ? AND i.kind = 'row' AND d.decided < ? ORDER BY d.decided, d.id
                    """, arguments: [job, time])
            var decisions: [StageDecision] = []
            while let row = try rows.next() {
                let fields = try row.json("fields", table: "pipeline_review_items")
                guard let subject = fields[column]?.string, !subject.isEmpty else { continue }
                decisions.append(
                    StageDecision(
                        subject: subject, outcome: row["outcome"], replaced: row["replaced"], decided: row.timestamp("decided")))
            }
            return decisions
        }
    }
}
