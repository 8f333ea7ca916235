import Foundation
import Models

/// `m3 speed ets:40 theta:714 …` prints a line `m3 ets 123.4` a model: series a CPU second over the first so many series, each with the
/// model's choice, the means of the horizon and nine quantiles. `stock speed` prints plans a CPU second.
func speed(_ set: String, _ asked: [String]) {
    guard set != "stock" else { return stockSpeed() }
    let data = load(set)
    for pair in asked {
        let parts = pair.split(separator: ":")
        guard let model = LocalModel(rawValue: String(parts[0])), let count = Int(parts[1]) else { fatalError(pair) }
        let list = data.series.prefix(count)
        var sum = 0.0
        let rate = perSecond(list.count) {
            for series in list {
                let request = ForecastRequest(horizon: series.test.count, season: data.m)
                sum += model.forecast(series.train, request, periods: data.periods).mean[0]
            }
        }
        print(set, model.rawValue, String(format: "%.1f", rate), sum.isFinite ? "" : "?")
    }
}

/// Pieces of work a CPU second: again and again for at least half a second.
func perSecond(_ count: Int, _ work: () -> Void) -> Double {
    let start = cpu()
    var done = 0
    repeat {
        work()
        done += count
    } while cpu() - start < 0.5
    return Double(done) / (cpu() - start)
}

/// The same problems as in peer.py.
func stockSpeed() {
    let demand = (0..<52).map { Double(20 + ($0 * 37) % 61) }
    var sum = 0.0
    for (name, mean, fixed, stockout) in [("exact-6", 6.0, 5.0, 4.0), ("exact-64", 64, 64, 9)] {
        let rate = perSecond(1) {
            sum += OrderUpTo.exactPoisson(holding: 1, stockout: stockout, fixed: fixed, mean: mean).orderUpTo
        }
        print("stock", name, String(format: "%.1f", rate))
    }
    let rate = perSecond(1) { sum += LotSizing.wagnerWhitin(fixed: 500, holding: 2, demand: demand).cost }
    print("stock", "wagner-whitin-52", String(format: "%.1f", rate), sum.isFinite ? "" : "?")
}
