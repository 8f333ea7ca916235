/// A forecast's fan and the stock under it, as a review item of a demand job holds them.
package struct FanChart: Hashable, Sendable {
    /// 10, 50 and 90 % a period ahead.
    package let low: [Double]
    package let middle: [Double]
    package let high: [Double]
    /// At each period's end if demand is the middle one: without an order, and with the one proposed.
    package let skip: [Double]
    package let order: [Double]
    /// `day`
    package let period: String

    private static let columns = 6
    private let width = 640.0, height = 240.0, left = 70.0, right = 14.0, top = 30.0, bottom = 26.0

    /// Nil for another table, or a row that is none of numbers.
    package init?(_ evidence: Evidence) {
        guard evidence.title.hasPrefix(DemandStage.fanTitle), evidence.columns.count == Self.columns, !evidence.rows.isEmpty else {
            return nil
        }
        let rows = evidence.rows.map { $0.dropFirst().compactMap { Double($0) }.filter(\.isFinite) }
        guard rows.allSatisfy({ $0.count == Self.columns - 1 }) else { return nil }
        func column(_ place: Int) -> [Double] { rows.map { $0[place] } }
        (low, middle, high, skip, order) = (column(0), column(1), column(2), column(3), column(4))
        period = evidence.columns[0]
    }

    /// Whether the stock with the order differs from that without.
    package var hasOrder: Bool { skip != order }

    /// - Parameter names: of the axis below, what a period is called.
    package func svg(title: String, description: String, axis: String) -> HTML {
        let most = max((high + skip + order).max() ?? 1, 1e-9) * 1.05, base = height - bottom, inner = width - left - right
        func y(_ value: Double) -> Double { base - min(max(value / most, 0), 1) * (base - top) }
        func x(_ step: Int) -> Double { middle.count > 1 ? left + Double(step) / Double(middle.count - 1) * inner : left + inner / 2 }
        let ticks = NumberTicks(from: 0, through: most, count: 6)
        var parts = ticks.values.flatMap { value in
            [
                Figure.line("grid", left, y(value), width - right, y(value)),
                Figure.label(ticks.text(value), x: left - 6, y: y(value) + 4, anchor: "end"),
            ]
        }
        if middle.count > 1 {
            let steps = Array(middle.indices)
            parts.append(Figure.polygon("usual", steps.map { (x($0), y(high[$0])) } + steps.reversed().map { (x($0), y(low[$0])) }))
            parts.append(Figure.path("series", steps.map { (x($0), y(middle[$0])) }))
            parts.append(Figure.path("series s1", steps.map { (x($0), y(skip[$0])) }))
            if hasOrder { parts.append(Figure.path("series s2", steps.map { (x($0), y(order[$0])) })) }
        } else {
            parts.append(Figure.line("range soft", x(0), y(low[0]), x(0), y(high[0])))
            for (kind, values) in [("mark k0", middle), ("mark k1", skip), ("mark k2", order)] {
                parts.append(Figure.circle(kind, x: x(0), y: y(values[0]), radius: 3.5))
            }
        }
        parts.append(Figure.label(axis, x: left, y: 18))
        for step in Set([0, middle.count / 2, middle.count - 1]).sorted() {
            let anchor = middle.count == 1 ? "middle" : step == 0 ? "start" : step == middle.count - 1 ? "end" : "middle"
            parts.append(Figure.label("+\(step + 1)", x: x(step), y: height - 8, anchor: anchor))
        }
        return Figure.drawing("chart", width: width, height: height, title: title, description: description, parts)
    }
}
