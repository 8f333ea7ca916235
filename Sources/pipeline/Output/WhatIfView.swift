import Pipelines
import Records

/// What another policy or model would have done, for people and programs.
enum WhatIfView {
    static func details(_ report: WhatIfReport) -> Details {
        let moved = report.moves.filter { $0.from != $0.to }
        return Details(
            title: "\(report.job) from \(report.from.iso8601) to \(report.to.iso8601): "
                + "\(Quantity.count(report.changed)) of \(Quantity.count(report.rows)) rows change",
            sections: [
                Details.Section(
                    nil,
                    [
                        .init("job", .text(report.job)), .init("from", .time(report.from)), .init("to", .time(report.to)),
                        .init("policy_digest", .digest(report.policyDigest)),
                        .init("model", report.model.map { .text($0) } ?? .missing),
                        .init("model_digest", report.modelDigest.map { .digest($0) } ?? .missing),
                        .init("rows", .count(report.rows)), .init("changed", .count(report.changed)),
                    ]),
                Details.Section("outcomes_changed", moved.map { move in moveField(move, report) }),
                Details.Section(
                    "money_saved",
                    [
                        .init("estimate", .money(report.money(report.saved.estimate)), remark: limits(report.saved, report)),
                        .init("lower", .money(report.money(report.saved.lower))),
                        .init("upper", .money(report.money(report.saved.upper))),
                        .init("known", .money(report.money(report.savedKnown.estimate)), remark: limits(report.savedKnown, report)),
                        .init("unknown", .money(report.money(report.savedUnknown.estimate)), remark: limits(report.savedUnknown, report)),
                        .init("rows_unknown", .count(report.unknownRows), remark: "audited: \(Quantity.count(report.auditedRows))"),
                    ]),
                Details.Section("items_a_day_before", load(report.queueBefore)),
                Details.Section("items_a_day_after", load(report.queueAfter)),
            ].filter { !$0.fields.isEmpty })
    }

    private static func moveField(_ move: WhatIfReport.Move, _ report: WhatIfReport) -> Details.Field {
        let value = JSONValue.object([
            .init("rows", .integer(move.rows)), .init("positive", .integer(move.positive)), .init("negative", .integer(move.negative)),
            .init("unknown", .integer(move.unknown)), .init("saved", .number(report.money(move.saved).amountText)),
        ])
        return .init(
            "\(move.from)_to_\(move.to)", .nested(Quantity.count(move.rows), value),
            remark: "\(Quantity.count(move.positive)) positive, \(Quantity.count(move.negative)) negative, "
                + "\(Quantity.count(move.unknown)) unknown; saved \(Quantity.money(report.money(move.saved)))")
    }

    private static func limits(_ interval: WhatIfReport.Interval, _ report: WhatIfReport) -> String {
        "(\(Quantity.money(report.money(interval.lower))) to \(Quantity.money(report.money(interval.upper))))"
    }

    private static func load(_ load: WhatIfReport.Load) -> [Details.Field] {
        var fields: [Details.Field] = [
            .init(
                "mean", .real(load.mean.estimate, decimals: 1),
                remark: "(\(Quantity.decimal(load.mean.lower, 1)) to \(Quantity.decimal(load.mean.upper, 1)))"),
            .init("days", .count(load.days)), .init("days_over_capacity", .count(load.daysOverCapacity)),
        ]
        if let forecast = load.forecast {
            fields += [
                .init(
                    "next_month", .real(forecast.expected, decimals: 1), remark: "(\(forecast.lower) to \(forecast.upper) on most days)"),
                .init("next_month_lower", .count(forecast.lower)), .init("next_month_upper", .count(forecast.upper)),
                .init(
                    "forecasts_held", load.checked.days == 0 ? .missing : .share(Double(load.checked.held) / Double(load.checked.days)),
                    remark: "of \(Quantity.count(load.checked.days)) days in forecasts made on earlier days of this period"),
            ]
        }
        return fields
    }
}
