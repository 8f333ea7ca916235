import Foundation

/// (r, Q): whenever the position falls to r, order Q. Continuous review, normal demand.
public enum ReorderPoint {
    public struct Policy: Hashable, Sendable {
        public var reorderPoint: Double
        public var quantity: Double
        /// A time unit, without the purchase.
        public var cost: Double
    }

    public struct Problem: Hashable, Sendable {
        public var holding: Double, stockout: Double, fixed: Double
        /// Of one time unit.
        public var mean: Double, deviation: Double
        /// In time units; its mean, where it varies, and its standard deviation.
        public var leadTime: Double, leadTimeDeviation: Double

        public init(
            holding: Double, stockout: Double, fixed: Double, mean: Double, deviation: Double, leadTime: Double,
            leadTimeDeviation: Double = 0
        ) {
            (self.holding, self.stockout, self.fixed) = (holding, stockout, fixed)
            (self.mean, self.deviation, self.leadTime) = (mean, deviation, leadTime)
            self.leadTimeDeviation = leadTimeDeviation
        }

        var leadMean: Double { mean * leadTime }
        /// Of a sum over a random number of periods: var = L s^2 + m^2 var(L) (Hadley, Whitin, "Analysis of Inventory Systems" (1963), 3.4).
        var leadDeviation: Double {
            (deviation * deviation * leadTime + mean * mean * leadTimeDeviation * leadTimeDeviation).squareRoot()
        }
    }

    /// Expected-inventory-level approximation (Hadley, Whitin 1963; Snyder, Shen (2019), algorithm 5.1): order quantity and reorder point in
    /// turn until both stay.
    /// - Parameter problem: with `stockout` a unit short, however long.
    public static func expectedInventoryApproximation(_ problem: Problem) -> Policy {
        var quantity = (2 * problem.fixed * problem.mean / problem.holding).squareRoot(), point = 0.0
        for _ in 0..<1_000 {
            point = reorderPoint(problem, quantity: quantity)
            let shortage = shortage(problem, point)
            let next = (2 * problem.mean * (problem.fixed + problem.stockout * shortage) / problem.holding).squareRoot()
            if abs(next - quantity) < 1e-12 * quantity { break }
            quantity = next
        }
        let cost =
            problem.holding * (point - problem.leadMean + quantity / 2) + problem.fixed * problem.mean / quantity
            + problem.stockout * problem.mean * shortage(problem, point) / quantity
        return Policy(reorderPoint: point, quantity: quantity, cost: cost)
    }

    /// Loss-function approximation (Snyder, Shen (2019), section 5.3.4): as the exact cost, but without what is short at r + Q. Then
    /// n(r) = h Q / (h + p), Q^2 = 2 (K mean + (h + p) n2(r)) / h, with n and n2 the first and second loss of the lead-time demand; in turn
    /// until both stay.
    public static func lossFunctionApproximation(_ problem: Problem) -> Policy {
        let both = problem.holding + problem.stockout, deviation = problem.leadDeviation
        var quantity = (2 * problem.fixed * problem.mean / problem.holding).squareRoot(), z = 0.0
        for _ in 0..<1_000 {
            let wanted = problem.holding * quantity / (both * deviation)
            var low = -50.0, high = 50.0
            for _ in 0..<100 {
                z = (low + high) / 2
                if NormalLoss.loss(z) > wanted { low = z } else { high = z }
            }
            let second = deviation * deviation * NormalLoss.secondLoss(z)
            let next = (2 * (problem.fixed * problem.mean + both * second) / problem.holding).squareRoot()
            let change = abs(next - quantity)
            quantity = next
            if change < 1e-12 * quantity { break }
        }
        let point = problem.leadMean + z * deviation
        let cost =
            problem.holding * (point - problem.leadMean + quantity / 2)
            + (problem.fixed * problem.mean + both * deviation * deviation * NormalLoss.secondLoss(z)) / quantity
        return Policy(reorderPoint: point, quantity: quantity, cost: cost)
    }

    private static func reorderPoint(_ problem: Problem, quantity: Double) -> Double {
        let tail = quantity * problem.holding / (problem.stockout * problem.mean)
        return problem.leadMean + problem.leadDeviation * NormalLoss.quantile(1 - min(tail, 0.999999))
    }

    private static func shortage(_ problem: Problem, _ point: Double) -> Double {
        problem.leadDeviation * NormalLoss.loss((point - problem.leadMean) / problem.leadDeviation)
    }

    /// The economic order quantity with backorders, and the best reorder point for it: g(r) = g(r + Q), where g is the newsvendor's cost
    /// rate (Snyder, Shen (2019), section 5.3.3).
    public static func economicOrderQuantityWithBackorders(_ problem: Problem) -> Policy {
        let ratio = (problem.holding + problem.stockout) / problem.stockout
        let quantity = (2 * problem.fixed * problem.mean / problem.holding * ratio).squareRoot()
        func cost(_ level: Double) -> Double {
            let z = (level - problem.leadMean) / problem.leadDeviation
            return problem.holding * (level - problem.leadMean) + (problem.holding + problem.stockout) * problem.leadDeviation
                * NormalLoss.loss(z)
        }
        var low = problem.leadMean - quantity - 20 * problem.leadDeviation, high = problem.leadMean + 20 * problem.leadDeviation
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if cost(middle) > cost(middle + quantity) { low = middle } else { high = middle }
        }
        let point = (low + high) / 2
        return Policy(reorderPoint: point, quantity: quantity, cost: exactCost(problem, point: point, quantity: quantity))
    }

    /// Expected cost a time unit: (K mean + integral of g over r ... r + Q) / Q.
    public static func exactCost(_ problem: Problem, point: Double, quantity: Double) -> Double {
        func integral(_ level: Double) -> Double {
            let z = (level - problem.leadMean) / problem.leadDeviation, square = problem.leadDeviation * problem.leadDeviation
            return problem.holding * (level - problem.leadMean) * (level - problem.leadMean) / 2
                - (problem.holding + problem.stockout) * square * NormalLoss.secondLoss(z)
        }
        return (problem.fixed * problem.mean + integral(point + quantity) - integral(point)) / quantity
    }
}
