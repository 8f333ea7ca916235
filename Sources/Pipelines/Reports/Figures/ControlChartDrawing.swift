package import Records

/// A control chart: points in the order of production with center and limits, and what signalled set apart by shape and colour.
package struct ControlChartDrawing: Sendable {
    package struct Point: Hashable, Sendable {
        package var time: Timestamp
        /// Lowest, mean and highest of the points drawn here as one; of a single point all the same.
        package var low: Double
        package var mean: Double
        package var high: Double
        /// What signalled; nil = nothing did.
        package var signalled: Double?

        package init(time: Timestamp, low: Double, mean: Double, high: Double, signalled: Double? = nil) {
            (self.time, self.low, self.mean, self.high, self.signalled) = (time, low, mean, high, signalled)
        }
    }

    package let center: Double
    package let lower: Double
    package let upper: Double
    package let points: [Point]
    private let width = 640.0, height = 220.0, left = 84.0, right = 120.0, top = 14.0, bottom = 26.0
    /// Farther from the center than this many times the distance of the limits, points are drawn at the edge.
    private static let farthest = 8.0

    package init(center: Double, lower: Double, upper: Double, points: [Point]) {
        (self.center, self.lower, self.upper) = (center, lower, upper)
        self.points = points.filter { $0.low.isFinite && $0.mean.isFinite && $0.high.isFinite }
    }

    /// - Parameter label: what the lines are called, in the reader's language: center, lower and upper limit.
    package func svg(title: String, description: String, names: (center: String, lower: String, upper: String)) -> HTML {
        let reach = max(upper - center, center - lower, 1e-12) * Self.farthest
        let lows = points.map(\.low) + [lower], highs = points.map(\.high) + [upper]
        var (least, most) = (max(lows.min() ?? lower, center - reach), min(highs.max() ?? upper, center + reach))
        let margin = max(most - least, 1e-12) * 0.06
        (least, most) = (least - margin, most + margin)
        let base = height - bottom, room = base - top, inner = width - left - right
        func y(_ value: Double) -> Double { base - min(max((value - least) / (most - least), 0), 1) * room }
        func x(_ index: Int) -> Double {
            points.count > 1 ? left + 6 + Double(index) / Double(points.count - 1) * (inner - 12) : left + inner / 2
        }
        let ticks = NumberTicks(from: least, through: most, count: 7)
        var parts = ticks.values.flatMap { value in
            [
                Figure.line("grid", left, y(value), left + inner, y(value)),
                Figure.label(ticks.text(value), x: left - 6, y: y(value) + 4, anchor: "end"),
            ]
        }
        parts.append(Figure.line("limit", left, y(upper), left + inner, y(upper)))
        parts.append(Figure.line("limit", left, y(lower), left + inner, y(lower)))
        parts.append(Figure.line("ideal", left, y(center), left + inner, y(center)))
        parts += Self.names(names, at: (y(center), y(lower), y(upper)), x: left + inner + 6, top: top, base: base)
        for (index, point) in points.enumerated() where point.high > point.low {
            parts.append(Figure.line("range soft", x(index), y(point.low), x(index), y(point.high)))
        }
        if points.count > 1 { parts.append(Figure.path("series", points.indices.map { (x($0), y(points[$0].mean)) })) }
        for (index, point) in points.enumerated() {
            if let signalled = point.signalled {
                let (at, size) = ((x(index), y(signalled)), 5.0)
                parts.append(
                    Figure.polygon("head positive", [(at.0, at.1 - size), (at.0 + size, at.1 + size), (at.0 - size, at.1 + size)]))
            } else if points.count <= 90 {
                parts.append(Figure.circle("mark", x: x(index), y: y(point.mean), radius: 2.5))
            }
        }
        parts += times(y: height - 8, x: x)
        return Figure.drawing("chart", width: width, height: height, title: title, description: description, parts)
    }

    /// Names of the lines beside them, kept apart where the lines lie close together.
    private static func names(
        _ names: (center: String, lower: String, upper: String), at places: (center: Double, lower: Double, upper: Double), x: Double,
        top: Double, base: Double
    ) -> [HTML] {
        // On narrow windows a line of text is twenty high.
        let middle = min(max(places.center + 4, top + 24), base - 22)
        let upper = min(places.upper + 4, middle - 20), lower = max(places.lower + 4, middle + 20)
        return [
            Figure.label(names.upper, x: x, y: upper), Figure.label(names.center, x: x, y: middle),
            Figure.label(names.lower, x: x, y: lower),
        ]
    }

    /// First, middle and last point's time: points stand in order, not to scale.
    private func times(y: Double, x: (Int) -> Double) -> [HTML] {
        guard let first = points.first, let last = points.last else { return [] }
        let axis = TimeAxis(first: first.time, last: last.time, left: 0, right: 1)
        let places = points.count < 3 ? Array(points.indices) : [0, points.count / 2, points.count - 1]
        return places.enumerated().map { order, place in
            let anchor = places.count == 1 ? "middle" : order == 0 ? "start" : order == places.count - 1 ? "end" : "middle"
            return Figure.label(
                axis.text(points[place].time), x: anchor == "start" ? left : anchor == "end" ? width - right : x(place), y: y,
                anchor: anchor)
        }
    }
}
