import Models
import Records

/// What is known of periods for all items alike: weather, news counts, trends.
extension DemandPlanner {
    /// The columns of `external-columns` for periods of an item's past and horizon.
    ///
    /// A model may only be given in training what it can have when it forecasts. So each column is shifted by as many periods as make its value
    /// known for the last step of the horizon: with a delay of d periods (95 % of the rows known at the origin; below zero where rows are known
    /// in advance) the value of d + horizon periods before stands beside a period; of rows known a horizon ahead, its own.
    ///
    /// - Parameter shift: `externalShift` at the origin.
    func externalColumns(_ periods: [Int], shift: Int, knownBy end: Int64) -> [[Double]] {
        let width = settings.series.externalNames.count
        guard width > 0 else { return [] }
        let rows = periods.map { external.row($0 - shift, knownBy: end, width: width) }
        return (0..<width).map { place in rows.map { $0[place] } }
    }

    /// How many periods before a period the row stands that is used for it. The same for all items of an origin.
    func externalShift(origin: Int) -> Int {
        guard !settings.series.externalNames.isEmpty else { return 0 }
        var zone = settings.zone
        return max(0, settings.exposure + externalDelay(knownBy: settings.period.start(of: origin + 1, &zone)))
    }

    /// Periods after its own in which a row became known, of 95 % of rows at most; below zero = in advance.
    private func externalDelay(knownBy end: Int64) -> Int {
        var zone = settings.zone
        let delays = external.known(by: end).map { period, time in settings.period(of: time, &zone) - period }.sorted()
        guard !delays.isEmpty else { return -settings.exposure }
        return delays[min(delays.count - 1, delays.count * 95 / 100)]
    }
}
