import Models
import Testing

/// Weights by past origins, and intervals by past origins.
@Suite struct AutomaticForecasterTests {
    static let request = ForecastRequest(horizon: 6, season: 12)

    @Test("weights sum to one, the least loss has the most, and models far behind have none")
    func weights() {
        let values = LocalModelContractTests.series(7, count: 72)
        let shares = AutomaticForecaster().shares(values, Self.request)
        #expect(abs(shares.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
        #expect(shares.map(\.loss) == shares.map(\.loss).sorted())
        #expect(shares.map(\.weight) == shares.map(\.weight).sorted(by: >))
        for share in shares where share.loss > 1.5 * shares[0].loss { #expect(share.weight == 0) }
        #expect(shares.count { $0.weight > 0 } <= 4)
    }

    @Test("of a series that repeats, the model that repeats gets it")
    func repeats() {
        let values = (0..<60).map { [10.0, 80, 30, 5, 60, 20][$0 % 6] + Double($0 * 7 % 3) }
        let request = ForecastRequest(horizon: 6, season: 6)
        var settings = AutomaticForecaster.Settings(models: [.naive, .ses, .seasonalNaive])
        settings.reach = 1.5
        let shares = AutomaticForecaster(settings).shares(values, request)
        #expect(shares[0].model == .seasonalNaive && shares[0].weight == 1)
    }

    @Test("a past origin is forecast from what was before it alone, whatever came after")
    func noLookAhead() {
        var settings = AutomaticForecaster.Settings()
        settings.origins = 1
        let request = Self.request
        var values = LocalModelContractTests.series(8, count: 60)
        for factor in [1.0, 3, 0.2] {
            for index in 54..<60 { values[index] *= factor }
            let past = Array(values[..<54]), came = Array(values[54...])
            let units = max(came.reduce(0) { $0 + abs($1) }, 1)
            for share in AutomaticForecaster(settings).shares(values, request) {
                let own = share.model.forecast(past, request).pinball(came, levels: request.levels) / units
                #expect(abs(share.loss - own) < 1e-12, "\(share.model)")
            }
        }
    }

    @Test("a short past of rare demand is forecast by the models for it, one of two values by the plain ones")
    func short() {
        #expect(AutomaticForecaster().shares([0, 0, 3, 0, 1], Self.request).map(\.model) == [.tsb, .sba])
        #expect(AutomaticForecaster().shares([4, 5], Self.request).map(\.model) == [.ses, .theta])
        #expect(AutomaticForecaster().forecast([4, 5], Self.request).forecast.mean.allSatisfy { $0 > 0 })
    }

    @Test("a budget leaves out the models that do not fit, and never all of them")
    func budget() {
        let values = LocalModelContractTests.series(9, count: 72)
        func models(_ budget: Double?) -> Set<LocalModel> {
            var settings = AutomaticForecaster.Settings(models: AutomaticForecaster.Settings.thorough)
            settings.budget = budget
            return Set(AutomaticForecaster(settings).shares(values, Self.request).map(\.model))
        }
        #expect(models(nil).isSuperset(of: [.ets, .arima]))
        #expect(models(0.002).isDisjoint(with: [.ets, .arima]) && models(0.002).contains(.theta))
        #expect(models(1e-9) == [.ses])
        let dear = LocalModel.ets.seconds(count: 72, season: 12), cheap = LocalModel.ses.seconds(count: 72, season: 12)
        #expect(dear > 50 * cheap)
    }

    @Test("intervals that were too narrow by half are doubled, those that were right stay")
    func calibration() {
        let levels = ForecastRequest.deciles
        func forecast(_ width: Double) -> LocalForecast {
            LocalForecast(model: "flat", mean: [10, 10], quantiles: (0..<2).flatMap { _ in levels.map { 10 + width * ($0 - 0.5) } })
        }
        for (width, wanted) in [(10.0, 1.0), (5, 2)] {
            var own = IntervalCalibration(levels: levels, horizon: 2)
            // Values spread evenly over 5 to 15.
            for place in 0..<400 { own.add(forecast(width), actual: [5 + Double(place) / 40, 5 + Double((place * 7) % 400) / 40]) }
            for stretch in own.stretches { #expect(abs(stretch / wanted - 1) < 0.05) }
            let set = own.applied(own.stretches, to: forecast(width))
            #expect(abs(set.quantile(step: 0, level: 8) - 14) < 0.2 && abs(set.quantile(step: 1, level: 0) - 6) < 0.2)
        }
        var few = IntervalCalibration(levels: levels, horizon: 2)
        for place in 0..<50 { few.add(forecast(1), actual: [Double(place), .nan]) }
        #expect(few.stretches.allSatisfy { $0 == 1 })
    }
}
