import Foundation
import Models
import Records

/// The stage's parameters, read and checked once.
struct RecommendationSettings: Sendable {
    static let name = "recommendations"

    let user: Int
    let item: Int
    let quantity: Int?
    let price: Int?
    /// Column of what a row is, and what each of its values counts: 1 = a purchase, less = interest, -1 = undoes purchases. Nil = all rows are
    /// purchases, or returns by their quantity.
    let event: Int?
    let events: [String: Double]
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
    /// Days between two trainings; 0 = every run trains.
    let retrain: Double
    let itemsFeed: String?
    let usersFeed: String?
    let actionsFeed: String?
    let aliasesFeed: String?
    let shownFeed: String?
    let limitsFeed: String?
    /// 0 = an item's place is the model's alone, 1 = a list of as many categories as there are.
    let diversity: Double
    /// Times that an item may be offered to a person who does not buy it, within `shownWithin` days; 0 = any.
    let mostShown: Int
    let shownWithin: Double
    /// Change of an item's share of people since it was last shown from which a merchandiser is asked.
    let largeChange: Double
    let calibrates: Bool
    /// What each outcome that a person decides means; empty = decisions change no offers.
    let decided: [String: RecommendationState.Action]
    /// Of the family, as given; the family's defaults hold for the rest.
    let given: [String: ParameterValue]

    static var definition: StageDefinition {
        StageDefinition(
            definition: Definition(
                name: name, summary: "Gives each person the items to offer next and each item what goes with it, with reasons and limits.",
                parameters: modelParameters + policyParameters + feedParameters),
            version: 5,
            features: [
                ("score", "the model's score; of the family `ranked` the log-odds of a purchase within the horizon"),
                ("place", "place in the list, from 1; 0 = a question about an item or the catalogue"),
                ("reach", "share of all people who are offered the item"),
                ("item_age", "days since the item was first bought; missing if never"),
                ("sensitive", "1 where the catalogue calls the item sensitive"),
                ("sales_share", "share of the last 28 days' buyers who bought the item"),
                ("catalogue_lost", "share of the items sold of late that cannot be delivered; on the catalogue's own row only"),
                ("doubt", "1 where a merchandiser should look; 2 where an earlier run's place is taken back"),
                ("change", "the item's reach less its reach when offers were last shown; missing where nothing was shown yet"),
            ], positive: "doubtful", negative: "sound")
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
        event = try column("event", ["string", "int64"], isRequired: false)
        events = try Self.kinds(configuration.text("events") ?? "", column: configuration.text("event"))
        family = configuration.text("family") ?? "ranked"
        given = try Self.settings(configuration.text("settings") ?? "", of: family)
        count = configuration.integer("count") ?? 10
        (horizon, rest, explore) = (number("horizon", 30), number("rest", 0), number("explore", 0))
        byValue = configuration.text("order") == "value"
        perCategory = configuration.integer("per-category") ?? 0
        largeReach = number("large-reach", 0.2)
        mostInteractions = configuration.integer("most-interactions") ?? 5_000
        memory = number("memory", 730)
        retrain = number("retrain", 0)
        (itemsFeed, usersFeed) = (configuration.text("items"), configuration.text("users"))
        (actionsFeed, aliasesFeed) = (configuration.text("actions"), configuration.text("aliases"))
        (shownFeed, limitsFeed) = (configuration.text("shown"), configuration.text("limits"))
        (diversity, shownWithin, largeChange) = (number("diversity", 0), number("shown-within", 28), number("large-change", 0.3))
        mostShown = configuration.integer("most-shown") ?? 0
        calibrates = configuration.parameters["calibrate"] != .bool(false)
        decided = try Self.words(configuration.text("decisions") ?? "")
    }

    /// What the family is trained with.
    var modelParameters: [String: ParameterValue] {
        [RankedFamily.definition.name, BlendFamily.definition.name].contains(family)
            ? given.merging(["horizon": .number(horizon)]) { given, _ in given } : given
    }

    /// What rows are called.
    var rowWord: String { event == nil ? "purchases" : "interactions" }

    /// Everything that what is learnt depends on besides the rows, as a text.
    var learning: String {
        let own = modelParameters.keys.sorted().map { "\($0) \(modelParameters[$0].map { "\($0)" } ?? "")" }
        return ([family, "\(horizon)", "\(calibrates)", "\(candidates)", "\(mostInteractions)", "\(memory)"] + own).joined(separator: "\n")
    }

    /// Whether the same rows teach the same model and the same probabilities.
    func learns(like other: RecommendationSettings) -> Bool {
        (family, modelParameters, horizon, calibrates) == (other.family, other.modelParameters, other.horizon, other.calibrates)
            && (candidates, mostInteractions, memory) == (other.candidates, other.mostInteractions, other.memory)
            && (event, events) == (other.event, other.events)
    }

    /// What a decision says of its item; nil = nothing. In place of one that said something, one that says nothing takes it back.
    func instruction(_ decision: StageDecision) -> RecommendationState.Instruction? {
        let known = decision.decided.microseconds
        if let action = decided[decision.outcome] { return .init(action: action, known: known) }
        guard let taken = decision.replaced.flatMap({ decided[$0] }), taken != RecommendationState.Action.none else { return nil }
        return .init(action: RecommendationState.Action.none, known: known)
    }

    /// Words for outcomes, a line each.
    private static func words(_ text: String) throws(Failure) -> [String: RecommendationState.Action] {
        var words: [String: RecommendationState.Action] = [:]
        for (outcome, word) in assignments(text) {
            guard let action = RecommendationState.Action(rawValue: word) else {
                let known = RecommendationState.Action.allCases.map(\.rawValue)
                throw Failure(
                    .job, code: "stage.decision", what: "a decision cannot mean this for an item",
                    place: "\(name).decisions.\(outcome)", found: "'\(word)'", expected: known.joined(separator: ", "),
                    remedy: Nearest.name(to: word, among: known).map { "Did you mean '\($0)'?" } ?? "")
            }
            words[outcome] = action
        }
        return words
    }

    /// Names and values of a mapping as a job file's text has it, a line each.
    static func assignments(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "\n").map { line in
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return (parts[0], parts.count == 2 ? parts[1] : "")
        }
    }

    /// Items that the model names for a person, so that the rules leave enough.
    var candidates: Int { count * 3 + 50 }

    /// Settings as the family's definition has them, a line each.
    ///
    /// - Throws: a name that the family does not have, a value outside its range.
    static func settings(_ text: String, of family: String) throws(Failure) -> [String: ParameterValue] {
        let definition = try ModelFamilies.recommender(named: family).definition
        var values: [String: ParameterValue] = [:]
        for (name, text) in assignments(text) {
            guard let parameter = definition.parameters.first(where: { $0.name == name }) else {
                throw setting(
                    name, found: "no such setting of \(family)", expected: definition.parameters.map(\.name).joined(separator: ", "))
            }
            guard let value = JobReader.value(of: parameter, text) else {
                throw setting(name, found: "'\(text)'", expected: parameter.form)
            }
            values[parameter.name] = value
        }
        return values
    }

    private static func setting(_ name: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "stage.setting", what: "a setting of the family is wrong", place: "\(self.name).settings.\(name)", found: found,
            expected: expected, remedy: "`pipeline describe \(self.name)` and docs/guides/recommend.md name what each family takes.")
    }
}
