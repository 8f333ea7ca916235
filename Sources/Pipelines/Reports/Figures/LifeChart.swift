import Records

/// Predicted life over the life that came: a point a row as long as they are few, else how many rows lie where, with the median and the
/// middle eighty per cent of the predictions. On the dashed line both are the same.
struct LifeChart {
    let comparison: LifeComparison
    /// `steps of 6 h`
    let unit: String

    private let side = 400.0, left = 52.0, top = 12.0, bottom = 46.0, right = 14.0

    func svg(title: String) -> HTML {
        let cap = Double(comparison.cap), inner = side - left - right, base = side - bottom, room = base - top
        func x(_ value: Double) -> Double { left + min(max(value / cap, 0), 1) * inner }
        func y(_ value: Double) -> Double { base - min(max(value / cap, 0), 1) * room }
        let ticks = NumberTicks(from: 0, through: cap, count: 8)
        var parts: [HTML] = []
        for value in ticks.values {
            parts.append(Figure.line("grid", left, y(value), left + inner, y(value)))
            parts.append(Figure.label(ticks.text(value), x: left - 6, y: y(value) + 4, anchor: "end"))
            parts.append(Figure.label(ticks.text(value), x: x(value), y: base + 16, anchor: "middle"))
        }
        if comparison.points.isEmpty { parts += cells(x: x, y: y) }
        parts.append(Figure.line("ideal", x(0), y(0), x(cap), y(cap)))
        for point in comparison.points {
            let at = (x: x(Double(point.truth)), y: y(Double(point.predicted)))
            let isOutside = comparison.stated != nil && !point.isInside
            parts.append(
                isOutside
                    ? Figure.polygon("point outside", [(at.x, at.y - 3.5), (at.x + 3.5, at.y + 3), (at.x - 3.5, at.y + 3)])
                    : Figure.circle("point", x: at.x, y: at.y, radius: 2.5))
        }
        parts.append(Figure.label("life that came (\(unit))", x: left + inner / 2, y: side - 8, anchor: "middle"))
        parts.append(
            .tag(
                "text",
                [
                    "class": "label", "x": "14", "y": Figure.text(top + room / 2), "text-anchor": "middle",
                    "transform": "rotate(-90 14 \(Figure.text(top + room / 2)))",
                ], "life predicted"))
        return Figure.drawing("chart square", width: side, height: side, title: title, description: description, parts)
    }

    private func cells(x: (Double) -> Double, y: (Double) -> Double) -> [HTML] {
        let side = LifeComparison.side, step = Double(comparison.cap) / Double(side)
        let ranks = comparison.density.filter { $0 > 0 }.sorted()
        var parts: [HTML] = []
        for (place, count) in comparison.density.enumerated() where count > 0 {
            let (column, row) = (Double(place / side), Double(place % side))
            // By rank: the corner of capped lives would leave all other cells pale.
            let shade = 1 + min(5 * (ranks.firstIndex { $0 >= count } ?? 0) / max(ranks.count, 1), 4)
            parts.append(
                Figure.rect(
                    "cell d\(shade)", x: x(column * step), y: y((row + 1) * step), width: x(step) - x(0), height: y(0) - y(step)))
        }
        for (share, kind) in [(0.1, "series thin"), (0.5, "series"), (0.9, "series thin")] {
            let points = (0..<side).compactMap { column in
                comparison.quantile(share, column: column).map { (x((Double(column) + 0.5) * step), y($0)) }
            }
            if points.count > 1 { parts.append(Figure.path(kind, points)) }
        }
        return parts
    }

    private var description: String {
        "\(Quantity.count(comparison.rows, "row")) of \(Quantity.count(comparison.machineCount, "machine")); root mean squared error "
            + "\(Quantity.decimal(comparison.error, 1)), correlation \(comparison.correlation.map { Quantity.decimal($0, 2) } ?? "not defined")."
    }
}
