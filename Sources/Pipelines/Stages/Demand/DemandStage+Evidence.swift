import Foundation
import Records

extension DemandStage {
    public func reasons(features: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        let values = Array(features)
        guard values.count == DemandResult.features.count else { return [] }
        var reasons: [String] = []
        let period = settings.period.rawValue
        reasons.append(
            "chance to run out within \(settings.exposure) \(period)s if nothing is ordered: \(String(format: "%.0f", values[0] * 100)) %")
        if values[7] == 0 {
            reasons.append("no stock is known, so it is taken for 0")
        } else {
            reasons.append(
                "stock and orders cover \(String(format: "%.0f", min(values[1], 99) * 100)) % of the expected \(DemandResult.text(Double(values[2]))) units"
            )
        }
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
        var tables: [Evidence] = []
        var stock = result.position
        let fan = result.mean.indices.map { step in
            stock = max(stock - result.level(step, DemandPlanner.middle), 0)
            return [String(step + 1)]
                + [DemandPlanner.low, DemandPlanner.middle, DemandPlanner.high].map { DemandResult.text(result.level(step, $0)) }
                + [DemandResult.text(stock)]
        }
        tables.append(
            Evidence(
                title: "forecast by \(result.model), and the stock if nothing is ordered",
                columns: [settings.period.rawValue, "10 %", "50 %", "90 %", "stock"], rows: fan))
        let units = Double(settings.currency.minorUnits)
        func money(_ minor: Int64) -> String { String(format: "%.\(settings.currency.exponent)f", Double(minor) / units) }
        let chance = String(format: "%.0f %%", result.chance * 100)
        tables.append(
            Evidence(
                title: "what each choice costs (\(settings.currency.code))", columns: ["choice", "units", "value", "cost", "when"],
                rows: [
                    ["order", DemandResult.text(result.order), money(result.orderValue), money(result.overstock), "not needed"],
                    ["skip", "0", "0", money(result.shortage), "short (\(chance))"],
                ]))
        tables.append(
            Evidence(
                title: "newest \(settings.period.rawValue)s", columns: ["back", "units"],
                rows: result.recent.reversed().enumerated().map { [String($0), DemandResult.text($1)] }))
        return tables
    }
}
