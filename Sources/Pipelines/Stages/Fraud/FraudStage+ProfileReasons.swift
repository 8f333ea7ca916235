import Records

extension FraudStage {
    /// A feature of the profile in words, such as `amount 212.00 is 4.2 times this card's quiet mean of 50.40`.
    func profileReason(_ feature: Int, _ features: [Float]) -> String {
        let value = features[feature]
        func column(_ name: String) -> Float { features[FraudFeatures.index(of: name)] }
        let name = FraudFeatures.all[feature].name
        switch name {
        case "hour": return "at \(whole(Double(value))) o'clock"
        case "customer_gap": return value.isNaN ? "this card's first transaction known" : "\(age(value)) since this card's last transaction"
        case "customer_visits":
            return value == 0 ? "this card's first visit to this terminal" : "\(count(value, "earlier visit")) to this terminal"
        case "customer_earlier", "quiet_count": return "\(count(column("customer_earlier"), "earlier transaction")) of this card known"
        case "quiet_mean", "quiet_deviation", "quiet_maximum", "earlier_mean", "earlier_maximum":
            return levelReason(mean: column("quiet_mean"), maximum: column("quiet_maximum"))
        case "amount_to_quiet_mean", "amount_score":
            return timesReason(
                "amount \(money(features[0]))", column("amount_to_quiet_mean"), "this card's quiet mean", column("quiet_mean"))
        case "amount_to_quiet_maximum":
            return timesReason("amount \(money(features[0]))", value, "the most this card paid in quiet times", column("quiet_maximum"))
        case "amount_to_earlier_mean":
            return timesReason("amount \(money(features[0]))", value, "this card's mean", column("earlier_mean"))
        case "amount_to_earlier_maximum":
            return timesReason("amount \(money(features[0]))", value, "the most this card paid before", column("earlier_maximum"))
        case "recent_score_3d", "recent_to_quiet_3d", "high_count_3d":
            return recentReason(3, highs: column("high_count_3d"), column("recent_to_quiet_3d"))
        case "recent_score_14d", "recent_to_quiet_14d", "high_count_14d":
            return recentReason(14, highs: column("high_count_14d"), column("recent_to_quiet_14d"))
        default: return terminalReason(name, value, column)
        }
    }

    private func terminalReason(_ name: String, _ value: Float, _ column: (String) -> Float) -> String {
        switch name {
        case "terminal_gap":
            return value.isNaN ? "terminal: its first transaction known" : "terminal: \(age(value)) since its last transaction"
        case "terminal_traffic_1d", "terminal_traffic_7d", "terminal_traffic_30d":
            let days = name.dropFirst("terminal_traffic_".count).dropLast()
            return "terminal: \(count(value, "earlier transaction")) in \(days) \(days == "1" ? "day" : "days")"
        case "unexplained_first", "unexplained_last", "unexplained_since", "unexplained_genuine", "unexplained_share":
            guard !column("unexplained_since").isNaN else { return "terminal: no known fraud that the amount does not explain" }
            let frauds = column("unexplained_since") - column("unexplained_genuine")
            return "terminal: \(whole(Double(frauds))) of \(count(column("unexplained_since"), "known transaction")) fraud since "
                + "\(age(column("unexplained_first"))) ago"
        case "unexplained_3d", "unexplained_7d", "unexplained_14d", "unexplained_30d":
            return "terminal: \(count(value, "known fraud")) that the amount does not explain"
        case "terminal_age":
            return value > 0 ? "terminal: first seen \(age(value)) ago" : "terminal: its first transaction known"
        case "genuine_last":
            return value.isNaN ? "terminal: no known genuine transaction" : "terminal: last genuine one known \(age(value)) ago"
        case "fraud_last": return value.isNaN ? "terminal: no known fraud" : "terminal: last known fraud \(age(value)) ago"
        case "fraud_run": return "terminal: its newest \(count(value, "known transaction")) \(value == 1 ? "was" : "were") fraud"
        default: return "terminal: \(count(value, "known fraud"))"
        }
    }

    private func levelReason(mean: Float, maximum: Float) -> String {
        mean.isNaN
            ? "too few earlier transactions of this card for a level" : "this card usually pays \(money(mean)), at most \(money(maximum))"
    }

    private func timesReason(_ what: String, _ ratio: Float, _ of: String, _ level: Float) -> String {
        if ratio.isNaN || level.isNaN { return "\(what), no level of this card known" }
        return "\(what) is \(tenths(ratio)) times \(of) of \(money(level))"
    }

    private func recentReason(_ days: Int, highs: Float, _ ratio: Float) -> String {
        if highs.isNaN { return "too few earlier transactions of this card for a level" }
        if highs > 0 { return "this card: \(count(highs, "high amount")) in \(days) days" }
        return ratio.isNaN ? "this card: nothing paid in \(days) days" : "this card: \(days)-day mean \(tenths(ratio)) times its quiet mean"
    }

    /// `5 hours`, `12 days`.
    private func age(_ days: Float) -> String {
        if days < 1 { return count((days * 24).rounded(.down), "hour") }
        return count(days.rounded(.down), "day")
    }

    /// `4.2`
    private func tenths(_ value: Float) -> String {
        let tenths = (Double(value) * 10).rounded(), size = abs(tenths)
        return "\(tenths < 0 ? "-" : "")\(whole((size / 10).rounded(.down))).\(whole(size.truncatingRemainder(dividingBy: 10)))"
    }
}

extension FraudFeatures {
    /// - Precondition: a feature of the stage.
    static func index(of name: String) -> Int { all.firstIndex { $0.name == name } ?? 0 }
}
