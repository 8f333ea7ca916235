import Connectors
import Models
import Records

/// A block on its way to the warehouse: every row accounted for.
struct ScoredBlock: Sendable {
    var file: Int
    var start: FeedPosition
    var end: FeedPosition
    /// Rows to be written, in feed order.
    var batch: RecordBatch
    var keys: [UInt64]
    var times: [Int64]
    var versions: [Int64]
    var isLate: [Bool]
    var records: [UInt64]
    var features: FeatureMatrix
    var scores: [Float]
    var rulings: [Ruling]
    var items: QueuedItems
    var rejects: [Reject]
    var counts: RunCounts
    /// The stage's state after this block.
    var state: StateChange
    /// What the stage learnt from all rows, a further delta; with the first results only.
    var learnt: [UInt8] = []
    var cursor: StreamCursor
    /// What challengers say of the same rows.
    var challenged: [ChallengedRows] = []
    /// The job's deadline had passed: no model was asked.
    var isAfterDeadline = false
    /// Of an answering stage: a column for each of `DecidedRows.answers`. Empty where they are not known.
    var answers: [Records.Column] = []
}

/// What of the stage's state a block changed.
enum StateChange: Sendable {
    case delta([UInt8])
    /// The whole state: takes the place of everything before.
    case base([UInt8])

    var byteCount: Int {
        switch self {
        case .delta(let bytes), .base(let bytes): bytes.count
        }
    }
}

/// What the engine itself remembers between blocks, besides the stage's state.
struct StreamCursor: Hashable, Sendable, Codable {
    /// Newest event time seen, in microseconds; nil before the first row.
    var watermark: Int64?
    /// Labels known up to here were given to the stage.
    var labels: Int64 = .min
    /// Day (of the watermark) for which review items are counted, and their number so far.
    var day: Int64 = .min
    var itemsOfDay: Int = 0
    /// Bytes of the last base and of the deltas since: when the deltas outweigh it, a new base is written.
    var baseBytes: Int = 0
    var deltaBytes: Int = 0
    /// Version of the stage that wrote the state; 0 = there is none.
    var stageVersion: Int = 0
    /// What fills the queue while there is no model; nil before the first row without one.
    var coldStart: ColdStart?
    /// Digest of what prepared the stage whose state this is; nil = nothing did.
    var preparation: String?
    /// About which units a person was asked; nil where the job asks about every row.
    var asked: AskedUnits?
}

/// Labels and earlier results, as far as this run may see them.
protocol RunMemory: AnyObject {
    /// Labels with `known` in (after, through], visible to this run, by known time; in order.
    func labels(after: Int64, through: Int64) throws(Failure) -> [LabelEvent]
    /// Labels learnt since the job's last run whose known time its rows had passed already.
    func belatedLabels(through: Int64) throws(Failure) -> [LabelEvent]
    /// Newest version of a row's key from an earlier run, and its content hash.
    func earlierVersion(of batch: RecordBatch, row: Int) throws(Failure) -> (version: Int64, record: UInt64)?
    /// What people decided about this job's results before a time, in microseconds, oldest first.
    func decisions(about column: String, before time: Int64) throws(Failure) -> [StageDecision]
    /// What earlier runs gave and did not take back, in the order of the keys.
    func standing(_ withdrawal: (column: String, mark: String, subject: String)) throws(Failure) -> [StandingResult]
}

/// Takes blocks through the stage, the model and the policy, in feed order.
final class Scorer<Upstream: Source>: Source where Upstream.Element == ReadBlock {
    private let upstream: Upstream
    let context: RunContext
    let stage: any Stage
    let memory: any RunMemory
    private(set) var cursor: StreamCursor
    /// Rows at or before this may have been written by an earlier run.
    private let startWatermark: Int64?
    private var givesBelatedLabels: Bool
    /// Texts of a block's review items; the memory is used again.
    private var text = JSONWriter()
    let locator: RecordLocator
    /// Of the job's calendar: capacity is a day's.
    private var zone: Zone
    /// Results that a finishing stage has given, in all blocks of this run; and how many there are once it was asked.
    var given: Int
    var resultCount: Int?

    /// - Parameters:
    ///   - isFresh: no chunk of this run is committed yet.
    ///   - resultsGiven: of a finishing stage, as the checkpoint has it.
    init(
        upstream: Upstream, context: RunContext, stage: any Stage, memory: any RunMemory, cursor: StreamCursor, startWatermark: Int64?,
        isFresh: Bool, resultsGiven: Int = 0
    ) {
        (self.upstream, self.context, self.stage, self.memory) = (upstream, context, stage, memory)
        (self.cursor, self.startWatermark, givesBelatedLabels, given) = (cursor, startWatermark, isFresh, resultsGiven)
        zone = Zone(context.job.zone) ?? .utc
        locator = RecordLocator(context.files.map { StreamedFile(feed: context.job.main, file: $0) })
    }

    func next() throws(Failure) -> ScoredBlock? {
        guard let read = try upstream.next() else { return nil }
        var rejects = read.block.rejects
        var kept = try sift(read, rejects: &rejects)
        let input = try stageInput(kept)
        var counts = RunCounts()
        let late = kept.isLate.count { $0 }, unchanged = kept.unchanged
        var features: FeatureMatrix
        if let stage = stage as? any FinishingStage {
            for refusal in try stage.absorb(input) { rejects.append(try reject(refusal, of: kept.batch, in: read)) }
            features = FeatureMatrix(featureCount: 0, values: [])
            kept = Kept(batch: Self.noRows(of: context.decided.schema), keys: [], times: [], versions: [], isLate: [], records: [])
        } else {
            features = try stage.consume(input)
            counts.before = leaveOutBeforeSince(&kept, &features)
        }
        let corrected = kept.versions.count { $0 > 1 }
        let isAfterDeadline = context.deadline?.hasPassed(atFile: read.file, row: read.start.row) ?? false
        if !isAfterDeadline { try ask(kept, &features) }
        let decided = try decide(kept, features: features, isAfterDeadline: isAfterDeadline)
        counts.add(decided.counts)
        counts.read = Int64(read.block.rowsRead)
        counts.rejected = Int64(rejects.count)
        counts.accepted = counts.read - counts.rejected
        counts.unchanged = Int64(unchanged)
        counts.late = Int64(late)
        counts.corrected = Int64(corrected)
        var block = ScoredBlock(
            file: read.file, start: read.start, end: read.block.end, batch: kept.batch, keys: kept.keys, times: kept.times,
            versions: kept.versions, isLate: kept.isLate, records: kept.records, features: features, scores: decided.scores,
            rulings: decided.rulings, items: decided.items, rejects: rejects, counts: counts, state: stateChange(), cursor: cursor)
        block.isAfterDeadline = isAfterDeadline
        block.answers = answers(of: kept)
        guard kept.batch.count > 0, !isAfterDeadline else { return block }
        for challenger in context.challengers {
            block.challenged.append(try challenger.rows(kept.batch, keys: kept.keys, features: features))
        }
        return block
    }

    /// What an answering stage says of these rows; empty for all others.
    private func answers(of kept: Kept) -> [Records.Column] {
        guard kept.batch.count > 0, let stage = stage as? any AnsweringStage else { return [] }
        let columns = stage.answers(), fields = context.decided.answers
        guard !kept.sources.isEmpty, let count = columns.first?.count else { return columns }
        return RecordBatch(schema: Schema(fields), columns: columns, rowNumbers: (0..<count).map { Int64($0) }).selecting(kept.sources)
            .columns
    }

    /// Takes out rows before the run's `since`, once the stage has seen them.
    ///
    /// - Returns: how many.
    private func leaveOutBeforeSince(_ kept: inout Kept, _ features: inout FeatureMatrix) -> Int64 {
        guard let since = context.since?.microseconds else { return 0 }
        let rows = kept.times.indices.filter { kept.times[$0] >= since }
        let before = kept.times.count - rows.count
        guard before > 0 else { return 0 }
        features = features.rows(rows)
        kept = Kept(
            batch: kept.batch.selecting(rows), keys: rows.map { kept.keys[$0] }, times: rows.map { kept.times[$0] },
            versions: rows.map { kept.versions[$0] }, isLate: rows.map { kept.isLate[$0] }, records: rows.map { kept.records[$0] },
            unchanged: kept.unchanged, sources: rows)
        return Int64(before)
    }

    /// Scores, rulings and review items of rows, with outcomes and items counted.
    ///
    /// - Parameter isAfterDeadline: the stage's rules score, the job's rules and its deadline's outcome decide.
    func decide(
        _ kept: Kept, features: FeatureMatrix, isAfterDeadline: Bool = false
    ) throws(Failure) -> (scores: [Float], rulings: [Ruling], items: QueuedItems, counts: RunCounts) {
        guard kept.batch.count > 0 else { return ([], [], QueuedItems(), RunCounts()) }
        let model = isAfterDeadline ? nil : context.model
        let scores = try model?.probabilities(of: features) ?? stage.ruleScores(of: features)
        // Results of a finishing stage come all at once, after the days.
        let fillsQueue = !(stage is any FinishingStage) && !(stage is any WatchingStage)
        if context.model == nil, cursor.coldStart == nil, fillsQueue { cursor.coldStart = ColdStart() }
        let limits =
            context.model == nil
            ? cursor.coldStart?.limits(times: kept.times, suspicions: scores, capacity: context.job.review.capacityPerDay, zone: &zone)
            : nil
        var rulings = context.policy.rulings(
            batch: kept.batch, keys: kept.keys, features: features, scores: scores, limits: limits, isAfterDeadline: isAfterDeadline)
        if context.policy.oncePer != nil {
            var asked = cursor.asked ?? AskedUnits()
            asked.settle(&rulings, of: kept.batch, times: kept.times, policy: context.policy)
            cursor.asked = asked
        }
        let (items, itemCount) = try reviewItems(kept, features: features, rulings: rulings, isAfterDeadline: isAfterDeadline)
        var counts = RunCounts()
        if isAfterDeadline { counts.afterDeadline = Int64(kept.batch.count) }
        counts.reviewItems = Int64(itemCount)
        var rows = [Int64](repeating: 0, count: context.policy.outcomes.count)
        for ruling in rulings { rows[Int(ruling.outcome)] += 1 }
        for (name, count) in zip(context.policy.outcomes, rows) where count > 0 { counts.outcomes[name] = count }
        return (scores, rulings, items, counts)
    }

    // MARK: Sifting

    struct Kept {
        var batch: RecordBatch
        var keys: [UInt64]
        var times: [Int64]
        var versions: [Int64]
        var isLate: [Bool]
        var records: [UInt64]
        var unchanged = 0
        /// Row of the stage's last part for each row; empty = the same.
        var sources: [Int] = []
    }

    /// Rows that are not too late and not known already; the watermark moves on.
    private func sift(_ read: ReadBlock, rejects: inout [Reject]) throws(Failure) -> Kept {
        let batch = read.block.batch
        let times = batch.columns[context.timeColumn].integers
        let records = RecordKey.contentHashes(of: batch)
        var rows: [Int] = []
        var versions: [Int64] = [], isLate: [Bool] = []
        var unchanged = 0
        let latest = context.latest
        rows.reserveCapacity(batch.count)
        for row in 0..<batch.count {
            guard times[row] <= latest else {
                let record = try locator.record(batch.rowNumbers[row], inFile: read.file, from: read.start)
                rejects.append(context.futureReject(batch, row: row, file: read.file, record: record))
                continue
            }
            let late = cursor.watermark.map { times[row] < $0 } ?? false
            if !context.decided.isFinished, context.replaysRejects || startWatermark.map({ times[row] <= $0 }) ?? false,
                let earlier = try memory.earlierVersion(of: batch, row: row)
            {
                if earlier.record == records[row] || context.replaysRejects {
                    unchanged += 1
                    continue
                }
                versions.append(earlier.version + 1)
            } else if !context.replaysRejects, isBeforePastSince(times[row]) {
                unchanged += 1
                continue
            } else if late, !context.replaysRejects, let watermark = cursor.watermark,
                times[row] < watermark - context.job.main.lateness.microseconds
            {
                let record = try locator.record(batch.rowNumbers[row], inFile: read.file, from: read.start)
                rejects.append(context.lateReject(batch, row: row, file: read.file, watermark: watermark, record: record))
                continue
            } else {
                versions.append(1)
            }
            rows.append(row)
            isLate.append(late)
            cursor.watermark = max(cursor.watermark ?? .min, times[row])
        }
        if rows.count == batch.count {
            return Kept(
                batch: batch, keys: RecordKey.hashes(of: batch, columns: context.keyColumns), times: times, versions: versions,
                isLate: isLate, records: records)
        }
        let selected = batch.selecting(rows)
        return Kept(
            batch: selected, keys: RecordKey.hashes(of: selected, columns: context.keyColumns), times: rows.map { times[$0] },
            versions: versions, isLate: isLate, records: rows.map { records[$0] }, unchanged: unchanged)
    }

    /// A run with `since` may have read it: it left nothing behind to tell, and must not be counted twice.
    private func isBeforePastSince(_ time: Int64) -> Bool {
        guard let since = context.pastSince?.microseconds, let startWatermark else { return false }
        return time < since && time <= startWatermark
    }

    // MARK: Stage

    private func stageInput(_ kept: Kept) throws(Failure) -> StageInput {
        var events: [LabelEvent] = []
        if givesBelatedLabels {
            events = try memory.belatedLabels(through: cursor.labels)
            givesBelatedLabels = false
        }
        if let watermark = cursor.watermark, watermark > cursor.labels {
            events += try memory.labels(after: cursor.labels, through: watermark)
            cursor.labels = watermark
        }
        var input = context.stageInput(batch: kept.batch, keys: kept.keys, times: kept.times, events: events)
        if kept.versions.contains(where: { $0 > 1 }) { input.corrected = kept.versions.map { $0 > 1 } }
        return input
    }

    func stateChange() -> StateChange {
        let delta = stage.delta()
        cursor.deltaBytes += delta.count
        guard cursor.deltaBytes > max(cursor.baseBytes, context.smallestBase) else { return .delta(delta) }
        let base = stage.base()
        (cursor.baseBytes, cursor.deltaBytes) = (base.count, 0)
        return .base(base)
    }

    /// What decisions changed in the state, and what the stage learnt from all rows: both are stored with the first results.
    func firstChanges() throws(Failure) -> (state: StateChange, learnt: [UInt8]) {
        let delta = stage is any DecidedStage ? stage.delta() : []
        let learnt = try (stage as? any LearningStage)?.learnt() ?? []
        cursor.deltaBytes += delta.count + learnt.count
        return (.delta(delta), learnt)
    }

    // MARK: Review items

    /// A rehearsal only counts them: no figure it prints needs reasons or evidence.
    private func reviewItems(
        _ kept: Kept, features: FeatureMatrix, rulings: [Ruling], isAfterDeadline: Bool
    ) throws(Failure) -> (items: QueuedItems, count: Int) {
        var items = QueuedItems()
        guard let review = context.policy.reviewOutcome else { return (items, 0) }
        let rows = rulings.indices.filter { rulings[$0].outcome == review || rulings[$0].isAuditSample }
        guard !rows.isEmpty, context.writesItems else { return (items, rows.count) }
        let chosen = features.rows(rows)
        let model = isAfterDeadline ? nil : context.model
        let contributions = try model?.contributions(of: chosen) ?? []
        let remarks =
            isAfterDeadline ? rows.map { _ in RunDeadline.remark } : try model?.remarks(of: chosen) ?? []
        let plans = isAfterDeadline ? [] : try plannedRepairs(kept, rows: rows, features: chosen)
        let width = features.featureCount + 1
        text.removeAll()
        for (index, row) in rows.enumerated() {
            let reasons = stage.reasons(
                features: chosen.row(index), contributions: contributions.isEmpty ? [] : contributions[index * width..<(index + 1) * width])
            var item = QueuedItems.Item(row: row, isOverCapacity: rulings[row].outcome == review && countItem())
            let said = [remarks, plans].compactMap { $0.isEmpty || $0[index].isEmpty ? nil : $0[index] }
            text.texts(said + reasons)
            item.reasonsEnd = text.endDocument()
            stage.writeEvidence(forRow: kept.sources.isEmpty ? row : kept.sources[row], to: &text)
            item.evidenceEnd = text.endDocument()
            context.writeFields(of: kept.batch, row: row, to: &text)
            item.fieldsEnd = text.endDocument()
            items.items.append(item)
        }
        items.text = text.bytes
        return (items, rows.count)
    }

    /// Of a stage whose units have a life: when each row's is best repaired, in words; empty for all others.
    private func plannedRepairs(_ kept: Kept, rows: [Int], features: FeatureMatrix) throws(Failure) -> [String] {
        guard let model = context.model, let prepared = stage as? any PreparedStage else { return [] }
        let costs = rows.compactMap { context.policy.lifeCosts(batch: kept.batch, row: $0) }
        guard costs.count == rows.count else { return [] }
        return zip(rows, try model.plans(of: features, costs: costs)).map { row, plan in
            PlannedRepair(plan: plan, time: kept.times[row], step: prepared.step, currency: context.policy.currency).text
        }
    }

    /// Counts an item against the day's capacity; true when it is over.
    private func countItem() -> Bool {
        let day = zone.day(of: cursor.watermark ?? 0)
        if day != cursor.day { (cursor.day, cursor.itemsOfDay) = (day, 0) }
        cursor.itemsOfDay += 1
        return cursor.itemsOfDay > context.job.review.capacityPerDay
    }
}
