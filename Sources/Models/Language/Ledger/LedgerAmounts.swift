/// What a call uses, or may use at most.
public struct LedgerAmounts: Hashable, Sendable {
    /// Billionths of a US dollar: one token of the cheapest model is 20 of them, a cent would hold a thousand calls.
    public var money: Int64
    public var tokens: Int64
    /// Micro-watt-hours; the middle of an estimate.
    public var energy: Int64

    public init(money: Int64 = 0, tokens: Int64 = 0, energy: Int64 = 0) { (self.money, self.tokens, self.energy) = (money, tokens, energy) }

    public static let zero = LedgerAmounts()

    /// Stops at the largest number: a sum beyond it is beyond every cap.
    public static func + (left: LedgerAmounts, right: LedgerAmounts) -> LedgerAmounts {
        func sum(_ left: Int64, _ right: Int64) -> Int64 {
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? .max : sum
        }
        return LedgerAmounts(
            money: sum(left.money, right.money), tokens: sum(left.tokens, right.tokens), energy: sum(left.energy, right.energy))
    }
}

/// What a budget allows; nil = no limit of that kind.
public struct LedgerCaps: Hashable, Sendable {
    public var money: Int64?
    public var tokens: Int64?
    public var energy: Int64?

    public init(money: Int64? = nil, tokens: Int64? = nil, energy: Int64? = nil) {
        (self.money, self.tokens, self.energy) = (money, tokens, energy)
    }

    /// The first kind of which there is not enough left.
    func lacking(used: LedgerAmounts, asked: LedgerAmounts) -> (unit: String, asked: Int64, left: Int64)? {
        let sum = used + asked
        let kinds = [
            ("billionths of a dollar", money, used.money, asked.money, sum.money),
            ("tokens", tokens, used.tokens, asked.tokens, sum.tokens),
            ("micro-watt-hours", energy, used.energy, asked.energy, sum.energy),
        ]
        for (unit, cap, used, asked, sum) in kinds {
            // A call that uses none of a kind is not refused for its being spent.
            if let cap, sum > cap, asked > 0 { return (unit, asked, max(0, cap - used)) }
        }
        return nil
    }
}
