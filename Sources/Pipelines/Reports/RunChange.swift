import Records

/// A fact about the last run beside the run before.
package struct RunChange: Hashable, Sendable {
    package var name: String
    package var before: String
    package var now: String

    package var isChanged: Bool { before != now }

    /// - Parameter runs: newest first; with fewer than two, there is nothing to compare.
    static func changes(_ runs: [RunRecord], rows: ReportRows) -> [RunChange] {
        guard runs.count > 1 else { return [] }
        let pair = (runs[1], runs[0])
        func change(_ name: String, _ text: (RunRecord) -> String) -> RunChange {
            RunChange(name: name, before: text(pair.0), now: text(pair.1))
        }
        func share(_ count: Int64, of all: Int64) -> String { all == 0 ? "–" : Quantity.share(Double(count) / Double(all)) }
        var changes = [
            change("run") { "\($0.id)" }, change("clock") { $0.clock.iso8601 },
            change("model") { run in run.model.map { "\($0) \(run.modelVersion.map(String.init) ?? "")" } ?? "the stage's rules" },
            change("job file") { String($0.jobDigest.prefix(12)) }, change("policy") { String($0.policyDigest.prefix(12)) },
            change("lists") { String($0.listDigest.prefix(12)) }, change("rows accepted") { Quantity.count($0.counts.accepted) },
            change("rejects") { share($0.counts.rejected, of: $0.counts.read) },
            change("late rows") { share($0.counts.late, of: $0.counts.accepted) },
            change("corrected rows") { Quantity.count($0.counts.corrected) },
            change("review items") { Quantity.count($0.counts.reviewItems) },
            change("mean score") { run in mean(rows, run: run.id).map { Quantity.decimal($0, 4) } ?? "–" },
        ]
        var names: [String] = []
        for outcome in pair.1.outcomes + pair.0.outcomes where !names.contains(outcome.name) { names.append(outcome.name) }
        for name in names {
            changes.append(
                change("outcome \(name)") { run in
                    share(run.outcomes.first { $0.name == name }?.rows ?? 0, of: run.outcomes.map(\.rows).reduce(0, +))
                })
        }
        for version in pair.1.versions {
            changes.append(change("version of \(version.name)") { run in run.versions.first { $0.name == version.name }?.value ?? "–" })
        }
        return changes
    }

    private static func mean(_ rows: ReportRows, run: Int64) -> Double? {
        var (sum, count) = (0.0, 0)
        for (score, of) in zip(rows.scores, rows.runs) where of == run && !score.isNaN { (sum, count) = (sum + Double(score), count + 1) }
        return count == 0 ? nil : sum / Double(count)
    }
}
