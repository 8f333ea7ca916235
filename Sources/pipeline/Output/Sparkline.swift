import Pipelines
import Records

/// A course of numbers in one line of eight heights.
enum Sparkline {
    private static let heights = Array("▁▂▃▄▅▆▇█")

    /// - Parameters:
    ///   - values: a character each; NaN gives a blank.
    ///   - low: of the lowest height, and `high` of the highest; values outside are drawn at the edge.
    static func text(_ values: [Double], low: Double, high: Double) -> String {
        String(
            values.map { value -> Character in
                guard value.isFinite else { return " " }
                // Halves, as the range of two doubles may be beyond one.
                let share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5
                guard share.isFinite else { return " " }
                return heights[Int(min(max(share * Double(heights.count), 0), Double(heights.count - 1)))]
            })
    }

    /// A line a sensor: name, course, range and newest value. Of fleet units the range holds at least two standard deviations to either
    /// side, so that a sensor that is as usual stays in the middle.
    static func lines(_ curves: EvidenceCurves, room: Int) -> [String] {
        let names = curves.curves.map { DisplayWidth.cut(DisplayWidth.visible($0.name), to: 20) }
        let width = names.map(DisplayWidth.of).max() ?? 0
        return zip(names, curves.curves).map { name, curve in
            let values = Array(curve.values.suffix(max(room - width - 36, 10))), known = values.filter(\.isFinite)
            let low = min(known.min() ?? 0, curves.isOfFleet ? -2 : .infinity),
                high = max(known.max() ?? 0, curves.isOfFleet ? 2 : -.infinity)
            return "\(DisplayWidth.pad(name, to: width))  \(text(values, low: low, high: high))  "
                + "\(Quantity.decimal(low, 2)) to \(Quantity.decimal(high, 2)), now \(known.last.map { Quantity.decimal($0, 2) } ?? "-")"
        }
    }

    /// The points of a control chart from limit to limit, or farther where they go; below them a mark for each that signalled.
    static func lines(_ chart: EvidenceChart, room: Int) -> [String] {
        let count = max(min(chart.values.count, room - 42), 1)
        let values = Array(chart.values.suffix(count)), signals = chart.isSignalled.suffix(count)
        let low = min(values.min() ?? chart.lower, chart.lower), high = max(values.max() ?? chart.upper, chart.upper)
        let line =
            "\(text(values, low: low, high: high))  limits \(Quantity.decimal(chart.lower, 3)) to \(Quantity.decimal(chart.upper, 3)), "
            + "now \(values.last.map { Quantity.decimal($0, 3) } ?? "-")"
        guard signals.contains(true) else { return [line] }
        let marks = String(signals.map { $0 ? Character("▲") : " " })
        return [line, "\(marks)  ▲ signalled"]
    }
}
