package import Records

/// Readings over time that a review item holds, oldest first: what a table of evidence says whose first column is a time and whose others
/// are numbers.
package struct EvidenceCurves: Hashable, Sendable {
    package struct Curve: Hashable, Sendable {
        package var name: String
        /// One a time; NaN where there is none.
        package var values: [Double]
    }

    /// Curves of one drawing.
    package static let most = 3

    package let times: [Timestamp]
    package let curves: [Curve]
    /// The sensors' course; else health and wear.
    package let isCourse: Bool
    /// In standard deviations of the fleet, which usually lies within two of them.
    package let isOfFleet: Bool

    /// Of the table of a maintenance item that holds its sensors' course, or its health; nil for another table, or fewer than two readings.
    package init?(_ evidence: Evidence) {
        let isCourse = evidence.title.hasPrefix(MaintenanceStage.curvesTitle)
        guard isCourse || evidence.title == MaintenanceStage.healthTitle, evidence.rows.count > 1, evidence.columns.count > 1 else {
            return nil
        }
        var (times, columns) = ([Timestamp](), [[Double]](repeating: [], count: min(evidence.columns.count - 1, Self.most)))
        for row in evidence.rows.reversed() {
            guard let time = row.first.flatMap({ Timestamp(iso8601: $0) }) else { return nil }
            times.append(time)
            for place in columns.indices {
                let value = place + 1 < row.count ? Double(row[place + 1]) ?? .nan : .nan
                columns[place].append(value.isFinite ? value : .nan)
            }
        }
        guard columns.contains(where: { $0.contains { !$0.isNaN } }) else { return nil }
        self.times = times
        curves = zip(evidence.columns.dropFirst(), columns).map { Curve(name: $0, values: $1) }
        self.isCourse = isCourse
        isOfFleet = isCourse && evidence.title.hasSuffix(MaintenanceStage.fleetUnit)
    }
}

/// The control chart that a review item of a quality job holds: its points, oldest first, and its limits.
package struct EvidenceChart: Hashable, Sendable {
    package let measurement: String
    package let center: Double
    package let lower: Double
    package let upper: Double
    package let times: [Timestamp]
    package let values: [Double]
    package let isSignalled: [Bool]

    /// Nil where the table holds no points, or no limits of its measurement are among the item's evidence.
    package init?(_ table: Evidence, among evidence: [Evidence]) {
        guard table.title.hasPrefix(QualityStage.pointsTitle), !table.rows.isEmpty else { return nil }
        let name = String(table.title.dropFirst(QualityStage.pointsTitle.count))
        guard let row = evidence.first(where: { $0.title == QualityStage.limitsTitle })?.rows.first(where: { $0.first == name }),
            row.count >= 5, let lower = Double(row[2]), let center = Double(row[3]), let upper = Double(row[4]),
            lower.isFinite, center.isFinite, upper.isFinite, lower < upper
        else { return nil }
        var (times, values, isSignalled) = ([Timestamp](), [Double](), [Bool]())
        for row in table.rows.reversed() {
            guard row.count >= 2, let time = Timestamp(iso8601: row[0]), let value = Double(row[1]), value.isFinite else { return nil }
            times.append(time)
            values.append(value)
            isSignalled.append(row.count > 2 && !row[2].isEmpty)
        }
        (measurement, self.center, self.lower, self.upper) = (name, center, lower, upper)
        (self.times, self.values, self.isSignalled) = (times, values, isSignalled)
    }

    package var drawing: ControlChartDrawing {
        ControlChartDrawing(
            center: center, lower: lower, upper: upper,
            points: times.indices.map {
                .init(time: times[$0], low: values[$0], mean: values[$0], high: values[$0], signalled: isSignalled[$0] ? values[$0] : nil)
            })
    }
}
