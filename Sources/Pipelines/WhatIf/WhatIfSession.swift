import Connectors
import GRDB
import Models
import Records

/// Goes through a period's rows, run by run, and decides each again.
struct WhatIfSession {
    private let job: ScoringJob
    private let trial: WhatIf.Trial
    private let period: Range<Int64>
    /// Where stored results are read: the live warehouse, or the scratch one that has their features.
    private let source: Warehouse
    private let whatIf: WhatIf
    private let definition: StageDefinition
    private let stage: any Stage
    private let candidate: LoadedModel?
    private let table: ResultTable
    private let labels: WhatIfLabels
    /// What outcomes cost: by the job's own policy, outcomes that it lacks by the one tried.
    private let prices: [Policy]
    /// Runs whose rows views show.
    private let records: [Int64: RunRecord]
    private var policies: [Int64: Policy] = [:]
    /// Hashes of keys that were decided again.
    private var seen: Set<UInt64> = []
    private var entities: [String: Int] = [:]
    private var zone: Zone
    private(set) var ledger = WhatIfLedger()
    private var days: ClosedRange<Int>?
    private var times: ClosedRange<Int64>?
    private var models: [Int: LoadedModel] = [:]
    /// Moved on past the rows of every run without a model as that run did.
    private var coldStart = ColdStart()
    private var asked = AskedUnits()

    init(job: ScoringJob, trial: WhatIf.Trial, period: Range<Int64>, source: Warehouse, whatIf: WhatIf) throws(Failure) {
        (self.job, self.trial, self.period, self.source, self.whatIf) = (job, trial, period, source, whatIf)
        let type = try Stages.required(job.stage.name)
        definition = type.definition(for: job.stage)
        stage = try type.init(configuration: job.stage, schema: job.main.schema)
        candidate = try LoadedModel.version(
            name: job.modelName, version: trial.modelVersion, job: job, stage: definition, warehouse: whatIf.warehouse,
            threads: whatIf.threads)
        table = ResultTable(name: job.results.table, job: job.name, key: try job.decided().keyFields)
        let now = whatIf.environment.now()
        labels = try whatIf.warehouse.read { try WhatIfLabels(database: $0, job: job, now: now) }
        records = try whatIf.warehouse.read { database in
            let done = try RunStore(database).list(job: job.name).filter { $0.status == .done }
            return Dictionary(uniqueKeysWithValues: done.map { ($0.id, $0) })
        }
        let names = definition.features.map(\.name)
        var prices = [try Policy(job: job, featureNames: names, hasModel: true, seed: 0, lists: [:])]
        if let other = try trial.policy?.scored() {
            prices.append(try Policy(job: other, featureNames: names, hasModel: true, seed: 0, lists: [:]))
        }
        self.prices = prices
        zone = Zone(job.zone) ?? .utc
    }

    // MARK: Rows

    mutating func add(_ run: RunRecord, change: ((WhatIfChange) throws(Failure) -> Void)?) throws(Failure) {
        let text = try whatIf.warehouse.read { try RunStore($0).jobText(digest: run.jobDigest) }
        let ownJob = try Job.stored(text: text, path: job.path)
        let replayer = Replayer(warehouse: whatIf.warehouse, environment: whatIf.environment, threads: whatIf.threads)
        let files = try replayer.streamedFiles(of: run, job: ownJob, feed: ownJob.scored().main.name)
        let then = try ownJob.scored()
        let reader = BlockReader(files, blockRows: 8_192)
        while let read = try reader.next() {
            let limits = try limits(of: read.block.batch, run: run, job: then)
            for (id, rows) in try rows(of: read.block.batch, job: then, limits: limits.map { (run.id, $0) }) {
                guard let by = records[id] else { continue }
                let loaded = try model(of: by)
                let policy = try policy(for: by, job: try trial.policy?.scored() ?? then, model: loaded)
                try decide(rows, then: then, policy: policy, loaded: loaded, change: change)
            }
        }
    }

    /// Rows of a block that one run decided and that still hold.
    private struct Rows {
        var batch: RecordBatch
        var keys: [UInt64]
        var times: [Int64]
        var features: FeatureMatrix
        var scores: [Float]
        var stored: [Stored]
        var limits: [ColdStart.Limits]?
    }

    private struct Stored {
        var version: Int64
        var outcome: String
        var cause: String?
        var score: Double
        var features: [Float]
    }

    /// By the run that decided them: the one that read them, or one that scored them again. A row that comes in several files counts once.
    ///
    /// - Parameter limits: of each row, where that run had no model.
    private mutating func rows(
        of batch: RecordBatch, job: ScoringJob, limits: (run: Int64, rows: [ColdStart.Limits])?
    ) throws(Failure) -> [(run: Int64, rows: Rows)] {
        let decided = try job.decided()
        let times = batch.columns[decided.time].integers
        let inside = (0..<batch.count).filter { period.contains(times[$0]) }
        guard !inside.isEmpty else { return [] }
        let contents = RecordKey.contentHashes(of: batch), keys = RecordKey.hashes(of: batch, columns: decided.key)
        var kept: [Int64: [(row: Int, stored: Stored)]] = [:]
        let fresh = inside.filter { !seen.contains(keys[$0]) }
        let found = try source.read { database in
            try fresh.map { row in
                try stored(decided.key.map { ResultTable.value(batch.columns[$0], row) }, in: database)
            }
        }
        for (row, result) in zip(fresh, found) {
            guard let result, result.record == contents[row], seen.insert(keys[row]).inserted else { continue }
            kept[result.run, default: []].append((row, result.row))
        }
        return try kept.sorted { $0.key < $1.key }.map { run, rows throws(Failure) in
            var chosen = try self.rows(rows, of: batch, keys: keys, times: times)
            if let limits, limits.run == run { chosen.limits = rows.map { limits.rows[$0.row] } }
            return (run, chosen)
        }
    }

    private func rows(
        _ kept: [(row: Int, stored: Stored)], of batch: RecordBatch, keys: [UInt64], times: [Int64]
    ) throws(Failure) -> Rows {
        let width = definition.features.count
        var values: [Float] = []
        values.reserveCapacity(kept.count * width)
        for (_, stored) in kept {
            guard stored.features.count == width else {
                throw .storedValue(
                    table: table.name, column: "features", found: "\(stored.features.count) values", expected: "the stage's \(width)")
            }
            values += stored.features
        }
        let rows = kept.map(\.row), features = FeatureMatrix(featureCount: width, values: values)
        let scores = try candidate.map { model throws(Failure) in try model.classifier.probabilities(of: features) }
        return Rows(
            batch: batch.selecting(rows), keys: rows.map { keys[$0] }, times: rows.map { times[$0] }, features: features,
            scores: scores ?? kept.map { Float($0.stored.score) }, stored: kept.map(\.stored))
    }

    /// What filled the queue for each row, while there was no model; nil where there was, or is now.
    ///
    /// Rows outside the period move it on too, and rows of which a later run wrote another version.
    private mutating func limits(of batch: RecordBatch, run: RunRecord, job: ScoringJob) throws(Failure) -> [ColdStart.Limits]? {
        guard candidate == nil, run.model == nil, !(stage is any WatchingStage) else { return nil }
        let decided = try job.decided(), contents = RecordKey.contentHashes(of: batch)
        let suspicions = try source.read { database in
            try (0..<batch.count).map { row in
                let key = decided.key.map { ResultTable.value(batch.columns[$0], row) }
                return try suspicion(of: key, run: run.id, record: contents[row], in: database)
            }
        }
        let scored = suspicions.indices.filter { suspicions[$0] != nil }, times = batch.columns[decided.time].integers
        let moved = coldStart.limits(
            times: scored.map { times[$0] }, suspicions: scored.compactMap { suspicions[$0] },
            capacity: try (trial.policy?.scored() ?? job).review.capacityPerDay, zone: &zone)
        var limits = [ColdStart.Limits](repeating: .init(), count: batch.count)
        for (row, limit) in zip(scored, moved) { limits[row] = limit }
        return limits
    }

    private func suspicion(of key: [DatabaseValue], run: Int64, record: UInt64, in database: Database) throws -> Float? {
        let match = table.key.map { "\(ResultTable.quoted($0.name)) = ?" }.joined(separator: " AND ")
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT score FROM \(ResultTable.quoted(table.name)) WHERE \(match) AND run = ? AND record = ?"),
            arguments: StatementArguments(key) + [run, Int64(bitPattern: record)])
        return row.map { row in Float(row["score"] as Double? ?? 0) }
    }

    /// The newest version of a key that views show.
    private func stored(_ key: [DatabaseValue], in database: Database) throws -> (run: Int64, record: UInt64, row: Stored)? {
        let match = table.key.map { "\(ResultTable.quoted($0.name)) = ?" }.joined(separator: " AND ")
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT version, run, score, outcome, cause, record, features FROM \(ResultTable.quoted(table.name))
                    WHERE \(match) ORDER BY version DESC
                    """), arguments: StatementArguments(key))
        while let row = try rows.next() {
            let run: Int64 = row["run"]
            guard records[run] != nil else { continue }
            let stored = Stored(
                version: row["version"], outcome: row["outcome"], cause: row["cause"], score: row["score"],
                features: PackedFeatures.unpack(row["features"]))
            return (run, UInt64(bitPattern: row["record"] as Int64), stored)
        }
        return nil
    }

    // MARK: Deciding again

    private mutating func decide(
        _ rows: Rows, then: ScoringJob, policy: Policy, loaded: LoadedModel?, change: ((WhatIfChange) throws(Failure) -> Void)?
    ) throws(Failure) {
        var rulings = policy.rulings(batch: rows.batch, keys: rows.keys, features: rows.features, scores: rows.scores, limits: rows.limits)
        asked.settle(&rulings, of: rows.batch, times: rows.times, policy: policy)
        let entityColumn = job.entityColumn.flatMap { rows.batch.schema.index(of: $0) }
        var changed: [Int] = []
        for row in rows.stored.indices {
            let ruling = rulings[row], before = rows.stored[row].outcome, after = policy.outcomes[Int(ruling.outcome)]
            let day = Timestamp(microseconds: rows.times[row] + zone.offset(at: rows.times[row])).day
            let time = rows.times[row]
            times = min(times?.lowerBound ?? time, time)...max(times?.upperBound ?? time, time)
            days = min(days?.lowerBound ?? day, day)...max(days?.upperBound ?? day, day)
            let entity = number(entityColumn.map { rows.batch.columns[$0].text(row) ?? "" })
            ledger.count(
                entity: entity, day: day, isQueuedBefore: before == "review" || labels.isAudited(rows.keys[row]),
                isQueuedAfter: after == "review" || ruling.isAuditSample)
            let label = labels.label(
                of: rows.keys[row], at: rows.times[row], own: ownLabel(of: rows.batch, row: row, job: then), outcome: before,
                isLetThrough: prices[0].isFreeWhenNegative(before), sample: then.review.auditSample)
            let saved = try [true, false].map { isPositive throws(Failure) in
                try price(before, rows.batch, row, isPositive) - price(after, rows.batch, row, isPositive)
            }
            ledger.add(
                WhatIfLedger.Row(
                    from: before, to: after, entity: entity, day: day, ifPositive: saved[0], ifNegative: saved[1], label: label))
            if before != after { changed.append(row) }
        }
        guard let change, !changed.isEmpty else { return }
        try tell(changed, rows, rulings, then: then, policy: policy, loaded: loaded, change: change)
    }

    private func price(_ outcome: String, _ batch: RecordBatch, _ row: Int, _ isPositive: Bool) throws(Failure) -> Double {
        for policy in prices {
            if let price = policy.price(of: outcome, batch: batch, row: row, isPositive: isPositive) { return price }
        }
        throw .storedValue(
            table: table.name, column: "outcome", found: "'\(outcome)'", expected: "an outcome of the job or the policy tried")
    }

    private func ownLabel(of batch: RecordBatch, row: Int, job: ScoringJob) -> Bool? {
        guard let column = job.main.labelColumn.flatMap({ batch.schema.index(of: $0) }), batch.columns[column].isValid(row) else {
            return nil
        }
        return batch.columns[column].integers[row] != 0
    }

    private mutating func number(_ entity: String?) -> Int {
        guard let entity else { return ledger.rows }
        if let number = entities[entity] { return number }
        entities[entity] = entities.count
        return entities.count - 1
    }

    // MARK: Changes

    private func tell(
        _ changed: [Int], _ rows: Rows, _ rulings: [Ruling], then: ScoringJob, policy: Policy, loaded: LoadedModel?,
        change: (WhatIfChange) throws(Failure) -> Void
    ) throws(Failure) {
        let features = rows.features.rows(changed)
        let before = try reasons(features, loaded), after = try candidate.map { model throws(Failure) in try reasons(features, model) }
        let keyColumns = try then.decided().key
        for (index, row) in changed.enumerated() {
            let stored = rows.stored[row], ruling = rulings[row], outcome = policy.outcomes[Int(ruling.outcome)]
            let saved = try [true, false].map { isPositive throws(Failure) in
                try price(stored.outcome, rows.batch, row, isPositive) - price(outcome, rows.batch, row, isPositive)
            }
            let label = labels.label(
                of: rows.keys[row], at: rows.times[row], own: ownLabel(of: rows.batch, row: row, job: then), outcome: stored.outcome,
                isLetThrough: prices[0].isFreeWhenNegative(stored.outcome), sample: then.review.auditSample)
            try change(
                WhatIfChange(
                    key: keyColumns.map { rows.batch.columns[$0].text(row) ?? "" }, version: stored.version,
                    eventTime: Timestamp(microseconds: rows.times[row]), scoreBefore: stored.score, scoreAfter: Double(rows.scores[row]),
                    outcomeBefore: stored.outcome, outcomeAfter: outcome, causeBefore: stored.cause ?? "cost",
                    causeAfter: policy.causes[Int(ruling.cause)] ?? "cost", label: word(label, key: rows.keys[row]),
                    savedIfPositive: saved[0], savedIfNegative: saved[1], reasonsBefore: before[index],
                    reasonsAfter: after?[index] ?? before[index]))
        }
    }

    private func word(_ label: WhatIfLedger.Label, key: UInt64) -> String? {
        switch label {
        case .positive, .audited(true, _): definition.positive
        case .negative, .audited(false, _): labels.isStated(key) ? definition.negative : "assumed \(definition.negative)"
        case .unknown: nil
        }
    }

    private func reasons(_ features: FeatureMatrix, _ model: LoadedModel?) throws(Failure) -> [[String]] {
        let contributions = try model?.classifier.contributions(of: features) ?? []
        let width = features.featureCount + 1
        return (0..<features.rowCount).map { row in
            stage.reasons(
                features: features.row(row),
                contributions: contributions.isEmpty ? [] : contributions[row * width..<(row + 1) * width])
        }
    }

    // MARK: Models and policies

    private mutating func model(of run: RunRecord) throws(Failure) -> LoadedModel? {
        guard let version = run.modelVersion else { return nil }
        if let loaded = models[version] { return loaded }
        let loaded = try LoadedModel.version(
            name: run.model, version: version, job: job, stage: definition, warehouse: whatIf.warehouse, threads: whatIf.threads)
        models[version] = loaded
        return loaded
    }

    /// With the lists as the run knew them.
    private mutating func policy(for run: RunRecord, job: ScoringJob, model: LoadedModel?) throws(Failure) -> Policy {
        if let policy = policies[run.id] { return policy }
        let lists = try whatIf.warehouse.read { database in
            var lists: [String: Set<String>] = [:]
            for feed in job.feeds where feed.role == .list {
                let entries = try ListStore(database).entries(job: job.name, list: feed.name, knownBy: run.clock)
                lists[feed.name] = Set(entries.map(\.text))
            }
            return lists
        }
        let policy = try Policy(
            job: job, featureNames: definition.features.map(\.name), hasModel: candidate != nil || run.model != nil,
            seed: RecordKey.hash(job.name), lists: lists, automatic: (candidate ?? model)?.automatic)
        policies[run.id] = policy
        return policy
    }

    // MARK: Report

    /// - Parameter newest: the last run with rows in the period.
    func report(newest: RunRecord) throws(Failure) -> WhatIfReport {
        let times = times ?? 0...0
        let seed = RecordKey.hash(job.name), days = days ?? 0...0
        let review = try (trial.policy?.scored() ?? job).review
        return WhatIfReport(
            job: job.name, from: Timestamp(microseconds: times.lowerBound), to: Timestamp(microseconds: times.upperBound),
            created: whatIf.environment.now(), policyDigest: (trial.policy ?? job.job).policyDigest,
            modelDigest: candidate?.version.digest ?? newest.modelDigest,
            model: candidate.map { "\($0.version.name) \($0.version.version)" }
                ?? newest.model.map { "\($0) \(newest.modelVersion.map(String.init) ?? "")" },
            rows: ledger.rows, changed: ledger.changed, moves: ledger.sortedMoves, currency: prices[0].currency,
            savedKnown: ledger.savedKnown(seed: seed), savedUnknown: ledger.savedUnknown, unknownRows: ledger.unknownRows,
            auditedRows: ledger.auditedRows,
            queueBefore: ledger.load(ledger.queueBefore, days: days, capacity: job.review.capacityPerDay, seed: seed),
            queueAfter: ledger.load(ledger.queueAfter, days: days, capacity: review.capacityPerDay, seed: seed),
            capacity: review.capacityPerDay)
    }
}
