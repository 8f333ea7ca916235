import Foundation
import Models
import Records

/// Sampled sums of demand: until an order placed next time would arrive, and until what is ordered now has passed its shelf life.
///
/// Each of 500 samples draws a lead time of those given (each equally often) and one value a period from the forecast's quantiles; the surprises
/// of a sample share a normal factor (`correlation`).
struct DemandDraws: Sendable {
    /// Sorted.
    let cover: [Double]
    /// Sorted; empty = it keeps.
    let shelf: [Double]

    private static let samples = 500

    init(_ forecast: LocalForecast, _ settings: DemandSettings, seed: UInt64) {
        let shared = settings.correlation.squareRoot(), own = (1 - settings.correlation).squareRoot()
        let times = settings.supply.leadTimes ?? [settings.leadTime], life = settings.supply.shelfLife.map { settings.leadTime + $0 }
        var cover: [Double] = [], shelf: [Double] = []
        for sample in 0..<Self.samples {
            // Each from a seed of its own: periods further ahead change nothing of the nearer ones.
            var random = NormalSource(seed: RecordKey.mix(seed &+ UInt64(sample)))
            let common = random.next(), end = times[sample % times.count] + settings.review
            var sum = 0.0, whole = 0.0
            for step in forecast.mean.indices {
                let probability = NormalLoss.distribution(shared * common + own * random.next())
                let value = max(0, forecast.value(step: step, at: probability, levels: DemandPlanner.levels))
                if step < end { sum += value }
                if let life, step < life { whole += value }
            }
            cover.append(sum)
            if life != nil { shelf.append(whole) }
        }
        (self.cover, self.shelf) = (cover.sorted(), shelf.sorted())
    }

    /// - Parameters: sorted.
    init(cover: [Double], shelf: [Double]) { (self.cover, self.shelf) = (cover, shelf) }

    /// Every tenth: what a choice across many items keeps of each.
    var thinned: DemandDraws {
        func thin(_ all: [Double]) -> [Double] { stride(from: 5, to: all.count, by: 10).map { all[$0] } }
        return DemandDraws(cover: thin(cover), shelf: thin(shelf))
    }

    var mean: Double { cover.reduce(0, +) / Double(cover.count) }

    /// The least level from which on a unit more costs more than it saves, all as shares of its cost.
    ///
    /// - Parameters:
    ///   - holding: of a unit that is left when the cover ends.
    ///   - missing: of a unit that is short.
    ///   - waste: of a unit that its shelf life ends before it sells.
    ///   - price: of a unit ordered, besides: what a budget makes it worth.
    func level(holding: Double, missing: Double, waste: Double, price: Double = 0) -> Double {
        // All below the level, holding and waste come in steps of one sample; the newsvendor's ratio without a shelf life.
        var covered = 0, wasted = 0
        let count = Double(cover.count)
        if price >= missing { return 0 }
        while covered < cover.count {
            let next = min(cover[covered], wasted < shelf.count ? shelf[wasted] : .infinity)
            while covered < cover.count, cover[covered] <= next { covered += 1 }
            while wasted < shelf.count, shelf[wasted] <= next { wasted += 1 }
            let over = Double(covered) / count
            if holding * over + waste * Double(wasted) / count + price >= missing * (1 - over) - 1e-12 { return next }
        }
        return cover[cover.count - 1]
    }

    /// Expected cost of having `units`, and its parts, all as units of cost; and the chance to run out.
    func cost(of units: Double, holding: Double, missing: Double, waste: Double) -> Cost {
        var cost = Cost(), count = Double(cover.count)
        for sum in cover {
            if sum > units { cost.chance += 1 / count }
            cost.holding += holding * max(units - sum, 0) / count
            cost.missing += missing * max(sum - units, 0) / count
        }
        count = Double(max(shelf.count, 1))
        for sum in shelf { cost.waste += waste * max(units - sum, 0) / count }
        return cost
    }

    struct Cost {
        var holding = 0.0, missing = 0.0, waste = 0.0, chance = 0.0
        var sum: Double { holding + missing + waste }
    }
}

/// Normal numbers from a seed (Box, Muller 1958).
private struct NormalSource {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    private mutating func uniform() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        return (Double(RecordKey.mix(state) >> 11) + 0.5) * 0x1p-53
    }

    mutating func next() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }
}
