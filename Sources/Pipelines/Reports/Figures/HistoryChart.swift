package import Records

/// Earlier rows of an entity over time, drawn on the server: a stem and a head each, the row in question and known positives set apart by
/// shape as well as by colour.
package struct HistoryChart: Sendable {
    package struct Point: Hashable, Sendable {
        package var time: Timestamp
        package var amount: Double
        /// As written.
        package var text: String
        package var isPositive: Bool
        /// The row that is decided.
        package var isCurrent: Bool
    }

    package let points: [Point]
    private let width = 480.0, height = 150.0, left = 8.0, right = 8.0, top = 22.0, bottom = 26.0

    /// Of a table of evidence whose first two columns are `time` and `amount`; nil for another table, or fewer than two rows.
    ///
    /// - Parameters:
    ///   - positive: the stage's word in the last column.
    ///   - current: the time of the row that is decided.
    package init?(_ evidence: Evidence, positive: String, current: Timestamp) {
        guard evidence.rows.count > 1, evidence.columns.starts(with: ["time", "amount"]) else { return nil }
        var points: [Point] = []
        for row in evidence.rows {
            guard row.count > 1, let time = Timestamp(iso8601: row[0]), let amount = Self.number(row[1]) else { return nil }
            let isCurrent = time == current && points.isEmpty
            points.append(
                Point(time: time, amount: amount, text: row[1], isPositive: !positive.isEmpty && row.last == positive, isCurrent: isCurrent)
            )
        }
        self.points = points.sorted { $0.time < $1.time }
    }

    private static func number(_ text: String) -> Double? {
        let word = text.split(separator: " ").first ?? ""
        guard let value = Double(word.replacing(",", with: "")), value.isFinite else { return nil }
        return value
    }

    /// - Parameter label: what a screen reader says of the picture; the table beside it has the values.
    package func svg(label: String) -> HTML {
        let first = points.first?.time.microseconds ?? 0, last = points.last?.time.microseconds ?? 0
        let most = points.map { abs($0.amount) }.max() ?? 0
        let inner = width - left - right - 12, base = height - bottom
        func x(_ time: Timestamp) -> Double {
            left + 6 + (last > first ? Double(time.microseconds - first) / Double(last - first) * inner : inner)
        }
        func y(_ amount: Double) -> Double { most > 0 ? base - abs(amount) / most * (base - top) : base }
        var parts: [HTML] = [
            .tag(
                "line",
                [
                    "class": "axis", "x1": Figure.text(left), "x2": Figure.text(width - right), "y1": Figure.text(base),
                    "y2": Figure.text(base),
                ])
        ]
        for point in points {
            let at = (x: x(point.time), y: y(point.amount))
            let kind = point.isCurrent ? "current" : point.isPositive ? "positive" : "plain"
            parts.append(
                .tag(
                    "line",
                    [
                        "class": "stem \(kind)", "x1": Figure.text(at.x), "x2": Figure.text(at.x), "y1": Figure.text(base),
                        "y2": Figure.text(at.y),
                    ]))
            parts.append(head(kind, at))
        }
        if let highest = points.max(by: { abs($0.amount) < abs($1.amount) }) {
            let at = x(highest.time)
            let anchor = at > width * 0.7 ? "end" : at < width * 0.3 ? "start" : "middle"
            parts.append(Figure.label(HTML.visible(highest.text, limit: 30), x: at, y: 14, anchor: anchor))
        }
        if let oldest = points.first, let newest = points.last {
            parts.append(Figure.label(String(oldest.time.iso8601.prefix(10)), x: left, y: height - 8, anchor: "start"))
            parts.append(Figure.label(String(newest.time.iso8601.prefix(10)), x: width - right, y: height - 8, anchor: "end"))
        }
        return Figure.drawing(
            "chart", width: width, height: height, title: label,
            description: "\(Quantity.count(points.count, "row")); the table beside it has the values.", parts)
    }

    private func head(_ kind: String, _ at: (x: Double, y: Double)) -> HTML {
        switch kind {
        case "positive":
            let size = 5.5
            let points = [(at.x, at.y - size), (at.x + size, at.y + size), (at.x - size, at.y + size)]
            return .tag(
                "polygon",
                ["class": "head positive", "points": points.map { "\(Figure.text($0.0)),\(Figure.text($0.1))" }.joined(separator: " ")])
        case "current":
            return .tag(
                "rect", ["class": "head current", "x": Figure.text(at.x - 5), "y": Figure.text(at.y - 5), "width": "10", "height": "10"])
        default: return .tag("circle", ["class": "head plain", "cx": Figure.text(at.x), "cy": Figure.text(at.y), "r": "3.5"])
        }
    }
}
