import Foundation

/// Lot sizes for demand that is known.
public enum LotSizing {
    public struct EOQ: Hashable, Sendable {
        public var quantity: Double
        /// A time unit, without the purchase.
        public var cost: Double
    }

    /// Harris, "How many parts to make at once" (1913): the square root of 2 K d / h.
    ///
    /// - Parameters: all above 0; rate and holding cost of one time unit.
    public static func economicOrderQuantity(fixed: Double, holding: Double, rate: Double) -> EOQ {
        EOQ(quantity: (2 * fixed * rate / holding).squareRoot(), cost: (2 * fixed * rate * holding).squareRoot())
    }

    public struct Plan: Hashable, Sendable {
        /// One a period; 0 = no order.
        public var orders: [Double]
        public var cost: Double
    }

    /// The cheapest plan that meets every period's demand in time.
    ///
    /// Source: Wagner, Whitin, Management Science 5 (1958), with the planning-horizon theorem: the last order period never moves back, so a
    /// period looks back only to the last one's choice. Units ordered for the same period cost nothing to hold.
    ///
    /// - Parameters:
    ///   - fixed: cost of an order, at least 0.
    ///   - holding: cost of a unit held to the next period, at least 0.
    ///   - demand: at least 0 each.
    public static func wagnerWhitin(fixed: Double, holding: Double, demand: [Double]) -> Plan {
        let count = demand.count
        guard count > 0 else { return Plan(orders: [], cost: 0) }
        var best = [0.0], choice = [Int](repeating: 0, count: count)
        best.reserveCapacity(count + 1)
        var earliest = 0
        for period in 0..<count {
            // Cost of ordering in `from` for all up to `period`, from late to early: units held grow with each step back.
            var held = 0.0, need = 0.0, least = Double.infinity
            for from in stride(from: period, through: earliest, by: -1) {
                if from < period { held += holding * need }
                need += demand[from]
                let cost = best[from] + (need > 0 ? fixed : 0) + held
                if cost < least { (least, choice[period]) = (cost, from) }
            }
            // Nothing to order for: no order was made, so the theorem says nothing.
            if demand[period] > 0 { earliest = choice[period] }
            best.append(least)
        }
        var orders = [Double](repeating: 0, count: count), period = count - 1
        while period >= 0 {
            let from = choice[period]
            orders[from] = demand[from...period].reduce(0, +)
            period = from - 1
        }
        return Plan(orders: orders, cost: best[count])
    }
}
