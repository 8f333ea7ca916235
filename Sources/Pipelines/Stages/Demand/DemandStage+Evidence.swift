import Foundation
import Records

extension DemandStage {
    /// Titles that pages know the tables by.
    package static let fanTitle = "forecast by "
    package static let choicesTitle = "what each choice costs"

    public func reasons(features: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        let values = Array(features)
        guard values.count == DemandResult.features.count else { return [] }
        var reasons: [String] = []
        let period = settings.period.rawValue
        if values[8] == 0 { return ["a group of items: nothing is ordered for it"] }
        reasons.append(
            "chance to run out within \(settings.cover) \(period)s if nothing is ordered: \(String(format: "%.0f", values[0] * 100)) %")
        if values[7] == 0 {
            reasons.append("no stock is known, so it is taken for 0")
        } else {
            reasons.append(
                "stock and orders cover \(String(format: "%.0f", min(values[1], 99) * 100)) % of the expected \(DemandResult.text(Double(values[2]))) units"
            )
        }
        if values[11] == 1 { reasons.append("new: forecast from items like it") }
        if values[9] != 1 {
            let factor = Double(values[9])
            reasons.append(
                "the newest \(period)s are \(factor > 1 ? "\(DemandResult.text(factor)) times" : "1/\(DemandResult.text(1 / factor)) of") "
                    + "the level before: did the unit change?")
        }
        if values[10] == 1 { reasons.append("the budget leaves less than it wants") }
        if values[4] < 2 * Float(settings.seasons.first ?? 1) { reasons.append("only \(Int(values[4])) \(period)s are known") }
        if values[5] > 0.5 { reasons.append("no demand in \(String(format: "%.0f", values[5] * 100)) % of the newest periods") }
        if values[6] > 0.5 {
            reasons.append("past forecasts missed by \(String(format: "%.0f", values[6] * 100)) % (quantile loss a unit)")
        }
        return reasons
    }

    public func evidence(forRow row: Int) -> [Evidence] {
        guard results.indices.contains(row) else { return [] }
        let result = results[row]
        var tables = [fan(result)]
        if result.level == "item" { tables.append(choices(result)) }
        tables.append(
            Evidence(
                title: "newest \(settings.period.rawValue)s", columns: ["back", "units"],
                rows: result.recent.reversed().enumerated().map { [String($0), DemandResult.text($1)] }))
        if !result.choice.isEmpty { tables.append(weighed(result)) }
        if !result.notes.isEmpty {
            tables.append(Evidence(title: "how its past was read", columns: ["note"], rows: result.notes.map { [$0] }))
        }
        return tables
    }

    /// Every model that was looked at, the one with most of the forecast first: how it did on past origins, and what it has of the forecast.
    private func weighed(_ result: DemandResult) -> Evidence {
        let sorted = result.choice.sorted { ($1.weight, $0.model) < ($0.weight, $1.model) }
        return Evidence(
            title: "how its models were weighed", columns: ["model", "past loss", "weight"],
            rows: sorted.map { one in
                [
                    one.model, one.loss.isFinite ? String(format: "%.0f %%", one.loss * 100) : "-",
                    String(format: "%.0f %%", one.weight * 100),
                ]
            })
    }

    /// Quantiles a period, and the stock if demand is the middle one: without an order, and with the one proposed.
    private func fan(_ result: DemandResult) -> Evidence {
        var without = result.position, with = result.position
        let rows = result.mean.indices.map { step in
            // What is ordered now can be sold once it has come.
            if step == settings.leadTime { with += result.order }
            let middle = result.level(step, DemandPlanner.middle)
            (without, with) = (max(without - middle, 0), max(with - middle, 0))
            let levels = [DemandPlanner.low, DemandPlanner.middle, DemandPlanner.high].map { DemandResult.text(result.level(step, $0)) }
            return [String(step + 1)] + levels + [DemandResult.text(without), DemandResult.text(with)]
        }
        return Evidence(
            title: "\(Self.fanTitle)\(result.model), and the stock at each period's end",
            columns: [settings.period.rawValue, "10 %", "50 %", "90 %", "stock, skip", "stock, order"], rows: rows)
    }

    /// Nothing, the order proposed, and amounts around it: what each is expected to cost.
    private func choices(_ result: DemandResult) -> Evidence {
        let units = Double(settings.currency.minorUnits), pack = settings.pack
        func money(_ minor: Double) -> String { String(format: "%.\(settings.currency.exponent)f", minor / units) }
        var amounts: [(String, Double)] = [("skip", 0)]
        if result.order > 0 { amounts.append(("order", result.order)) }
        let half = (result.order / 2 / pack).rounded() * pack
        let others = [half, result.order - pack, result.order + pack, 2 * result.order]
        for amount in Set(others.filter { $0 > 0 && $0 != result.order && $0 >= settings.leastOrder }).sorted() {
            amounts.append(("change", amount))
        }
        let rows = amounts.map { name, amount -> [String] in
            let cost = result.cost(of: amount, settings)
            return [
                name, DemandResult.text(amount), money(amount * result.unitCost), String(format: "%.0f %%", cost.chance * 100),
                money(cost.holding), money(cost.missing), money(cost.waste), money(cost.sum),
            ]
        }
        return Evidence(
            title: "\(Self.choicesTitle) (\(settings.currency.code), expected over \(settings.cover) \(settings.period.rawValue)s)",
            columns: ["choice", "units", "value", "runs out", "holding", "missing", "waste", "cost"], rows: rows)
    }
}
