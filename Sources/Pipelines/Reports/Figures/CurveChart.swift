package import Records

/// Up to three curves over time, with the fleet's usual band behind them and a line where something is due.
package struct CurveChart: Sendable {
    package let curves: EvidenceCurves
    /// By when to act; nil = nothing is due.
    package let due: Timestamp?
    private let width = 640.0, height = 240.0, left = 70.0, right = 14.0, top = 30.0, bottom = 26.0
    /// Farther out than this, curves are drawn at the edge.
    private static let farthest = 30.0

    package init(_ curves: EvidenceCurves, due: Timestamp? = nil) { (self.curves, self.due) = (curves, due) }

    /// The due line lies on the axis; else it is too far away, and is told beside it.
    package var showsDue: Bool {
        guard let due, let first = curves.times.first, let last = curves.times.last, due > last else { return false }
        return due.microseconds - last.microseconds <= 2 * max(last.microseconds - first.microseconds, 1)
    }

    /// - Parameters:
    ///   - dueText: what stands at the due line.
    ///   - unit: what the vertical axis counts.
    package func svg(title: String, description: String, unit: String, dueText: String = "") -> HTML {
        guard let first = curves.times.first, let newest = curves.times.last else { return .none }
        let end = showsDue ? due ?? newest : newest
        let axis = TimeAxis(first: first, last: end, left: left, right: width - right)
        let isBanded = curves.isOfFleet, limit = isBanded ? Self.farthest : .infinity
        let all = curves.curves.flatMap(\.values).filter { !$0.isNaN }.map { min(max($0, -limit), limit) }
        var (least, most) = (min(all.min() ?? 0, isBanded ? -2.3 : .infinity), max(all.max() ?? 1, isBanded ? 2.3 : -.infinity))
        if most - least < 1e-9 { (least, most) = (least - 1, most + 1) }
        let margin = (most - least) * 0.05
        (least, most) = (least - margin, most + margin)
        let base = height - bottom
        func y(_ value: Double) -> Double {
            base - min(max((min(max(value, -limit), limit) - least) / (most - least), 0), 1) * (base - top)
        }
        var parts: [HTML] = []
        if isBanded { parts.append(Figure.rect("usual", x: left, y: y(2), width: width - left - right, height: y(-2) - y(2))) }
        let ticks = NumberTicks(from: least, through: most, count: 7)
        for value in ticks.values {
            parts.append(Figure.line("grid", left, y(value), width - right, y(value)))
            parts.append(Figure.label(ticks.text(value), x: left - 6, y: y(value) + 4, anchor: "end"))
        }
        for (place, curve) in curves.curves.enumerated() {
            parts += Self.lines(curve.values).map { part in
                Figure.path("series s\(place)", part.map { (axis.x(curves.times[$0]), y(curve.values[$0])) })
            }
            if let last = curve.values.lastIndex(where: { !$0.isNaN }) {
                parts.append(Figure.circle("mark k\(place)", x: axis.x(curves.times[last]), y: y(curve.values[last]), radius: 3.5))
            }
        }
        if showsDue, let due {
            parts.append(Figure.line("due", axis.x(due), top - 6, axis.x(due), base))
            parts.append(Figure.label(dueText, x: width - right, y: 18, anchor: "end", kind: "strong"))
        }
        parts.append(Figure.label(unit, x: left, y: 18))
        parts += axis.labels(y: height - 8)
        return Figure.drawing("chart", width: width, height: height, title: title, description: description, parts)
    }

    /// Runs of readings without a gap.
    private static func lines(_ values: [Double]) -> [[Int]] {
        values.indices.filter { !values[$0].isNaN }.reduce(into: [[Int]]()) { lines, place in
            if let last = lines.last?.last, last == place - 1 { lines[lines.count - 1].append(place) } else { lines.append([place]) }
        }
    }
}
