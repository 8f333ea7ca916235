// Forecasts the sets of demand data by the scoring rules of their README and prints errors and series a CPU second.
//
//   DEMAND_DATA=folder forecasting m4 naive2,mstl              models of one series
//   DEMAND_DATA=folder forecasting juice global log=1          trees over all series, besides local=… and their mean
//   DEMAND_DATA=folder forecasting m3 speed ets:40             series a CPU second, as speed.py asks for them

import Foundation
import Models

struct Series {
    var id: String
    var train: [Double] = []
    var test: [Double] = []
}
func lines(_ path: String) -> [[Substring]] {
    String(decoding: FileManager.default.contents(atPath: path)!, as: UTF8.self).split(separator: "\n").dropFirst().map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
    }
}
func cpu() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
let dir = (ProcessInfo.processInfo.environment["DEMAND_DATA"] ?? ".") + "/"
func load(_ name: String) -> (series: [Series], m: Int, periods: [Int]) {
    var order: [String] = [], table: [String: Series] = [:]
    func get(_ id: Substring, _ body: (inout Series) -> Void) {
        let k = String(id)
        if table[k] == nil {
            table[k] = Series(id: k)
            order.append(k)
        }
        body(&table[k]!)
    }
    switch name {
    case "m4":
        for r in lines(dir + "m4_hourly.csv") {
            get(r[0]) { if r[1] == "train" { $0.train.append(Double(r[3])!) } else { $0.test.append(Double(r[3])!) } }
        }
        return (order.map { table[$0]! }, 24, [24, 168])
    case "m3":
        for r in lines(dir + "m3_dev.csv") where r[1] == "monthly" {
            get(r[0]) { if r[3] == "train" { $0.train.append(Double(r[5])!) } else { $0.test.append(Double(r[5])!) } }
        }
        return (order.map { table[$0]! }, 12, [12])
    case "car":
        for r in lines(dir + "carparts_dev.csv") { get(r[0]) { s in s.train.append(Double(r[2]) ?? .nan) } }
        let a = order.map { table[$0]! }.filter { !$0.train.contains { $0.isNaN } }.map {
            Series(id: $0.id, train: Array($0.train.dropLast(12)), test: Array($0.train.suffix(12)))
        }
        return (a, 12, [12])
    default:
        for r in lines(dir + "uci_weekly_dev.csv") { get(r[0]) { s in s.train.append(Double(r[2])!) } }
        let a = order.map { table[$0]! }.map { Series(id: $0.id, train: Array($0.train.dropLast(8)), test: Array($0.train.suffix(8))) }
        return (a, 1, [])
    }
}
struct Score {
    var smape = 0.0, mase = 0.0, rmsse = 0.0, pin = 0.0, abs = 0.0, err = 0.0, cover = 0, n = 0, series = 0
    mutating func add(_ s: Series, _ f: LocalForecast, m: Int) {
        var sm = 0.0, ae = 0.0, se = 0.0
        for (h, y) in s.test.enumerated() {
            let p = f.mean[h]
            if abs > -1, y != 0 || p != 0 { sm += 200 * Swift.abs(y - p) / (Swift.abs(y) + Swift.abs(p)) }
            ae += Swift.abs(y - p)
            se += (y - p) * (y - p)
            for l in 0..<9 {
                let q = f.quantiles[h * 9 + l], t = Double(l + 1) / 10
                pin += y >= q ? t * (y - q) : (1 - t) * (q - y)
            }
            if y >= f.quantiles[h * 9], y <= f.quantiles[h * 9 + 8] { cover += 1 }
            abs += Swift.abs(y)
            err += Swift.abs(y - p)
            n += 1
        }
        var sc = 0.0, sq = 0.0
        for i in m..<s.train.count {
            let d = s.train[i] - s.train[i - m]
            sc += Swift.abs(d)
            sq += d * d
        }
        sc /= Double(s.train.count - m)
        sq /= Double(s.train.count - m)
        let steps = Double(s.test.count)
        smape += sm / steps
        if sc > 0 {
            mase += ae / steps / sc
            rmsse += (se / steps / sq).squareRoot()
            series += 1
        }
    }
    func text(_ count: Int) -> String {
        String(
            format: "sMAPE %.3f MASE %.3f RMSSE %.3f WAPE %.3f wQL %.4f cover %.3f", smape / Double(count), mase / Double(series),
            rmsse / Double(series), err / abs, 2 * pin / 9 / abs, Double(cover) / Double(n))
    }
}
let set = CommandLine.arguments[1]
if CommandLine.arguments[2] == "combined" {
    combined(set, Array(CommandLine.arguments.dropFirst(3)))
    exit(0)
}
if CommandLine.arguments[2] == "speed" {
    speed(set, Array(CommandLine.arguments.dropFirst(3)))
    exit(0)
}
if CommandLine.arguments[2] == "global" {
    global(set, Array(CommandLine.arguments.dropFirst(3)))
    exit(0)
}
var data = load(set)
// BACK=1 measures the span before the test instead: settings are chosen there.
if ProcessInfo.processInfo.environment["BACK"] != nil {
    data.series = data.series.map { s in
        Series(id: s.id, train: s.train.dropLast(s.test.count), test: Array(s.train.suffix(s.test.count)))
    }
}
let limit = CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3])! : Int.max
let list = Array(data.series.prefix(limit))
for name in CommandLine.arguments[2].split(separator: ",") {
    let start = cpu()
    var score = Score()
    var chosen: [String: Int] = [:]
    for s in list {
        let r = ForecastRequest(horizon: s.test.count, season: data.m)
        var f: LocalForecast
        if name == "median" {
            f = ForecastEnsemble.median([LocalModel.ets, .ces, .dynamicOptimisedTheta].map { $0.forecast(s.train, r) })
        } else {
            f = LocalModel(rawValue: String(name))!.forecast(s.train, r, periods: data.periods)
        }
        f = f.clampedAtZero()
        chosen[f.model, default: 0] += 1
        if CommandLine.arguments.count > 4 { print(s.id, f.model, f.criterion ?? 0, f.mean.prefix(3).map { String(format: "%.4f", $0) }) }
        score.add(s, f, m: data.m)
    }
    let t = cpu() - start
    print(
        name, score.text(list.count), String(format: "%.1f series/s", Double(list.count) / t),
        chosen.count < 25 ? "\(chosen.sorted { $0.value > $1.value }.prefix(8).map { "\($0.key):\($0.value)" })" : "")
}
