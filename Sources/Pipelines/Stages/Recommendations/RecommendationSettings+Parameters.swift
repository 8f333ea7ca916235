import Models
import Records

/// What a job may say of the stage `recommendations`.
extension RecommendationSettings {
    static var modelParameters: [Parameter] {
        [
            Parameter("user", .column(["string", "int64"]), help: "Column that names the person.", example: "customer"),
            Parameter("item", .column(["string", "int64"]), help: "Column that names the item.", example: "article"),
            Parameter(
                "quantity", .column(["int64", "float64"]), optional: true,
                help: "Column of the quantity; below 0 undoes earlier purchases, 0 is a reject.", example: "quantity"),
            Parameter("price", .column(["money"]), optional: true, help: "Column of the price of one.", example: "price"),
            Parameter(
                "event", .column(["string", "int64"]), optional: true,
                help: "Column that says what a row is; without it all are purchases.", example: "event"),
            Parameter(
                "events", .settings, optional: true,
                help:
                    "What each value of `event` counts: 1 a purchase, between 0 and 1 interest, 0 nothing, -1 a return. Others are rejects.",
                example: "{ order: 1, cart: 0.3, click: 0.1, return: -1 }"),
            Parameter(
                "family", .choice(ModelFamilies.recommenders.map { $0.definition.name }), default: "ranked",
                help: "Which model recommends.", example: "ease"),
            Parameter(
                "settings", .settings, optional: true, help: "Settings of the family, each by its name; the others keep their defaults.",
                example: "{ lambda: 300, weights: log }"),
            Parameter("horizon", .number(0.01...1000), default: "30", help: "Days ahead in which a purchase counts.", example: "14"),
            Parameter(
                "calibrate", .bool, default: "true",
                help: "Whether `probability` is given: the family is trained a second time, without the last `horizon` days.",
                example: "false"),
            Parameter(
                "most-interactions", .integer(1...100_000_000), default: "5000",
                help: "People with more rows are taken for programs: nothing is learnt from them.", example: "2000"),
            Parameter(
                "retrain", .number(0...3_650), default: "0",
                help: "Days after which a run trains anew; those between take their rows into the last model. 0 = every run trains.",
                example: "7"),
            Parameter("memory", .number(1...36_500), default: "730", help: "Days of interactions that are kept.", example: "400"),
        ]
    }

    static var policyParameters: [Parameter] {
        [
            Parameter("count", .integer(1...200), default: "10", help: "Items offered to a person.", example: "20"),
            Parameter("rest", .number(0...10_000), default: "0", help: "Days without an offer of what was just bought.", example: "7"),
            Parameter(
                "order", .choice(["probability", "value"]), default: "probability", help: "`value` weighs a purchase by its margin.",
                example: "value"),
            Parameter("per-category", .integer(0...200), default: "0", help: "Most items of a category in a list; 0 = any.", example: "3"),
            Parameter(
                "diversity", .number(0...1), default: "0",
                help: "How far an item falls for the items of its category before it: 0 = not at all.", example: "0.3"),
            Parameter(
                "explore", .number(0...0.5), default: "0", help: "Probability of a drawn item in the last place; it is stored.",
                example: "0.1"),
            Parameter(
                "most-shown", .integer(0...1000), default: "0",
                help: "Times an item is offered to a person who does not buy it, within `shown-within`; 0 = any.", example: "4"),
            Parameter(
                "shown-within", .number(0.01...10_000), default: "28", help: "Days over which `most-shown` counts.", example: "14"),
            Parameter(
                "large-reach", .number(0.0001...1), default: "0.2", help: "Share of people from which a new item's reach is doubted.",
                example: "0.1"),
            Parameter(
                "large-change", .number(0.0001...1), default: "0.3",
                help: "Change of an item's share of people since offers were last shown from which it is doubted.", example: "0.2"),
        ]
    }

    static var feedParameters: [Parameter] {
        [
            Parameter(
                "items", .feed, optional: true,
                help: "Table: item, category, stock, margin, risk, minimum_age, sensitive; each but `item` may be missing.",
                example: "catalogue"),
            Parameter(
                "users", .feed, optional: true, help: "Table: user, age, risk, segment; each but `user` may be missing.",
                example: "customers"),
            Parameter(
                "actions", .feed, optional: true, help: "Table: item, action (block, pin, boost or none), known.", example: "merchandiser"),
            Parameter(
                "decisions", .settings, optional: true,
                help: "What an outcome that a person decides in the queue means for the item: block, pin, boost or none, as in `actions`.",
                example: "{ block: block, pin: pin, boost: boost, show: none }"),
            Parameter("aliases", .feed, optional: true, help: "Table: alias, item: an item renamed or merged.", example: "renamed"),
            Parameter(
                "shown", .feed, optional: true, help: "Table: user, item, time: what was sent to whom.", example: "mailings"),
            Parameter(
                "limits", .feed, optional: true,
                help: "Table: segment, category, most: most items of a category, or without one of all, in a list of the segment's people.",
                example: "segments"),
        ]
    }
}
