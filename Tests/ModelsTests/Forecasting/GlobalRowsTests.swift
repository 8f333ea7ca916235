import Models
import Testing

/// Rows that trees over all series learn from.
@Suite("rows of trees over all series")
struct GlobalRowsTests {
    /// Levels that wander, doubled by promotions that come in runs, closed on each seventh day.
    private static func series(_ index: Int, _ count: Int) -> GlobalSeries {
        let promoted = CombinedForecasterTests.promoted(index, count)
        var series = GlobalSeries(values: promoted.values, covariates: [promoted.promotion, promoted.open])
        series.number = Double(index)
        return series
    }

    private static func settings(isLogarithmic: Bool, isSeasonal: Bool, isOfEffects: Bool = false) -> GlobalForecaster.Settings {
        var settings = GlobalForecaster.Settings(horizon: 7, periods: [7], window: 56)
        (settings.isLogarithmic, settings.isSeasonal, settings.isOfEffects) = (isLogarithmic, isSeasonal, isOfEffects)
        (settings.matched, settings.knowsLevels) = ([0, 1], true)
        return settings
    }

    private static func row(_ series: GlobalSeries, _ settings: GlobalForecaster.Settings, _ origin: Int, _ step: Int) -> [UInt32] {
        let rows = GlobalRows(series, settings: settings)
        var row: [Float] = []
        rows.row(origin, step, rows.base(origin), into: &row)
        return row.map { $0.isNaN ? .max : $0.bitPattern }
    }

    @Test("a row of an origin is the same whether what came later is known or not", arguments: 0..<5)
    func nothingLater(kind: Int) {
        let settings = Self.settings(isLogarithmic: kind % 2 == 0, isSeasonal: kind / 2 == 1, isOfEffects: kind == 4)
        let width = GlobalRows.width(settings, covariates: 2, statics: 0)
        for index in 0..<4 {
            let whole = Self.series(index, 187)
            for origin in stride(from: 9, through: 180, by: 9) {
                var known = whole
                known.values = Array(whole.values.prefix(origin))
                var changed = known
                changed.values[origin - 2] = 2 * changed.values[origin - 2] + 3
                for step in [0, 3, 6] {
                    let row = Self.row(known, settings, origin, step)
                    #expect(row.count == width)
                    #expect(row == Self.row(whole, settings, origin, step), "origin \(origin), step \(step)")
                    // The control: what came before the origin does move it.
                    #expect(row != Self.row(changed, settings, origin, step), "origin \(origin), step \(step)")
                }
            }
        }
    }

    @Test("days on which nothing was ever sold are closed where levels are known, and not where most days sell nothing")
    func closed() {
        var series = Self.series(1, 187)
        series.covariates[0] = zip(series.covariates[0], series.covariates[1]).map { $0 * $1 }
        let settings = Self.settings(isLogarithmic: true, isSeasonal: false, isOfEffects: true)
        let rows = GlobalRows(series, settings: settings)
        for origin in 100..<180 { for step in 0..<7 { #expect(rows.isClosed(origin, origin + step) == ((origin + step) % 7 == 6)) } }
        // Seven times are too few.
        #expect(!rows.isClosed(55, 55))
        #expect(rows.isClosed(56, 62))
        var unknown = settings
        unknown.knowsLevels = false
        #expect(!GlobalRows(series, settings: unknown).isClosed(150, 153))
        var rare = series
        for step in rare.values.indices where step % 3 > 0 { rare.values[step] = 0 }
        let few = GlobalRows(rare, settings: settings)
        for origin in 100..<180 { for step in 0..<7 { #expect(!few.isClosed(origin, origin + step)) } }
    }
}
