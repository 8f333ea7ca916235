import Foundation
import Models

/// The stage's way: trees, the automatic forecast of each series, their mean; intervals set by the origins before. `combined SET back=1 …`.
func combined(_ set: String, _ args: [String]) {
    func arg(_ n: String) -> String? { args.first { $0.hasPrefix(n + "=") }.map { String($0.dropFirst(n.count + 1)) } }
    let back = Int(arg("back") ?? "0")!
    var settings = AutomaticForecaster.Settings(
        models: arg("menu") == "thorough" ? AutomaticForecaster.Settings.thorough : AutomaticForecaster.Settings.fast)
    if let v = arg("menu"), v != "thorough" { settings.models = v.split(separator: ",").map { LocalModel(rawValue: String($0))! } }
    if let v = arg("power") { settings.power = Double(v)! }
    if let v = arg("reach") { settings.reach = Double(v)! }
    if let v = arg("most") { settings.most = Int(v)! }
    if let v = arg("origins") { settings.origins = Int(v)! }
    let automatic = AutomaticForecaster(settings)
    let d = cases(set, back: back)
    func limit(_ own: LocalForecast, _ past: [Double]) -> LocalForecast {
        var result = own.clampedAtZero()
        let most = 1.5 * (past.max() ?? 0)
        for i in result.quantiles.indices where !(result.quantiles[i] <= most) { result.quantiles[i] = most }
        for i in result.mean.indices where !(result.mean[i] <= most) { result.mean[i] = most }
        return result
    }
    let names = ["trees", "auto", "combined"]
    var raw = names.map { _ in Tally() }, set80 = raw
    for origin in d.cases {
        var s = GlobalForecaster.Settings(horizon: d.horizon, periods: d.periods, window: d.window)
        if let v = arg("trees") { s.trees.trees = Int(v)! }
        if arg("log") != nil { s.isLogarithmic = true }
        let r = ForecastRequest(horizon: d.horizon, season: d.periods.first ?? 1)
        var calibrations = names.map { _ in IntervalCalibration(levels: r.levels, horizon: d.horizon) }
        func both(_ series: [GlobalSeries]) -> [(trees: LocalForecast, own: LocalForecast)] {
            let g = GlobalForecaster(series, settings: s)?.forecasts(series)
            return series.enumerated().map { i, one in
                let own = automatic.forecast(one.values, r, limit: limit).forecast
                return (g.map { limit($0[i], one.values) } ?? own, own)
            }
        }
        func mixed(_ pair: (trees: LocalForecast, own: LocalForecast), _ mean: Double, _ quantiles: Double) -> LocalForecast {
            var result = ForecastEnsemble.mean([pair.trees, pair.own], weights: [quantiles, 1 - quantiles])
            for i in result.mean.indices { result.mean[i] = mean * pair.trees.mean[i] + (1 - mean) * pair.own.mean[i] }
            return result
        }
        // The span before: weights of the mean, and intervals, as the stage `demand` sets them.
        let kept = origin.filter { $0.full.values.count > d.horizon + 8 }
        let past = both(
            kept.map { c in
                var one = c.full
                one.values = Array(one.values.dropLast(d.horizon))
                return one
            })
        var squares = (0.0, 0.0), losses = (0.0, 0.0)
        for (c, pair) in zip(kept, past) {
            let actual = Array(c.full.values.suffix(d.horizon)), unit = max(actual.reduce(0) { $0 + abs($1) } / Double(d.horizon), 1)
            for (step, value) in actual.enumerated() {
                let (a, b) = ((pair.trees.mean[step] - value) / unit, (pair.own.mean[step] - value) / unit)
                squares = (squares.0 + a * a, squares.1 + b * b)
            }
            losses.0 += pair.trees.pinball(actual, levels: r.levels)
            losses.1 += pair.own.pinball(actual, levels: r.levels)
        }
        let mean = 1 / (1 + pow(squares.0 / squares.1, Double(arg("sharp") ?? "2")!))
        let quantiles = 1 / (1 + pow(losses.0 / losses.1, Double(arg("sharper") ?? "6")!))
        print(set, String(format: "trees have %.2f of the mean, %.2f of the quantiles", mean, quantiles))
        func all(_ pair: (trees: LocalForecast, own: LocalForecast)) -> [LocalForecast] {
            [pair.trees, pair.own, mixed(pair, mean, quantiles)]
        }
        for (c, pair) in zip(kept, past) {
            for (i, f) in all(pair).enumerated() { calibrations[i].add(f, actual: Array(c.full.values.suffix(d.horizon))) }
        }
        let stretches = calibrations.map(\.stretches)
        for (c, pair) in zip(origin, both(origin.map(\.full))) {
            for (i, f) in all(pair).enumerated() {
                raw[i].add(c, f, m: d.m)
                set80[i].add(c, calibrations[i].applied(stretches[i], to: f).clampedAtZero(), m: d.m)
            }
        }
    }
    for (i, n) in names.enumerated() {
        print(
            set, n, raw[i].text,
            String(format: "| set: wQL %.4f cover %.3f", 2 * set80[i].pin / 9 / set80[i].abs, Double(set80[i].cover) / Double(set80[i].n)))
    }
}
