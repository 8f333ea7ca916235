package import Models
import Records

/// Whether the features of the last week look like those of the weeks before.
package struct DriftSummary: Sendable {
    /// Nil where a comparison is not possible; `note` says why.
    package var report: DriftReport?
    package var referenceDays = 0
    package var windowDays = 0
    package var note: String?

    /// Days of the window, and fewest days of the reference.
    private static let window = 7
    private static let leastReference = 14
    /// Rows a day that are compared at most, drawn by a hash of their keys.
    private static let rowsPerDay = 5_000

    init(_ all: ReportRows, featureNames: [String]) {
        guard all.featureCount > 0, all.featureCount == featureNames.count else {
            note = "The rows' features are not stored, or changed on the way: there is nothing to compare."
            return
        }
        let days = Set(all.days).sorted()
        guard days.count >= Self.window + Self.leastReference else {
            note =
                "There are \(days.count) days with rows; \(Self.window + Self.leastReference) are needed to compare a week with the weeks before."
            return
        }
        let windowStart = days[days.count - Self.window]
        // Where there are enough days, the bins come from days that are not compared.
        let fitted = days.count >= 2 * Self.window + Self.leastReference ? days[Self.window] : windowStart
        let referenceStart = fitted == windowStart ? days[0] : fitted
        let rows = Self.sample(all)
        let matrix = FeatureMatrix(featureCount: all.featureCount, values: all.features)
        let bins = DriftBins(fittedTo: matrix.rows(rows.filter { all.times[$0].day < fitted }), names: featureNames)
        func blocks(_ range: Range<Int>) -> [DriftBlock] {
            let chosen = rows.filter { range.contains(all.times[$0].day) }
            return bins.counts(of: matrix.rows(chosen), blocks: chosen.map { all.times[$0].day }, strata: { ($0 % 7 + 7) % 7 })
        }
        let reference = blocks(referenceStart..<windowStart), window = blocks(windowStart..<days[days.count - 1] + 1)
        (referenceDays, windowDays) = (reference.count, window.count)
        let compared = DriftTest(seed: 1).compare(reference: reference, window: window, bins: bins)
        report = compared
        if !compared.canAlarm {
            note =
                "With \(reference.count) days before, even the largest change could not raise an alarm at this rate: read the shares, not the alarm."
        }
    }

    private static func sample(_ all: ReportRows) -> [Int] {
        var counts: [Int: Int] = [:]
        for day in all.days { counts[day, default: 0] += 1 }
        return all.keys.indices.filter { row in
            guard let count = counts[all.times[row].day], count > rowsPerDay else { return true }
            return Double(RecordKey.hash(all.keys[row]) >> 11) * 0x1p-53 < Double(rowsPerDay) / Double(count)
        }
    }
}
