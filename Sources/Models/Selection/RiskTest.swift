#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tests of the risk R = E[a C | fraud] / E[a | fraud] from independent frauds, each with an amount a and cleared (C = 1) or not.
///
/// For counts all a are 1 and the binomial tail is exact. For money, with a stated cap c and C = 0 wherever a > c, let
/// X = a / c (C - alpha). Then R >= alpha says E[X] >= 0, X is at most 1 - alpha, and for every bet b in [0, 1 / (1 - alpha)] the product of
/// 1 - b X is never negative and has an expectation of at most 1 if R >= alpha: its inverse is a p-value by Markov's inequality. Amounts need
/// no upper limit for that, since large ones, never cleared, only speak for the rule. (Waudby-Smith, Ramdas, "Estimating means of bounded
/// random variables by betting", JRSS B 86, 2024; that one side is enough: their section 3.)
/// The bets are mixed with equal weights, as in a universal portfolio (Orabona, Jun, IEEE Transactions on Information Theory 70, 2024), which
/// keeps the expectation, needs no order of the frauds, and makes the p-value rise when one more fraud is cleared.
enum RiskTest {
    /// Shares of the largest possible bet; the last is the best one when nothing is cleared.
    private static let bets = (1...16).map { Double($0) / 16 }

    /// Frauds by what they weigh and whether they are cleared: the capital of every bet, kept up to date as frauds are moved.
    struct Capital {
        let alpha: Double
        private(set) var logarithms: [Double]

        init(alpha: Double) {
            self.alpha = alpha
            logarithms = [Double](repeating: 0, count: RiskTest.bets.count)
        }

        /// - Parameter weight: a / c; at most 1 for a cleared fraud.
        mutating func add(weight: Double, isCleared: Bool, times: Double = 1) {
            for (index, bet) in RiskTest.bets.enumerated() {
                logarithms[index] += times * RiskTest.logFactor(bet: bet, weight: weight, isCleared: isCleared, alpha: alpha)
            }
        }

        mutating func remove(weight: Double, isCleared: Bool) { add(weight: weight, isCleared: isCleared, times: -1) }

        var pValue: Double { RiskTest.pValue(logarithms) }
    }

    /// A cleared fraud of full weight would ruin the largest bet: minus infinity would stay, so the largest is kept just below.
    private static func logFactor(bet: Double, weight: Double, isCleared: Bool, alpha: Double) -> Double {
        isCleared ? log1p(-min(bet * weight, 1 - 1e-9)) : log1p(bet * weight * alpha / (1 - alpha))
    }

    private static func pValue(_ logarithms: [Double]) -> Double {
        let top = logarithms.max() ?? 0
        let mean = logarithms.reduce(0) { $0 + exp($1 - top) } / Double(logarithms.count)
        return min(1, exp(-(top + log(mean))))
    }

    /// Frauds with their weights a / c (count: 1) and whether they were cleared.
    struct Frauds {
        var weights: [Double]
        var isCleared: [Bool]
        var isCount: Bool

        var clearedCount: Int { isCleared.count { $0 } }

        /// Of the hypothesis that the risk is above `alpha`: small = surely not above.
        func pValueAbove(_ alpha: Double) -> Double {
            if isCount { return Binomial.atMost(clearedCount, trials: weights.count, probability: alpha) }
            guard alpha > 0 else { return 1 }
            guard alpha < 1 else { return 0 }
            var capital = Capital(alpha: alpha)
            for index in weights.indices { capital.add(weight: weights[index], isCleared: isCleared[index]) }
            return capital.pValue
        }

        /// Of the hypothesis that the risk, amounts counted up to the cap, is at most `alpha`: small = surely above. This side needs the cap:
        /// an uncleared fraud without limit would ruin any bet.
        func pValueBelow(_ alpha: Double) -> Double {
            if isCount { return Binomial.atLeast(clearedCount, trials: weights.count, probability: alpha) }
            let logarithms = RiskTest.bets.map { bet in
                weights.indices.reduce(0.0) { sum, index in
                    let stake = bet * min(weights[index], 1)
                    return sum + (isCleared[index] ? log1p(stake * (1 - alpha) / alpha) : log1p(-min(stake, 1 - 1e-9)))
                }
            }
            return RiskTest.pValue(logarithms)
        }

        /// The smallest share that the data speak against: the risk lies below it with 1 - `error`.
        func upperLimit(error: Double) -> Double {
            guard !weights.isEmpty else { return 1 }
            if isCount { return Binomial.upperLimit(clearedCount, trials: weights.count, error: error) }
            if pValueAbove(1 - 1e-9) > error { return 1 }
            // 30 halvings: to 1e-9, beyond any figure shown.
            var (low, high) = (0.0, 1 - 1e-9)
            for _ in 0..<30 {
                let middle = (low + high) / 2
                if pValueAbove(middle) > error { low = middle } else { high = middle }
            }
            return high
        }

        /// How many frauds of this kind, none of them cleared, would be enough for an automatic decision to begin.
        func neededForAny(alpha: Double, error: Double) -> Int {
            let exact = Int((log(error) / log1p(-alpha)).rounded(.up))
            guard !isCount, !weights.isEmpty, weights.contains(where: { $0 > 0 }) else { return exact }
            var capital = Capital(alpha: alpha)
            for weight in weights { capital.add(weight: weight, isCleared: false) }
            func pValue(_ factor: Double) -> Double { RiskTest.pValue(capital.logarithms.map { $0 * factor }) }
            var high = 1.0
            while pValue(high) > error { high *= 2 }
            let factor = SpecialFunctions.solve(-error, in: 0...high) { -pValue($0) }
            return Int((factor * Double(weights.count)).rounded(.up))
        }
    }
}
