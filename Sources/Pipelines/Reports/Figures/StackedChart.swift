import Records

/// Shares of a whole over time, one on the other, each in a colour of its own in the order of its legend.
struct StackedChart {
    let buckets: DayBuckets
    /// Shares of each step, the lowest first; empty = nothing is known of the step.
    let shares: [[Double]]
    /// `band` or `kind`: which colours.
    let kind: String
    /// The axis ends here.
    var most = 1.0
    /// Steps with a mark above them.
    var marked: Set<Int> = []
    /// A second share of each step as a dot; nil = none.
    var dots: [Double?] = []

    private let width = 640.0, height = 230.0, left = 72.0, right = 10.0, top = 22.0, bottom = 26.0

    func svg(title: String, description: String) -> HTML {
        let base = height - bottom, room = base - top, inner = width - left - right
        func y(_ share: Double) -> Double { base - min(share / most, 1) * room }
        var parts: [HTML] = []
        let ticks = NumberTicks(from: 0, through: most * 100, count: 6)
        for value in ticks.values {
            parts.append(Figure.line("grid", left, y(value / 100), width - right, y(value / 100)))
            parts.append(Figure.label("\(ticks.text(value)) %", x: left - 6, y: y(value / 100) + 4, anchor: "end"))
        }
        let step = inner / Double(max(shares.count, 1)), gap = step > 6 ? 1.0 : 0
        for (index, own) in shares.enumerated() {
            var below = 0.0
            let x = left + Double(index) * step
            for (place, share) in own.enumerated() where share > 0 {
                let high = y(below + share)
                parts.append(
                    Figure.rect("\(kind) c\(place)", x: x + gap / 2, y: high, width: step - gap, height: y(below) - high))
                below += share
            }
            if index < dots.count, let dot = dots[index] { parts.append(Figure.circle("dot", x: x + step / 2, y: y(dot), radius: 3)) }
            if marked.contains(index) {
                let middle = x + step / 2
                parts.append(Figure.polygon("head positive", [(middle - 4, top - 14), (middle + 4, top - 14), (middle, top - 6)]))
            }
        }
        parts.append(Figure.line("axis", left, base, width - right, base))
        for index in labelled {
            let x = left + (Double(index) + 0.5) * step
            let anchor = shares.count == 1 ? "middle" : index == 0 ? "start" : index == shares.count - 1 ? "end" : "middle"
            let at = anchor == "start" ? left : anchor == "end" ? width - right : x
            parts.append(Figure.label(buckets.text(index), x: at, y: height - 8, anchor: anchor))
        }
        return Figure.drawing("chart", width: width, height: height, title: title, description: description, parts)
    }

    /// At most four, evenly spread, the first and the last among them.
    private var labelled: [Int] {
        guard shares.count > 4 else { return Array(shares.indices) }
        return (0..<4).map { $0 * (shares.count - 1) / 3 }
    }
}
