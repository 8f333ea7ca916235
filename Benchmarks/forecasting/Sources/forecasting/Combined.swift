import Foundation
import Models

/// The stage's way: `CombinedForecaster` over all series. `combined SET back=1 members=trees,trees-seasonal,auto,mstl …`.
func combined(_ set: String, _ args: [String]) {
    func arg(_ n: String) -> String? { args.first { $0.hasPrefix(n + "=") }.map { String($0.dropFirst(n.count + 1)) } }
    let back = Int(arg("back") ?? "0")!
    var own = AutomaticForecaster.Settings(
        models: arg("menu") == "thorough" ? AutomaticForecaster.Settings.thorough : AutomaticForecaster.Settings.fast)
    if let v = arg("menu"), v != "thorough" { own.models = v.split(separator: ",").map { LocalModel(rawValue: String($0))! } }
    let members = (arg("members") ?? "trees,trees-seasonal,auto").split(separator: ",").map { name -> CombinedForecaster.Member in
        if name == "auto" { return .automatic(own) }
        if name.hasPrefix("trees") { return .trees(isLogarithmic: name.contains("log"), isSeasonal: name.contains("seasonal")) }
        return .own(LocalModel(rawValue: String(name))!)
    }
    let d = cases(set, back: back)
    let start = cpu()
    var tally = Tally()
    for origin in d.cases {
        var s = GlobalForecaster.Settings(horizon: d.horizon, periods: d.periods, window: d.window)
        s.levels = [0.025, 0.05] + ForecastRequest.deciles + [0.95, 0.975]
        if arg("match") != "0" { s.matched = [0, 1, 2] }
        if let v = arg("trees") { s.trees.trees = Int(v)! }
        if let v = arg("leaves") { s.trees.leaves = Int(v)! }
        if let v = arg("rate") { s.trees.rate = Double(v)! }
        if let v = arg("rows") { s.rows = Int(v)! }
        if let v = arg("window") { s.window = Int(v)! }
        if let v = arg("power") { s.weightPower = Double(v)! }
        if let v = arg("leaf") { s.trees.leafRows = Int(v)! }
        if let v = arg("share") { s.trees.rowShare = Double(v)! }
        if let v = arg("feat") { s.trees.featureShare = Double(v)! }
        var settings = CombinedForecaster.Settings(global: s, members: members)
        if let v = arg("origins") { settings.origins = Int(v)! }
        if let v = arg("even") { settings.evenness = Double(v)! }
        if let v = arg("calibrate") { settings.calibrates = v == "1" }
        let series = origin.enumerated().map { CombinedForecaster.Series($1.full, seed: UInt64($0)) }
        guard
            let model = CombinedForecaster(
                series, settings: settings,
                limit: { own, past in
                    var result = own.clampedAtZero()
                    let most = 1.5 * (past.max() ?? 0)
                    for i in result.quantiles.indices where !(result.quantiles[i] <= most) { result.quantiles[i] = most }
                    for i in result.mean.indices where !(result.mean[i] <= most) { result.mean[i] = most }
                    return result
                })
        else { fatalError("too short") }
        func text(_ w: [Double]) -> String { zip(members, w).map { "\($0.name) " + String(format: "%.2f", $1) }.joined(separator: ", ") }
        print(set, "mean:", text(model.weights.mean), "quantiles:", text(model.weights.quantiles), "learned on", model.learned)
        for (c, s) in zip(origin, series) {
            let f = model.forecast(s)
            tally.add(c, f.deciles, m: d.m)
        }
    }
    print(set, "combined", tally.text, String(format: "%.1f cpu s", cpu() - start))
}

extension LocalForecast {
    /// Of thirteen levels those of 10 to 90 %.
    var deciles: LocalForecast {
        var result = self
        result.quantiles = mean.indices.flatMap { step in (2..<11).map { quantiles[step * 13 + $0] } }
        return result
    }
}
