import Connectors
import Models
import Records

/// Rows of a period with their features and labels: what training and evaluation work on.
struct FeatureSet: Sendable {
    var matrix: FeatureMatrix
    var keys: [UInt64] = []
    /// Event time a row, microseconds.
    var times: [Int64] = []
    /// The cluster a row belongs to (a card), numbered in order of first appearance.
    var entities: [Int] = []
    /// Label of a row as known at `labelsKnownBy`.
    var labels: [Float] = []
    /// Numbers that were asked for, by the name of their column or feature; money in minor units, NaN where missing.
    var numbers: [String: [Double]] = [:]
    /// Of a prepared stage: how long each row's unit still ran, and what the stage learnt first.
    var life: LifeTargets?
    var preparation: [UInt8] = []
    /// Of a stage that knows: what kind each row is.
    var classes: ClassTargets?

    /// The given rows.
    func rows(_ indices: [Int]) -> FeatureSet {
        var picked = FeatureSet(
            matrix: matrix.rows(indices), keys: indices.map { keys[$0] }, times: indices.map { times[$0] },
            entities: indices.map { entities[$0] }, labels: indices.map { labels[$0] },
            numbers: numbers.mapValues { values in indices.map { values[$0] } })
        picked.preparation = preparation
        picked.classes = classes?.rows(indices)
        picked.life = life.map { life in
            LifeTargets(
                left: indices.map { life.left[$0] }, atLeast: indices.map { life.atLeast[$0] }, units: indices.map { life.units[$0] },
                horizon: life.horizon)
        }
        return picked
    }

    /// Rows with event time in [from, to), in order of time, of equal times in the feed's.
    func rows(from: Timestamp, to: Timestamp) -> FeatureSet {
        let chosen = times.indices.filter { times[$0] >= from.microseconds && times[$0] < to.microseconds }
        return rows(chosen.sorted { (times[$0], $0) < (times[$1], $1) })
    }

    var positives: Int { labels.count { $0 > 0 } }
}

/// All labels of a job's label feed by row key, with their known times.
struct LabelTable: Sendable {
    private var events: [UInt64: [LabelEvent]] = [:]
    /// In order of known time.
    let ordered: [LabelEvent]

    init(_ all: [LabelEvent]) {
        ordered = all.sorted { $0.known < $1.known }
        for event in ordered { events[event.key, default: []].append(event) }
    }

    /// The label of a row as known at a time: the last event by then; nil = none.
    func label(of key: UInt64, knownBy time: Timestamp) -> Bool? {
        events[key]?.last { $0.known <= time }?.isPositive
    }
}

/// Streams a job's whole feed through its stage, in order, and keeps the rows of a period.
///
/// Nothing later than a row flows into its features: the stage sees rows and labels in the order in which a run would have.
struct FeatureCollector {
    let job: ScoringJob
    /// Digest over the digests of the files read; empty until `collect` has run.
    private(set) var inputDigest = ""
    private(set) var rejected = 0
    private(set) var read = 0
    /// Told of the rows of the period, a block at a time: the batch, their indices in it, all keys and all features of the block.
    var visit: ((_ batch: RecordBatch, _ rows: [Int], _ keys: [UInt64], _ features: FeatureMatrix) throws(Failure) -> Void)?
    /// Language models that the stage may ask; nil = nobody is asked.
    var models: (any ModelSupplier)?
    /// What the stage reads texts through, read when it is first needed; nil = the job names no encoder.
    private(set) var encoder: (files: EncoderFiles, model: SentenceEncoder)?
    private let files: [FeedFile]
    private let labels: LabelTable

    /// - Parameters:
    ///   - decisions: labels that people gave, besides those of the job's label feed.
    ///   - setAside: names of files that a contract keeps from being read.
    init(job: ScoringJob, decisions: [LabelEvent] = [], setAside: Set<String> = []) throws(Failure) {
        self.job = job
        files = try Readiness.deliveries(of: job.main, in: job.directory).filter { !setAside.contains($0.name) }
        var events = decisions
        if let feed = job.labels { events += try Self.events(of: feed, in: job.job) }
        labels = LabelTable(events)
    }

    static func events(of feed: JobFeed, in job: Job) throws(Failure) -> [LabelEvent] {
        let schema = feed.schema
        let keys = feed.key.compactMap { schema.index(of: $0) }
        let known = feed.knownTime.flatMap { schema.index(of: $0) }
        let value = schema.fields.indices.first { !keys.contains($0) && $0 != known }
        let files = try Readiness.deliveries(of: feed, in: job.directory)
        let reader = BlockReader(feed: feed, files: files, blockRows: 8_192)
        var events: [LabelEvent] = []
        while let read = try reader.next() {
            let batch = read.block.batch
            let hashes = RecordKey.hashes(of: batch, columns: keys)
            for row in 0..<batch.count {
                events.append(
                    LabelEvent(
                        key: hashes[row], isPositive: value.map { batch.columns[$0].integers[row] != 0 } ?? true,
                        known: Timestamp(microseconds: known.map { batch.columns[$0].integers[row] } ?? 0)))
            }
        }
        return events
    }

    var stageName: String { job.stage.name }

    /// Whether the stage takes each unit's last row for its end.
    var runsToFailure: Bool { job.stage.parameters["run-to-failure"] == .bool(true) }

    /// First and last event time of the feed, or nil when no row can be read.
    func period() throws(Failure) -> (first: Timestamp, last: Timestamp)? {
        var feed = job.main
        let time = feed.eventTime
        feed.columns = feed.readColumns.filter { $0.field.name == time }
        feed.pivot = nil
        let reader = BlockReader(feed: feed, files: files, blockRows: 65_536)
        var bounds: (Int64, Int64)?
        while let read = try reader.next() {
            guard let column = read.block.batch.columns.first else { continue }
            for value in column.integers { bounds = (min(bounds?.0 ?? value, value), max(bounds?.1 ?? value, value)) }
        }
        return bounds.map { (Timestamp(microseconds: $0.0), Timestamp(microseconds: $0.1)) }
    }

    /// Rows with event time in [from, to), labels as known at `labelsKnownBy`.
    ///
    /// - Parameters:
    ///   - numbers: columns or features whose values are kept beside the features; those of the automatic decisions always are.
    ///   - preparation: what the stage learnt from other rows; nil = it learns from these.
    ///   - leavingOut: units that it learns nothing from, as `LifeTargets` numbers them.
    ///   - livesUntil: up to when failures of units count; nil = up to `to`.
    mutating func collect(
        from: Timestamp, to: Timestamp, labelsKnownBy: Timestamp, numbers: [String] = [], preparation: [UInt8]? = nil,
        leavingOut: Set<Int> = [], livesUntil: Timestamp? = nil, progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> FeatureSet {
        let type = try Stages.required(job.stage.name)
        let stage = try type.init(configuration: job.stage, schema: job.main.schema)
        if let models, let asking = stage as? any AskingStage, (type as? any AskingStage.Type)?.asks(job.stage) == true {
            try asking.take(models)
        }
        try takeEncoder(stage, type)
        let prepared = stage as? any PreparedStage
        let scan = try prepared.map { prepared throws(Failure) in
            try LifeScan(
                job.main, files: files, stage: prepared, labels: labels, from: from, to: livesUntil ?? to, labelsKnownBy: labelsKnownBy)
        }
        let time = job.main.eventTime.flatMap { job.main.schema.index(of: $0) } ?? 0
        let surveyed = try survey(stage, time: time, from: from, to: to, preparation: preparation)
        let tables = try job.absorbTables(into: stage)
        var learnt = surveyed
        if let prepared, let scan {
            if let preparation { learnt = preparation } else { learnt = try scan.preparation(by: prepared, leavingOut: leavingOut) }
            try prepared.prepare(learnt)
        }
        var gathering = try FeatureGathering(
            job, stage: stage, life: prepared.flatMap { stage in scan.map { (stage, $0) } }, labels: labels, labelsKnownBy: labelsKnownBy,
            numbers: Set(numbers + (job.policy.automatic?.operands ?? [])), preparation: learnt)
        var digests: [String] = []
        for file in tables + files { digests.append(try FeedDigest(of: file).hex) }
        inputDigest = FeedDigest.combined(digests)
        let visit = visit
        try stream(through: stage, time: time, until: to, progress: progress) { block throws(Failure) in
            let rows = block.times.indices.filter { block.times[$0] >= from.microseconds && block.times[$0] < to.microseconds }
            if let visit, !rows.isEmpty { try visit(block.batch, rows, block.keys, block.features) }
            gathering.take(block, rows: rows)
        }
        return gathering.finished()
    }

    private mutating func takeEncoder(_ stage: any Stage, _ type: any Stage.Type) throws(Failure) {
        guard let stage = stage as? any EncodingStage, let type = type as? any EncodingStage.Type,
            let folder = type.encoderFolder(job.stage)
        else { return }
        if encoder == nil {
            let files = try EncoderFiles(folder: job.job.resolved(folder))
            encoder = (files, try SentenceEncoder(files))
        }
        if let encoder { stage.take(encoder.model) }
    }

    /// Shows the stage all rows up to where none can belong to the period, with the labels of their time.
    private mutating func stream(
        through stage: any Stage, time: Int, until end: Timestamp, progress: (Int) -> Void,
        to take: (FeatureGathering.Block) throws(Failure) -> Void
    ) throws(Failure) {
        let keyColumns = job.main.key.compactMap { job.main.schema.index(of: $0) }
        let labelColumn = job.main.labelColumn.flatMap { job.main.schema.index(of: $0) }
        var nextLabel = 0, watermark = Int64.min
        let reader = BlockReader(feed: job.main, files: files, blockRows: 8_192)
        while let next = try reader.next() {
            let batch = next.block.batch
            (read, rejected) = (read + next.block.rowsRead, rejected + next.block.rejects.count)
            let times = batch.columns[time].integers, keys = RecordKey.hashes(of: batch, columns: keyColumns)
            watermark = max(watermark, times.max() ?? .min)
            var events: [LabelEvent] = []
            while nextLabel < labels.ordered.count, labels.ordered[nextLabel].known.microseconds <= watermark {
                events.append(labels.ordered[nextLabel])
                nextLabel += 1
            }
            let own = RunContext.labels(of: batch, column: labelColumn)
            var features = try stage.consume(
                StageInput(batch: batch, keys: keys, times: times, labels: own, labelDelay: job.main.labelDelay, events: events))
            // There is no threshold yet that could tell where an answer changes nothing.
            if models != nil, let asking = stage as? any AskingStage {
                let rows = asking.askable
                asking.ask(rows, at: rows, in: &features)
            }
            try take(FeatureGathering.Block(batch: batch, keys: keys, times: times, labels: own, features: features))
            progress(next.block.rowsRead)
            // Late rows may still belong to the period as long as lateness allows them.
            if watermark - job.main.lateness.microseconds >= end.microseconds { break }
        }
    }

    /// What a surveying stage learns of the rows of the period; the stage has taken it over.
    private func survey(
        _ stage: any Stage, time: Int, from: Timestamp, to: Timestamp, preparation: [UInt8]?
    ) throws(Failure) -> [UInt8] {
        guard let stage = stage as? any SurveyingStage else { return [] }
        if let preparation {
            try stage.prepare(preparation)
            return preparation
        }
        let reader = BlockReader(feed: job.main, files: files, blockRows: 8_192)
        while let next = try reader.next() {
            let batch = next.block.batch, times = batch.columns[time].integers
            let rows = times.indices.filter { times[$0] >= from.microseconds && times[$0] < to.microseconds }
            if !rows.isEmpty { stage.survey(rows.count == batch.count ? batch : batch.selecting(rows)) }
        }
        let learnt = stage.preparation()
        try stage.prepare(learnt)
        return learnt
    }
}

extension ScoringJob {
    /// Names of table feeds that the stage's parameters name.
    var tablesOfStage: Set<String> {
        guard let stage = try? Stages.required(scoring.stage.name).definition else { return [] }
        return Set(stage.definition.parameters.filter { $0.kind == .feed }.compactMap { scoring.stage.text($0.name) })
    }

    /// Gives a stage all rows of the table feeds that it names, as a run does before those of the main feed.
    ///
    /// - Returns: the files read.
    func absorbTables(into stage: any Stage) throws(Failure) -> [FeedFile] {
        guard let stage = stage as? any TableStage else { return [] }
        let names = tablesOfStage
        var read: [FeedFile] = []
        for feed in job.feeds where feed.role == .table && names.contains(feed.name) {
            let files = try Readiness.deliveries(of: feed, in: job.directory)
            let reader = BlockReader(feed: feed, files: files, blockRows: 8_192)
            while let next = try reader.next() { try stage.absorb(next.block.batch, ofTable: feed.name) }
            read += files
        }
        return read
    }
}

extension ScoringJob {
    /// The column whose rows belong together (a card): the stage's first column parameter.
    var entityColumn: String? {
        guard let stage = try? Stages.required(scoring.stage.name).definition else { return nil }
        for parameter in stage.definition.parameters {
            if case .column = parameter.kind { return scoring.stage.text(parameter.name) }
        }
        return nil
    }
}
