#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tests of the risk R = E[a C | fraud] / E[a | fraud] from independent frauds, each with an amount a and cleared (C = 1) or not.
///
/// For counts all a are 1 and the binomial tail is exact. For money, with a stated cap c and C = 0 wherever a > c, let
/// X = a / c (C - alpha). Then R >= alpha says E[X] >= 0, X is at most 1 - alpha, and for every bet b in [0, 1 / (1 - alpha)] the product of
/// 1 - b X over the frauds is never negative and a supermartingale if R >= alpha: by Ville's inequality the inverse of the highest capital on
/// the way is a p-value. Amounts need no upper limit for that, since large ones, never cleared, only speak for the rule. (Waudby-Smith,
/// Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86, 2024; one side is enough, their section 3.)
///
/// Three bets are mixed, set by the number of frauds alone: the largest, the best one for frauds of equal amounts at the edge of being
/// certified, and their geometric mean. A mixture of supermartingales is one. Each factor falls when its fraud is cleared, so the p-value
/// rises with the threshold. Frauds are taken in the order of the rows, which exchangeable rows make as good as any.
struct RiskTest {
    /// a / c of each fraud, in the order of the rows (count: 1).
    let weights: [Double]
    let isCount: Bool
    let alpha: Double
    let error: Double
    /// Shares of the largest possible bet.
    private let bets: [Double]

    init(weights: [Double], isCount: Bool, alpha: Double, error: Double) {
        (self.weights, self.isCount, self.alpha, self.error) = (weights, isCount, alpha, error)
        bets = Self.bets(frauds: weights.count, alpha: alpha, error: error)
    }

    /// A fraction below 1, so that no capital is lost for good.
    private static let largest = 1 - 1e-9

    private static func bets(frauds: Int, alpha: Double, error: Double) -> [Double] {
        let needed = -log(error) / Double(max(frauds, 1))
        guard needed < -log1p(-alpha) else { return [largest, largest, largest] }
        // At a share r of equal amounts the best bet is 1 - r / alpha of the largest (Kelly), and the capital grows by the divergence of r
        // from alpha a fraud.
        let share = SpecialFunctions.solve(-needed, in: 0...alpha) { r in
            -((r > 0 ? r * log(r / alpha) : 0) + (1 - r) * log((1 - r) / (1 - alpha)))
        }
        let least = max(1 - share / alpha, 1e-3)
        return [least, least.squareRoot(), largest]
    }

    /// Of the hypothesis that the risk is at least `alpha` (by default the declared one): small = surely below.
    func pValue(cleared: [Bool], alpha: Double? = nil) -> Double {
        let alpha = alpha ?? self.alpha
        guard !weights.isEmpty else { return 1 }
        if isCount { return Binomial.atMost(cleared.count { $0 }, trials: weights.count, probability: alpha) }
        let odds = alpha / (1 - alpha)
        return Self.inverseOfHighest(bets, frauds: weights.count) { bet, fraud in
            cleared[fraud] ? 1 - bet * min(weights[fraud], 1) : 1 + bet * weights[fraud] * odds
        }
    }

    /// Of the hypothesis that the risk, amounts counted up to the cap, is at most `alpha`: small = surely above. This side needs the cap: an
    /// uncleared fraud without limit would ruin any bet.
    func pValueOfExcess(cleared: [Bool]) -> Double {
        guard !weights.isEmpty else { return 1 }
        if isCount { return Binomial.atLeast(cleared.count { $0 }, trials: weights.count, probability: alpha) }
        let odds = (1 - alpha) / alpha
        return Self.inverseOfHighest([0.03, 0.1, 0.3], frauds: weights.count) { bet, fraud in
            let stake = bet * min(weights[fraud], 1)
            return cleared[fraud] ? 1 + stake * odds : 1 - stake
        }
    }

    @inline(__always)
    private static func inverseOfHighest(_ bets: [Double], frauds: Int, factor: (_ bet: Double, _ fraud: Int) -> Double) -> Double {
        var capitals = [Double](repeating: 1 / Double(bets.count), count: bets.count)
        var highest = 1.0
        for fraud in 0..<frauds {
            var sum = 0.0
            for bet in bets.indices {
                capitals[bet] *= factor(bets[bet], fraud)
                sum += capitals[bet]
            }
            highest = max(highest, sum)
            // Beyond it a product would overflow, and no p-value is of interest.
            if sum > 1e280 { break }
        }
        return 1 / highest
    }

    /// The one-sided upper limit of the risk: the least alpha that the data speak against. The bets stay, so it is one crossing.
    func upperLimit(cleared: [Bool]) -> Double {
        guard !weights.isEmpty else { return 1 }
        if isCount { return Binomial.upperLimit(cleared.count { $0 }, trials: weights.count, error: error) }
        let top = 1 - 1e-9
        if pValue(cleared: cleared, alpha: top) > error { return 1 }
        // 30 halvings: to 1e-9, beyond any figure shown.
        var (low, high) = (0.0, top)
        for _ in 0..<30 {
            let middle = (low + high) / 2
            if pValue(cleared: cleared, alpha: middle) > error { low = middle } else { high = middle }
        }
        return high
    }

    /// How many frauds of this kind, none of them cleared, would be enough for automatic decisions to begin.
    func neededForAny() -> Int {
        let exact = Int((log(error) / log1p(-alpha)).rounded(.up))
        guard !isCount, weights.contains(where: { $0 > 0 }) else { return exact }
        func isEnough(_ count: Int) -> Bool {
            let repeated = RiskTest(weights: (0..<count).map { weights[$0 % weights.count] }, isCount: false, alpha: alpha, error: error)
            return repeated.pValue(cleared: [Bool](repeating: false, count: count)) <= error
        }
        var (low, high) = (0, max(weights.count, 1))
        // Far beyond it the exact figure is of no use to anybody.
        while !isEnough(high), high < 1 << 22 { (low, high) = (high, high * 2) }
        while high - low > 1 {
            let middle = (low + high) / 2
            if isEnough(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// Of nested ways of clearing, from none (0) to the most, the last that is certified; nil = not even clearing none is.
    ///
    /// The p-value rises with the step, so halving finds what walking up until the first failure would.
    func lastSafe(steps: Int, _ cleared: (_ step: Int) -> [Bool]) -> Int? {
        guard !weights.isEmpty, pValue(cleared: cleared(0)) <= error else { return nil }
        var (safe, unsafe) = (0, steps + 1)
        while unsafe - safe > 1 {
            let middle = (safe + unsafe) / 2
            if pValue(cleared: cleared(middle)) <= error { safe = middle } else { unsafe = middle }
        }
        return safe
    }
}
