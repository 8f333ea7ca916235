import Foundation
import Pipelines
import Records

/// What is known of a row, newest version last.
struct ExplanationView {
    let explanation: Explanation

    /// A line a version.
    var versions: Table { explanation.versions.contains { $0.table == nil } ? scored : landed }

    /// Of rows in tables of feeds: where each came from.
    private var landed: Table {
        Table(
            columns: [
                .init("table"), .init("version", .number), .init("file"), .init("row", .number), .init("line", .number),
                .init("run", .number), .init("run_status"), .init("clock"),
            ],
            rows: explanation.versions.filter { $0.table != nil }.map { version in
                [
                    .text(version.table), .identifier(version.version), .text(version.origin?.file),
                    version.origin.map { .integer($0.row) } ?? .missing, version.origin?.line.map { .integer($0) } ?? .missing,
                    version.run.map { .identifier($0.id) } ?? .missing, .text(version.run?.status), .text(version.run?.clock),
                ]
            })
    }

    private var scored: Table {
        Table(
            columns: [
                .init("version", .number), .init("event_time"), .init("score", .number), .init("outcome"), .init("cause"), .init("late"),
                .init("run", .number), .init("run_status"), .init("clock"), .init("model"),
            ],
            rows: explanation.versions.filter { $0.table == nil }.map { version in
                [
                    .identifier(version.version), .text(version.eventTime), version.score.map { .real($0, decimals: 3) } ?? .missing,
                    .text(version.outcome), .text(version.cause), version.isLate.map { .bool($0) } ?? .missing,
                    version.run.map { .identifier($0.id) } ?? .missing, .text(version.run?.status), .text(version.run?.clock),
                    version.run.map { $0.model.map { .text($0) } ?? .nested("the stage's rules", .null) } ?? .missing,
                ]
            })
    }

    /// Every stored fact, keys in alphabetical order.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(explanation), as: UTF8.self)
        return OutputFormat.json(JSONValue(parsing: text) ?? .null) + "\n"
    }

    func text(_ terminal: Terminal) -> String {
        var parts = [
            terminal.styled("\(explanation.job), key \(DisplayWidth.visible(ReviewView.keyText(explanation.key)))", .bold) + "\n"
                + versions.text(terminal, indent: "  ")
        ]
        if versions.columns.first?.name != "table", !landed.rows.isEmpty { parts.append(landed.text(terminal, indent: "  ")) }
        parts += values(terminal)
        parts += features(terminal)
        parts += digests(terminal)
        parts += explanation.items.map { item($0, terminal) }
        if !explanation.labels.isEmpty {
            let labels = Table(
                columns: [.init("label"), .init("known"), .init("source")],
                rows: explanation.labels.map { [.text($0.isPositive ? "positive" : "negative"), .text($0.known), .text($0.source)] })
            parts.append(terminal.styled("Labels", .bold) + "\n" + labels.text(terminal, indent: "  "))
        }
        return parts.joined(separator: "\n")
    }

    /// Columns of landed rows, a table at a time, the versions side by side.
    private func values(_ terminal: Terminal) -> [String] {
        var names: [String] = []
        for version in explanation.versions { if let name = version.table, !names.contains(name) { names.append(name) } }
        return names.map { name in
            let own = explanation.versions.filter { $0.table == name }
            let columns = own.map { Table.Column(own.count == 1 ? "value" : "version \($0.version)") }
            let table = Table(
                columns: [.init("column")] + columns,
                rows: (own.last?.columns ?? []).map { column in
                    [.text(column.name)] + own.map { version in .text(version.columns.first { $0.name == column.name }?.value) }
                })
            return terminal.styled(name, .bold) + "\n" + table.text(terminal, indent: "  ")
        }
    }

    /// Of every version, side by side, a column a version.
    private func features(_ terminal: Terminal) -> [String] {
        let versions = explanation.versions.filter { !$0.features.isEmpty }
        guard let newest = versions.last else { return [] }
        let columns = versions.map { Table.Column(versions.count == 1 ? "value" : "version \($0.version)", .number) }
        let table = Table(
            columns: [.init("feature")] + columns,
            rows: newest.features.enumerated().map { index, feature in
                [.text(feature.name)]
                    + versions.map { version in
                        index < version.features.count ? version.features[index].value.map { .text("\($0)") } ?? .missing : .missing
                    }
            })
        return [terminal.styled("Features", .bold) + "\n" + table.text(terminal, indent: "  ")]
    }

    /// What each version rests on, in full: files, features, model, policy.
    private func digests(_ terminal: Terminal) -> [String] {
        explanation.versions.filter { $0.table == nil }.compactMap { version in
            guard let run = version.run else { return nil }
            let rows: [(String, String)] = [
                ("input", run.inputDigest), ("features", version.featureDigest ?? "-"),
                ("model", run.modelDigest ?? "the stage's own rules"), ("policy", run.policyDigest), ("lists", run.listDigest),
                ("job file", run.jobDigest),
            ]
            let table = Table(columns: [.init("digest_of"), .init("sha_256")], rows: rows.map { [.text($0.0), .text($0.1)] })
            return terminal.styled("Version \(version.version) rests on", .bold) + "\n" + table.text(terminal, indent: "  ")
        }
    }

    private func item(_ item: Explanation.Item, _ terminal: Terminal) -> String {
        var text =
            terminal.styled("Review item \(item.id)", .bold)
            + " of version \(item.version): \(item.state)\(item.isOverdue ? ", overdue" : "")\n"
        text += "  \(item.valueAtStake) at stake, suggested \(item.suggested), in force \(item.outcomeInForce), due \(item.due)\n"
        for reason in item.reasons { text += "  - \(DisplayWidth.visible(reason))\n" }
        for decision in item.decisions {
            text +=
                "  \(terminal.styled(decision.outcome, .bold))  \(decision.decided)  \(decision.by): \(DisplayWidth.visible(decision.reason))\n"
        }
        return text
    }
}
