import Foundation
public import GRDB
public import Records

extension Explanation {
    /// Reads what is stored about a key.
    ///
    /// - Parameters:
    ///   - key: the key's text; several columns joined with byte 0x1F, as `RecordKey.text`.
    ///   - table: of the job's tables, this one only; nil = each whose key has as many parts.
    ///   - now: the time at which outcomes in force and leases are judged.
    /// - Throws: a job without results; a table that the job does not have; a key of which nothing is stored.
    public init(job: String, key: String, table: String? = nil, now: Timestamp, in database: Database) throws(Failure) {
        self = try database.worded { () throws -> Explanation in
            let versions = try Explanation.versions(job: job, key: key, table: table, in: database)
            let items = try ReviewStore(database).history(job: job, key: key).map { Explanation.item($0, now: now) }
            let labels = try LabelStore(database).history(job: job, key: key).map { fact in
                let source = fact.decision.map { "decision \($0)" } ?? fact.run.map { "run \($0)" } ?? ""
                return Label(isPositive: fact.isPositive, known: fact.known.iso8601, source: source)
            }
            guard !(versions.isEmpty && items.isEmpty && labels.isEmpty) else { throw Failure.keyUnknown(job: job) }
            return Explanation(job: job, key: key, versions: versions, items: items, labels: labels)
        }
    }

    /// A table of the job: that of its scores, or that of a feed.
    private struct ResultSource {
        var name: String
        var key: [String]
        /// Nil = the scores.
        var layout: TableLayout?

        /// Of the scores, the key's columns are those before `version`; every other column is found by its name, so that more may be added.
        init(_ row: Row, in database: Database) throws {
            name = row["name"]
            layout = try (row["feed"] as String?) == nil ? nil : TableLayout(json: row["columns"])
            if let layout {
                key = layout.key
                return
            }
            let names = try database.columns(in: name).map(\.name)
            key = Array(names.prefix { $0 != "version" })
            guard !key.isEmpty, key.count < names.count else {
                throw Failure.storedValue(table: name, column: "version", found: "no such column", expected: "key columns, then version")
            }
        }
    }

    private static func versions(job: String, key: String, table: String?, in database: Database) throws -> [ResultVersion] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT name, feed, columns FROM pipeline_results WHERE job = ? ORDER BY feed IS NOT NULL, name",
            arguments: [job])
        guard !rows.isEmpty else {
            let jobs = try String.fetchAll(database, sql: "SELECT DISTINCT job FROM pipeline_results ORDER BY job")
            throw Failure.jobWithoutResults(job, jobs: jobs)
        }
        var sources = try rows.map { try ResultSource($0, in: database) }
        if let table {
            let names = sources.map(\.name)
            sources = sources.filter { $0.name == table }
            guard !sources.isEmpty else { throw Failure.tableUnknown(table, of: job, tables: names) }
        }
        let values = key.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        let fitting = sources.filter { $0.key.count == values.count }
        guard !fitting.isEmpty else { throw Failure.keyParts(found: values.count, columns: sources.map { ($0.name, $0.key) }) }
        return try fitting.flatMap { source in
            let condition = source.key.map { "\($0.quotedDatabaseIdentifier) IS ?" }.joined(separator: " AND ")
            return try Row.fetchAll(
                database, sql: "SELECT * FROM \(source.name.quotedDatabaseIdentifier) WHERE \(condition) ORDER BY version",
                arguments: StatementArguments(values)
            ).map { try version($0, of: source, in: database) }
        }
    }

    private static func version(_ row: Row, of source: ResultSource, in database: Database) throws -> ResultVersion {
        let run = try (row["run"] as Int64?).flatMap {
            try RunRecord.fetchOne(database, sql: "SELECT * FROM pipeline_runs WHERE id = ?", arguments: [$0])
        }
        if let layout = source.layout {
            let columns = try row.filter { name, _ in !LandingTable.provenance.contains(name) && !source.key.contains(name) }
                .map { name, value in NamedText(name, try text(value, type: layout.columns.first { $0.name == name }?.columnType)) }
            return ResultVersion(
                table: source.name, version: row["version"], origin: Origin(file: row["file"], row: row["row"]), columns: columns,
                features: [], run: run.map(Run.init))
        }
        let named: Set = ["version", "run", "event_time", "score", "outcome", "cause", "late", "features"]
        let others = row.filter { name, _ in !named.contains(name) && !source.key.contains(name) }
        return ResultVersion(
            version: row["version"], eventTime: row["event_time"], score: row["score"], outcome: row["outcome"], cause: row["cause"],
            isLate: row["late"], columns: others.map { NamedText($0, text($1)) },
            features: try features(row["features"] as Data?, run: run, in: database),
            featureDigest: run.map { featureDigest(row["features"] as Data?, run: $0, in: database) }, run: run.map(Run.init))
    }

    /// Says what a score was made of: equal digests are the same features, computed by the same version of the stage, with equal values.
    private static func featureDigest(_ data: Data?, run: RunRecord, in database: Database) -> String {
        var encoding = CanonicalEncoding(domain: "pipeline features 1")
        encoding.append(run.versions.first { $0.name == "stage" }?.value ?? "")
        let stage = (try? RunStore(database).job(ofRun: run.id))?.scoring?.stage
        for name in stage.flatMap({ try? Stages.definition(of: $0).features.map(\.name) }) ?? [] { encoding.append(name) }
        for value in PackedFeatures.unpack(data) { encoding.append(Int64(value.bitPattern)) }
        return encoding.sha256
    }

    /// A value in the words of its type: money with decimals and currency, `true` and `false`.
    private static func text(_ value: DatabaseValue, type: ColumnType?) throws -> String? {
        guard case .int64(let number) = value.storage else { return text(value) }
        switch type {
        case .money(let currency): return Money(minor: number, currency: currency).description
        case .bool: return number != 0 ? "true" : "false"
        default: return text(value)
        }
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
            jobDigest: run.jobDigest, policyDigest: run.policyDigest, inputDigest: run.inputDigest, listDigest: run.listDigest)
    }
}
