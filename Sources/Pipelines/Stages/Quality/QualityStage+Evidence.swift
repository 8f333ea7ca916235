import Models
import Records

extension QualityStage {
    static let limitsTitle = "control charts of this group"
    /// Begins the title of a chart's points; the measurement's name ends it.
    static let pointsTitle = "newest points of the control chart of "
    /// Charts of an item, at most.
    private static let mostCharts = 3

    /// Each charted measurement with its limits, the points of the charts that signalled (of the one whose reading lies farthest out, where
    /// none did), and the group's readings up to the row.
    public func evidence(forRow row: Int) -> [Evidence] {
        guard pictures.indices.contains(row), !pictures[row].signals.isEmpty else { return [] }
        let picture = pictures[row], names = settings.names.charts
        func text(_ value: Double?) -> String { value.map { $0.isNaN ? "-" : MaintenanceStage.text(Float($0), 3) } ?? "-" }
        let limits = names.indices.map { self.limits(ofChart: $0, group: picture.group) }
        let table = Evidence(
            title: Self.limitsTitle, columns: ["measurement", "reading", "lower limit", "center", "upper limit", "signals"],
            rows: names.indices.map { place in
                let own = limits[place]
                return [
                    names[place], text(picture.trail.last?.values[place]), text(own?.points.lowerBound), text(own?.center),
                    text(own?.points.upperBound), "\(picture.signals[place].rawValue.nonzeroBitCount)",
                ]
            })
        let points = charts(of: picture, limits: limits).map { place in
            Evidence(
                title: Self.pointsTitle + names[place], columns: ["time", names[place], "signals"],
                rows: picture.points[place].reversed().map { point in
                    [
                        Timestamp(microseconds: point.time).iso8601, text(point.value),
                        point.signals.isEmpty ? "" : "\(point.signals.rawValue.nonzeroBitCount)",
                    ]
                })
        }
        let readings = Evidence(
            title: "readings of this group, newest first", columns: ["time"] + names,
            rows: picture.trail.reversed().map { reading in
                [Timestamp(microseconds: reading.time).iso8601] + reading.values.map { text($0) }
            })
        return [table] + points + [readings]
    }

    private func charts(of picture: QualityPicture, limits: [ControlLimits?]) -> [Int] {
        let drawn = limits.indices.filter { limits[$0] != nil && picture.points.indices.contains($0) && !picture.points[$0].isEmpty }
        let signalled = drawn.filter { !picture.signals[$0].isEmpty }
        guard signalled.isEmpty else { return Array(signalled.prefix(Self.mostCharts)) }
        func distance(_ place: Int) -> Double {
            guard let limit = limits[place], let point = picture.points[place].last else { return 0 }
            return abs(point.value - limit.center) / limit.pointSigma
        }
        return drawn.max { (distance($0), $1) < (distance($1), $0) }.map { [$0] } ?? []
    }
}
