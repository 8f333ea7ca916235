import Connectors
import GRDB
import GRDBSQLite
import Models
import Records

/// A version that is scored beside what decides: nothing it says decides anything.
struct Challenger: Sendable {
    var version: Int
    var classifier: any Classifier
    var policy: Policy

    /// What it says of a block.
    func rows(_ kept: RecordBatch, keys: [UInt64], features: FeatureMatrix) throws(Failure) -> ChallengedRows {
        let scores = try classifier.probabilities(of: features)
        let rulings = policy.rulings(batch: kept, keys: keys, features: features, scores: scores)
        return ChallengedRows(version: version, scores: scores, outcomes: rulings.map(\.outcome))
    }
}

/// A challenger's scores and outcomes, one a row of a block.
struct ChallengedRows: Sendable {
    var version: Int
    var scores: [Float]
    /// Indices into `Policy.outcomes`.
    var outcomes: [UInt8]
}

/// Which versions a run scores besides the one that decides: those that were challengers at its clock, fixed at its start.
struct ChallengerStore {
    let database: Database

    init(_ database: Database) { self.database = database }

    /// Versions that do not fit the job's features are left out, and those of a stage that each version prepares: a model that nobody uses
    /// yet stops no run.
    func begin(run: Int64, job: Job, at clock: Timestamp) throws {
        guard let name = job.modelName, let scoring = job.scoring else { return }
        let features = try Stages.definition(of: scoring.stage).features.map(\.name)
        // Their features would be those of the champion's preparation.
        if try Stages.required(scoring.stage.name) is any KeepingStage.Type { return }
        let store = ModelStore(database)
        for version in try store.versions(of: name).reversed() where version.featureNames == features {
            guard try store.role(of: version, asOf: clock) == .challenger else { continue }
            try database.runCached(
                "INSERT INTO pipeline_run_challengers (run, name, version, digest) VALUES (?, ?, ?, ?)",
                [run, name, version.version, version.digest])
        }
    }

    /// Of a run, by version.
    func versions(run: Int64) throws -> [(name: String, version: Int)] {
        try Row.fetchAll(
            database, sql: "SELECT name, version FROM pipeline_run_challengers WHERE run = ? ORDER BY name, version", arguments: [run]
        ).map { ($0["name"], $0["version"]) }
    }
}

/// Writes what challengers say, beside the rows of the result table and in the same transaction.
struct ChallengerRows {
    private let statement: Statement
    private let database: Database
    private let context: RunContext

    init(_ database: Database, context: RunContext) throws {
        (self.database, self.context) = (database, context)
        statement = try database.cachedStatement(
            sql: """
                INSERT INTO pipeline_challenger_scores (job, key, version, model_version, run, score, outcome)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
    }

    /// Appends the rows but those of `duplicates`; `versions` are those that only the table knew.
    func insert(_ block: ScoredBlock, except duplicates: Set<Int>, versions: [Int: Int64]) throws {
        guard !block.challenged.isEmpty else { return }
        let names = context.policy.outcomes
        for row in 0..<block.batch.count where !duplicates.contains(row) {
            let key = RecordKey.text(of: block.batch, columns: context.decided.key, row: row)
            for challenged in block.challenged {
                try statement.execute(arguments: [
                    context.job.name, key, versions[row] ?? block.versions[row], challenged.version, context.run,
                    Double(challenged.scores[row]), names[Int(challenged.outcomes[row])],
                ])
            }
        }
    }
}
