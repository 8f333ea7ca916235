import Records

extension FraudStage {
    /// Windows of the features, in days: 1, 7 and 30.
    static let windowDays: [Int64] = [1, 7, 30]
    /// What a label says.
    static let (positive, negative) = ("fraud", "genuine")

    public static var definition: StageDefinition {
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
                ]),
            version: 3, features: features, positive: positive, negative: negative)
    }

    /// The 15 features of Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection, chapter 3.
    private static var features: [(name: String, meaning: String)] {
        var features: [(name: String, meaning: String)] = [
            ("amount", "amount of the transaction, in major units"),
            ("weekend", "1 on Saturday and Sunday, else 0"),
            ("night", "1 from 0:00 to 6:59, else 0"),
        ]
        for days in windowDays {
            features.append(("customer_count_\(days)d", "transactions of this card in the last \(dayText(days)), this one included"))
            features.append(("customer_mean_\(days)d", "their mean amount, in major units"))
        }
        for days in windowDays {
            features.append(("terminal_count_\(days)d", "transactions at this terminal in the \(dayText(days)) that end `delay` ago"))
            features.append(("terminal_risk_\(days)d", "share of them known as fraud by now, 0 if there are none"))
        }
        return features
    }

    private static func dayText(_ days: Int64) -> String { days == 1 ? "day" : "\(days) days" }
}
