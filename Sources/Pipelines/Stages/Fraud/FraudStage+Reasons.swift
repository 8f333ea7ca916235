public import Models
import Records

/// The rules that score while there is no model. Each gives a strength in 0...1 from the features of one row:
///
/// - amount: `n / (n + 1) * (1 - 1 / r)^2`, where n is the card's earlier transactions of 30 days and r > 1 the amount over their mean;
/// - burst: `(1 - 1 / r)^2`, where r > 1 is the card's transactions of 1 day over its daily number in 30 days (at least 1);
/// - terminal: the largest of `k / (n + 1)` over the three windows, k known frauds among n transactions (rule of succession, no prior).
///
/// The score is `1 - (1 - amount) (1 - burst) (1 - terminal)`. No constant was fitted to data.
struct FraudRules {
    /// Strength and the feature that says it best.
    private(set) var findings: [(strength: Double, feature: Int)] = []

    init(_ features: ArraySlice<Float>) {
        func value(_ feature: Int) -> Double { Double(features[features.startIndex + feature]) }
        let amount = value(0), day = value(3), month = value(7), mean = value(8)
        let earlier = (mean * month - amount) / max(month - 1, 1)
        if month > 1, earlier > 0, amount > earlier {
            findings.append(((month - 1) / month * square(1 - earlier / amount), 0))
        }
        let usual = max(1, month / 30)
        if day > usual { findings.append((square(1 - usual / day), 3)) }
        var terminal = (strength: 0.0, feature: 10)
        for feature in [10, 12, 14] {
            let count = value(feature - 1), strength = value(feature) * count / (count + 1)
            if strength > terminal.strength { terminal = (strength, feature) }
        }
        if terminal.strength > 0 { findings.append(terminal) }
    }

    private func square(_ value: Double) -> Double { value * value }

    var score: Float {
        var rest = 1.0
        for finding in findings { rest *= 1 - finding.strength }
        return Float(min(max(1 - rest, 0), 1))
    }
}

extension FraudStage {
    public func ruleScores(of matrix: FeatureMatrix) -> [Float] {
        (0..<matrix.rowCount).map { FraudRules(matrix.row($0)).score }
    }

    /// Up to four features that raise the score most, in words.
    ///
    /// - Parameter contributions: to the log-odds, one a feature and perhaps the base value; empty = scored by the rules.
    public func reasons(features: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        guard features.count >= FraudFeatures.handbookCount else { return [] }
        var strengths: [(strength: Double, feature: Int)] = []
        if contributions.isEmpty {
            strengths = FraudRules(features).findings
        } else {
            for (feature, contribution) in contributions.prefix(min(features.count, state.featureCount)).enumerated() where contribution > 0
            {
                strengths.append((Double(contribution), feature))
            }
        }
        strengths.sort { $0.strength != $1.strength ? $0.strength > $1.strength : $0.feature < $1.feature }
        return strengths.prefix(4).map { reason($0.feature, Array(features)) }
    }

    private func reason(_ feature: Int, _ features: [Float]) -> String {
        switch feature {
        case 0: return amountReason(features)
        case 1: return features[1] > 0 ? "on a weekend" : "not on a weekend"
        case 2: return features[2] > 0 ? "at night (0 to 6 o'clock)" : "not at night"
        case 3, 5, 7: return "this card: \(count(features[feature], "transaction")) in \(days(feature - 3))"
        case 4, 6, 8:
            return
                "this card: mean of \(money(features[feature])) over \(count(features[feature - 1], "transaction")) in \(days(feature - 4))"
        case FraudFeatures.handbookCount...: return profileReason(feature, features)
        default: break
        }
        let window = (feature - 9) / 2, transactions = features[9 + 2 * window]
        let period = period(days: Self.windowDays[window])
        if feature % 2 == 1 || transactions == 0 { return "terminal: \(count(transactions, "transaction")) \(period)" }
        let frauds = (Double(features[feature]) * Double(transactions)).rounded()
        let share = frauds == 0 ? "none" : whole(frauds)
        return "terminal: \(share) of \(count(transactions, "transaction")) \(period) \(frauds <= 1 ? "was" : "were") fraud"
    }

    private func amountReason(_ features: [Float]) -> String {
        let amount = money(features[0])
        guard features[7] > 1 else { return "amount \(amount), this card's only transaction in 30 days" }
        guard features[8] > 0 else { return "amount \(amount), this card's 30-day mean is \(money(features[8]))" }
        let tenths = (Double(features[0]) / Double(features[8]) * 10).rounded()
        let sign = tenths < 0 ? "-" : "", size = abs(tenths)
        return "amount \(amount) is \(sign)\(whole((size / 10).rounded(.down))).\(whole(size.truncatingRemainder(dividingBy: 10)))"
            + " times this card's 30-day mean"
    }

    /// `12`, also for values beyond what an integer holds.
    func whole(_ value: Double) -> String { String(Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)) }

    func count(_ value: Float, _ noun: String) -> String {
        value == 0 ? "no \(noun)s" : "\(whole(Double(value))) \(noun)\(value == 1 ? "" : "s")"
    }

    func money(_ value: Float) -> String {
        let minor = (Double(value) * settings.minorUnits).rounded()
        return Money(minor: Int64(exactly: minor) ?? (minor < 0 ? .min : .max), currency: settings.currency).amountText
    }

    private func days(_ doubledWindow: Int) -> String {
        let days = Self.windowDays[doubledWindow / 2]
        return days == 1 ? "1 day" : "\(days) days"
    }

    /// `7 to 14 days ago`, `36 to 60 hours ago`, `in the last 7 days`.
    private func period(days: Int64) -> String {
        let width = days * FraudWindows.day
        guard settings.delay > 0 else { return days == 1 ? "in the last day" : "in the last \(days) days" }
        let units: [(name: String, microseconds: Int64)] = [
            ("days", FraudWindows.day), ("hours", 3_600_000_000), ("minutes", 60_000_000), ("seconds", 1_000_000),
        ]
        let unit = units.first { settings.delay % $0.microseconds == 0 } ?? units[3]
        return "\(settings.delay / unit.microseconds) to \((settings.delay + width) / unit.microseconds) \(unit.name) ago"
    }
}
