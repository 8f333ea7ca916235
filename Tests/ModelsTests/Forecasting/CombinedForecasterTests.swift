import Foundation
import Models
import Testing

/// One model over many series, and the mean whose weights are learned at past origins.
@Suite struct CombinedForecasterTests {
    typealias Member = CombinedForecaster.Member

    /// Values between 0 and 1 from a seed.
    static func noise(_ seed: UInt64, _ count: Int) -> [Double] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
    }

    static func settings(_ members: [Member], horizon: Int = 6, trees: Int = 40) -> CombinedForecaster.Settings {
        var global = GlobalForecaster.Settings(horizon: horizon, periods: [12], window: 24)
        global.levels = [0.1, 0.25, 0.5, 0.75, 0.9]
        global.trees.trees = trees
        var settings = CombinedForecaster.Settings(global: global, members: members)
        settings.calibrates = false
        return settings
    }

    @Test("trees over a season find it in series they have seen little of, and more so beside its baseline")
    func season() throws {
        func series(_ index: Int, _ count: Int) -> [Double] {
            zip(0..<count, Self.noise(UInt64(index), count)).map { step, noise in
                Double(20 + index) * (1 + 0.6 * sin(2 * Double.pi * Double(step + index) / 12)) * (0.95 + 0.1 * noise)
            }
        }
        let whole = (0..<40).map { series($0, 78) }
        let known = whole.map { CombinedForecaster.Series(GlobalSeries(values: Array($0.prefix(72)))) }
        for isSeasonal in [false, true] {
            let members: [Member] = [.trees(isLogarithmic: true, isSeasonal: isSeasonal)]
            let model = try #require(CombinedForecaster(known, settings: Self.settings(members)))
            var error = 0.0, units = 0.0
            for (all, one) in zip(whole, known) {
                let forecast = model.forecast(one)
                for step in 0..<6 {
                    error += abs(all[72 + step] - forecast.quantile(step: step, level: 2))
                    units += all[72 + step]
                }
            }
            #expect(error / units < (isSeasonal ? 0.045 : 0.1), "\(isSeasonal): \(error / units)")
        }
    }

    @Test("intervals of values that nothing foretells are as wide as they say: rows see nothing after their origin")
    func noLookAhead() throws {
        let whole = (0..<60).map { Self.noise(UInt64(100 + $0), 66).map { 10 + 10 * $0 } }
        let known = whole.map { CombinedForecaster.Series(GlobalSeries(values: Array($0.prefix(60)))) }
        for member in [Member.trees(isLogarithmic: false, isSeasonal: true), .trees(isLogarithmic: true, isSeasonal: true)] {
            let model = try #require(CombinedForecaster(known, settings: Self.settings([member])))
            var inside = 0
            for (all, one) in zip(whole, known) {
                let forecast = model.forecast(one)
                for step in 0..<6 where forecast.quantile(step: step, level: 0) <= all[60 + step] {
                    inside += all[60 + step] <= forecast.quantile(step: step, level: 4) ? 1 : 0
                }
            }
            let share = Double(inside) / 360
            #expect(share > 0.68 && share < 0.92, "\(member.name): \(share)")
        }
    }

    @Test("the weight goes to the member that was right, and with what came dealt to other series it does not")
    func weights() throws {
        func series(_ index: Int, shifted: Int = 0) -> CombinedForecaster.Series {
            let values = zip(0..<60, Self.noise(UInt64(index), 60)).map { step, noise in
                30 + 20 * sin(2 * Double.pi * Double(step + index * 5) / 12) + 2 * noise
            }
            return CombinedForecaster.Series(GlobalSeries(values: values))
        }
        let members: [Member] = [.own(.naive), .own(.seasonalNaive), .own(.ses)]
        let model = try #require(CombinedForecaster((0..<30).map { series($0) }, settings: Self.settings(members)))
        #expect(model.weights.mean[1] > 0.9 && model.weights.quantiles[1] > 0.8, "\(model.weights)")
        #expect(abs(model.weights.mean.reduce(0, +) - 1) < 1e-9 && model.learned == 360)
        // The last year is another one in each series: what repeats is worth no more than what stays.
        let broken = (0..<30).map { index in
            var one = series(index)
            for step in 48..<60 { one.series.values[step] = 30 }
            return one
        }
        let control = try #require(CombinedForecaster(broken, settings: Self.settings(members)))
        #expect(control.weights.mean[1] < 0.5, "\(control.weights)")
    }

    @Test("where nothing can be learned the models made for such demand have the mean, and less than half a unit is none")
    func prior() throws {
        func model(_ members: [Member], _ values: (Double) -> Double) throws -> (CombinedForecaster, CombinedForecaster.Series) {
            let series = (0..<20).map { CombinedForecaster.Series(GlobalSeries(values: Self.noise(UInt64(40 + $0), 11).map(values))) }
            let model = try #require(CombinedForecaster(series, settings: Self.settings(members)))
            #expect(model.learned == 0)
            return (model, series[0])
        }
        let members: [Member] = [.own(.tsb), .own(.dynamicOptimisedTheta), .own(.imapa), .own(.ses)]
        let (steady, _) = try model(members) { 20 + $0 }
        #expect(steady.weights.mean[1] > 0.7, "\(steady.weights)")
        let (rare, one) = try model(members) { $0 > 0.7 ? 1 : 0 }
        #expect(rare.weights.quantiles[0] > 0.4 && rare.weights.quantiles[2] > 0.4, "\(rare.weights)")
        func halves(_ model: CombinedForecaster, _ series: CombinedForecaster.Series) -> Int {
            let forecast = model.forecast(series)
            return (0..<6).reduce(0) { sum, step in
                let lowest = forecast.quantile(step: step, level: 0)
                return sum + (1..<5).count { (max(lowest, 1e-9) + 1e-12..<0.5).contains(forecast.quantile(step: step, level: $0)) }
            }
        }
        #expect(halves(rare, one) == 0)
        // The control: parts of a unit are sold.
        let (parts, other) = try model(members) { $0 > 0.7 ? 0.3 : 0 }
        #expect(halves(parts, other) > 0)
    }

    @Test("values that are not known are not learned from, and the same series give the same bits")
    func unknown() throws {
        let members: [Member] = [.trees(isLogarithmic: false, isSeasonal: false), .own(.ses)]
        let series = (0..<20).map { index -> CombinedForecaster.Series in
            let values = Self.noise(UInt64(index), 60).map { 5 + $0 }
            return CombinedForecaster.Series(GlobalSeries(values: values), isKnown: (0..<60).map { $0 < 54 || $0 % 2 == 0 })
        }
        let model = try #require(CombinedForecaster(series, settings: Self.settings(members)))
        #expect(model.learned == 20 * (3 + 6))
        let again = try #require(CombinedForecaster(series, settings: Self.settings(members)))
        #expect(model.forecast(series[3]) == again.forecast(series[3]))
    }

    @Test("evidence at an origin rests on the other origins: of one alone it is neither weighed nor stretched")
    func evidenceOfOthers() throws {
        func model(origins: Int, calibrates: Bool) throws -> CombinedForecaster {
            var settings = Self.settings([.own(.ses), .own(.naive)])
            (settings.origins, settings.calibrates, settings.keepsEvidence) = (origins, calibrates, true)
            let series = (0..<240).map {
                CombinedForecaster.Series(GlobalSeries(values: Self.noise(UInt64(500 + $0), 90).map { 10 + 5 * $0 }))
            }
            return try #require(CombinedForecaster(series, settings: settings))
        }
        func same(_ origins: Int) throws -> Bool {
            let (with, without) = (try model(origins: origins, calibrates: true), try model(origins: origins, calibrates: false))
            #expect(with.evidence.count == 240 * origins && without.evidence.count == 240 * origins)
            return zip(with.evidence, without.evidence).allSatisfy { $0.forecast.quantiles == $1.forecast.quantiles }
        }
        #expect(try same(1))
        // The control: with two origins each is stretched by the other.
        #expect(try same(2) == false)
    }

    @Test("what came under the same promotion on the same weekday is a feature that trees use")
    func matched() throws {
        // A store closes where the covariate says so; promotion adds what differs by store.
        let stores = (0..<12).map { store -> GlobalSeries in
            let open = (0..<220).map { ($0 + store) % 9 == 0 ? 0.0 : 1.0 }, promotion = (0..<220).map { $0 / 3 % 2 == 0 ? 1.0 : 0.0 }
            let values = (0..<210).map { step in open[step] * (20 + Double(store) * promotion[step] * 2 + Double(step % 7)) }
            return GlobalSeries(values: values, covariates: [open, promotion])
        }
        func error(_ matched: [Int]) throws -> Double {
            var settings = GlobalForecaster.Settings(horizon: 10, periods: [7], window: 28)
            settings.matched = matched
            settings.trees.trees = 60
            let model = try #require(GlobalForecaster(stores.map { Self.cut($0, 200) }, settings: settings))
            return zip(stores, model.forecasts(stores.map { Self.cut($0, 200) })).reduce(0) { sum, pair in
                sum + (0..<10).reduce(0) { $0 + abs(pair.1.mean[$1] - pair.0.values[200 + $1]) }
            }
        }
        let (with, without) = (try error([0, 1]), try error([]))
        #expect(with < 0.8 * without, "\(with) \(without)")
    }

    private static func cut(_ series: GlobalSeries, _ count: Int) -> GlobalSeries {
        var result = series
        result.values = Array(series.values.prefix(count))
        return result
    }

    @Test("what became known only when it came says nothing at any origin: not of the forecast, not of those that weights are learned on")
    func knownLate() throws {
        func series(_ index: Int, future: Double, isLate: Bool) -> CombinedForecaster.Series {
            let noise = Self.noise(UInt64(300 + index), 180)
            var promo: [Double] = [], values: [Double] = []
            for step in 0..<90 {
                promo.append(noise[step] < 0.3 ? 1 : 0)
                values.append(10 + 20 * promo[step] + 2 * noise[90 + step])
            }
            promo += Array(repeating: future, count: 6)
            var one = GlobalSeries(values: values, covariates: [promo])
            if isLate { one.knownAt = { (_: Int, step: Int, origin: Int) -> Double? in step < origin ? nil : .nan } }
            return CombinedForecaster.Series(one)
        }
        let all = (0..<30).map { series($0, future: 1, isLate: false).series.values }
        func model(isLate: Bool) throws -> CombinedForecaster {
            var settings = Self.settings([.trees(isLogarithmic: false, isSeasonal: false), .own(.ses)])
            settings.keepsEvidence = true
            return try #require(CombinedForecaster((0..<30).map { series($0, future: 1, isLate: isLate) }, settings: settings))
        }
        /// Of the forecasts at past origins that weights were learned on.
        func error(_ model: CombinedForecaster) -> Double {
            var sum = 0.0
            for one in model.evidence {
                for step in 0..<6 { sum += abs(all[one.series][one.count + step] - one.forecast.mean[step]) }
            }
            return sum / Double(6 * model.evidence.count)
        }
        let late = try model(isLate: true), known = try model(isLate: false)
        #expect(late.forecast(series(0, future: 1, isLate: true)).mean == late.forecast(series(0, future: 0, isLate: true)).mean)
        // The control: known in advance it decides the forecast, and was right at past origins.
        let (with, without) = (known.forecast(series(0, future: 1, isLate: false)), known.forecast(series(0, future: 0, isLate: false)))
        #expect(with.mean[0] > without.mean[0] + 10)
        #expect(known.evidence.count == 60 && late.evidence.count == 60)
        #expect(error(known) < 3 && error(late) > 6, "\(error(known)) \(error(late))")
    }

    /// Levels that wander, doubled by promotions that come in runs, closed on each seventh day.
    static func promoted(_ index: Int, _ count: Int) -> (values: [Double], promotion: [Double], open: [Double]) {
        let noise = noise(UInt64(500 + index), 3 * count)
        var values: [Double] = [], promotion: [Double] = [], level = log(20 + Double(index))
        for step in 0..<count {
            level += 0.12 * (noise[3 * step] - 0.5)
            let isOpen = step % 7 != 6
            promotion.append(step % 7 == 0 ? (noise[3 * step + 1] < 0.4 ? 1 : 0) : promotion[step - 1])
            values.append(isOpen ? exp(level) * (1 + promotion[step]) * (0.95 + 0.1 * noise[3 * step + 2]) : 0)
        }
        return (values, promotion, (0..<count).map { $0 % 7 == 6 ? 0 : 1 })
    }

    @Test("where promotions are compared, trees know the level without them; where they are not, errors are larger")
    func levelWithoutPromotions() throws {
        func error(_ matched: [Int], count: Int) throws -> Double {
            let whole = (0..<40).map { Self.promoted($0, count + 7) }
            let known = whole.map {
                CombinedForecaster.Series(GlobalSeries(values: Array($0.values.prefix(count)), covariates: [$0.promotion, $0.open]))
            }
            var settings = Self.settings([.trees(isLogarithmic: true, isSeasonal: false)], horizon: 7, trees: 60)
            (settings.global.periods, settings.global.window, settings.global.matched) = ([7], 56, matched)
            let model = try #require(CombinedForecaster(known, settings: settings))
            var error = 0.0, units = 0.0
            for (all, one) in zip(whole, known) {
                let forecast = model.forecast(one)
                for step in 0..<7 {
                    error += abs(all.values[count + step] - forecast.quantile(step: step, level: 2))
                    units += all.values[count + step]
                }
            }
            return error / units
        }
        func error(_ matched: [Int]) throws -> Double { try [180, 280, 400].reduce(0) { try $0 + error(matched, count: $1) } }
        let compared = try error([0, 1]), plain = try error([])
        #expect(compared < 0.98 * plain, "\(compared) \(plain)")
    }

    @Test("a promotion that is planned raises the forecast of every series")
    func promotionsKnown() throws {
        let whole = (0..<12).map { Self.promoted($0, 134) }
        var settings = Self.settings([.trees(isLogarithmic: true, isSeasonal: true)], horizon: 7, trees: 20)
        (settings.global.periods, settings.global.window, settings.global.matched) = ([7], 56, [0, 1])
        func forecasts(planned: Double?) throws -> [[Double]] {
            let known = whole.map { one in
                let promotion = one.promotion.prefix(127) + one.promotion.suffix(7).map { planned ?? $0 }
                return CombinedForecaster.Series(
                    GlobalSeries(values: Array(one.values.prefix(127)), covariates: [Array(promotion), one.open]))
            }
            let model = try #require(CombinedForecaster(known, settings: settings))
            return known.map { model.forecast($0).mean }
        }
        let without = try forecasts(planned: 0), with = try forecasts(planned: 1)
        for (low, high) in zip(without, with) { #expect(high.reduce(0, +) > 1.3 * low.reduce(0, +), "\(low) \(high)") }
    }

    @Test("trees over effects stand where levels are known only, and models that know of no promotion have no faint weight beside them")
    func effects() throws {
        let known = (0..<20).map { index in
            let one = Self.promoted(index, 187)
            return CombinedForecaster.Series(
                GlobalSeries(values: Array(one.values.prefix(180)), covariates: [one.promotion, one.open]))
        }
        func model(_ matched: [Int]) throws -> CombinedForecaster {
            let members: [Member] = [.trees(isLogarithmic: true, isSeasonal: false), .effectTrees, .own(.ses), .own(.seasonalNaive)]
            var settings = Self.settings(members, horizon: 7, trees: 20)
            (settings.global.periods, settings.global.window, settings.global.matched) = ([7], 56, matched)
            return try #require(CombinedForecaster(known, settings: settings))
        }
        let with = try model([0, 1]), without = try model([])
        #expect(with.settings.members.map(\.name) == ["trees-log", "trees-effects", "ses", "seasonal-naive"])
        #expect(without.settings.members.map(\.name) == ["trees-log", "ses", "seasonal-naive"])
        #expect(with.weights.quantiles[1] > 0.1 && with.forecast(known[0]).model.contains("trees-effects"), "\(with.weights)")
        for weights in [with.weights.mean, with.weights.quantiles] {
            #expect(weights[2...].allSatisfy { $0 == 0 || $0 >= 0.1 }, "\(weights)")
            #expect(abs(weights.reduce(0, +) - 1) < 1e-9)
        }
    }

    @Test("on days on which covariates say that it was always closed nothing is forecast", arguments: [false, true], [false, true])
    func closedDays(isLogarithmic: Bool, isSeasonal: Bool) throws {
        let known = (0..<12).map { index in
            let one = Self.promoted(index, 187)
            let promotion = zip(one.promotion, one.open).map { $0 * $1 }
            return CombinedForecaster.Series(GlobalSeries(values: Array(one.values.prefix(180)), covariates: [promotion, one.open]))
        }
        let members: [Member] = [.trees(isLogarithmic: isLogarithmic, isSeasonal: isSeasonal), .effectTrees]
        var settings = Self.settings(members, horizon: 7, trees: 20)
        (settings.global.periods, settings.global.window, settings.global.matched) = ([7], 56, [0, 1])
        let model = try #require(CombinedForecaster(known, settings: settings))
        for one in known {
            let forecast = model.forecast(one)
            for step in 0..<7 {
                let (isClosed, quantiles) = ((180 + step) % 7 == 6, (0..<5).map { forecast.quantile(step: step, level: $0) })
                #expect((forecast.mean[step] == 0) == isClosed, "\(forecast.mean)")
                #expect(quantiles.allSatisfy { ($0 == 0) == isClosed }, "\(quantiles)")
            }
        }
    }
}
