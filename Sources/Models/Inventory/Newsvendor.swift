import Foundation

/// How much to have for one period, and the base-stock level of many.
///
/// Source: Snyder, Shen (2019), sections 4.3 and 4.3.4: the level at which the chance of enough is p / (p + h).
public enum Newsvendor {
    public struct Order: Hashable, Sendable {
        public var level: Double
        /// Expected holding and stock-out cost a period at that level.
        public var cost: Double
    }

    /// - Parameters:
    ///   - holding: cost of a unit left over, above 0.
    ///   - stockout: cost of a unit missing, above 0.
    ///   - deviation: of the demand, at least 0.
    public static func normal(holding: Double, stockout: Double, mean: Double, deviation: Double) -> Order {
        let z = NormalLoss.quantile(stockout / (stockout + holding))
        return Order(level: mean + z * deviation, cost: (holding + stockout) * NormalLoss.density(z) * deviation)
    }

    /// Base stock with a lead time in periods, reviewed every period: exposed for lead time + 1 periods.
    ///
    /// - Parameter leadTimeDeviation: standard deviation of a lead time that varies around `leadTime`; orders do not overtake one another.
    public static func normalBaseStock(
        holding: Double, stockout: Double, mean: Double, deviation: Double, leadTime: Double, leadTimeDeviation: Double = 0
    ) -> Order {
        let variance = deviation * deviation * (leadTime + 1) + mean * mean * leadTimeDeviation * leadTimeDeviation
        return normal(holding: holding, stockout: stockout, mean: mean * (leadTime + 1), deviation: variance.squareRoot())
    }

    public struct ProfitOrder: Hashable, Sendable {
        public var quantity: Double
        public var profit: Double
    }

    /// A unit bought at `purchase`, sold at `revenue` or cleared at `salvage`; revenue > purchase > salvage.
    public static func normalProfit(revenue: Double, purchase: Double, salvage: Double, mean: Double, deviation: Double) -> ProfitOrder {
        let order = normal(holding: purchase - salvage, stockout: revenue - purchase, mean: mean, deviation: deviation)
        return ProfitOrder(quantity: order.level, profit: (revenue - purchase) * mean - order.cost)
    }

    /// Demand whose logarithm is normal.
    ///
    /// - Parameters: mean and deviation of the logarithm.
    public static func lognormal(holding: Double, stockout: Double, logMean: Double, logDeviation: Double) -> Order {
        let ratio = stockout / (stockout + holding), z = NormalLoss.quantile(ratio)
        let level = exp(logMean + z * logDeviation), mean = exp(logMean + logDeviation * logDeviation / 2)
        // Expected shortage: mean P(above, shifted) - level P(above).
        let shortage = mean * NormalLoss.distribution(logDeviation - z) - level * (1 - ratio)
        return Order(level: level, cost: holding * (level - mean) + (holding + stockout) * shortage)
    }

    public static func poisson(holding: Double, stockout: Double, mean: Double) -> Order {
        let ratio = stockout / (stockout + holding)
        var probability = exp(-mean), sum = probability, count = 0.0, left = 0.0
        while sum < ratio, count < mean + 60 * (mean + 1).squareRoot() {
            count += 1
            left += sum
            probability *= mean / count
            sum += probability
        }
        // left = E[(level - D)+], the sum of the distribution below the level.
        return Order(level: count, cost: holding * left + stockout * (mean - count + left))
    }

    /// The empirical distribution: as a histogram of past sums or of simulated ones.
    ///
    /// - Parameter demands: at least one, of equal weight.
    public static func empirical(holding: Double, stockout: Double, demands: [Double]) -> Order {
        let sorted = demands.sorted()
        let place = Int((stockout / (stockout + holding) * Double(sorted.count)).rounded(.up)) - 1
        let level = sorted[min(max(place, 0), sorted.count - 1)]
        let cost = sorted.reduce(0) { $0 + (level >= $1 ? holding * (level - $1) : stockout * ($1 - level)) }
        return Order(level: level, cost: cost / Double(sorted.count))
    }
}
