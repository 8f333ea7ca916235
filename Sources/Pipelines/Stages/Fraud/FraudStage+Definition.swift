import Models
import Records

extension FraudStage {
    /// Windows of the features, in days: 1, 7 and 30.
    static let windowDays: [Int64] = [1, 7, 30]
    /// What a label says.
    static let (positive, negative) = ("fraud", "genuine")

    /// More known frauds at a terminal never make a transaction there less suspicious. Of amounts and counts of the card no sign is known:
    /// a card that is tried out begins with small ones.
    private static let signs: [String: FeatureSign] = {
        let windows = ["3d", "7d", "14d", "30d"]
        let counted = windows.flatMap { ["fraud_\($0)", "unexplained_\($0)"] } + ["fraud_run"]
        let known = FraudFeatures.all.map(\.name).filter { $0.hasPrefix("terminal_risk_") || counted.contains($0) }
        return Dictionary(uniqueKeysWithValues: known.map { ($0, .rising) })
    }()

    public static var definition: StageDefinition {
        var definition = unsigned
        definition.signs = signs
        return definition
    }

    private static var unsigned: StageDefinition {
        StageDefinition(
            definition: Definition(
                name: "fraud",
                summary: "Scores card transactions: what this card usually does, and how often this terminal was part of a fraud.",
                parameters: [
                    Parameter(
                        "customer", .column(["string", "int64"]), help: "Column that names the card or its holder.", example: "customer"),
                    Parameter(
                        "terminal", .column(["string", "int64"]), help: "Column that names the terminal or shop.", example: "terminal"),
                    Parameter("amount", .column(["money"]), help: "Column of the amount paid.", example: "amount"),
                    Parameter(
                        "model", .model, default: "fraud", help: "Model of the catalog that scores the features.", example: "card-fraud"),
                    Parameter(
                        "delay", .span, default: "7d",
                        help: "Terminal windows end this long before the transaction: the time it takes until most frauds are known.",
                        example: "7d"),
                    Parameter(
                        "lateness", .span, default: "1d",
                        help: "Rows up to this late still find complete windows; as large as the feed's lateness.", example: "1d"),
                    Parameter(
                        "zone", .text, default: "UTC", help: "IANA time zone in which weekend and night are judged.",
                        example: "Europe/Paris"),
                    Parameter(
                        "features", .choice(FraudFeatures.allCases.map(\.rawValue)), default: FraudFeatures.handbook.rawValue,
                        help: "`handbook`: the first 15; `full`: all, which find more and need about twice the time.", example: "full"),
                ]),
            version: 5, features: FraudFeatures.all, positive: positive, negative: negative
        ).with(units: FraudFeatures.units)
    }

    public static func definition(for configuration: StageConfiguration) -> StageDefinition {
        var configured = definition
        configured.features = FraudFeatures(configuration).list
        return configured
    }
}
