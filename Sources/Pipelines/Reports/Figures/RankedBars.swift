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
    private let width = 640.0, names = 232.0, notes = 92.0, lineHeight = 15.0
    /// Letters that fit beside the bars; one of Chinese or Japanese takes the room of two.
    private static let letters = 30

    func svg(title: String, description: String) -> HTML {
        let most = Double(max(bars.map(\.right).max() ?? 1, bars.map(\.left).max() ?? 0, 1))
        let isDiverging = bars.contains { $0.left > 0 }
        let room = width - names - notes, middle = isDiverging ? names + room / 2 : names
        let unit = (isDiverging ? room / 2 : room) / most
        let labels = bars.map { Self.lines(of: HTML.visible($0.name, limit: 200)) }
        let row = labels.contains { $0.count > 1 } ? 24 + lineHeight : 24
        let height = Double(max(bars.count, 1)) * row + 6
        var parts: [HTML] = []
        for (index, bar) in bars.enumerated() {
            let top = Double(index) * row + 5, y = top + (row - 24) / 2
            for (place, line) in labels[index].enumerated() {
                let shift = (Double(place) - Double(labels[index].count - 1) / 2) * lineHeight
                parts.append(Figure.label(line, x: names - 8, y: y + 13 + shift, anchor: "end"))
            }
            if bar.right > 0 { parts.append(Figure.rect("mark", x: middle, y: y, width: unit * Double(bar.right), height: 16)) }
            if bar.left > 0 {
                let size = unit * Double(bar.left)
                parts.append(Figure.rect("mark other", x: middle - size, y: y, width: size, height: 16))
            }
            parts.append(Figure.label(bar.note, x: width - notes + 8, y: y + 13))
        }
        parts.append(Figure.line("axis", middle, 2, middle, height - 2))
        return Figure.drawing("chart", width: width, height: height, title: title, description: description, parts)
    }

    /// A name on one line or, cut between words, on two; the table below has what is too long for both.
    static func lines(of name: String) -> [String] {
        guard size(name) > letters else { return [name] }
        let words = name.split(separator: " ").map(String.init)
        var first = words.first ?? name, count = 1
        while count < words.count, size(first + " " + words[count]) <= letters {
            first += " " + words[count]
            count += 1
        }
        guard count < words.count, size(first) <= letters else { return [cut(name)] }
        return [first, cut(words[count...].joined(separator: " "))]
    }

    private static func size(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + width(of: $1) } }

    private static func width(of character: Character) -> Int { (character.unicodeScalars.first?.value ?? 0) >= 0x1100 ? 2 : 1 }

    private static func cut(_ text: String) -> String {
        guard size(text) > letters else { return text }
        var room = letters - 1
        let kept = text.prefix { character in
            room -= width(of: character)
            return room >= 0
        }
        return kept + "…"
    }
}
