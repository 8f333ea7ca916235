import GRDB
import Models
import Records

/// Labels that people gave, as training would take them: who, when, and what the model said of the row.
struct TrainingLabels {
    private struct Decided {
        var isPositive: Bool
        var actor: String
        var decided: Int64
        /// NaN where the row was scored by the stage's rules: those are no probabilities.
        var probability: Float
    }
    private var byKey: [UInt64: Decided] = [:]

    /// Every decision that says what its row was, known by `time`; a later one of the same row takes the place of the one before.
    init(job: String, knownBy time: Timestamp, in database: Database) throws(Failure) {
        try database.worded {
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT i.key, d.positive, d.actor, d.host, d.decided, i.score, r.model FROM pipeline_decisions d
                    JOIN pipeline_review_items i ON i.id = d.item LEFT JOIN pipeline_runs r ON r.id = i.run
                    WHERE i.job = ? AND i.kind = 'row' AND d.positive IS NOT NULL AND d.decided <= ? ORDER BY d.id
                    """, arguments: [job, time.microseconds])
            while let row = try rows.next() {
                let (actor, host): (String, String) = (row["actor"], row["host"])
                let (model, score): (String?, Double?) = (row["model"], row["score"])
                byKey[RecordKey.hash(row["key"])] = Decided(
                    isPositive: row["positive"], actor: "\(actor)@\(host)", decided: row["decided"],
                    probability: model == nil ? .nan : score.map { Float($0) } ?? .nan)
            }
        }
    }

    /// What looks odd among the rows of a training set: kinds, counts and sentences, without names or values.
    func findings(in set: FeatureSet) -> [ModelFitting.OddLabels] {
        let rows = set.keys.indices.filter { byKey[set.keys[$0]] != nil }
        guard !rows.isEmpty else { return [] }
        let decided = rows.compactMap { byKey[set.keys[$0]] }
        let actors = Set(decided.map(\.actor)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: zip(actors, 0...))
        let labels = LabelRows(
            labels: decided.map { $0.isPositive ? 1 : 0 }, probabilities: decided.map(\.probability),
            actors: decided.map { numbers[$0.actor] ?? 0 }, times: decided.map(\.decided), matrix: set.matrix.rows(rows))
        return LabelHygiene().findings(labels).map {
            ModelFitting.OddLabels(kind: $0.kind, rows: $0.rows.count, reason: $0.reason)
        }
    }
}
