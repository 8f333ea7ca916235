/// Upright bars over even steps, a second part of each set apart from below, and a limit as a dashed line.
struct BarChart {
    struct Bar {
        var label: String
        var value: Double
        /// Part of `value`, drawn over it.
        var part: Double = 0
    }

    let bars: [Bar]
    var limit: Double?
    /// Heights are square roots of the values: small bars beside a large one stay visible. Said in the caption.
    var isRooted = false

    private let width = 640.0, height = 200.0, left = 96.0, right = 8.0, top = 18.0, bottom = 32.0

    func svg(label: String, value text: (Double) -> String) -> HTML {
        let most = max(bars.map(\.value).max() ?? 0, limit ?? 0, 1e-9)
        let base = height - bottom, room = base - top
        func size(_ value: Double) -> Double { isRooted ? (value / most).squareRoot() * room : value / most * room }
        let step = (width - left - right) / Double(max(bars.count, 1))
        var parts: [HTML] = []
        var said: Set<String> = []
        // The ends first: of marks that read alike, one is drawn.
        for share in [0.0, 1, 0.5, 0.25] where said.insert(text(share * most)).inserted {
            let y = base - size(share * most)
            parts.append(
                .tag(
                    "line",
                    [
                        "class": "grid", "x1": Figure.text(left), "x2": Figure.text(width - right), "y1": Figure.text(y),
                        "y2": Figure.text(y),
                    ]))
            parts.append(Figure.label(text(share * most), x: left - 6, y: y + 4, anchor: "end"))
        }
        for (index, bar) in bars.enumerated() {
            let x = left + step * Double(index) + step * 0.1
            parts.append(rect("mark", x: x, height: size(bar.value), width: step * 0.8, base: base))
            if bar.part > 0 { parts.append(rect("mark second", x: x, height: max(size(bar.part), 1.5), width: step * 0.8, base: base)) }
        }
        let every = max(1, bars.count / 8 + (bars.count % 8 == 0 ? 0 : 1))
        for (index, bar) in bars.enumerated() where index % every == 0 {
            parts.append(Figure.label(bar.label, x: left + step * (Double(index) + 0.5), y: height - 8, anchor: "middle"))
        }
        if let limit {
            let y = base - size(limit)
            parts.append(
                .tag(
                    "line",
                    [
                        "class": "limit", "x1": Figure.text(left), "x2": Figure.text(width - right), "y1": Figure.text(y),
                        "y2": Figure.text(y),
                    ]))
        }
        let highest = bars.max { $0.value < $1.value }
        return Figure.drawing(
            "chart", width: width, height: height, title: label,
            description:
                "\(Quantity.count(bars.count, "bar")); the highest is \(highest.map { "\(text($0.value)) at \($0.label)" } ?? "none").",
            parts)
    }

    private func rect(_ kind: String, x: Double, height: Double, width: Double, base: Double) -> HTML {
        .tag(
            "rect",
            [
                "class": kind == "mark" ? "mark" : "mark second", "x": Figure.text(x), "y": Figure.text(base - height),
                "width": Figure.text(max(width, 0.5)), "height": Figure.text(height),
            ])
    }
}
