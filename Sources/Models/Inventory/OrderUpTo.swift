import Foundation

/// (s, S): at or below s, order up to S. Periodic review, backorders, average cost.
public enum OrderUpTo {
    public struct Policy: Hashable, Sendable {
        public var reorderPoint: Double
        public var orderUpTo: Double
        /// A period, without the purchase; nil where the method gives none.
        public var cost: Double?
    }

    /// The best policy for demands that are whole numbers.
    ///
    /// Source: Zheng, Federgruen, "Finding optimal (s, S) policies is about as simple as evaluating a single policy", Operations Research 39
    /// (1991).
    ///
    /// - Parameters:
    ///   - fixed: cost of an order, at least 0.
    ///   - probabilities: of a demand of 0, 1, … in one period; the first is below 1.
    ///   - leadTime: whole periods; the exposed demand is of `leadTime + 1`.
    public static func exact(holding: Double, stockout: Double, fixed: Double, probabilities: [Double], leadTime: Int = 0) -> Policy {
        var exposed = probabilities
        for _ in 0..<leadTime { exposed = convolved(exposed, probabilities) }
        let rates = CostRates(holding: holding, stockout: stockout, exposed: exposed)
        let renewal = Renewal(probabilities)
        // The newsvendor's level minimises g.
        var base = 0
        while rates[base + 1] < rates[base] { base += 1 }
        /// Average cost of (point, top).
        func cost(_ point: Int, _ top: Int) -> Double {
            renewal.reach(top - point)
            var sum = fixed
            for offset in 0..<top - point { sum += renewal.mass[offset] * rates[top - offset] }
            return sum / renewal.total[top - point]
        }
        var top = base, point = base - 1
        while cost(point, top) > rates[point] { point -= 1 }
        var best = cost(point, top)
        var next = top + 1
        while rates[next] <= best {
            if cost(point, next) < best {
                top = next
                while cost(point, top) <= rates[point + 1], point + 1 < top { point += 1 }
                best = cost(point, top)
            }
            next += 1
        }
        return Policy(reorderPoint: Double(point), orderUpTo: Double(top), cost: best)
    }

    public static func exactPoisson(holding: Double, stockout: Double, fixed: Double, mean: Double, leadTime: Int = 0) -> Policy {
        exact(holding: holding, stockout: stockout, fixed: fixed, probabilities: poisson(mean), leadTime: leadTime)
    }

    /// Probabilities of 0, 1, … up to where the rest is below 1e-15.
    public static func poisson(_ mean: Double) -> [Double] {
        var result: [Double] = [], log = -mean, count = 0.0
        let end = mean + 9 * mean.squareRoot() + 20
        while count <= end {
            result.append(exp(log))
            count += 1
            log += Foundation.log(mean / count)
        }
        return result
    }

    private static func convolved(_ left: [Double], _ right: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: left.count + right.count - 1)
        for (i, a) in left.enumerated() where a > 1e-18 { for (j, b) in right.enumerated() { result[i + j] += a * b } }
        return result
    }

    /// g(y): holding and stock-out cost of the periods' end when the position is y after ordering; from running sums, so each is one step.
    private struct CostRates {
        let holding: Double, stockout: Double, mean: Double
        /// E[(y - D)+] for y = 0, 1, …
        private let left: [Double]

        init(holding: Double, stockout: Double, exposed: [Double]) {
            (self.holding, self.stockout) = (holding, stockout)
            var mean = 0.0, sum = 0.0, left = [0.0]
            for (count, probability) in exposed.enumerated() {
                mean += Double(count) * probability
                sum += probability
                left.append(left[count] + sum)
            }
            (self.mean, self.left) = (mean, left)
        }

        subscript(_ level: Int) -> Double {
            let over = level <= 0 ? 0 : level < left.count ? left[level] : left[left.count - 1] + Double(level - left.count + 1)
            return holding * over + stockout * (mean - Double(level) + over)
        }
    }

    /// m(j), the expected number of periods in which j units of demand stand since the last order, and their sums M(j).
    private final class Renewal {
        private let probabilities: [Double]
        private(set) var mass: [Double]
        /// M(j) = m(0) + … + m(j - 1)
        private(set) var total: [Double]

        init(_ probabilities: [Double]) {
            self.probabilities = probabilities
            mass = [1 / (1 - probabilities[0])]
            total = [0, mass[0]]
        }

        func reach(_ count: Int) {
            while mass.count < count {
                let j = mass.count
                var sum = 0.0
                for demand in 1..<min(j, probabilities.count - 1) + 1 { sum += probabilities[demand] * mass[j - demand] }
                mass.append(sum * mass[0])
                total.append(total[j] + mass[j])
            }
        }
    }

    /// The power approximation for normal demand.
    ///
    /// Source: Ehrhardt, Mosier, "A revision of the power approximation for computing (s, S) policies", Management Science 30 (1984), in the
    /// form of Snyder, Shen (2019), section 4.4.4. The correction for orders below 1.5 periods' demand is left out, as there.
    public static func powerApproximation(
        holding: Double, stockout: Double, fixed: Double, mean: Double, deviation: Double, leadTime: Double = 0
    ) -> Policy {
        let exposedMean = mean * (leadTime + 1), exposedDeviation = deviation * (leadTime + 1).squareRoot()
        let quantity =
            1.30 * pow(mean, 0.494) * pow(fixed / holding, 0.506) * pow(1 + exposedDeviation * exposedDeviation / (mean * mean), 0.116)
        let z = (quantity * holding / (exposedDeviation * stockout)).squareRoot()
        let point = 0.973 * exposedMean + exposedDeviation * (0.183 / z + 1.063 - 2.192 * z)
        return Policy(reorderPoint: point, orderUpTo: point + quantity, cost: nil)
    }
}
