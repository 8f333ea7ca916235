public import Records

extension WhatIfReport {
    /// For programs, and for a promotion that is bound to it: money as decimal numbers of `currency`, above 0 = saved.
    public var json: JSONValue {
        .object([
            .init("job", .text(job)), .init("policyDigest", .text(policyDigest)), .init("modelDigest", .optional(modelDigest)),
            .init("rows", .integer(rows)), .init("created", .text(created.iso8601)), .init("model", .optional(model)),
            .init("from", .text(from.iso8601)), .init("to", .text(to.iso8601)), .init("changed", .integer(changed)),
            .init("currency", .text(currency.code)), .init("saved", json(saved)), .init("savedKnown", json(savedKnown)),
            .init("savedUnknown", json(savedUnknown)), .init("unknownRows", .integer(unknownRows)),
            .init("auditedRows", .integer(auditedRows)), .init("capacity", .integer(capacity)),
            .init("queueBefore", Self.json(queueBefore)), .init("queueAfter", Self.json(queueAfter)),
            .init(
                "moves",
                .array(
                    moves.map { move in
                        .object([
                            .init("from", .text(move.from)), .init("to", .text(move.to)), .init("rows", .integer(move.rows)),
                            .init("positive", .integer(move.positive)), .init("negative", .integer(move.negative)),
                            .init("unknown", .integer(move.unknown)), .init("saved", number(move.saved)),
                        ])
                    })),
        ])
    }

    private func json(_ interval: Interval) -> JSONValue {
        .object([
            .init("estimate", number(interval.estimate)), .init("lower", number(interval.lower)), .init("upper", number(interval.upper)),
        ])
    }

    private func number(_ minor: Double) -> JSONValue { .number(money(minor).amountText) }

    /// Rounded to whole minor units.
    public func money(_ minor: Double) -> Money {
        Money(minor: Int64(exactly: minor.rounded()) ?? (minor < 0 ? .min : .max), currency: currency)
    }

    private static func json(_ load: Load) -> JSONValue {
        .object([
            .init("mean", .real(load.mean.estimate)), .init("lower", .real(load.mean.lower)), .init("upper", .real(load.mean.upper)),
            .init("days", .integer(load.days)), .init("daysOverCapacity", .integer(load.daysOverCapacity)),
            .init(
                "forecast",
                load.forecast.map { forecast in
                    .object([
                        .init("expected", .real(forecast.expected)), .init("lower", .integer(forecast.lower)),
                        .init("upper", .integer(forecast.upper)),
                    ])
                } ?? .null),
            .init("forecastDaysChecked", .integer(load.checked.days)), .init("forecastDaysHeld", .integer(load.checked.held)),
        ])
    }
}
