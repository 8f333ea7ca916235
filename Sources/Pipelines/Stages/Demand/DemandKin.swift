import Models
import Records

/// What a new item is expected to sell, by items that are like it.
///
/// Kin are the items that agree with it in all attributes and are known for longer than the cold start; where there are fewer than five, the last
/// attribute is dropped, and so on, but never the first. Where five of them were launched within the history, their sales at the same age count,
/// else the newest sales of all. Quantiles are those of kin, step by step; what the new item has sold so far scales them, shrunk towards kin by
/// two periods' worth. Only what was known at the origin counts.
struct DemandKin: Sendable {
    private let planner: DemandPlanner
    private let state: DemandState
    /// Names by the first few attributes.
    private let names: [[String]: [String]]
    private let feedStart: Int

    static let model = "kin"
    private static let (least, most, weight) = (5, 200, 2.0)

    init(_ planner: DemandPlanner, _ state: DemandState) {
        (self.planner, self.state) = (planner, state)
        var names: [[String]: [String]] = [:], start = Int.max
        for name in state.names {
            guard let item = state.items[name] else { continue }
            start = min(start, item.first)
            let labels = Self.attributes(of: name, state, planner)
            guard labels.first?.isEmpty == false else { continue }
            for width in 1...labels.count { names[Array(labels.prefix(width)), default: []].append(name) }
        }
        (self.names, feedStart) = (names, start)
    }

    /// As the sales have them, else as the catalog does; empty where neither names any.
    private static func attributes(of name: String, _ state: DemandState, _ planner: DemandPlanner) -> [String] {
        let groups = planner.settings.series.hierarchy.count
        if !planner.settings.series.attributes.isEmpty, let item = state.items[name] { return Array(item.labels.dropFirst(groups)) }
        return Array((state.catalog[name]?.labels ?? []).dropFirst(groups))
    }

    /// - Parameter past: what the item itself has sold, one value a period.
    /// - Returns: nil where no item is like it.
    func forecast(of name: String, past: [Double], origin: Int) -> DemandForecasts.One? {
        let settings = planner.settings, horizon = settings.exposure
        let own = Self.attributes(of: name, state, planner)
        guard let (kin, width) = kin(of: name, own, origin: origin) else { return nil }
        let launched = kin.filter { $0.isLaunch }, counted = launched.count >= Self.least ? launched : kin
        var samples = (0..<horizon).map { step in counted.map { $0.value(at: past.count + step, step: step, horizon: horizon) } }
        let ratio = ratio(past, counted)
        var zone = settings.zone
        let launch = state.catalog[name].map { $0.launch == .min ? Int.min : settings.period(of: $0.launch, &zone) } ?? .min
        for step in samples.indices where past.isEmpty && origin + 1 + step < launch { samples[step] = [0] }
        let sorted = samples.map { $0.map { $0 * ratio }.sorted() }
        let forecast = LocalForecast(
            model: Self.model, mean: sorted.map { $0.reduce(0, +) / Double($0.count) },
            quantiles: sorted.flatMap { one in DemandPlanner.levels.map { Self.quantile(one, $0) } })
        let shared = zip(settings.series.attributeNames, own).prefix(width).map { "\($0) \($1)" }.joined(separator: ", ")
        let basis = counted.count == launched.count ? "at the same age" : "lately"
        return DemandForecasts.One(
            forecast: forecast, values: past.isEmpty ? sorted.map { $0.last ?? 0 } : past,
            notes: ["new: forecast from what \(counted.count) items of \(shared) sold \(basis)"])
    }

    private static func quantile(_ sorted: [Double], _ level: Double) -> Double {
        let place = level * Double(sorted.count - 1), low = Int(place)
        guard low + 1 < sorted.count else { return sorted[sorted.count - 1] }
        return sorted[low] + (place - Double(low)) * (sorted[low + 1] - sorted[low])
    }

    // MARK: Kin

    private struct Relative {
        var values: [Double]
        /// Its first period was after the feed's.
        var isLaunch: Bool

        func value(at age: Int, step: Int, horizon: Int) -> Double {
            isLaunch && age < values.count ? values[age] : values[max(0, values.count - horizon + step)]
        }
    }

    private func kin(of name: String, _ own: [String], origin: Int) -> ([Relative], width: Int)? {
        guard own.first?.isEmpty == false else { return nil }
        var found: ([Relative], Int)?
        for width in stride(from: own.count, through: 1, by: -1) {
            let all = (names[Array(own.prefix(width))] ?? []).filter { other in
                other != name && (state.items[other]?.first ?? .max) <= origin - max(planner.settings.series.coldPeriods, 1)
            }
            // Of many, those spread over the names.
            let stride = max(1, (all.count + Self.most - 1) / Self.most)
            let kin = Swift.stride(from: 0, to: all.count, by: stride).compactMap { at -> Relative? in
                guard let item = state.items[all[at]] else { return nil }
                return Relative(values: planner.series(item, through: origin), isLaunch: item.first > feedStart + 4)
            }
            if !kin.isEmpty { found = (kin, width) }
            if kin.count >= Self.least { break }
        }
        return found
    }

    private func ratio(_ past: [Double], _ kin: [Relative]) -> Double {
        guard !past.isEmpty else { return 1 }
        let expected = past.indices.reduce(0.0) { sum, age in
            sum + kin.reduce(0) { $0 + $1.value(at: age, step: age, horizon: past.count) } / Double(kin.count)
        }
        let each = expected / Double(past.count)
        guard each > 0 else { return 1 }
        return min(max((past.reduce(0, +) + Self.weight * each) / (expected + Self.weight * each), 0.1), 10)
    }
}
