package import Models
import Records

/// The slices of one kind, such as the hours of the day.
package struct SliceGroup: Sendable {
    package var title: String
    package var report: SliceReport

    /// - Parameter rows: settled ones, with a label and an identifier each.
    static func groups(_ all: ReportRows, rows: [Int], labels: [Float], identifiers: [Int], featureNames: [String]) -> [SliceGroup] {
        guard rows.count > 1, labels.contains(1) else { return [] }
        let errors = SliceReport.logLosses(probabilities: rows.map { all.scores[$0] }, labels: labels)
        func group(_ title: String, _ places: [Int], _ names: [String]) -> SliceGroup? {
            guard Set(places.filter { $0 >= 0 }).count > 1 else { return nil }
            return SliceGroup(
                title: title,
                report: SliceReport(
                    errors: errors, labels: labels, slices: places, names: names, clusters: identifiers, resamples: 400, seed: 1))
        }
        let hours = rows.map { Int((all.times[$0].microseconds / 3_600_000_000 % 24 + 24) % 24) }
        // 1970-01-01 was a Thursday.
        let weekdays = rows.map { (all.times[$0].day % 7 + 10) % 7 }
        var groups = [
            group("hour of the day (UTC)", hours.map { $0 / 6 }, ["0 to 5", "6 to 11", "12 to 17", "18 to 23"]),
            group("day of the week", weekdays.map { $0 < 5 ? 0 : 1 }, ["Monday to Friday", "Saturday and Sunday"]),
            group("corrected rows", rows.map { all.isCorrected[$0] ? 1 : 0 }, ["as first sent", "corrected"]),
        ]
        if let amount = featureNames.firstIndex(of: "amount"), featureNames.count == all.featureCount {
            let amounts = rows.map { Double(all.features[$0 * all.featureCount + amount]) }
            let bins = SliceReport.bins(of: amounts, count: 5) { Quantity.decimal($0, 2) }
            groups.insert(group("amount", bins.places, bins.names), at: 0)
        }
        return groups.compactMap { $0 }
    }
}
