extension Explanation {
    /// For a terminal: one block a version, item and label, two spaces of indent a level.
    public var text: String {
        var lines = ["\(job), key \(key.replacing("\u{1F}", with: ", "))"]
        for version in versions { lines += Explanation.lines(version) }
        for item in items { lines += Explanation.lines(item) }
        if !labels.isEmpty {
            lines += ["", "labels"]
            lines += labels.map { "  \($0.isPositive ? "positive" : "negative"), known \($0.known), from \($0.source)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ version: ResultVersion) -> [String] {
        var lines = ["", "\(version.table ?? "result"), version \(version.version)\(version.isLate == true ? " (late)" : "")"]
        func add(_ name: String, _ value: String?) { if let value { lines.append("  \(name): \(value)") } }
        if let origin = version.origin {
            add("file", origin.file)
            add("row", "\(origin.row)\(origin.line.map { ", line \($0)" } ?? "")")
        }
        add("event time", version.eventTime)
        add("score", version.score.map { "\($0)" })
        add("outcome", version.outcome)
        add("cause", version.cause)
        for column in version.columns { add(column.name, column.value ?? "-") }
        if let run = version.run {
            add("run", "\(run.id) (\(run.status)), clock \(run.clock)")
            if version.table == nil {
                add("model", run.model.map { "\($0), digest \(run.modelDigest ?? "-")" } ?? "none: the stage's own rules")
            }
            add("input digest", run.inputDigest)
            add("feature digest", version.featureDigest)
            add("job digest", run.jobDigest)
            add("policy digest", run.policyDigest)
        }
        if !version.features.isEmpty {
            lines.append("  features")
            lines += version.features.map { "    \($0.name): \($0.value.map { "\($0)" } ?? "-")" }
        }
        return lines
    }

    private static func lines(_ item: Item) -> [String] {
        var lines = [
            "", "review item \(item.id), version \(item.version): \(item.state)\(item.isOverdue ? ", overdue" : "")",
            "  queue: \(item.queue), for \(item.cause), due \(item.due)",
            "  value at stake: \(item.valueAtStake)",
            "  suggested: \(item.suggested), in force: \(item.outcomeInForce)",
        ]
        if !item.fields.isEmpty { lines.append("  row: " + item.fields.map { "\($0.name) \($0.value ?? "-")" }.joined(separator: ", ")) }
        lines += item.reasons.map { "  reason: \($0)" }
        for table in item.evidence {
            lines += ["  \(table.title)", "    " + table.columns.joined(separator: " | ")]
            lines += table.rows.map { "    " + $0.joined(separator: " | ") }
        }
        for decision in item.decisions {
            var line = "  decision \(decision.id): \(decision.outcome) by \(decision.by) at \(decision.decided)"
            if let isPositive = decision.isPositive { line += ", \(isPositive ? "positive" : "negative")" }
            if let seconds = decision.seconds { line += ", after \(seconds) s" }
            if let earlier = decision.supersedes { line += ", supersedes decision \(earlier)" }
            lines.append(line + ": \(decision.reason)")
        }
        return lines
    }
}
