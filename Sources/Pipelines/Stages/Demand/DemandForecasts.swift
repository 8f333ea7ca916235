import Models
import Records

/// Forecasts of all items, each from its origin: by the model over all items or each item's own, by models from outside, by kin where an item
/// is new; and of a hierarchy's groups, all made to add up.
struct DemandForecasts: Sendable {
    /// One item's.
    struct One: Sendable {
        var forecast: LocalForecast
        /// Quantile loss a unit on past origins; NaN where it is not known.
        var loss = Double.nan
        /// What it rests on.
        var values: [Double] = []
        var notes: [String] = []
        /// Models that were weighed for it.
        var choice: [DemandChoice] = []
    }

    let planner: DemandPlanner
    private let state: DemandState
    private let global: DemandGlobal?
    private let kin: DemandKin?
    private let hierarchy: DemandHierarchy?

    private var settings: DemandSettings { planner.settings }
    /// Forecasts of the model over all items at past origins; none where each has its own models.
    var evidence: [(item: String, count: Int, forecast: LocalForecast)] { global?.evidence ?? [] }
    /// Groups of the hierarchy; none without one.
    var groups: [DemandHierarchy.Group] { hierarchy?.groups ?? [] }

    /// - Parameters:
    ///   - items: names; those that the state has no rows of are new ones of the catalog.
    ///   - origin: an item's last period that is known.
    ///   - addsUp: whether the hierarchy's forecasts are made; all origins must then be the same.
    ///   - threads: that items' own models may use.
    init(
        _ planner: DemandPlanner, _ state: DemandState, _ items: [String], addsUp: Bool = true, threads: Int = 1,
        origin: @Sendable (String) -> Int
    ) {
        let planner = planner.knowing(state.external)
        (self.planner, self.state) = (planner, state)
        let settings = planner.settings
        let sold = items.filter { state.items[$0] != nil }
        global = settings.global == .none ? nil : DemandGlobal(planner: planner, state, sold, origin: origin)
        kin = settings.series.attributeNames.isEmpty ? nil : DemandKin(planner, state)
        guard addsUp, !settings.series.hierarchy.isEmpty, let method = settings.series.reconciliation, let first = items.first else {
            hierarchy =
                addsUp && !settings.series.hierarchy.isEmpty && !items.isEmpty
                ? DemandHierarchy(planner, state, items, base: [], method: nil, origin: origin(items[0])) : nil
            return
        }
        let (global, kin) = (global, kin)
        let base = DemandForecasts.concurrently(items.count, threads: threads) { index in
            Self.base(items[index], planner, state, global, kin, origin: origin(items[index]))
        }
        hierarchy = DemandHierarchy(planner, state, items, base: base, method: method, origin: origin(first))
    }

    func forecast(of name: String, origin: Int) -> One {
        if let one = hierarchy?.items[name] { return one }
        return Self.base(name, planner, state, global, kin, origin: origin)
    }

    /// Computed on several threads; the order and the results are those of one.
    static func concurrently<Element: Sendable>(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Element) -> [Element] {
        guard threads > 1, count > 1 else { return (0..<count).map { body($0) } }
        var results = [Element?](repeating: nil, count: count)
        results.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            let shared = SharedPointer(start)
            FixedBlocks.run(count, threads: threads) { block, _ in shared[block] = body(block) }
        }
        return results.compactMap { $0 }
    }

    // MARK: One item

    private static func base(
        _ name: String, _ planner: DemandPlanner, _ state: DemandState, _ global: DemandGlobal?, _ kin: DemandKin?, origin: Int
    ) -> One {
        let settings = planner.settings, seed = DemandPlanner.seed(name, origin)
        guard let item = state.items[name], item.first <= origin else {
            return kin?.forecast(of: name, past: [], origin: origin)
                ?? planner.nothing(["no item like it is known, so nothing is forecast"])
        }
        let (values, periods) = planner.past(item, through: origin)
        let notes = planner.notes(item, values, origin: origin)
        if values.count < settings.series.coldPeriods, let kin,
            var one = kin.forecast(of: name, past: values, origin: origin)
        {
            one.notes += notes
            return one
        }
        let outside = DemandOutsidePast(planner, state.outside, name, periods: periods, origin: origin)
        if settings.usesOutside {
            if let forecast = outside.forecasts.first {
                return One(
                    forecast: planner.bounded(forecast, by: values), loss: outside.losses(values).first ?? .nan, values: values,
                    notes: notes)
            }
            let (forecast, loss, choice) = planner.own(values, seed: seed)
            return One(
                forecast: forecast, loss: loss, values: values, notes: ["no forecast from outside was known by then"] + notes,
                choice: choice)
        }
        if let forecast = global?.forecast(of: name, item, origin: origin, seed: seed) {
            return One(
                forecast: planner.bounded(forecast, by: values), values: values, notes: notes, choice: global?.choice ?? [])
        }
        let (forecast, loss, choice) = planner.own(values, seed: seed, beside: outside)
        return One(forecast: forecast, loss: loss, values: values, notes: notes, choice: choice)
    }
}

extension DemandPlanner {
    /// Zeros, with what is to be said of them.
    func nothing(_ notes: [String]) -> DemandForecasts.One {
        let horizon = settings.exposure
        return DemandForecasts.One(
            forecast: LocalForecast(
                model: "none", mean: Array(repeating: 0, count: horizon),
                quantiles: Array(repeating: 0, count: horizon * Self.levels.count)), notes: notes)
    }
}

/// An item's forecasts from outside: for the horizon from an origin, and for the spans before it, each as it was known then.
struct DemandOutsidePast: Sendable {
    /// Models whose forecast was known at the origin.
    private(set) var forecasts: [LocalForecast] = []
    /// Of each, a forecast a past origin (a horizon apart, the newest first), up to the first that was not known in time.
    private var past: [[LocalForecast]] = []
    private let horizon: Int

    init(_ planner: DemandPlanner, _ outside: DemandOutside, _ name: String, periods: [Int], origin: Int) {
        let settings = planner.settings
        horizon = settings.exposure
        guard !outside.isEmpty else { return }
        var zone = settings.zone
        for model in outside.models(of: name) {
            let end = settings.period.start(of: origin + 1, &zone), ahead = (1...horizon).map { origin + $0 }
            guard let now = outside.forecast(of: name, by: model, periods: ahead, knownBy: end) else { continue }
            var before: [LocalForecast] = []
            for back in 1...AutomaticForecaster.Settings().origins {
                let at = periods.count - back * horizon
                guard at > 0 else { break }
                let end = settings.period.start(of: periods[at - 1] + 1, &zone), span = Array(periods[at..<at + horizon])
                guard let one = outside.forecast(of: name, by: model, periods: span, knownBy: end) else { break }
                before.append(one)
            }
            forecasts.append(now)
            past.append(before)
        }
    }

    /// Quantile loss a unit of each model over as many past origins as the item's own models are judged by; NaN where a forecast is missing.
    func losses(_ values: [Double]) -> [Double] {
        let origins = min(AutomaticForecaster.Settings().origins, (values.count - 4) / horizon)
        return past.map { list in
            guard origins > 0, list.count >= origins else { return .nan }
            var loss = 0.0, units = 0.0
            for back in 1...origins {
                let at = values.count - back * horizon, came = Array(values[at..<at + horizon])
                loss += list[back - 1].pinball(came, levels: DemandPlanner.levels)
                units += came.reduce(0) { $0 + abs($1) }
            }
            return loss / max(units, 1)
        }
    }
}
