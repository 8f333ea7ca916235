import Foundation
public import GRDB
public import Records

extension Explanation {
    /// Reads what is stored about a key.
    ///
    /// - Parameters:
    ///   - key: the key's text; several columns joined with byte 0x1F, as `RecordKey.text`.
    ///   - now: the time at which outcomes in force and leases are judged.
    /// - Throws: a job without results; a key of which nothing is stored.
    public init(job: String, key: String, now: Timestamp, in database: Database) throws(Failure) {
        self = try database.worded { () throws -> Explanation in
            let versions = try Explanation.versions(job: job, key: key, in: database)
            let items = try ReviewStore(database).history(job: job, key: key).map { Explanation.item($0, now: now) }
            let labels = try LabelStore(database).history(job: job, key: key).map { fact in
                let source = fact.decision.map { "decision \($0)" } ?? fact.run.map { "run \($0)" } ?? ""
                return Label(isPositive: fact.isPositive, known: fact.known.iso8601, source: source)
            }
            guard !(versions.isEmpty && items.isEmpty && labels.isEmpty) else { throw Failure.keyUnknown(job: job) }
            return Explanation(job: job, key: key, versions: versions, items: items, labels: labels)
        }
    }

    /// Key columns are those before `version`; every other column is found by its name, so that more may be added.
    private static func versions(job: String, key: String, in database: Database) throws -> [ResultVersion] {
        guard let table = try String.fetchOne(database, sql: "SELECT name FROM pipeline_results WHERE job = ?", arguments: [job]) else {
            let jobs = try String.fetchAll(database, sql: "SELECT job FROM pipeline_results ORDER BY job")
            throw Failure.jobWithoutResults(job, jobs: jobs)
        }
        let names = try database.columns(in: table).map(\.name)
        let keyNames = Array(names.prefix { $0 != "version" })
        let values = key.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        guard !keyNames.isEmpty, keyNames.count < names.count else {
            throw Failure.storedValue(table: table, column: "version", found: "no such column", expected: "key columns, then version")
        }
        guard values.count == keyNames.count else { throw Failure.keyParts(found: values.count, columns: keyNames) }
        let condition = keyNames.map { "\($0.quotedDatabaseIdentifier) IS ?" }.joined(separator: " AND ")
        return try Row.fetchAll(
            database, sql: "SELECT * FROM \(table.quotedDatabaseIdentifier) WHERE \(condition) ORDER BY version",
            arguments: StatementArguments(values)
        ).map { try version($0, keyNames: keyNames, in: database) }
    }

    private static func version(_ row: Row, keyNames: [String], in database: Database) throws -> ResultVersion {
        let run = try (row["run"] as Int64?).flatMap {
            try RunRecord.fetchOne(database, sql: "SELECT * FROM pipeline_runs WHERE id = ?", arguments: [$0])
        }
        let named: Set = ["version", "run", "event_time", "score", "outcome", "cause", "late", "features"]
        let others = row.filter { name, _ in !named.contains(name) && !keyNames.contains(name) }
        return ResultVersion(
            version: row["version"], eventTime: row["event_time"], score: row["score"], outcome: row["outcome"], cause: row["cause"],
            isLate: row["late"], columns: others.map { NamedText($0, text($1)) },
            features: try features(row["features"] as Data?, run: run, in: database), run: run.map(Run.init))
    }

    private static func text(_ value: DatabaseValue) -> String? {
        switch value.storage {
        case .null: nil
        case .int64(let number): String(number)
        case .double(let number): "\(number)"
        case .string(let text): text
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }

    /// 32-bit floats, little-endian; named by the run's model where their number agrees, else numbered from 1.
    private static func features(_ data: Data?, run: RunRecord?, in database: Database) throws -> [Feature] {
        let values = PackedFeatures.unpack(data)
        guard !values.isEmpty else { return [] }
        var names: [String] = []
        if let run, let model = run.model, let version = run.modelVersion {
            let row = try Row.fetchOne(
                database, sql: "SELECT features FROM pipeline_models WHERE name = ? AND version = ?", arguments: [model, version])
            names = try row?.json("features", table: "pipeline_models").elements?.compactMap(\.string) ?? []
        }
        return values.enumerated().map { index, value in
            Feature(name: names.count == values.count ? names[index] : "feature \(index + 1)", value: value.isFinite ? value : nil)
        }
    }

    private static func item(_ entry: ReviewEntry, now: Timestamp) -> Item {
        let item = entry.item
        let state =
            switch entry.state.phase(at: now) {
            case .open: "open"
            case .claimed(let claim): "claimed by \(claim.person) until \(claim.until.iso8601)"
            case .decided: "decided"
            case .superseded(let newer): "superseded by item \(newer)"
            }
        return Item(
            id: item.id, version: item.version, queue: item.queue, cause: item.cause, valueAtStake: item.value.description,
            suggested: item.suggested, state: state, isOverdue: entry.state.isOverdue(at: now),
            outcomeInForce: entry.state.effectiveOutcome(at: now), due: item.due.iso8601, reasons: item.reasons, evidence: item.evidence,
            fields: item.fields,
            decisions: entry.decisions.map { decision in
                Decision(
                    id: decision.id, outcome: decision.outcome, isPositive: decision.isPositive, reason: decision.reason,
                    by: decision.person.description, decided: Timestamp(microseconds: decision.decided).iso8601, seconds: decision.seconds,
                    supersedes: decision.supersedes)
            })
    }
}

extension Explanation.Run {
    init(_ run: RunRecord) {
        let model = run.model.map { name in run.modelVersion.map { "\(name) \($0)" } ?? name }
        self.init(
            id: run.id, status: run.status.rawValue, clock: run.clock.iso8601, model: model, modelDigest: run.modelDigest,
            jobDigest: run.jobDigest, policyDigest: run.policyDigest)
    }
}
