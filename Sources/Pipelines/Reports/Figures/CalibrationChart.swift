import Models

/// What was said beside what came: a point a bin with its interval, on square-rooted axes, since most probabilities are small.
struct CalibrationChart {
    let report: CalibrationReport

    private let side = 360.0, left = 62.0, top = 10.0, bottom = 40.0

    func svg(label: String) -> HTML {
        let most = max(report.bins.map { max($0.meanProbability, $0.upper) }.max() ?? 1, 1e-6)
        let inner = side - left - 10, base = side - bottom, room = base - top
        func x(_ value: Double) -> Double { left + (value / most).squareRoot() * inner }
        func y(_ value: Double) -> Double { base - (value / most).squareRoot() * room }
        var parts: [HTML] = []
        for share in [0.0, 0.04, 0.25, 1] {
            let value = share * most
            parts.append(line("grid", left, y(value), left + inner, y(value)))
            parts.append(Figure.label(Quantity.share(value), x: left - 6, y: y(value) + 4, anchor: "end"))
            parts.append(
                Figure.label(Quantity.share(value), x: x(value), y: base + 16, anchor: share == 1 ? "end" : share == 0 ? "start" : "middle")
            )
        }
        parts.append(line("ideal", x(0), y(0), x(most), y(most)))
        for bin in report.bins {
            let place = x(bin.meanProbability)
            parts.append(line("range", place, y(bin.lower), place, y(bin.upper)))
            parts.append(.tag("circle", ["class": "mark", "cx": Figure.text(place), "cy": Figure.text(y(bin.positiveShare)), "r": "4"]))
        }
        parts.append(Figure.label("mean probability", x: left + inner / 2, y: side - 6, anchor: "middle"))
        return Figure.drawing(
            "chart square", width: side, height: side, title: label,
            description: "\(Quantity.count(report.bins.count, "bin")); the table below it has the values.", parts)
    }

    private func line(_ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> HTML {
        .tag("line", ["class": kind, "x1": Figure.text(x1), "y1": Figure.text(y1), "x2": Figure.text(x2), "y2": Figure.text(y2)])
    }
}
