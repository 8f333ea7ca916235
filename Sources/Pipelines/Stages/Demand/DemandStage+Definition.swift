import Models
public import Records

extension DemandStage {
    public static var definition: StageDefinition {
        StageDefinition(
            definition: Definition(
                name: DemandSettings.stage,
                summary: "Forecasts each item's demand with quantiles, and proposes an order that a buyer decides.",
                parameters: [
                    Parameter("item", .column(["string", "int64"]), help: "Column that names what is sold.", example: "item"),
                    Parameter(
                        "units", .column(["float64", "int64"]), help: "Column of the units sold; below zero are returns.", example: "units"),
                    Parameter(
                        "unit-cost", .column(["money"]), optional: true,
                        help: "Column of what a unit costs to buy; the newest counts. Without it, every unit costs 1 of `currency`.",
                        example: "cost"),
                    Parameter("currency", .text, default: "EUR", help: "Of costs, where no column has them.", example: "USD"),
                    Parameter(
                        "stockout", .column(["bool"]), optional: true,
                        help: "Column that says whether the item ran out: its units are then no more than a lower bound.",
                        example: "ran_out"),
                    Parameter(
                        "stock", .feed, optional: true,
                        help: "Table feed of the stock: a column named as `item`, `on_hand` and perhaps `on_order`; the newest row counts.",
                        example: "stock"),
                ] + seriesParameters + [
                    Parameter(
                        "period", .choice(DemandPeriod.allCases.map(\.rawValue)), default: "day",
                        help:
                            "The step of the forecast. Hours are counted in UTC. `step`: data without a calendar, whose time column counts "
                            + "steps (`format: epoch-seconds`).",
                        example: "week"),
                    Parameter(
                        "seasons", .text, optional: true,
                        help:
                            "Lengths of seasons in periods; without it 24 and 168 of hours, 7 of days, 52 of weeks, 12 of months, none of steps.",
                        example: "24 168"),
                    Parameter(
                        "gaps", .choice(DemandGap.allCases.map(\.rawValue)), default: "zero",
                        help: "A period without a row: nothing sold, not known, or closed (no period at all).", example: "closed"),
                    Parameter(
                        "last-period", .choice(DemandLast.allCases.map(\.rawValue)), default: "auto",
                        help:
                            "Whether the period of the newest row counts, or is not over yet and left out (`open`). `auto`: it counts where that row "
                            + "stands as late in its period as the newest rows of the eight periods before.",
                        example: "open"),
                    Parameter("zone", .text, default: "UTC", help: "IANA time zone of periods.", example: "Europe/Berlin"),
                    Parameter(
                        "model", .choice(DemandBacktest.models), default: "auto",
                        help:
                            "`auto`: the fast models, weighted per item by their loss on two past origins, and those of the feed `outside` beside "
                            + "them; `thorough`: all of them; `outside`: those of the feed alone; `trees`: boosted trees over all items; `combined`: trees and auto, weighted by the two spans before the origin.",
                        example: "dynamic-optimised-theta"),
                    Parameter(
                        "own-models", .choice(["fast", "thorough"]), default: "fast",
                        help: "Each item's own models in `combined`: the fast ones, or ETS, CES and ARIMA as well.", example: "thorough"),
                    Parameter(
                        "time-budget", .number(0.1...60_000), optional: true,
                        help: "Estimated milliseconds of one core an item's own models may take, past origins included: the slow ones are "
                            + "left out where they do not fit.",
                        example: "50"),
                    Parameter(
                        "covariates", .text, optional: true,
                        help: "Columns that are known of a period in advance, such as price, promotion or opening; the trees use them.",
                        example: "price promo"),
                    Parameter(
                        "plan", .feed, optional: true,
                        help: "Table feed of what is planned: a column named as `item`, a timestamp in the period, the columns of "
                            + "`covariates`, and perhaps `known_from`: before it, a row is not known.",
                        example: "plan"),
                    Parameter("trees", .integer(1...2_000), default: "150", help: "Number of boosted trees.", example: "300"),
                    Parameter(
                        "effects", .choice(["auto", "add", "multiply"]), default: "auto",
                        help:
                            "Trees work on units (`add`) or on logarithms (`multiply`), for promotions that multiply what is sold; `auto` "
                            + "weighs both by the spans before the origin.",
                        example: "multiply"),
                    Parameter(
                        "calibrate", .bool, default: "true",
                        help:
                            "Intervals of `trees` and `combined` are stretched so that they were right in the two spans before the origin.",
                        example: "false"),
                    Parameter(
                        "ceiling", .number(1...1_000), default: "1.5",
                        help:
                            "Times the largest value seen, which no forecast and no quantile is above: evidence bounds what drives an order.",
                        example: "2"),
                    Parameter(
                        "lead-time", .integer(0...366), default: "1", help: "Periods from order to delivery.", example: "7"),
                    Parameter("review", .integer(1...366), default: "1", help: "Periods from one order to the next.", example: "7"),
                    Parameter(
                        "holding", .number(1e-6...1), default: "0.002", help: "Holding a unit for a period, as a share of its cost.",
                        example: "0.001"),
                    Parameter(
                        "margin", .number(0.001...100), default: "0.4", help: "Missing a unit, as a share of its cost.", example: "0.6"),
                    Parameter(
                        "service", .number(0.5...0.999), optional: true,
                        help: "Chance that an order lasts; without it, the one at which holding and missing cost the same.",
                        example: "0.95"),
                    Parameter("pack", .integer(1...1_000_000), default: "1", help: "Units come in packs of this many.", example: "6"),
                    Parameter(
                        "minimum-order", .integer(0...1_000_000_000), default: "0", help: "Fewest units of an order.", example: "24"),
                ] + supplyParameters + [
                    Parameter(
                        "correlation", .number(0...0.99), default: "0.2",
                        help: "How much the surprises of different periods go together, for the demand of several.", example: "0.3"),
                    Parameter(
                        "history", .integer(8...20_000), default: "1100", help: "Newest periods that are remembered an item.",
                        example: "156"),
                ]),
            version: 10, features: DemandResult.features, positive: "short", negative: "enough")
    }

    public static func layout(for configuration: StageConfiguration, main: Schema) -> ResultLayout? {
        guard let settings = try? DemandSettings(configuration, schema: main) else { return nil }
        let fields = fields(settings, main),
            key = [main.fields[settings.item].name] + (settings.series.location.map { [main.fields[$0].name] } ?? [])
        return ResultLayout(schema: Schema(fields), key: key + ["origin"], time: "origin")
    }

    /// Columns of a result, in order.
    static func fields(_ settings: DemandSettings, _ main: Schema) -> [Field] {
        let money = ColumnType.money(settings.currency)
        let names = [settings.item] + (settings.series.location.map { [$0] } ?? [])
        return names.map { Field(main.fields[$0].name, main.fields[$0].type) } + [
            Field("origin", .timestamp), Field("level", .string), Field("model", .string), Field("stock", .float64),
            Field("expected", .float64), Field("target", .float64), Field("order_units", .float64), Field("order_value", money),
            Field("shortage", money), Field("overstock", money), Field("forecast", .string), Field("notes", .string),
        ]
    }
}
