import Models
import Records

extension DemandStage {
    /// What names a series, what it belongs to, and how its rows are taken.
    static var seriesParameters: [Parameter] {
        [
            Parameter(
                "location", .column(["string", "int64"]), optional: true,
                help: "Column of the place where it is sold: a series is then an item at a place; table feeds name it as well.",
                example: "store"),
            Parameter(
                "hierarchy", .text, optional: true,
                help:
                    "Columns whose values are groups of items: forecasts of all, of each group and of each item are made, add up, and are written.",
                example: "category region"),
            Parameter(
                "reconcile", .choice(Reconciliation.Method.allCases.map(\.rawValue) + ["none"]),
                default: Reconciliation.Method.minimumTrace.rawValue,
                help: "How forecasts of a hierarchy come to add up: all weighted by past errors, sums of the items, or not at all.",
                example: "bottom-up"),
            Parameter(
                "catalog", .feed, optional: true,
                help:
                    "Table feed of items: a column named as `item`, the columns of `attributes`, perhaps `launch` and `known_from`, and the unit's "
                    + "cost. Items that have not sold yet are forecast.",
                example: "items"),
            Parameter(
                "attributes", .text, optional: true,
                help: "Columns of what an item is like, the most important first: a new item borrows from those that agree with it.",
                example: "category brand"),
            Parameter("cold-start", .integer(0...366), default: "6", help: "Items with fewer periods borrow.", example: "8"),
            Parameter(
                "rows-per-period", .choice(["one", "many"]), default: "one",
                help: "`many`: units of the rows of a period are added; a row is known by its time and the feed's key.", example: "many"),
            Parameter(
                "unit", .column(["string"]), optional: true, help: "Column of the unit that a row counts in; other units are rejects.",
                example: "unit"),
            Parameter("unit-sizes", .text, optional: true, help: "Pieces in each unit.", example: "EA=1 CS=12"),
            Parameter(
                "price", .text, optional: true, help: "The one of `covariates` that is a price: of 0 and less it is not known.",
                example: "price"),
            Parameter(
                "outside", .feed, optional: true,
                help:
                    "Table feed of forecasts made elsewhere: a column named as `item`, a timestamp in the period, `known_from`, quantiles (`q10`, "
                    + "`q50`, `q90`, …), perhaps `mean` and `model`. What became known after the origin is not used.",
                example: "chronos"),
            Parameter(
                "external", .feed, optional: true,
                help:
                    "Table feed of what is known of periods for all items alike, such as weather: a timestamp, `external-columns`, "
                    + "`known_from`; the trees use them.",
                example: "weather"),
            Parameter("external-columns", .text, optional: true, help: "Number columns of that feed.", example: "temperature rain"),
        ]
    }

    /// How orders come and what they cost.
    static var supplyParameters: [Parameter] {
        [
            Parameter(
                "lead-times", .text, optional: true,
                help: "Past lead times in periods, each as likely as the others, where they vary; `lead-time` is then the middle one.",
                example: "2 3 3 4 7"),
            Parameter(
                "shelf-life", .integer(1...366), optional: true,
                help: "Periods after its delivery in which a unit can be sold; what is left is wasted.", example: "5"),
            Parameter("waste", .number(0...100), default: "1", help: "Wasting a unit, as a share of its cost.", example: "1.1"),
            Parameter(
                "order-cost", .number(0...1_000_000_000), default: "0",
                help: "Placing one order, in major units of the currency: with it, lots are larger and orders fewer.", example: "15"),
            Parameter(
                "order-budget", .number(0...1_000_000_000_000), optional: true,
                help: "Most that all orders of a run may cost, in major units: units that save most for their money come first.",
                example: "20000"),
        ]
    }
}
