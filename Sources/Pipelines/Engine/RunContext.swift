import Connectors
import Models
import Records

/// What does not change while a run scores rows: the job, the model, the policy, and where columns stand.
struct RunContext: Sendable {
    let job: ScoringJob
    let run: Int64
    let clock: Timestamp
    /// All files of the run, those of table feeds included: a block's `file` is an index into them.
    let files: [FeedFile]
    let policy: Policy
    let model: (any Classifier)?
    /// That a stage's results may be computed on.
    var threads = 1
    /// Whether the stage asks language models, and whether also where that changes nothing.
    var (asks, asksForPeople) = (false, false)
    /// Rows before it only build the stage's state.
    var since: Timestamp?
    /// Newest of the job's runs before: older rows that it has read left no trace but in the stage's state.
    var pastSince: Timestamp?
    /// Nil = none, or there is no model that it could stand in for.
    var deadline: RunDeadline?
    /// Scored beside it; by version.
    var challengers: [Challenger] = []
    /// Of the main feed.
    let timeColumn: Int
    let keyColumns: [Int]
    /// The rows that are decided: those of the main feed, or the finishing stage's.
    let decided: DecidedRows
    let labelColumn: Int?
    let due: Timestamp
    let holidays: Holidays
    /// A stage's first base is written when its deltas pass this many bytes.
    let smallestBase: Int
    /// Off in a rehearsal, which counts review items and needs none of their texts.
    let writesItems: Bool
    /// Rows are rejects of earlier runs: taken however late, and only where their key has not come meanwhile.
    let replaysRejects: Bool

    init(
        job: ScoringJob, run: Int64, clock: Timestamp, files: [FeedFile], policy: Policy, model: (any Classifier)?,
        smallestBase: Int = 4 << 20, writesItems: Bool = true, holidays: Holidays = Holidays(stored: nil),
        replaysRejects: Bool = false
    ) throws(Failure) {
        (self.job, self.run, self.clock, self.files) = (job, run, clock, files)
        (self.policy, self.model, self.smallestBase, self.writesItems) = (policy, model, smallestBase, writesItems)
        self.replaysRejects = replaysRejects
        decided = try job.decided()
        let schema = job.main.schema
        timeColumn = job.main.eventTime.flatMap { schema.index(of: $0) } ?? 0
        keyColumns = job.main.key.compactMap { schema.index(of: $0) }
        labelColumn = job.main.labelColumn.flatMap { schema.index(of: $0) }
        self.holidays = holidays
        due = BusinessDays.adding(job.review.dueBusinessDays, to: clock, zone: job.zone, holidays: holidays.set)
    }

    func stageInput(batch: RecordBatch, keys: [UInt64], times: [Int64], events: [LabelEvent]) -> StageInput {
        var input = StageInput(
            batch: batch, keys: keys, times: times, labels: Self.labels(of: batch, column: labelColumn),
            labelDelay: job.main.labelDelay, events: events)
        input.isReplayed = replaysRejects
        return input
    }

    /// Labels that travel with the rows, or none.
    static func labels(of batch: RecordBatch, column: Int?) -> [Bool?] {
        guard let column else { return [] }
        let values = batch.columns[column]
        return (0..<batch.count).map { values.isValid($0) ? values.integers[$0] != 0 : nil }
    }

    /// - Parameter record: where it stands and its bytes; nil where the file has it no more.
    func lateReject(_ batch: RecordBatch, row: Int, file: Int, watermark: Int64, record: RecordLocator.Record?) -> Reject {
        let time = Timestamp(microseconds: batch.columns[timeColumn].integers[row]).iso8601
        let limit = Timestamp(microseconds: watermark - job.main.lateness.microseconds).iso8601
        return Reject(
            file: files[file].name, line: record?.line ?? 0, offset: record?.offset ?? 0, row: batch.rowNumbers[row],
            column: job.main.eventTime, code: .late, found: time, expected: "a time from \(limit) on (lateness)", raw: record?.raw ?? [])
    }

    func futureReject(_ batch: RecordBatch, row: Int, file: Int, record: RecordLocator.Record?) -> Reject {
        let time = Timestamp(microseconds: batch.columns[timeColumn].integers[row]).iso8601
        return Reject(
            file: files[file].name, line: record?.line ?? 0, offset: record?.offset ?? 0, row: batch.rowNumbers[row],
            column: job.main.eventTime, code: .future, found: time,
            expected: "a time up to \(Timestamp(microseconds: latest).iso8601) (the run's clock and `ahead`)", raw: record?.raw ?? [])
    }

    /// Latest event time that a row may have, in microseconds.
    var latest: Int64 {
        let (latest, isBeyond) = clock.microseconds.addingReportingOverflow(job.main.ahead.microseconds)
        return isBeyond ? .max : latest
    }

    func duplicateReject(_ batch: RecordBatch, row: Int, file: Int, record: RecordLocator.Record?) -> Reject {
        Reject(
            file: files[file].name, line: record?.line ?? 0, offset: record?.offset ?? 0, row: batch.rowNumbers[row],
            column: job.main.key.first, code: .duplicate, found: "the row a second time in this run with the same content",
            expected: "each key once", raw: record?.raw ?? [])
    }

    /// The row's own columns, in the feed's order: name and text, null where missing.
    func writeFields(of batch: RecordBatch, row: Int, to json: inout JSONWriter) {
        json.beginObject()
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            json.name(field.name)
            guard column.isValid(row) else {
                json.null()
                continue
            }
            switch column.type {
            case .int64: json.text(column.integers[row])
            case .timestamp: json.text(Timestamp(microseconds: column.integers[row]))
            default: json.text(column.text(row) ?? "")
            }
        }
        json.endObject()
    }
}
