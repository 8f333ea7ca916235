/// A message cut into sentences, and every choice of them.
///
/// What a message says is judged by each choice: by the whole and by all that is left when some sentences are taken out. It is as doubtful
/// as the most doubtful of them. So whatever sentences somebody adds to a message, it cannot become less doubtful: the message without them
/// is one of the choices.
///
/// Sentences of courtesy and function words alone ("Hello.", "What should I do?") name no matter: a choice of nothing else is no message of its own and
/// is not judged, unless the whole message is one.
struct MessageParts: Hashable, Sendable {
    /// More parts than this are not judged one by one: such a message goes to people.
    static let most = 5

    /// Sentences without blanks at their ends; at least one, empty where the message has no letter or digit.
    let parts: [String]
    /// As it came.
    let text: String

    var areTooMany: Bool { parts.count > Self.most }

    /// Ends of a sentence are . ! ? ; : before a blank or the end, their East Asian signs, line breaks, tabs, bars, parentheses and quotation marks.
    init(_ text: String) {
        var parts: [String] = []
        var current = "".unicodeScalars
        let scalars = Array(text.unicodeScalars)
        func end() {
            var kept = current[...]
            while let first = kept.first, first.properties.isWhitespace { kept.removeFirst() }
            while let last = kept.last, last.properties.isWhitespace { kept.removeLast() }
            if kept.contains(where: { $0.properties.isAlphabetic || $0.properties.numericType != nil }) { parts.append(String(kept)) }
            current.removeAll(keepingCapacity: true)
        }
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\n", "\r", "\t", "\u{85}", "\u{2028}", "\u{2029}", "|", "…", "､", "(", ")", "\"", "“", "”", "„", "«", "»", "「", "」", "『",
                "』", "（", "）":
                end()
            case "。", "！", "？", "；", "：":
                current.append(scalar)
                end()
            case ".", "!", "?", ";", ":":
                current.append(scalar)
                if index + 1 == scalars.count || scalars[index + 1].properties.isWhitespace
                    || "()\"”’'".unicodeScalars.contains(scalars[index + 1])
                {
                    end()
                }
            default: current.append(scalar)
            }
        }
        end()
        self.parts = parts.isEmpty ? [""] : parts
        self.text = text
    }

    /// All sentences, as they are judged.
    var whole: String { parts.joined(separator: " ") }

    /// Every choice of sentences in their order, the whole first; of too many parts the whole alone.
    var choices: [String] {
        guard parts.count > 1, !areTooMany else { return [whole] }
        let says = parts.map { !Courtesy.isAll($0) }
        let isSilent = !says.contains(true)
        return (1..<(1 << parts.count)).reversed().compactMap { mask in
            let chosen = parts.indices.filter { mask >> $0 & 1 == 1 }
            guard isSilent ? chosen.count == parts.count : chosen.contains(where: { says[$0] }) else { return nil }
            return chosen.map { parts[$0] }.joined(separator: " ")
        }
    }
}
