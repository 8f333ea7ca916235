import GRDB
import Models
import Records

/// What is known of rows by now, and what the audit sample says of the rest.
struct WhatIfLabels {
    private let stated: [UInt64: Bool]
    /// Rows drawn for audit, by key: the probability, and what a person found.
    private let audits: [UInt64: (probability: Double, found: Bool?)]
    private let now: Int64
    /// When a row without a report counts as negative; nil = never, as nobody reports.
    private let completeAfter: Int64?
    private let ownLabelDelay: Int64

    init(database: Database, job: ScoringJob, now: Timestamp) throws {
        self.now = now.microseconds
        completeAfter = job.labels == nil ? nil : job.train?.labelDelay.microseconds
        ownLabelDelay = job.main.labelDelay.microseconds
        var audits: [UInt64: (probability: Double, found: Bool?)] = [:]
        let sampled = try Row.fetchAll(
            database,
            sql: """
                SELECT i.key, i.sample_probability, (SELECT d.positive FROM pipeline_decisions d WHERE d.item = i.id ORDER BY d.id DESC LIMIT 1)
                FROM pipeline_review_items i WHERE i.job = ? AND i.kind = 'row' AND i.sample_probability IS NOT NULL ORDER BY i.id
                """, arguments: [job.name])
        for row in sampled {
            let positive: Int64? = row[2]
            audits[RecordKey.hash(row[0])] = (row[1], positive.map { $0 != 0 })
        }
        // A label that only an audit gave stands for others, and is no report.
        var stated: [UInt64: Bool] = [:]
        let facts = try Row.fetchCursor(
            database, sql: "SELECT key, positive, decision FROM pipeline_labels WHERE job = ? AND known <= ? ORDER BY known, id",
            arguments: [job.name, now.microseconds])
        while let fact = try facts.next() {
            let key = RecordKey.hash(fact["key"])
            if (fact["decision"] as Int64?) != nil, audits[key] != nil { continue }
            stated[key] = (fact["positive"] as Int64) != 0
        }
        (self.stated, self.audits) = (stated, audits)
    }

    func isAudited(_ key: UInt64) -> Bool { audits[key] != nil }

    /// Said by a report or a person, not taken from silence.
    func isStated(_ key: UInt64) -> Bool { stated[key] != nil || audits[key]?.found != nil }

    /// - Parameters:
    ///   - own: the label that travels with the row.
    ///   - isLetThrough: the row's outcome lets it go on, so that a positive would have been reported.
    ///   - sample: the probability with which rows decided without a person were drawn.
    func label(of key: UInt64, at time: Int64, own: Bool?, outcome: String, isLetThrough: Bool, sample: Double) -> WhatIfLedger.Label {
        if let stated = stated[key] { return stated ? .positive : .negative }
        if let own, time + ownLabelDelay <= now { return own ? .positive : .negative }
        if isLetThrough, let completeAfter, time + completeAfter <= now { return audits[key]?.found == true ? .positive : .negative }
        guard let audit = audits[key] else { return .unknown(probability: outcome == "review" ? 0 : sample) }
        return audit.found.map { .audited(isPositive: $0, probability: audit.probability) } ?? .unknown(probability: audit.probability)
    }
}
