import Foundation

/// What each place in the first season and each covariate of few values (where it is not zero) makes of a series: at every origin, the mean of
/// logarithms of what was sold then less that of all that was sold, both up to the origin. They tell series apart by what they have in common with others.
struct SeriesEffects {
    /// Of each group, the last being all: sums of logarithms and counts before each step, and after the last.
    private var sums: [[Double]], counts: [[Double]]

    /// Longest season whose places are groups.
    private static let longest = 31
    private static let least = 3.0

    static func count(_ settings: GlobalForecaster.Settings) -> Int { places(settings) + settings.matched.count }

    private static func places(_ settings: GlobalForecaster.Settings) -> Int {
        let season = settings.periods.first ?? 1
        return season > 1 && season <= longest ? season : 0
    }

    init(_ series: GlobalSeries, _ settings: GlobalForecaster.Settings) {
        let places = Self.places(settings), all = Self.count(settings)
        sums = Array(repeating: [0], count: all + 1)
        counts = sums
        for (step, value) in series.values.enumerated() {
            for group in 0...all {
                let isOfGroup: Bool
                if group == all {
                    isOfGroup = true
                } else if group < places {
                    isOfGroup = (series.start + step) % places == group
                } else {
                    isOfGroup = abs(series.covariates[settings.matched[group - places]][step]) > 0
                }
                let isCounted = isOfGroup && value > 0
                sums[group].append(sums[group][step] + (isCounted ? log(value) : 0))
                counts[group].append(counts[group][step] + (isCounted ? 1 : 0))
            }
        }
    }

    /// One a group; NaN where little was sold.
    func values(_ origin: Int) -> [Double] {
        let all = sums.count - 1
        return (0..<all).map { group in
            let (count, whole) = (counts[group][origin], counts[all][origin])
            return count >= Self.least && whole >= Self.least ? sums[group][origin] / count - sums[all][origin] / whole : .nan
        }
    }
}

/// Rows of few columns: levels, the calendar, covariates at the target, and what a series makes of them. No lags: with levels that promotions
/// and closed days do not move, single values add noise that trees would split on.
extension GlobalRows {
    static let effectLeaves = 63

    static func effectColumns(_ settings: GlobalForecaster.Settings) -> Int { 7 + settings.periods.count + SeriesEffects.count(settings) }

    func effectRow(_ origin: Int, _ step: Int, _ unit: Double, into row: inout [Float]) {
        let target = origin + step, first = settings.periods.first ?? 8, shift = GlobalForecaster.Settings.shift
        row += [Float(log(unit)), Float(step), Float(series.number)]
        for length in [first, 2 * first, settings.window / 2, 2 * settings.window] {
            row.append(Float(log(max(mean(sums, origin, length), 0) / unit + shift)))
        }
        for period in settings.periods { row.append(Float((series.start + target) % period)) }
        for index in series.covariates.indices { row.append(Float(series.covariate(index, target, origin: origin))) }
        if let effects { for value in effects.values(origin) { row.append(Float(value)) } }
        combinationRow(origin, target, Base(unit: unit), into: &row)
        for value in series.statics { row.append(Float(value)) }
    }

    /// Times that a combination must have been seen, and zero each time, to be closed.
    private static let closedFrom = 8

    /// Whether covariates of few values say that nothing is sold: nothing was at any of the newest times that they were so, of a series that
    /// is not mostly zeros (eight by chance where half are: one in 256). Trees then forecast zero; those over effects do not learn from such
    /// steps either, on which logarithms would spend most splits.
    package func isClosed(_ origin: Int, _ target: Int) -> Bool {
        guard settings.knowsLevels, 2 * zeros[origin] < Double(origin), likeness.count > 1,
            let (_, seen) = likeness[1].seen(series, origin: origin, target: target), seen >= Self.closedFrom
        else { return false }
        return likeness[1].mean(series, origin: origin, target: target) == 0
    }
}
