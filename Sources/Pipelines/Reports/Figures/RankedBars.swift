/// What occurs most, a bar each, with a second part that points the other way where there is one.
struct RankedBars {
    struct Bar {
        var name: String
        /// Drawn to the right of the middle, or from the left end where no bar has a part to the left.
        var right: Int
        var left = 0
        /// Beside the bar.
        var note: String
    }

    let bars: [Bar]
    private let width = 640.0, names = 232.0, notes = 92.0, row = 24.0

    func svg(title: String, description: String) -> HTML {
        let most = Double(max(bars.map(\.right).max() ?? 1, bars.map(\.left).max() ?? 0, 1))
        let isDiverging = bars.contains { $0.left > 0 }
        let room = width - names - notes, middle = isDiverging ? names + room / 2 : names
        let unit = (isDiverging ? room / 2 : room) / most
        let height = Double(max(bars.count, 1)) * row + 6
        var parts: [HTML] = []
        for (index, bar) in bars.enumerated() {
            let y = Double(index) * row + 5
            // About 18 characters fit beside the bars; the table below has the whole name.
            let name = HTML.visible(bar.name, limit: 200)
            parts.append(
                Figure.label(name.count > 18 ? name.prefix(17) + "…" : name, x: names - 8, y: y + 13, anchor: "end"))
            if bar.right > 0 { parts.append(Figure.rect("mark", x: middle, y: y, width: unit * Double(bar.right), height: row - 8)) }
            if bar.left > 0 {
                let size = unit * Double(bar.left)
                parts.append(Figure.rect("mark other", x: middle - size, y: y, width: size, height: row - 8))
            }
            parts.append(Figure.label(bar.note, x: width - notes + 8, y: y + 13))
        }
        parts.append(Figure.line("axis", middle, 2, middle, height - 2))
        return Figure.drawing("chart", width: width, height: height, title: title, description: description, parts)
    }
}
