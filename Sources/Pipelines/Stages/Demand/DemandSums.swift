import Models
import Records

/// What past origins say of sums over the lead time: how far the forecast's distribution of them is to be trusted.
///
/// Quantiles of single periods can be right and those of their sums wrong: surprises go together, levels move. At origins before (`reviews` of
/// them, a review apart, whose cover was over by now) the level that the job's costs ask for is taken from two distributions, that of the
/// forecast's sampled sums and that of the item's own past sums over as many periods, and compared with what then came. The share of the
/// forecast's and the stretch of its distribution around the median, one pair for all items, are those of the least newsvendor loss there; where
/// they gain less than a hundredth, or fewer than 30 sums are known, the forecast stays as it is. Quantiles are averaged level by level.
///
/// Sources: quantiles averaged at equal levels, Lichtendahl, Grushka-Cockayne, Winkler, Management Science 59 (2013); the level chosen by the
/// loss that it is for, Gneiting, J. American Statistical Association 106 (2011).
struct DemandSums: Sendable {
    /// Of the forecast's distribution, 0 to 1; the rest is that of past sums.
    private(set) var share = 1.0
    /// Of the distance from the median.
    private(set) var stretch = 1.0
    /// Sums that this rests on.
    private(set) var learned = 0
    private var windows: [Int] = []
    private var life: Int?

    private static let (reviews, least) = (6, 30)
    private static let shares = [0, 0.25, 0.5, 0.75, 1], stretches = [0.7, 0.85, 1, 1.2, 1.4, 1.7, 2]

    /// Nothing is changed.
    init() {}

    /// - Parameter origin: the last period that is known, of all items.
    init(_ made: DemandForecasts, _ state: DemandState, _ items: [String], origin: Int, threads: Int = 1) {
        let settings = made.planner.settings
        windows = (settings.supply.leadTimes ?? [settings.leadTime]).map { $0 + settings.review }
        life = settings.supply.shelfLife.map { settings.leadTime + $0 }
        let cases = made.evidence.isEmpty ? Self.own(made.planner, state, items, origin, threads) : Self.global(made, state, origin)
        learned = cases.count
        guard cases.count >= Self.least else { return }
        let costs = made.planner.shares
        // Between every item alike and every unit of money alike; none counts as more than a hundred middle ones.
        let most = 100 * cases.map(\.money).sorted()[cases.count / 2]
        let weights = cases.map { min($0.money, most).squareRoot() / $0.scale }
        func loss(_ share: Double, _ stretch: Double) -> Double {
            zip(cases, weights).reduce(0) { sum, pair in
                let one = pair.0
                let level = max(0, share * (one.middle + stretch * (one.forecast - one.middle)) + (1 - share) * one.past)
                return sum + pair.1 * (costs.holding * max(level - one.came, 0) + costs.missing * max(one.came - level, 0))
            }
        }
        var least = 0.99 * loss(1, 1)
        for share in Self.shares {
            for stretch in share == 0 ? [1] : Self.stretches {
                let found = loss(share, stretch)
                if found < least { (least, self.share, self.stretch) = (found, share, stretch) }
            }
        }
    }

    /// - Parameter values: the item's past; where it is shorter than two covers, nothing is changed.
    func applied(to draws: DemandDraws, past values: [Double]) -> DemandDraws {
        guard share != 1 || stretch != 1, let longest = windows.max(), values.count >= 2 * longest else { return draws }
        let shelf =
            draws.shelf.isEmpty || life.map { values.count < 2 * $0 } ?? true
            ? draws.shelf
            : mixed(draws.shelf, Self.sums(values, [life ?? 1], count: draws.shelf.count))
        return DemandDraws(cover: mixed(draws.cover, Self.sums(values, windows, count: draws.cover.count)), shelf: shelf)
    }

    private func mixed(_ own: [Double], _ past: [Double]) -> [Double] {
        let middle = own[own.count / 2]
        return zip(own, past).map { max(0, share * (middle + stretch * ($0 - middle)) + (1 - share) * $1) }
    }

    /// Quantiles of past sums, sorted: of every window's length, each length counting alike.
    private static func sums(_ values: [Double], _ windows: [Int], count: Int) -> [Double] {
        var running = [0.0]
        for value in values { running.append(running[running.count - 1] + value) }
        var weighted: [(sum: Double, weight: Double)] = []
        for window in windows where window <= values.count {
            let number = values.count - window + 1
            for start in 0..<number { weighted.append((running[start + window] - running[start], 1 / Double(number))) }
        }
        weighted.sort { $0.sum < $1.sum }
        let total = weighted.reduce(0) { $0 + $1.weight }
        var result: [Double] = [], at = 0, below = weighted.first?.weight ?? 0
        for place in 0..<count {
            let level = (Double(place) + 0.5) / Double(count) * total
            while below < level, at + 1 < weighted.count {
                at += 1
                below += weighted[at].weight
            }
            result.append(weighted.isEmpty ? 0 : weighted[at].sum)
        }
        return result
    }

    // MARK: Past origins

    /// What an origin said of a sum, and what came.
    private struct Case {
        var middle: Double
        /// At the level that costs ask for: by the forecast, by past sums.
        var forecast: Double
        var past: Double
        var came: Double
        /// Mean units of a cover, and what they cost.
        var scale: Double
        var money: Double
    }

    /// - Parameters:
    ///   - count: values that were known at the origin.
    /// - Returns: nil where the past is too short, or the cover not over.
    private static func one(
        _ forecast: LocalForecast, _ planner: DemandPlanner, _ values: [Double], _ periods: [Int], count: Int, origin: Int,
        unitCost: Double,
        seed: UInt64
    ) -> Case? {
        var settings = planner.settings
        settings.supply.leadTimes = nil
        settings.supply.shelfLife = nil
        let cover = settings.cover, before = Array(values.prefix(count))
        guard count >= 2 * cover, periods[count - 1] + cover <= origin else { return nil }
        let end = periods[count - 1] + cover
        let came = (count..<values.count).reduce(0.0) { periods[$1] <= end ? $0 + values[$1] : $0 }
        let costs = planner.shares, ratio = costs.missing / (costs.missing + costs.holding)
        let draws = DemandDraws(forecast, settings, seed: seed).cover, past = sums(before, [cover], count: draws.count)
        let place = min(draws.count - 1, Int(ratio * Double(draws.count)))
        let scale = max(before.reduce(0, +) / Double(count) * Double(cover), 1e-9)
        return Case(
            middle: draws[draws.count / 2], forecast: draws[place], past: past[place], came: came,
            scale: scale, money: scale * max(unitCost, 1))
    }

    /// Of items' own models, forecast anew at each origin; of many items those spread over the names.
    private static func own(
        _ planner: DemandPlanner, _ state: DemandState, _ items: [String], _ origin: Int, _ threads: Int
    ) -> [Case] {
        let settings = planner.settings, most = settings.isThorough ? 20 : 200
        let sold = items.filter { state.items[$0] != nil }, stride = max(1, (sold.count + most - 1) / most)
        let chosen = Swift.stride(from: 0, to: sold.count, by: stride).map { sold[$0] }
        let back = (settings.cover + settings.review - 1) / settings.review
        return DemandForecasts.concurrently(chosen.count, threads: threads) { at -> [Case] in
            let name = chosen[at]
            guard let item = state.items[name], item.first <= origin else { return [] }
            let (values, periods) = planner.past(item, through: origin)
            return (0..<reviews).compactMap { turn -> Case? in
                let before = origin - (back + turn) * settings.review
                guard let count = periods.lastIndex(where: { $0 <= before }).map({ $0 + 1 }), count >= 2 * settings.cover else {
                    return nil
                }
                let seed = DemandPlanner.seed(name, before), known = Array(values.prefix(count))
                var forecast: LocalForecast?
                if settings.usesOutside {
                    forecast = DemandOutsidePast(planner, state.outside, name, periods: Array(periods.prefix(count)), origin: before)
                        .forecasts.first.map { planner.bounded($0, by: known) }
                }
                return one(
                    forecast ?? planner.own(known, seed: seed).0, planner, values, periods, count: count, origin: origin,
                    unitCost: Double(state.cost(of: name, settings)), seed: seed)
            }
        }.flatMap { $0 }
    }

    /// Of the model over all items, by its forecasts at past origins, whose weights and intervals were learned at the others.
    private static func global(_ made: DemandForecasts, _ state: DemandState, _ origin: Int) -> [Case] {
        made.evidence.compactMap { found in
            guard let item = state.items[found.item], item.first <= origin else { return nil }
            let (values, periods) = made.planner.past(item, through: origin)
            guard found.count <= values.count else { return nil }
            return one(
                made.planner.bounded(found.forecast, by: Array(values.prefix(found.count))), made.planner, values, periods,
                count: found.count, origin: origin, unitCost: Double(state.cost(of: found.item, made.planner.settings)),
                seed: DemandPlanner.seed(found.item, origin - found.count))
        }
    }
}
