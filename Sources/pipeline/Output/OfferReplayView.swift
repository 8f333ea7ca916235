import Models
import Pipelines
import Records

/// What policies of offers would have brought over past weeks, for people and programs.
enum OfferReplayView {
    static func details(_ report: OfferReplayReport) -> Details {
        let facts: [Details.Field] = [
            .init("job", .text(report.job)), .init("weeks", .count(report.cuts.count)), .init("people", .count(report.people)),
            .init("first", .text(report.cuts.first?.iso8601 ?? "")), .init("last", .text(report.cuts.last?.iso8601 ?? "")),
            .init("runs_with_draws", .count(report.runs.count)),
        ]
        let sections = report.rows.map { row in Details.Section(row.policy, fields(row)) }
        return Details(title: "\(report.job): offers of \(report.cuts.count) past weeks", sections: [.init(nil, facts)] + sections)
    }

    private static func fields(_ row: OfferReplayReport.Row) -> [Details.Field] {
        var fields: [Details.Field] = [
            .init("offers", .text(decimal(row.offers))), .init("hits", interval(row.hits)), .init("value", interval(row.value)),
            .init("coverage", .text(decimal(row.coverage))),
        ]
        if let hits = row.hitsAhead, let value = row.valueAhead {
            fields += [.init("hits_ahead", interval(hits)), .init("value_ahead", interval(value))]
        }
        if let logged = row.logged { fields += Self.logged(logged) }
        return fields
    }

    private static func logged(_ logged: OfferReplayReport.Logged) -> [Details.Field] {
        [("logged_hits", logged.hits), ("logged_value", logged.value)].flatMap { name, estimate -> [Details.Field] in
            [("ips", estimate.ips), ("snips", estimate.snips), ("doubly_robust", estimate.doublyRobust)].map { kind, value in
                .init("\(name)_\(kind)", interval(value.estimate, value.lower, value.upper))
            }
        } + [
            .init("logged_decisions", .count(logged.hits.decisions)), .init("effective_decisions", .text(decimal(logged.hits.effective))),
            .init("never_shown", .text(decimal(logged.hits.unsupported))),
            .init("probabilities", .text(logged.hits.isPlausible ? "fit what was drawn" : "do not fit what was drawn")),
        ]
    }

    private static func decimal(_ value: Double) -> String { Quantity.decimal(value, 4) }

    private static func interval(_ value: BootstrapInterval) -> Cell { interval(value.estimate, value.lower, value.upper) }

    private static func interval(_ estimate: Double, _ lower: Double, _ upper: Double) -> Cell {
        .nested(
            "\(decimal(estimate)) (\(decimal(lower)) to \(decimal(upper)))",
            .object([.init("value", .real(estimate)), .init("lower", .real(lower)), .init("upper", .real(upper))]))
    }

    static func notes(_ report: OfferReplayReport) -> [String] {
        var notes = [
            "\nA person and week each, with 95 % limits by drawing people; ahead: against the job as it is, person by person. Hits are offers "
                + "that were bought in the seven days after a cut, whether or not they were the reason."
        ]
        notes += report.laterTables.map { "\($0.feed) was not known before \($0.known.iso8601) and is taken as it was then." }
        if report.runs.isEmpty, report.otherRuns.isEmpty {
            notes.append(
                "No run of these weeks drew any of its offers, so nothing is said of what offers cause: `explore` makes runs draw.")
        }
        if !report.otherRuns.isEmpty {
            notes.append(
                "Runs by another job file than today's are left out, as it is not known what they could have shown: "
                    + report.otherRuns.map { "\($0)" }.joined(separator: ", ") + ".")
        }
        for row in report.rows where row.logged.map({ !$0.hits.isPlausible }) ?? false {
            notes.append(
                "\(row.policy): the stored probabilities are not those that offers were drawn with; its logged figures say nothing.")
        }
        return notes
    }
}
