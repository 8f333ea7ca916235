import Models
import Records

/// A model that could have had a part in a forecast: why it has the one it has.
struct DemandChoice: Hashable, Sendable {
    var model: String
    /// Quantile loss a unit on past origins; NaN where it was not judged alone.
    var loss: Double
    /// Of sum 1.
    var weight: Double
}

/// The models of an item alone.
extension DemandPlanner {
    /// By the item's own models, those from outside among the candidates, and their loss on past origins.
    func own(
        _ values: [Double], seed: UInt64, beside outside: DemandOutsidePast? = nil
    ) -> (LocalForecast, loss: Double, choice: [DemandChoice]) {
        let request = request(seed: seed)
        var shares = shares(values, request)
        var others: [(forecast: LocalForecast, loss: Double, weight: Double)] = []
        if let outside, settings.model == nil {
            // Only what was judged at the same past origins can be weighed.
            others = zip(outside.forecasts, outside.losses(values)).filter { !$1.isNaN }.map { (bounded($0, by: values), $1, 0) }
        }
        guard !others.isEmpty, !shares.contains(where: { $0.loss.isNaN }) else {
            let forecast = AutomaticForecaster.forecast(values, request, shares: shares) { bounded($0, by: $1) }
            return (forecast, Self.loss(shares.map { ($0.loss, $0.weight) }), Self.choice(shares))
        }
        let weights = AutomaticForecaster.Settings().weights(shares.map(\.loss) + others.map(\.loss))
        for place in shares.indices { shares[place].weight = weights[place] }
        for place in others.indices { others[place].weight = weights[shares.count + place] }
        let choice =
            Self.choice(shares) + others.map { DemandChoice(model: $0.forecast.model, loss: $0.loss, weight: $0.weight) }
        others.removeAll { $0.weight == 0 }
        shares.removeAll { $0.weight == 0 }
        var forecasts = others.map(\.forecast), parts = others.map(\.weight)
        if !shares.isEmpty {
            forecasts.insert(AutomaticForecaster.forecast(values, request, shares: shares) { bounded($0, by: $1) }, at: 0)
            parts.insert(shares.reduce(0) { $0 + $1.weight }, at: 0)
        }
        var result = forecasts.count > 1 ? ForecastEnsemble.mean(forecasts, weights: parts) : forecasts[0]
        result.model = forecasts.map(\.model).joined(separator: "+")
        return (result, Self.loss(shares.map { ($0.loss, $0.weight) } + others.map { ($0.loss, $0.weight) }), choice)
    }

    private static func choice(_ shares: [AutomaticForecaster.Share]) -> [DemandChoice] {
        shares.map { DemandChoice(model: $0.model.rawValue, loss: $0.loss, weight: $0.weight) }
    }

    private static func loss(_ parts: [(loss: Double, weight: Double)]) -> Double {
        let known = parts.filter { $0.weight > 0 && !$0.loss.isNaN }
        return known.isEmpty ? .nan : known.reduce(0) { $0 + $1.weight * $1.loss } / known.reduce(0) { $0 + $1.weight }
    }

    /// What each of the item's models has to say, by its quantile loss over two past origins.
    private func shares(_ values: [Double], _ request: ForecastRequest) -> [AutomaticForecaster.Share] {
        typealias Settings = AutomaticForecaster.Settings
        var automatic = Settings(models: settings.model.map { [$0] } ?? (settings.isThorough ? Settings.thorough : Settings.fast))
        automatic.budget = settings.budget
        let shares = AutomaticForecaster(automatic).shares(values, request) { bounded($0, by: $1) }
        guard let model = settings.model, shares.count != 1 else { return shares }
        return [AutomaticForecaster.Share(model: model, loss: .nan, weight: 1)]
    }
}
