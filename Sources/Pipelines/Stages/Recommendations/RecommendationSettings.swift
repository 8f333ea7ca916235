import Models
import Records

/// The stage's parameters, read and checked once.
struct RecommendationSettings: Sendable {
    static let name = "recommendations"

    let user: Int
    let item: Int
    let quantity: Int?
    let price: Int?
    let family: String
    let count: Int
    let horizon: Double
    /// Days without an offer of an item after it was bought.
    let rest: Double
    let byValue: Bool
    let perCategory: Int
    /// Probability of a drawn item in the last place, and how many it is drawn from.
    let explore: Double
    let largeReach: Double
    let mostInteractions: Int
    let memory: Double
    let itemsFeed: String?
    let usersFeed: String?
    let actionsFeed: String?
    let aliasesFeed: String?

    static var definition: StageDefinition {
        StageDefinition(
            definition: Definition(
                name: name, summary: "Gives each person the items to offer next and each item what goes with it, with reasons and limits.",
                parameters: parameters),
            version: 1,
            features: [
                ("score", "the model's score; of the family `ranked` the log-odds of a purchase within the horizon"),
                ("place", "place in the list, from 1; 0 = a question about an item or the catalogue"),
                ("reach", "share of all people who are offered the item"),
                ("item_age", "days since the item was first bought; missing if never"),
                ("sensitive", "1 where the catalogue calls the item sensitive"),
                ("sales_share", "share of the last 28 days' buyers who bought the item"),
                ("catalogue_lost", "share of the items sold of late that cannot be delivered; on the catalogue's own row only"),
                ("doubt", "1 where a merchandiser should look"),
            ], positive: "doubtful", negative: "sound")
    }

    private static var parameters: [Parameter] {
        [
            Parameter("user", .column(["string", "int64"]), help: "Column that names the person.", example: "customer"),
            Parameter("item", .column(["string", "int64"]), help: "Column that names the item.", example: "article"),
            Parameter(
                "quantity", .column(["int64", "float64"]), optional: true,
                help: "Column of the quantity; below 0 undoes earlier purchases, 0 is a reject.", example: "quantity"),
            Parameter("price", .column(["money"]), optional: true, help: "Column of the price of one.", example: "price"),
            Parameter(
                "family", .choice(ModelFamilies.recommenders.map { $0.definition.name }), default: "ranked",
                help: "Which model recommends.",
                example: "ease"),
            Parameter("count", .integer(1...200), default: "10", help: "Items offered to a person.", example: "20"),
            Parameter("horizon", .number(0.01...1000), default: "30", help: "Days ahead in which a purchase counts.", example: "14"),
            Parameter("rest", .number(0...10_000), default: "0", help: "Days without an offer of what was just bought.", example: "7"),
            Parameter(
                "order", .choice(["probability", "value"]), default: "probability", help: "`value` weighs a purchase by its margin.",
                example: "value"),
            Parameter("per-category", .integer(0...200), default: "0", help: "Most items of a category in a list; 0 = any.", example: "3"),
            Parameter(
                "explore", .number(0...0.5), default: "0", help: "Probability of a drawn item in the last place; it is stored.",
                example: "0.1"),
            Parameter(
                "large-reach", .number(0.0001...1), default: "0.2", help: "Share of people from which a new item's reach is doubted.",
                example: "0.1"),
            Parameter(
                "most-interactions", .integer(1...100_000_000), default: "5000",
                help: "People with more rows are taken for programs: nothing is learnt from them.", example: "2000"),
            Parameter("memory", .number(1...36_500), default: "730", help: "Days of interactions that are kept.", example: "400"),
            Parameter(
                "items", .feed, optional: true,
                help: "Table: item, category, stock, margin, risk, minimum_age, sensitive; each but `item` may be missing.",
                example: "catalogue"),
            Parameter(
                "users", .feed, optional: true, help: "Table: user, age, risk; each but `user` may be missing.", example: "customers"),
            Parameter(
                "actions", .feed, optional: true, help: "Table: item, action (block, pin, boost or none), known.", example: "merchandiser"),
            Parameter("aliases", .feed, optional: true, help: "Table: alias, item: an item renamed or merged.", example: "renamed"),
        ]
    }

    init(_ configuration: StageConfiguration, schema: Schema) throws(Failure) {
        func column(_ parameter: String, _ types: [String], isRequired: Bool) throws(Failure) -> Int? {
            guard let name = configuration.text(parameter) else {
                guard !isRequired else { throw .stageParameterMissing(Self.name, parameter) }
                return nil
            }
            guard let index = schema.index(of: name) else {
                throw .stageColumnMissing(Self.name, parameter, name, nearest: Nearest.name(to: name, among: schema.fields.map(\.name)))
            }
            let field = schema.fields[index]
            guard types.contains(field.type.name) else {
                throw .stageColumnType(Self.name, parameter, name, field.type.name, types)
            }
            guard !field.isOptional else { throw .stageColumnOptional(Self.name, parameter, name) }
            return index
        }
        func number(_ parameter: String, _ standard: Double) -> Double {
            switch configuration.parameters[parameter] {
            case .number(let value): value
            case .integer(let value): Double(value)
            default: standard
            }
        }
        user = try column("user", ["string", "int64"], isRequired: true) ?? 0
        item = try column("item", ["string", "int64"], isRequired: true) ?? 0
        quantity = try column("quantity", ["int64", "float64"], isRequired: false)
        price = try column("price", ["money"], isRequired: false)
        family = configuration.text("family") ?? "ranked"
        count = configuration.integer("count") ?? 10
        (horizon, rest, explore) = (number("horizon", 30), number("rest", 0), number("explore", 0))
        byValue = configuration.text("order") == "value"
        perCategory = configuration.integer("per-category") ?? 0
        largeReach = number("large-reach", 0.2)
        mostInteractions = configuration.integer("most-interactions") ?? 5_000
        memory = number("memory", 730)
        (itemsFeed, usersFeed) = (configuration.text("items"), configuration.text("users"))
        (actionsFeed, aliasesFeed) = (configuration.text("actions"), configuration.text("aliases"))
    }

    /// What the family is trained with.
    var modelParameters: [String: ParameterValue] { family == RankedFamily.definition.name ? ["horizon": .number(horizon)] : [:] }
}
