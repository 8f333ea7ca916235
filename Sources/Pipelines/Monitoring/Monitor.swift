public import Connectors
import Foundation
import GRDB
public import Models
public import Records

/// How a job's decisions hold up: what automatic clearing misses by the audit sample, and whether newer rows look like older ones.
public struct MonitoringReport: Sendable, Codable {
    /// Rows of the last days that were decided without a person.
    public struct Audit: Sendable, Codable {
        public var clearedRows: Int
        public var auditedRows: Int
        /// Drawn, and not decided yet.
        public var pendingRows: Int
        public var foundFrauds: Int
        /// Share of the cleared rows that is positive; nil without cleared rows.
        public var missRate: AuditEstimate?
        public var missedFrauds: AuditEstimate
        /// Of all positives, the share that was cleared; where the promise is about what is cleared, `missRate`. Nil when none were found.
        public var realisedRisk: AuditEstimate?
        /// What the job promises for it, in 0...1; nil = nothing.
        public var alpha: Double?
        /// At worst, how much wider than the exact binomial interval of as many audits.
        public var widthFactor: Double
    }

    public var job: String
    /// First day, and the day after the last, ISO 8601.
    public var from: String
    public var to: String
    public var referenceFrom: String
    public var rows: Int
    public var referenceRows: Int
    public var audit: Audit
    /// Nil where a side has no rows, or features are not stored.
    public var drift: DriftReport?
    /// Of that probability in a year of runs.
    public var yearlyFalseAlarms: Double
}

/// Reads what is stored of a job and judges it; writes nothing.
public struct Monitor: Sendable {
    let warehouse: Warehouse
    /// Days judged, and days before them that they are compared with.
    public var days: Int
    public var referenceDays: Int
    /// Probability of any false alarm about drift in a year.
    public var yearlyRate: Double
    /// How often it is called in a year.
    public var runsPerYear: Int

    public init(warehouse: Warehouse, days: Int = 7, referenceDays: Int = 28, yearlyRate: Double = 0.05, runsPerYear: Int = 52) {
        (self.warehouse, self.days, self.referenceDays) = (warehouse, days, referenceDays)
        (self.yearlyRate, self.runsPerYear) = (yearlyRate, runsPerYear)
    }

    /// - Parameter now: labels and decisions known by then count; the days end with the newest row scored.
    /// - Throws: a job without results.
    public func report(on job: Job, now: Timestamp) throws(Failure) -> MonitoringReport {
        let job = try job.scored()
        let table = ResultTable(name: job.results.table, job: job.name, key: try job.decided().keyFields)
        return try warehouse.read { database throws in
            let view = ResultTable.quoted("\(table.name)_current")
            guard try database.tableExists(table.name),
                let newest = try String.fetchOne(database, sql: "SELECT max(event_time) FROM \(view)"),
                let last = Timestamp(iso8601: newest)
            else { throw Failure.nothingToMonitor(job.name) }
            let to = Timestamp(seconds: Int64(last.day + 1) * 86_400)
            let from = to - .days(Int64(days)), reference = from - .days(Int64(referenceDays))
            let rows = try StoredRows(
                view: view, table: table, from: reference, to: to, features: job.results.storesFeatures, in: database)
            let window = rows.times.indices.filter { rows.times[$0] >= from.microseconds }
            let audit = try Self.audit(job, rows: rows, window: window, now: now, in: database)
            return MonitoringReport(
                job: job.name, from: from.iso8601, to: to.iso8601, referenceFrom: reference.iso8601, rows: window.count,
                referenceRows: rows.times.count - window.count, audit: audit,
                drift: drift(job, rows: rows, from: from), yearlyFalseAlarms: yearlyRate)
        }
    }

    /// What is stored of each row, in order of time.
    struct StoredRows {
        var keys: [String] = []
        var times: [Int64] = []
        var outcomes: [String] = []
        var runs: [Int64] = []
        var matrix: FeatureMatrix?

        init(view: String, table: ResultTable, from: Timestamp, to: Timestamp, features: Bool, in database: Database) throws {
            let columns = table.key.map { ResultTable.quoted($0.name) }.joined(separator: ", ")
            let cursor = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(columns), event_time, outcome, run\(features ? ", features" : "") FROM \(view)
                    WHERE event_time >= ? AND event_time < ? ORDER BY event_time, \(columns)
                    """, arguments: [from.iso8601, to.iso8601])
            var values: [Float] = []
            var width = 0
            while let row = try cursor.next() {
                keys.append(
                    table.key.indices.map { index -> String in
                        let value: DatabaseValue = row[index]
                        return String.fromDatabaseValue(value) ?? Int64.fromDatabaseValue(value).map { "\($0)" } ?? ""
                    }.joined(separator: "\u{1F}"))
                let time: String = row["event_time"]
                times.append(Timestamp(iso8601: time)?.microseconds ?? 0)
                outcomes.append(row["outcome"])
                runs.append(row["run"])
                guard features, let data: Data = row["features"] else { continue }
                width = data.count / MemoryLayout<Float>.size
                data.withUnsafeBytes { bytes in
                    for index in 0..<width { values.append(bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)) }
                }
            }
            if width > 0, values.count == width * times.count { matrix = FeatureMatrix(featureCount: width, values: values) }
        }
    }

    /// Rows of the window that were decided without a person, and what reviews of the drawn ones found.
    private static func audit(
        _ job: ScoringJob, rows: StoredRows, window: [Int], now: Timestamp, in database: Database
    ) throws -> MonitoringReport.Audit {
        let clearing = Set(job.policy.outcomes.filter { $0.cost.when == .positive && $0.name != "review" }.map(\.name))
        var drawn: [String: (probability: Double, label: Bool?)] = [:]
        let items = try Row.fetchCursor(
            database,
            sql: """
                SELECT i.key, i.sample_probability, (SELECT l.positive FROM pipeline_labels l WHERE l.job = i.job AND l.key = i.key
                    AND l.known <= ?2 AND l.decision IS NOT NULL ORDER BY l.known DESC, l.id DESC LIMIT 1) AS positive
                FROM pipeline_review_items i WHERE i.job = ?1 AND i.kind = 'row' AND i.sample_probability IS NOT NULL ORDER BY i.id
                """, arguments: [job.name, now.microseconds])
        while let row = try items.next() { drawn[row["key"]] = (row["sample_probability"], row["positive"]) }
        var (cleared, audited, weight, pending, largest) = (0, 0, 0.0, 0, 0.0)
        var found: [Double] = []
        var caught = 0
        for row in window {
            let key = rows.keys[row]
            guard clearing.contains(rows.outcomes[row]) else {
                if try LabelStore(database).latest(job: job.name, key: key, asOf: now)?.isPositive == true { caught += 1 }
                continue
            }
            cleared += 1
            guard let draw = drawn[key], draw.probability > 0 else { continue }
            largest = max(largest, 1 / draw.probability)
            guard let isPositive = draw.label else {
                pending += 1
                continue
            }
            audited += 1
            weight += 1 / draw.probability
            if isPositive { found.append(1 / draw.probability) }
        }
        // A row that was not drawn had at least the declared probability.
        let declared = job.review.auditSample > 0 ? 1 / job.review.auditSample : Double(max(cleared, 1))
        let sample = AuditSample(
            clearedRows: cleared, auditedRows: audited, auditedWeight: weight, pendingRows: pending, largestWeight: max(largest, declared),
            foundWeights: found)
        let isCount = job.policy.automatic.map { $0.cap == nil } ?? false
        return MonitoringReport.Audit(
            clearedRows: cleared, auditedRows: audited, pendingRows: pending, foundFrauds: sample.foundFrauds,
            missRate: sample.missRate(), missedFrauds: sample.missedFrauds(),
            realisedRisk: job.policy.automatic?.isShare == true ? sample.missRate() : sample.realisedRisk(caught: caught),
            alpha: isCount ? job.policy.automatic?.alpha : nil, widthFactor: sample.widthFactor)
    }

    private func drift(_ job: ScoringJob, rows: StoredRows, from: Timestamp) -> DriftReport? {
        guard let matrix = rows.matrix, let stage = try? Stages.definition(of: job.stage),
            stage.features.count == matrix.featureCount
        else { return nil }
        let split = rows.times.firstIndex { $0 >= from.microseconds } ?? rows.times.count
        guard split > 0, split < rows.times.count else { return nil }
        let days = rows.times.map { Timestamp(microseconds: $0).day }
        let (before, now) = (matrix.rows(0..<split), matrix.rows(split..<rows.times.count))
        let bins = DriftBins(fittedTo: before, names: stage.features.map(\.name))
        // Days of one weekday are exchanged only with each other.
        func weekday(_ day: Int) -> Int { ((day % 7) + 7) % 7 }
        return DriftTest(yearlyRate: yearlyRate, runsPerYear: runsPerYear, draws: 100_000, seed: RecordKey.hash(job.name) >> 1)
            .compare(
                reference: bins.counts(of: before, blocks: Array(days[..<split]), strata: weekday),
                window: bins.counts(of: now, blocks: Array(days[split...]), strata: weekday), bins: bins, run: days[split])
    }
}
