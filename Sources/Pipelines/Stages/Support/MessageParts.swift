import Models

/// A message cut into sentences, and every choice of them.
///
/// What a message says is judged by each choice: by the whole and by all that is left when some sentences are taken out. It is as doubtful
/// as the most doubtful of them. So whatever sentences somebody adds to a message, it cannot become less doubtful: the message without them
/// is one of the choices.
///
/// Sentences of courtesy and function words alone ("Hello.", "What should I do?") name no matter: a choice of nothing else is no message of its own and
/// is not judged, unless the whole message is one.
package struct MessageParts: Hashable, Sendable {
    /// More parts than this are not judged one by one: such a message goes to people.
    static let most = 5

    /// Sentences without blanks at their ends; at least one, empty where the message has no letter or digit.
    package let parts: [String]
    /// As it came.
    package let text: String

    var areTooMany: Bool { parts.count > Self.most }

    /// Without blanks at their ends; only those with a letter or digit.
    private static func parts(_ bytes: UnsafeBufferPointer<UInt8>) -> [String] {
        var (parts, start): ([String], Int) = ([], 0)
        func end(_ stop: Int) {
            var (first, last) = (start, stop)
            while first < last, PlainText.isBlank(bytes[first]) { first += 1 }
            while first < last, PlainText.isBlank(bytes[last - 1]) { last -= 1 }
            let part = UnsafeBufferPointer(rebasing: bytes[first..<last])
            guard part.contains(where: { PlainText.isLetter($0) || PlainText.isDigit($0) }) else { return }
            parts.append(String(decoding: part, as: UTF8.self))
        }
        for place in bytes.indices {
            switch bytes[place] {
            case 10, 13, 9, 124, 40, 41, 34:
                end(place)
                start = place + 1
            case 46, 33, 63, 59, 58:
                let next = place + 1 < bytes.count ? bytes[place + 1] : 32
                guard PlainText.isBlank(next) || next == 40 || next == 41 || next == 34 || next == 39 else { continue }
                end(place + 1)
                start = place + 1
            default: break
            }
        }
        end(bytes.count)
        return parts
    }

    /// Ends of a sentence are . ! ? ; : before a blank or the end, their East Asian signs, line breaks, tabs, bars, parentheses and quotation marks.
    package init(_ text: String) {
        let parts = PlainText.read(text) { Self.parts($0) } ?? Self.partsByCharacters(text)
        self.parts = parts.isEmpty ? [""] : parts
        self.text = text
    }

    /// The same for a text of any script.
    package static func partsByCharacters(_ text: String) -> [String] {
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
        return parts
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
