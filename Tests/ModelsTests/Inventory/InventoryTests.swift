import Models
import Testing

/// Answers of the published cases of Snyder, Shen, "Fundamentals of Supply Chain Theory", 2nd ed., and of Zheng, Federgruen (1991), to the
/// digits that stockpyl 1.0.2 gives.
@Suite struct InventoryTests {
    @Test("the newsvendor's level, cost and profit are the book's")
    func newsvendor() {
        let order = Newsvendor.normal(holding: 0.18, stockout: 0.7, mean: 50, deviation: 8)
        #expect(abs(order.level - 56.603955927) < 1e-8)
        #expect(abs(order.cost - 1.997605193) < 1e-8)
        let profit = Newsvendor.normalProfit(revenue: 1, purchase: 0.3, salvage: 0.12, mean: 50, deviation: 8)
        #expect(abs(profit.quantity - 56.603955927) < 1e-8)
        #expect(abs(profit.profit - 33.002394807) < 1e-8)
    }

    @Test("base stock with a lead time is the book's")
    func baseStock() {
        let order = Newsvendor.normalBaseStock(holding: 0.18, stockout: 0.7, mean: 50, deviation: 8, leadTime: 4)
        #expect(abs(order.level - 264.766894374) < 1e-8)
        #expect(abs(order.cost - 4.466781004) < 1e-8)
    }

    @Test("a lead time that varies adds its own variance: of a random sum of normal periods, by the formula")
    func varyingLeadTime() {
        let fixed = Newsvendor.normalBaseStock(holding: 1, stockout: 9, mean: 50, deviation: 8, leadTime: 4)
        let varying = Newsvendor.normalBaseStock(holding: 1, stockout: 9, mean: 50, deviation: 8, leadTime: 4, leadTimeDeviation: 1)
        let z = 1.2815515655446004
        #expect(abs(varying.level - (250 + z * (5 * 64 + 2_500.0).squareRoot())) < 1e-9 && varying.level > fixed.level + 40)
        func problem(_ leadTimeDeviation: Double) -> ReorderPoint.Problem {
            ReorderPoint.Problem(
                holding: 0.225, stockout: 7.5, fixed: 8, mean: 1_300, deviation: 150, leadTime: 1.0 / 12,
                leadTimeDeviation: leadTimeDeviation)
        }
        let none = ReorderPoint.lossFunctionApproximation(problem(0)), some = ReorderPoint.lossFunctionApproximation(problem(0.02))
        #expect(some.reorderPoint > none.reorderPoint && some.cost > none.cost)
        #expect(abs(none.reorderPoint - 126.8671) < 5e-5)
    }

    @Test("lognormal, Poisson and empirical levels cost least among their neighbours")
    func otherDistributions() {
        let lognormal = Newsvendor.lognormal(holding: 1, stockout: 3, logMean: 2, logDeviation: 0.5)
        // P(D <= level) = 0.75, whose normal score is 0.6744897501960817: exp(2 + 0.5 x 0.674…).
        #expect(abs(lognormal.level - 10.352674323700) < 1e-9)
        // By numerical integration of the cost over the density.
        #expect(abs(lognormal.cost - 6.053279770) < 1e-6)
        let poisson = Newsvendor.poisson(holding: 1, stockout: 4, mean: 6)
        let probabilities = OrderUpTo.poisson(6)
        func cost(_ level: Int) -> Double {
            probabilities.enumerated().reduce(0) {
                $0 + $1.element * (level >= $1.offset ? Double(level - $1.offset) : 4 * Double($1.offset - level))
            }
        }
        #expect(abs(poisson.cost - cost(Int(poisson.level))) < 1e-9)
        #expect(cost(Int(poisson.level) - 1) >= poisson.cost && cost(Int(poisson.level) + 1) >= poisson.cost)
        #expect(Newsvendor.empirical(holding: 1, stockout: 3, demands: [4, 1, 3, 2]).level == 3)
    }

    @Test(
        "exact (s, S) policies for Poisson demand are the published ones",
        arguments: [
            (1, 4, 5, 6, 4, 10, 8.034111561), (1, 9, 64, 10, 6, 40, 35.021555272), (1, 9, 64, 20, 14, 62, 49.173035745),
            (1, 9, 64, 30, 23, 66, 57.818926159), (1, 9, 64, 40, 33, 87, 64.511847098), (1, 9, 64, 50, 42, 108, 70.97521233),
            (1, 9, 64, 60, 52, 129, 77.305929435), (1, 9, 64, 70, 62, 81, 79.037483664), (1, 9, 64, 21, 15, 65, 50.406019893),
            (1, 9, 64, 23, 17, 52, 52.756736007), (1, 9, 64, 51, 43, 110, 71.610921), (1, 9, 64, 59, 51, 126, 76.679068328),
            (1, 9, 64, 63, 54, 73, 78.28682802),
        ] as [(Double, Double, Double, Double, Double, Double, Double)])
    func exact(holding: Double, stockout: Double, fixed: Double, mean: Double, low: Double, high: Double, cost: Double) throws {
        let policy = OrderUpTo.exactPoisson(holding: holding, stockout: stockout, fixed: fixed, mean: mean)
        #expect(policy.reorderPoint == low && policy.orderUpTo == high)
        #expect(abs(try #require(policy.cost) - cost) < 1e-8)
    }

    @Test("the power approximation is the book's")
    func power() {
        let policy = OrderUpTo.powerApproximation(holding: 0.18, stockout: 0.7, fixed: 2.5, mean: 50, deviation: 8)
        #expect(abs(policy.reorderPoint - 40.194616956) < 1e-8)
        #expect(abs(policy.orderUpTo - 74.29017011) < 1e-8)
    }

    @Test("(r, Q) by loss functions and by the order quantity with backorders are the book's")
    func reorderPoint() {
        let problem = ReorderPoint.Problem(holding: 0.225, stockout: 7.5, fixed: 8, mean: 1_300, deviation: 150, leadTime: 1.0 / 12)
        let loss = ReorderPoint.lossFunctionApproximation(problem)
        #expect(abs(loss.reorderPoint - 126.8671) < 5e-5)
        #expect(abs(loss.quantity - 328.4491) < 5e-5)
        #expect(abs(loss.cost - 78.0711) < 5e-5)
        let backorders = ReorderPoint.economicOrderQuantityWithBackorders(problem)
        #expect(abs(backorders.reorderPoint - 128.637814424) < 5e-7)
        #expect(abs(backorders.quantity - 308.57378012) < 1e-7)
    }

    @Test("lots are the cheapest")
    func lots() {
        let plan = LotSizing.wagnerWhitin(fixed: 500, holding: 2, demand: [90, 120, 80, 70])
        #expect(plan.orders == [210, 0, 150, 0] && plan.cost == 1_380)
        let quantity = LotSizing.economicOrderQuantity(fixed: 8, holding: 0.225, rate: 1_300)
        #expect(abs(quantity.quantity - 304.046780026) < 1e-8)
        #expect(abs(quantity.cost - 68.410525506) < 1e-8)
    }

    @Test("no plan of lots is cheaper, of all there are", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func allPlans(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let demand = (0..<9).map { _ in Double(random.next(below: 4) * random.next(below: 50)) }
        let plan = LotSizing.wagnerWhitin(fixed: 60, holding: 1, demand: demand)
        var least = Double.infinity
        for mask in 0..<512 {
            var cost = 0.0, from = -1, need = false
            for period in 0..<9 {
                if mask >> period & 1 == 1 {
                    from = period
                    cost += 60
                }
                if demand[period] > 0, from < 0 { need = true }
                if from >= 0 { cost += Double(period - from) * demand[period] }
            }
            if !need { least = min(least, cost) }
        }
        #expect(plan.cost == least)
        #expect(plan.orders.reduce(0, +) == demand.reduce(0, +))
    }

    @Test("lots for known demand whose misses are lost cost what the best of all choices does")
    func lostSales() {
        var seed: UInt64 = 5
        func next(_ below: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % below
        }
        for _ in 0..<200 {
            let demand = (0..<10).map { _ in Double(next(8)) }, arrivals = [0] + (1..<10).filter { _ in next(3) == 0 }
            let fixed = Double(next(12)), holding = 0.1 + Double(next(5)), missing = Double(next(9)), life = next(3) == 0 ? 3 : nil
            let plan = LostSalesPlan(
                demand: demand, arrivals: arrivals, fixed: fixed, holding: holding, missing: missing, life: life)
            var best = Double.infinity
            for mask in 0..<(1 << (arrivals.count - 1)) {
                let used = [0] + arrivals.indices.dropFirst().filter { mask >> ($0 - 1) & 1 == 1 }.map { arrivals[$0] }
                var cost = fixed * Double(used.count - 1)
                for period in demand.indices {
                    let age = period - (used.last { $0 <= period } ?? 0), isSpoilt = age >= life ?? 100
                    cost += demand[period] * (isSpoilt ? missing : min(missing, holding * Double(age)))
                }
                best = min(best, cost)
            }
            #expect(abs(plan.cost - best) < 1e-9 && plan.lots.count == arrivals.count)
        }
    }
}
