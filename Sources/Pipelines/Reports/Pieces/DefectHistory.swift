import Foundation
import GRDB
import Models
import Records

/// The share of pieces of each kind of defect over time, as the model expects it, and what inspection found.
package struct DefectHistory: Sendable {
    /// Kinds drawn; the others are one.
    package static let mostKinds = 6
    private static let mostRows = 50_000

    package let buckets: DayBuckets
    /// Most frequent first; `defective` alone where the model knows no kinds.
    package private(set) var kinds: [String]
    /// Expected share of each kind, step by step; empty for a step without rows.
    package private(set) var shares: [[Double]]
    /// Pieces a step whose finding is known, and those found defective.
    package private(set) var found: [Int]
    package private(set) var defective: [Int]
    /// Only each so many rows were looked at.
    package let every: Int
    /// The model names kinds.
    package let hasKinds: Bool

    /// - Parameter sums: of each step, the pieces looked at and of each kind the sum of its probabilities.
    package init(
        buckets: DayBuckets, kinds: [String], sums: [(pieces: Int, kinds: [Double])], found: [Int], defective: [Int], every: Int,
        hasKinds: Bool
    ) {
        let totals = kinds.indices.map { kind in sums.reduce(0) { $0 + ($1.kinds.indices.contains(kind) ? $1.kinds[kind] : 0) } }
        let order = kinds.indices.sorted { (totals[$0], kinds[$1]) > (totals[$1], kinds[$0]) }
        let (drawn, rest) = (order.prefix(Self.mostKinds), order.dropFirst(Self.mostKinds))
        (self.buckets, self.found, self.defective, self.every, self.hasKinds) = (buckets, found, defective, every, hasKinds)
        self.kinds = drawn.map { kinds[$0] } + (rest.isEmpty ? [] : ["others"])
        shares = sums.map { step in
            guard step.pieces > 0 else { return [] }
            let count = Double(step.pieces)
            return drawn.map { step.kinds[$0] / count } + (rest.isEmpty ? [] : [rest.reduce(0) { $0 + step.kinds[$1] } / count])
        }
    }

    static func read(_ source: ReportSource, model: (run: RunRecord, classifier: any Classifier)?) throws -> Shown<DefectHistory> {
        guard let period = try source.period() else { return .missing("No row is stored yet.") }
        guard let model else { return .missing("There is no model yet: scores are no probabilities of a defect.") }
        let buckets = DayBuckets(first: period.first, last: period.last)
        let (found, defective) = try findings(source, buckets: buckets)
        let base = model.classifier as? DefectModel ?? (model.classifier as? CalibratedClassifier)?.model as? DefectModel
        guard let base, !base.kinds.isEmpty, source.job.results.storesFeatures else {
            let rows = try Row.fetchCursor(
                source.database,
                sql: "SELECT \(buckets.sql) AS step, count(score), total(score) \(source.rows) AND score IS NOT NULL GROUP BY step")
            var sums = [(pieces: Int, kinds: [Double])](repeating: (0, [0]), count: buckets.count)
            while let row = try rows.next() {
                let step: Int = row[0]
                if sums.indices.contains(step) { sums[step] = (row[1], [row[2]]) }
            }
            return .shown(
                DefectHistory(
                    buckets: buckets, kinds: ["defective"], sums: sums, found: found, defective: defective, every: 1, hasKinds: false))
        }
        let stage = try QualityStage(configuration: source.job.stage, schema: source.job.main.schema)
        let total = try Int.fetchOne(source.database, sql: "SELECT count(*) \(source.rows)") ?? 0
        let every = max(1, (total + mostRows - 1) / mostRows)
        let bad = base.kinds.indices.filter { !stage.isSound(base.kinds[$0]) }
        let sums = try expected(source, base, kinds: bad, buckets: buckets, every: every)
        return .shown(
            DefectHistory(
                buckets: buckets, kinds: bad.map { base.kinds[$0] }, sums: sums, found: found, defective: defective, every: every,
                hasKinds: true))
    }

    private static func expected(
        _ source: ReportSource, _ model: DefectModel, kinds: [Int], buckets: DayBuckets, every: Int
    ) throws -> [(pieces: Int, kinds: [Double])] {
        var sums = [(pieces: Int, kinds: [Double])](repeating: (0, kinds.map { _ in 0 }), count: buckets.count)
        var (values, steps, row): ([Float], [Int], Int) = ([], [], 0)
        func settle() throws {
            guard !steps.isEmpty else { return }
            let all = try model.kindProbabilities(of: FeatureMatrix(featureCount: model.featureNames.count, values: values))
            for (place, step) in steps.enumerated() {
                sums[step].pieces += 1
                for (index, kind) in kinds.enumerated() { sums[step].kinds[index] += Double(all[place * model.kinds.count + kind]) }
            }
            (values, steps) = ([], [])
        }
        let key = source.key.map(ResultTable.quoted).joined(separator: ", ")
        let cursor = try Row.fetchCursor(source.database, sql: "SELECT \(buckets.sql) AS step, features \(source.rows) ORDER BY \(key)")
        while let next = try cursor.next() {
            defer { row += 1 }
            guard row % every == 0 else { continue }
            let own = PackedFeatures.unpack(next["features"]), step: Int = next["step"]
            guard own.count == model.featureNames.count, sums.indices.contains(step) else { continue }
            values += own
            steps.append(step)
            if steps.count == 4_096 { try settle() }
        }
        try settle()
        return sums
    }

    /// What became known of pieces, by feeds of labels and by persons, the newest of each piece.
    private static func findings(_ source: ReportSource, buckets: DayBuckets) throws -> (found: [Int], defective: [Int]) {
        var (found, defective) = ([Int](repeating: 0, count: buckets.count), [Int](repeating: 0, count: buckets.count))
        let match = source.key.map { "\(ResultTable.quoted($0)) = ?" }.joined(separator: " AND ")
        let lookup = try source.database.cachedStatement(sql: "SELECT event_time \(source.rows) AND \(match)")
        let labels = try Row.fetchCursor(
            source.database,
            sql: """
                SELECT key, positive FROM pipeline_labels AS own WHERE job = ?1 AND known <= ?2 AND NOT EXISTS (
                    SELECT 1 FROM pipeline_labels AS newer WHERE newer.job = ?1 AND newer.key = own.key AND newer.known <= ?2
                    AND (newer.known, newer.id) > (own.known, own.id)
                ) ORDER BY id
                """, arguments: [source.job.name, source.now.microseconds])
        while let row = try labels.next() {
            let parts = (row["key"] as String).split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == source.key.count,
                let text = try String.fetchOne(lookup, arguments: StatementArguments(parts)),
                let step = Timestamp(iso8601: text).flatMap({ buckets.index(of: $0) })
            else { continue }
            found[step] += 1
            if row["positive"] { defective[step] += 1 }
        }
        return (found, defective)
    }
}
