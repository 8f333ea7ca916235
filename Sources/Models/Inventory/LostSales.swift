/// Lots for demand that is known, where orders may come only at given times and what is missing is lost.
public struct LostSalesPlan: Hashable, Sendable {
    /// Units of each arrival.
    public private(set) var lots: [Double]
    /// The least: of orders, of units left at the ends of periods, of units missed.
    public private(set) var cost: Double

    /// The cheapest plan: no policy that may order at these times only can cost less.
    ///
    /// Wagner, Whitin, Management Science 5 (1958), with lost sales: a unit comes with the newest order before its period, unless holding it
    /// until then costs more than missing it, or it would have spoilt.
    ///
    /// - Parameters:
    ///   - demand: of each period, at least 0.
    ///   - arrivals: periods at whose beginning an order may come, rising; the first, at 0, is the stock there is and costs no order.
    ///   - fixed: cost of an order, at least 0.
    ///   - holding: of a unit that is left at a period's end, above 0.
    ///   - missing: of a unit missed, at least 0.
    ///   - life: periods in which a unit can be sold; nil = any number.
    public init(demand: [Double], arrivals: [Int], fixed: Double, holding: Double, missing: Double, life: Int? = nil) {
        let count = arrivals.count
        lots = Array(repeating: 0, count: count)
        // Of periods from each arrival on where an order comes then, and the arrival after it.
        var best = Array(repeating: 0.0, count: count), next = Array(repeating: count, count: count)
        func unit(_ age: Int) -> (cost: Double, isServed: Bool) {
            let held = holding * Double(age), lasts = life.map { age < $0 } ?? true
            return lasts && held < missing ? (held, true) : (missing, false)
        }
        for from in arrivals.indices.reversed() {
            var sum = 0.0, least = Double.infinity, period = arrivals[from]
            for to in from + 1...count {
                let end = to < count ? arrivals[to] : demand.count
                while period < end {
                    sum += demand[period] * unit(period - arrivals[from]).cost
                    period += 1
                }
                let cost = sum + (to < count ? fixed + best[to] : 0)
                if cost < least { (least, next[from]) = (cost, to) }
            }
            best[from] = least
        }
        cost = best.first ?? 0
        var from = 0
        while from < count {
            let end = next[from] < count ? arrivals[next[from]] : demand.count
            for period in arrivals[from]..<max(end, arrivals[from]) where unit(period - arrivals[from]).isServed {
                lots[from] += demand[period]
            }
            from = next[from]
        }
    }
}
