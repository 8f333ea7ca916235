import Foundation
import Models

struct Case {
    var id: String
    var full: GlobalSeries
    var n: Int
    var test: [Double]
    var scored: [Bool]
}
func day(_ s: Substring) -> Int {
    let p = s.split(separator: "-").map { Int($0)! }
    var c = DateComponents()
    c.year = p[0]
    c.month = p[1]
    c.day = p[2]
    let y = p[1] <= 2 ? p[0] - 1 : p[0], era = y / 400, yoe = y - era * 400, doy = (153 * (p[1] + (p[1] > 2 ? -3 : 9)) + 2) / 5 + p[2] - 1
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468
}
/// cases per origin
func cases(_ set: String, back: Int = 0) -> (cases: [[Case]], m: Int, periods: [Int], horizon: Int, window: Int) {
    func simple(_ name: String, _ m: Int, _ periods: [Int], _ h: Int, _ window: Int) -> ([[Case]], Int, [Int], Int, Int) {
        let d = load(name)
        return (
            [
                d.series.compactMap { s in
                    let all = back > 0 ? s.train : s.train + s.test
                    let h = s.test.count
                    guard all.count > 2 * h else { return nil }
                    return Case(
                        id: s.id, full: GlobalSeries(values: Array(all.dropLast(h)), start: 0), n: all.count - h,
                        test: Array(all.suffix(h)), scored: Array(repeating: true, count: h))
                }
            ], m, periods, h, window
        )
    }
    switch set {
    case "m4": return simple("m4", 24, [24, 168], 48, 168)
    case "m3": return simple("m3", 12, [12], 18, 24)
    case "car": return simple("car", 12, [12], 12, 24)
    case "uci": return simple("uci", 1, [], 8, 16)
    case "retail":
        var table: [String: [Int: Double]] = [:], order: [String] = []
        for r in lines(dir + "online_retail_daily_dev.csv") {
            let k = String(r[0])
            if table[k] == nil {
                order.append(k)
                table[k] = [:]
            }
            table[k]![day(r[1])] = Double(r[2])!
        }
        let end = day("2011-12-09") - back * 28, start = end - 28
        var out: [Case] = []
        for k in order {
            let t = table[k]!
            let first = t.keys.min()!
            guard start - first >= 60 else { continue }
            let v = (first..<end).map { t[$0] ?? 0 }
            out.append(
                Case(
                    id: k, full: GlobalSeries(values: Array(v.dropLast(28)), start: first), n: v.count - 28, test: Array(v.suffix(28)),
                    scored: Array(repeating: true, count: 28)))
        }
        return ([out], 1, [7], 28, 56)
    case "rossmann":
        var table: [String: [(Int, [Double], Double)]] = [:], order: [String] = []
        for r in lines(dir + "rossmann_dev.csv") {
            let k = String(r[0])
            if table[k] == nil {
                order.append(k)
                table[k] = []
            }
            let d = day(r[1])
            let dt = Date(timeIntervalSince1970: Double(d) * 86400)
            _ = dt
            let hol = r.count > 10 && !r[10].isEmpty ? 1.0 : 0
            table[k]!.append(
                (
                    d, [Double(r[3])!, Double(r[4])!, Double(r[5])!, hol, Double(r[1].suffix(2))!, Double(r[1].dropFirst(5).prefix(2))!],
                    Double(r[2])!
                ))
        }
        var out: [Case] = []
        for k in order {
            var rows = table[k]!.sorted { $0.0 < $1.0 }
            if back > 0 { rows.removeLast(42 * back) }
            // days since promo start etc. come from covariates of neighbours
            var cov: [[Double]] = Array(repeating: [], count: 6 + 4)
            for i in rows.indices {
                for j in 0..<6 { cov[j].append(rows[i].1[j]) }
                cov[6].append(i > 0 ? rows[i - 1].1[0] : 1)
                cov[7].append(i + 1 < rows.count ? rows[i + 1].1[0] : 1)
                cov[8].append(i > 0 ? rows[i - 1].1[1] : 0)
                cov[9].append(Double((rows[i].0 + 3) % 7))
            }
            let v = rows.map { $0.2 }
            out.append(
                Case(
                    id: k, full: GlobalSeries(values: Array(v.dropLast(42)), start: rows[0].0, covariates: cov), n: v.count - 42,
                    test: Array(v.suffix(42)), scored: Array(repeating: true, count: 42)))
        }
        return ([out], 7, [7, 14], 42, 56)
    default:  // juice
        struct R {
            var w: Int
            var u: Double
            var c: [Double]
        }
        var table: [String: [R]] = [:], order: [String] = [], ids: [String: (Int, Int)] = [:]
        for r in lines(dir + "dominicks_oj_dev.csv") {
            let k = String(r[0])
            if table[k] == nil {
                order.append(k)
                table[k] = []
                ids[k] = (Int(r[8])!, Int(r[9])!)
            }
            table[k]!.append(R(w: Int(r[2])!, u: Double(r[3])!, c: [Double(r[4])!, Double(r[5])!, Double(r[6])!]))
        }
        // mean price of the store's others by week
        var storeDeals: [String: (Double, Double)] = [:]
        for k in order {
            for r in table[k]! {
                let key = "\(ids[k]!.0)-\(r.w)"
                let o = storeDeals[key] ?? (0, 0)
                storeDeals[key] = (o.0 + r.c[0], o.1 + 1)
            }
        }
        var result: [[Case]] = []
        for o in [136, 144, 152] {
            let origin = o - 24 * back
            var out: [Case] = []
            for k in order {
                let rows = table[k]!.filter { $0.w <= origin + 8 }.sorted { $0.w < $1.w }
                guard let first = rows.first, first.w + 20 < origin else { continue }
                var v: [Double] = [], cov: [[Double]] = Array(repeating: [], count: 5), scored: [Bool] = [], test: [Double] = []
                var at = 0
                for w in first.w...(origin + 8) {
                    while at < rows.count, rows[at].w < w { at += 1 }
                    let has = at < rows.count && rows[at].w == w
                    if w <= origin {
                        v.append(has ? rows[at].u : v.last!)
                    } else {
                        test.append(has ? rows[at].u : 0)
                        scored.append(has)
                    }
                    for j in 0..<3 { cov[j].append(has ? rows[at].c[j] : .nan) }
                    let s = storeDeals["\(ids[k]!.0)-\(w)"] ?? (0, 0)
                    cov[3].append(has && s.1 > 0 ? rows[at].c[0] / (s.0 / s.1) : .nan)
                    cov[4].append(has && at > 0 ? rows[at].c[0] / rows[at - 1].c[0] : .nan)
                }
                out.append(
                    Case(
                        id: k, full: GlobalSeries(values: v, start: first.w, covariates: cov, statics: [Double(ids[k]!.1)]), n: v.count,
                        test: test, scored: scored))
            }
            result.append(out)
        }
        return (result, 1, [], 8, 26)
    }
}
struct Tally {
    var smape = 0.0, mase = 0.0, msmape = 0.0, mmase = 0.0, merr = 0.0, rmsse = 0.0, pin = 0.0, abs = 0.0, err = 0.0, cover = 0, n = 0,
        series = 0, rspe = 0.0, rn = 0, all = 0
    mutating func add(_ c: Case, _ f: LocalForecast, m: Int) {
        var sm = 0.0, ae = 0.0, se = 0.0, k = 0, msm = 0.0, mae = 0.0
        for (h, y) in c.test.enumerated() where c.scored[h] {
            let p = f.mean[h]
            k += 1
            if y != 0 || p != 0 { sm += 200 * Swift.abs(y - p) / (Swift.abs(y) + Swift.abs(p)) }
            let p5 = f.quantiles[h * 9 + 4]
            if y != 0 || p5 != 0 { msm += 200 * Swift.abs(y - p5) / (Swift.abs(y) + Swift.abs(p5)) }
            mae += Swift.abs(y - p5)
            ae += Swift.abs(y - p)
            se += (y - p) * (y - p)
            for l in 0..<9 {
                let q = f.quantiles[h * 9 + l], t = Double(l + 1) / 10
                pin += y >= q ? t * (y - q) : (1 - t) * (q - y)
            }
            if y >= f.quantiles[h * 9], y <= f.quantiles[h * 9 + 8] { cover += 1 }
            if y > 0 {
                rspe += ((y - p) / y) * ((y - p) / y)
                rn += 1
            }
            abs += Swift.abs(y)
            err += Swift.abs(y - p)
            n += 1
        }
        guard k > 0 else { return }
        all += 1
        let v = c.full.values
        var sc = 0.0, sq = 0.0
        for i in m..<v.count {
            let d = v[i] - v[i - m]
            sc += Swift.abs(d)
            sq += d * d
        }
        sc /= Double(v.count - m)
        sq /= Double(v.count - m)
        smape += sm / Double(k)
        msmape += msm / Double(k)
        merr += mae
        if sc > 0 {
            mase += ae / Double(k) / sc
            mmase += mae / Double(k) / sc
            rmsse += (se / Double(k) / sq).squareRoot()
            series += 1
        }
    }
    var text: String {
        String(
            format: "sMAPE %.3f (%.3f) MASE %.3f (%.3f) WAPE(%.4f) RMSSE %.3f WAPE %.4f wQL %.4f RMSPE %.4f cover %.3f",
            smape / Double(all), msmape / Double(all), mase / Double(series), mmase / Double(series), merr / abs,
            rmsse / Double(series), err / abs, 2 * pin / 9 / abs, (rspe / Double(max(rn, 1))).squareRoot(), Double(cover) / Double(n))
    }
}
func global(_ set: String, _ args: [String]) {
    func arg(_ n: String) -> String? { args.first { $0.hasPrefix(n + "=") }.map { String($0.dropFirst(n.count + 1)) } }
    let back = Int(arg("back") ?? "0")!
    let d = cases(set, back: back)
    let locals = (arg("local") ?? "").split(separator: ",").compactMap { LocalModel(rawValue: String($0)) }
    var tallies = (0..<(locals.count + 3)).map { _ in Tally() }
    let start = cpu()
    for origin in d.cases {
        var s = GlobalForecaster.Settings(horizon: d.horizon, periods: d.periods, window: d.window)
        if let v = arg("trees") { s.trees.trees = Int(v)! }
        if let v = arg("leaves") { s.trees.leaves = Int(v)! }
        if let v = arg("rate") { s.trees.rate = Double(v)! }
        if let v = arg("rows") { s.rows = Int(v)! }
        if let v = arg("power") { s.weightPower = Double(v)! }
        if let v = arg("leaf") { s.trees.leafRows = Int(v)! }
        if let v = arg("window") { s.window = Int(v)! }
        if arg("log") != nil { s.isLogarithmic = true }
        if arg("match") != "0" { s.matched = [0, 1, 2] }
        if arg("season") != nil { s.isSeasonal = true }
        if let v = arg("share") { s.trees.rowShare = Double(v)! }
        if let v = arg("feat") { s.trees.featureShare = Double(v)! }
        guard let g = GlobalForecaster(origin.map { $0.full }, settings: s) else {
            print("none")
            return
        }
        let f = g.forecasts(origin.map { $0.full })
        for (c, own) in zip(origin, f) {
            tallies[0].add(c, own, m: d.m)
            let r = ForecastRequest(horizon: d.horizon, season: d.periods.first ?? 1)
            let ls = locals.map { $0.forecast(c.full.values, r, periods: d.periods).clampedAtZero() }
            for (i, l) in ls.enumerated() { tallies[1 + i].add(c, l, m: d.m) }
            if !ls.isEmpty {
                let e = ForecastEnsemble.mean([own] + ls, weights: [Double(ls.count)] + ls.map { _ in 1 })
                tallies[locals.count + 1].add(c, e, m: d.m)
                tallies[locals.count + 2].add(c, ForecastEnsemble.mean(ls, weights: ls.map { _ in 1 }), m: d.m)
            }
        }
    }
    let t = cpu() - start
    let names = ["trees"] + locals.map { $0.rawValue } + (locals.isEmpty ? [] : ["trees+locals", "locals"])
    for (n, t) in zip(names, tallies) { print(set, n, t.text) }
    print(String(format: "%.1f cpu s", t))
}
