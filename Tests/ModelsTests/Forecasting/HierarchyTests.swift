import Models
import Testing

/// Forecasts of sums.
@Suite struct HierarchyTests {
    static let hierarchy = Hierarchy(items: ["a", "b", "c"], groups: [["north"], ["north"], ["south"]])

    /// Errors of items that are independent; those of groups are their sums and a little of their own.
    static func errors(_ seed: UInt64, count: Int) -> [[Double]] {
        var random = SplitMix64(seed: seed)
        func next() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.next(below: 1_000_000)) / 1_000_000 } }
        return (0..<count).map { _ in
            let sums = Self.hierarchy.sums([next(), 2 * next(), 0.5 * next()])
            return sums.enumerated().map { $0 < 3 ? $1 + 0.3 * next() : $1 }
        }
    }

    @Test("nodes are all, groups in the order they appear, then items")
    func nodes() {
        #expect(Self.hierarchy.names == ["all", "north", "south", "a", "b", "c"])
        #expect(Self.hierarchy.sums([1, 2, 4]) == [7, 3, 4, 1, 2, 4])
    }

    @Test("what is reconciled adds up, and what adds up already is left as it is", arguments: Reconciliation.Method.allCases)
    func coherent(method: Reconciliation.Method) {
        let own = Reconciliation(Self.hierarchy, errors: Self.errors(1, count: 40), method: method)
        let values = own.reconciled([20, 9, 6, 4, 5, 5])
        #expect(abs(values[0] - values[3] - values[4] - values[5]) < 1e-9 && abs(values[1] - values[3] - values[4]) < 1e-9)
        let coherent = [7.0, 3, 4, 1, 2, 4]
        for (left, right) in zip(own.reconciled(coherent), coherent) { #expect(abs(left - right) < 1e-9) }
        if method == .bottomUp { #expect(values == [14, 9, 5, 4, 5, 5]) } else { #expect(values[0] > 14.5 && values[0] < 20) }
    }

    @Test("two items under a sum are moved by their variances: the textbook's formula")
    func formula() {
        // With a diagonal W (shrinkage 1): gap g = all - a - b is shared by a and b as their variances over the sum of all three.
        let pair = Hierarchy(items: ["a", "b"], groups: [[], []])
        // Uncorrelated by construction, so that everything is shrunk.
        let errors = [[3.0, 1, 2], [-3, 1, 2], [3, -1, 2], [-3, -1, 2], [3, 1, -2], [-3, 1, -2], [3, -1, -2], [-3, -1, -2]]
        let own = Reconciliation(pair, errors: errors)
        #expect(own.shrinkage == 1)
        let values = own.reconciled([24, 5, 5])
        #expect(abs(values[1] - (5 + 14 * 1.0 / 14)) < 1e-9 && abs(values[2] - (5 + 14 * 4.0 / 14)) < 1e-9)
    }

    @Test("forecasts of many past steps are nearer the truth reconciled than they were")
    func accuracy() {
        let past = Self.errors(2, count: 60), own = Reconciliation(Self.hierarchy, errors: past)
        let truth = Self.hierarchy.sums([30, 40, 50])
        var before = 0.0, after = 0.0
        for row in Self.errors(3, count: 300) {
            // Sums are forecast by models of their own, with errors of their own.
            let base = zip(truth, row).map { $0 - $1 }, fitted = own.reconciled(base)
            for node in truth.indices {
                before += (base[node] - truth[node]) * (base[node] - truth[node])
                after += (fitted[node] - truth[node]) * (fitted[node] - truth[node])
            }
        }
        #expect(after < before)
    }

    @Test("quantiles rise, means add up, nothing is below zero, and the middle of the sum is near the sum of the middles")
    func quantiles() {
        let request = ForecastRequest(horizon: 4, season: 1), own = Reconciliation(Self.hierarchy, errors: Self.errors(4, count: 80))
        let values = (0..<30).map { Double(5 + $0 * 7 % 4) }
        let series = [values.map { 3.3 * $0 }, values.map { 2 * $0 }, values, values, values, values]
        let base = series.map { LocalModel.ses.forecast($0, request) }
        let fitted = own.reconciled(base, levels: request.levels)
        for step in 0..<4 {
            #expect(abs(fitted[0].mean[step] - fitted[3].mean[step] - fitted[4].mean[step] - fitted[5].mean[step]) < 1e-9)
            for node in fitted.indices {
                for level in 0..<9 {
                    #expect(fitted[node].quantile(step: step, level: level) >= 0)
                    if level > 0 {
                        #expect(fitted[node].quantile(step: step, level: level) >= fitted[node].quantile(step: step, level: level - 1))
                    }
                }
            }
            let middle = fitted[0].quantile(step: step, level: 4)
            #expect(abs(middle / fitted[0].mean[step] - 1) < 0.1)
        }
    }
}
