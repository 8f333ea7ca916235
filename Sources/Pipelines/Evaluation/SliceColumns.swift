import Models
import Records

/// The slices in which errors are compared: amounts, hours, how long the terminal (the stage's second entity) has been seen, and the
/// segments that the job's automatic decisions declare.
enum SliceColumns {
    /// Columns and features whose values are kept beside the features for it.
    static func names(_ job: ScoringJob) -> [String] { numbers(job) }

    /// The money columns that costs are paid by, and what `automatic` declares.
    private static func numbers(_ job: ScoringJob) -> [String] {
        let paid = job.policy.outcomes.compactMap { outcome -> String? in
            if case .column(let name) = outcome.cost.pay { name } else { nil }
        }
        return Set(paid + (job.policy.automatic?.operands ?? [])).sorted()
    }

    /// One report a number that tells rows apart.
    static func reports(_ rows: FeatureSet, scores: [Float], job: ScoringJob, resamples: Int) -> [EvaluationReport.SliceFigures] {
        let errors = SliceReport.logLosses(probabilities: scores, labels: rows.labels)
        func report(_ by: String, _ places: [Int], _ names: [String]) -> EvaluationReport.SliceFigures {
            EvaluationReport.SliceFigures(
                by: by,
                report: SliceReport(
                    errors: errors, labels: rows.labels, slices: places, names: names, clusters: rows.entities,
                    resamples: max(resamples, 40), seed: 1))
        }
        guard !rows.labels.isEmpty else { return [] }
        var all: [EvaluationReport.SliceFigures] = []
        let segments = job.policy.automatic?.segments
        for name in numbers(job) where name != segments?.by {
            guard let values = rows.numbers[name] else { continue }
            let scale = RowNumber(name, schema: job.main.schema, featureNames: [])?.scale ?? 1
            let bins = SliceReport.bins(of: values.map { $0 / scale }, count: 5) { "\($0)" }
            all.append(report(name, bins.places, bins.names))
        }
        if let segments, let values = rows.numbers[segments.by] {
            let scale = RowNumber(segments.by, schema: job.main.schema, featureNames: [])?.scale ?? 1
            let edges = segments.edges.map { $0 * scale }
            all.append(report(segments.by, values.map { AutomaticGate.segment($0, edges: edges) }, segments.names))
        }
        var zone = Zone(job.zone) ?? .utc
        let hours = rows.times.map { time in
            let local = time + zone.offset(at: time)
            return Int(((local % 86_400_000_000) + 86_400_000_000) % 86_400_000_000 / 21_600_000_000)
        }
        all.append(report("hour", hours, ["0 to 5", "6 to 11", "12 to 17", "18 to 23"]))
        if let seen = seen(rows, job) {
            let bins = SliceReport.bins(of: seen.values, count: 4) { "\(Int($0))" }
            all.append(report(seen.name, bins.places, bins.names))
        }
        return all
    }

    /// How long the terminal is known; how often it came in thirty days, where the stage does not say.
    private static func seen(_ rows: FeatureSet, _ job: ScoringJob) -> (name: String, values: [Double])? {
        guard let features = try? Stages.definition(of: job.stage).features,
            let index = ["terminal_age", "terminal_count_30d"].lazy.compactMap({ name in features.firstIndex { $0.name == name } }).first
        else { return nil }
        let width = rows.matrix.featureCount
        return (features[index].name, rows.labels.indices.map { Double(rows.matrix.values[$0 * width + index]) })
    }
}
