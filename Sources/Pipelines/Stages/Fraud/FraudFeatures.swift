/// Which features the stage computes.
enum FraudFeatures: String, CaseIterable, Sendable {
    /// The 15 of the Fraud Detection Handbook.
    case handbook
    /// These and the profile: the card's own level of amounts, and what is known of the terminal.
    case full

    var count: Int { self == .handbook ? Self.handbookCount : Self.all.count }

    static let handbookCount = 15

    var list: [(name: String, meaning: String)] { Array(Self.all.prefix(count)) }

    /// In matrix order; the profile follows the handbook's.
    static let all: [(name: String, meaning: String)] = handbookList + profileList

    /// Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection, chapter 3.
    private static var handbookList: [(name: String, meaning: String)] {
        var features: [(name: String, meaning: String)] = [
            ("amount", "amount of the transaction, in major units"),
            ("weekend", "1 on Saturday and Sunday, else 0"),
            ("night", "1 from 0:00 to 6:59, else 0"),
        ]
        for days in FraudStage.windowDays {
            features.append(("customer_count_\(days)d", "transactions of this card in the last \(dayText(days)), this one included"))
            features.append(("customer_mean_\(days)d", "their mean amount, in major units"))
        }
        for days in FraudStage.windowDays {
            features.append(("terminal_count_\(days)d", "transactions at this terminal in the \(dayText(days)) that end `delay` ago"))
            features.append(("terminal_risk_\(days)d", "share of them known as fraud by now, 0 if there are none"))
        }
        return features
    }

    private static let profileList: [(name: String, meaning: String)] = [
        ("hour", "hour of the day, 0 to 23"),
        ("customer_gap", "days since this card's transaction before; this and what follows of the card looks back 44 days and 256 rows"),
        ("customer_visits", "earlier transactions of this card at this terminal"),
        ("customer_earlier", "earlier transactions of this card"),
        ("quiet_count", "of them, those 14 days ago or more: the card's quiet level"),
        (
            "quiet_mean",
            "mean amount of the quiet level, in major units; of all earlier ones where it has fewer than 5; missing below 5"
        ),
        ("quiet_deviation", "standard deviation of the same amounts"),
        ("quiet_maximum", "largest of them"),
        ("amount_to_quiet_mean", "amount over quiet_mean"),
        ("amount_score", "deviations by which the amount lies above quiet_mean (a deviation is at least a tenth of the mean)"),
        ("amount_to_quiet_maximum", "amount over quiet_maximum"),
        ("recent_score_3d", "deviations by which the largest earlier amount of 3 days lies above quiet_mean"),
        ("recent_score_14d", "the same over 14 days"),
        ("recent_to_quiet_3d", "mean of the earlier amounts of 3 days over quiet_mean"),
        ("recent_to_quiet_14d", "the same over 14 days"),
        ("high_count_3d", "earlier amounts of 3 days more than 2.5 deviations above quiet_mean"),
        ("high_count_14d", "the same over 14 days"),
        ("earlier_mean", "mean amount of the card's earlier transactions, in major units"),
        ("earlier_maximum", "largest of them"),
        ("amount_to_earlier_mean", "amount over earlier_mean"),
        ("amount_to_earlier_maximum", "amount over earlier_maximum"),
        ("terminal_gap", "days since the terminal's transaction before"),
        ("terminal_traffic_1d", "earlier transactions at this terminal in 1 day"),
        ("terminal_traffic_7d", "the same in 7 days"),
        ("terminal_traffic_30d", "the same in 30 days"),
        (
            "unexplained_3d",
            "of the terminal's transactions in the 3 days that end `delay` ago, those known as fraud by now though their amount was not high "
                + "for the card"
        ),
        ("unexplained_7d", "the same in 7 days"),
        ("unexplained_14d", "the same in 14 days"),
        ("unexplained_30d", "the same in 30 days"),
        ("unexplained_first", "days since the first of them"),
        ("unexplained_last", "days since the last of them"),
        ("unexplained_since", "the terminal's transactions from the first of them to `delay` ago"),
        ("unexplained_genuine", "of these, those not known as fraud"),
        ("unexplained_share", "share of these known as fraud"),
        ("genuine_last", "days since the terminal's last transaction, at least `delay` ago, that is not known as fraud"),
        ("fraud_last", "days since its last one known as fraud"),
        ("fraud_7d", "the terminal's known frauds in the 7 days that end `delay` ago"),
        ("fraud_14d", "the same in 14 days"),
        ("fraud_30d", "the same in 30 days"),
        (
            "fraud_run",
            "how many of the terminal's newest transactions, at least `delay` ago, are known as fraud without a genuine one between"
        ),
        ("terminal_age", "days since the terminal's first transaction of the last 44 days; 0 when this is it"),
    ]

    private static func dayText(_ days: Int64) -> String { days == 1 ? "day" : "\(days) days" }
}

extension FraudFeatures {
    /// Of those that are amounts or ages.
    static let units: [String: FeatureUnit] = {
        let money = [
            "amount", "customer_mean_1d", "customer_mean_7d", "customer_mean_30d", "quiet_mean", "quiet_deviation", "quiet_maximum",
            "earlier_mean", "earlier_maximum",
        ]
        let days = ["customer_gap", "terminal_gap", "unexplained_first", "unexplained_last", "genuine_last", "fraud_last", "terminal_age"]
        return Dictionary(uniqueKeysWithValues: money.map { ($0, .money) } + days.map { ($0, .days) })
    }()

    /// As configured; `handbook` when nothing is said.
    init(_ configuration: StageConfiguration) {
        self = configuration.text("features").flatMap { FraudFeatures(rawValue: $0) } ?? .handbook
    }
}
