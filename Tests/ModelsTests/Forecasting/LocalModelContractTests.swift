import Foundation
import Models
import Testing

/// What every model of one series promises.
@Suite struct LocalModelContractTests {
    static func series(_ seed: UInt64, count: Int, season: Int = 12) -> [Double] {
        var random = SplitMix64(seed: seed)
        let level = 20 + Double(random.next(below: 200)), swing = Double(random.next(below: 40)) / 100
        return (0..<count).map { index in
            let noise = Double(random.next(below: 1_000)) / 1_000 - 0.5
            return level * (1 + swing * sin(2 * Double.pi * Double(index) / Double(season)) + 0.2 * noise) + 0.1 * Double(index)
        }
    }

    @Test("quantiles rise, and everything is finite, on ordinary and on odd series", arguments: LocalModel.allCases)
    func shape(model: LocalModel) {
        let odd: [[Double]] = [
            [5], [0], [3, 4], [0, 0, 0, 0, 0, 0, 0, 0], Array(repeating: 7, count: 30), [0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 1],
            [-3, 2, -1, 4, 0, 2, -5, 3], (0..<40).map { Double($0) }, [1e9, 1, 1e9, 1, 1e9, 1, 1e9, 1], [1e-9, 2e-9, 1e-9, 3e-9, 1e-9],
        ]
        for values in odd + [Self.series(1, count: 60), Self.series(2, count: 25)] {
            let request = ForecastRequest(horizon: 14, season: 12)
            let forecast = model.forecast(values, request)
            #expect(forecast.mean.count == 14 && forecast.quantiles.count == 14 * 9)
            #expect(forecast.mean.allSatisfy(\.isFinite) && forecast.quantiles.allSatisfy(\.isFinite), "\(model) on \(values.prefix(4))")
            for step in 0..<14 {
                for level in 1..<9 {
                    #expect(forecast.quantile(step: step, level: level) >= forecast.quantile(step: step, level: level - 1) - 1e-9)
                }
            }
        }
    }

    @Test("the same series gives the same bits, and a longer horizon begins with the shorter one", arguments: LocalModel.allCases)
    func repeats(model: LocalModel) {
        let values = Self.series(3, count: 48)
        let short = model.forecast(values, ForecastRequest(horizon: 5, season: 12))
        let again = model.forecast(values, ForecastRequest(horizon: 5, season: 12))
        #expect(short.mean == again.mean && short.quantiles == again.quantiles && short.model == again.model)
        let long = model.forecast(values, ForecastRequest(horizon: 9, season: 12))
        #expect(Array(long.mean.prefix(5)) == short.mean)
    }

    @Test("multiplying a series multiplies its forecast", arguments: LocalModel.allCases.filter { ![.croston].contains($0) })
    func scales(model: LocalModel) {
        let values = Self.series(4, count: 48), request = ForecastRequest(horizon: 6, season: 12)
        let one = model.forecast(values, request).mean, ten = model.forecast(values.map { 1_024 * $0 }, request).mean
        for (left, right) in zip(one, ten) { #expect(abs(right / 1_024 / left - 1) < 2e-3) }
    }

    @Test("the classical models give what their formulas say")
    func formulas() {
        let request = ForecastRequest(horizon: 3, season: 4)
        #expect(LocalModel.naive.forecast([1, 2, 5], request).mean == [5, 5, 5])
        #expect(LocalModel.seasonalNaive.forecast([1, 2, 3, 4, 5, 6, 7, 8], request).mean == [5, 6, 7])
        // Croston: first size 2 after 2 steps; then size 2 + 0.1 (4 - 2), interval 2 + 0.1 (3 - 2).
        #expect(abs(LocalModel.croston.forecast([0, 2, 0, 0, 4], request).mean[0] - 2.2 / 2.1) < 1e-12)
        #expect(abs(LocalModel.sba.forecast([0, 2, 0, 0, 4], request).mean[0] - 0.95 * 2.2 / 2.1) < 1e-12)
        // TSB: probability 0, then smoothed by 0.2; size 2, then 2 + 0.2 (4 - 2).
        let probability = 0.2 * 0.8 * 0.8 * 0.8 + 0.2
        #expect(abs(LocalModel.tsb.forecast([0, 2, 0, 0, 4], request).mean[0] - 2.4 * probability) < 1e-12)
    }

    @Test("a model that looks one value ahead would be found")
    func negativeControl() {
        // The contract's way to see look-ahead is that the future is never given: a forecast must change with the last value given.
        let values = Self.series(5, count: 48), request = ForecastRequest(horizon: 12, season: 12)
        for model in LocalModel.allCases {
            var changed = values
            changed[47] *= 1.5
            #expect(model.forecast(values, request).mean != model.forecast(changed, request).mean, "\(model)")
        }
    }

    @Test("ensembles combine a step and level at a time")
    func ensembles() {
        let request = ForecastRequest(horizon: 2, season: 1)
        let forecasts = [[1.0, 1], [2, 5], [9, 9]].map { LocalModel.naive.forecast($0, request) }
        #expect(ForecastEnsemble.median(forecasts).mean == [5, 5])
        #expect(ForecastEnsemble.mean(forecasts, weights: [1, 1, 0]).mean == [3, 3])
        #expect(ForecastEnsemble.weights(errors: [4, 1, .nan]) == [0.25, 1, 0])
    }

    @Test("counts have the quantiles of their distribution")
    func counts() {
        // Poisson of mean 2: P(<= 1) = 0.406, P(<= 2) = 0.677, P(<= 4) = 0.947.
        #expect(CountDistribution(mean: 2, variance: 2).quantiles([0.4, 0.5, 0.9]) == [1, 2, 4])
        // Negative binomial of mean 2 and variance 6 is geometric-like with size 1: P(0) = 1 / 3, P(<= 1) = 5 / 9.
        #expect(CountDistribution(mean: 2, variance: 6).quantiles([0.3, 0.5, 0.6]) == [0, 1, 2])
    }
}
