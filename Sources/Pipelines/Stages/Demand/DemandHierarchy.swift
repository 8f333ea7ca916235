import Models
import Records

/// The groups that items belong to, and forecasts of groups and items that add up.
struct DemandHierarchy: Sendable {
    struct Group: Sendable {
        /// `(all)`, `region=north`
        var name: String
        /// The column, `all` for everything.
        var level: String
        var members: [String]
        var one: DemandForecasts.One
    }

    private(set) var groups: [Group] = []
    /// By name; none where nothing is reconciled.
    private(set) var items: [String: DemandForecasts.One] = [:]

    /// Past errors that samples are drawn by.
    private static let rows = 60

    /// - Parameters:
    ///   - base: of the items, one each; none where `method` is nil.
    ///   - method: nil = groups are forecast by their own models, and nothing is made to add up.
    init(
        _ planner: DemandPlanner, _ state: DemandState, _ names: [String], base: [DemandForecasts.One], method: Reconciliation.Method?,
        origin: Int
    ) {
        let columns = planner.settings.series.hierarchyNames
        let own = names.map { name -> [String] in
            let labels = state.items[name]?.labels ?? state.catalog[name]?.labels ?? []
            return zip(columns, labels).compactMap { $1.isEmpty ? nil : "\($0)=\($1)" }
        }
        let hierarchy = Hierarchy(items: names, groups: own)
        let taken = Set(names)
        groups = (0..<hierarchy.groupCount).map { group in
            let level = group == 0 ? "all" : String(hierarchy.names[group].prefix { $0 != "=" })
            var name = group == 0 ? "(all)" : hierarchy.names[group]
            while taken.contains(name) { name = "(\(name))" }
            let members = hierarchy.members[group].map { names[$0] }
            return Group(
                name: name, level: level, members: members, one: Self.forecast(name, members, planner, state, origin: origin))
        }
        guard let method else { return }
        let nodes = groups.map(\.one) + base
        let keys = groups.map(\.name) + names
        let columnsOfErrors = nodes.indices.map { Self.errors(nodes[$0], keys[$0], origin: origin) }
        let errors = (0..<Self.rows).map { row in columnsOfErrors.map { $0[row] } }
        let reconciled = Reconciliation(hierarchy, errors: errors, method: method).reconciled(
            nodes.map(\.forecast), levels: DemandPlanner.levels, limits: base.map { planner.settings.ceiling * Self.most($0) })
        for place in groups.indices { groups[place].one.forecast = reconciled[place].named(groups[place].one.forecast.model) }
        for (place, name) in names.enumerated() {
            var one = base[place]
            one.forecast = reconciled[groups.count + place].named(one.forecast.model)
            items[name] = one
        }
    }

    /// The largest value that there is evidence of: of a new item, that of its kin as well.
    private static func most(_ one: DemandForecasts.One) -> Double {
        max(one.values.max() ?? 0, one.forecast.model == DemandKin.model ? one.forecast.quantiles.max() ?? 0 : 0)
    }

    /// Of the sum of its members' pasts, by the group's own models.
    private static func forecast(
        _ name: String, _ members: [String], _ planner: DemandPlanner, _ state: DemandState, origin: Int
    ) -> DemandForecasts.One {
        let sold = members.compactMap { state.items[$0] }.filter { $0.first <= origin }
        guard let first = sold.map(\.first).min() else { return planner.nothing([]) }
        var sums = [Double](repeating: 0, count: origin - first + 1), isOpen = [Bool](repeating: false, count: sums.count)
        for item in sold {
            let (values, periods) = planner.past(item, through: origin)
            for (value, period) in zip(values, periods) {
                sums[period - first] += value
                isOpen[period - first] = true
            }
        }
        // A period in which all members were closed is none.
        let values = sums.indices.filter { isOpen[$0] }.map { sums[$0] }
        guard !values.isEmpty else { return planner.nothing([]) }
        let (forecast, loss, choice) = planner.own(values, seed: DemandPlanner.seed(name, origin))
        return DemandForecasts.One(forecast: forecast, loss: loss, values: values, choice: choice)
    }

    /// One-step errors of the newest periods, oldest first; where there was no forecast, errors drawn from the forecast of the first step.
    private static func errors(_ one: DemandForecasts.One, _ name: String, origin: Int) -> [Double] {
        let values = one.values
        var fitted = one.forecast.fitted
        if fitted.count != values.count, !values.isEmpty {
            let request = ForecastRequest(horizon: 1, season: 1)
            fitted = LocalModel.ses.forecast(values, request).fitted
        }
        return (0..<rows).map { row in
            let at = values.count - rows + row
            // The first values start the models: their errors say nothing.
            if at >= 3, at < fitted.count, fitted[at].isFinite { return values[at] - fitted[at] }
            let draw = (Double(RecordKey.mix(DemandPlanner.seed(name, row &+ origin)) >> 11) + 0.5) * 0x1p-53
            return one.forecast.value(step: 0, at: draw, levels: DemandPlanner.levels) - one.forecast.mean[0]
        }
    }
}

extension LocalForecast {
    fileprivate func named(_ model: String) -> LocalForecast {
        var result = self
        result.model = model
        return result
    }
}
