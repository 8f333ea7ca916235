public import Records

/// A part of a document that an answer can cite.
public struct Passage: Hashable, Sendable {
    /// As cited, unique: `returns-policy#2`.
    public var id: String
    /// Where it comes from, for people: a title, a file, an address.
    public var source: String
    public var text: String
    /// Holds from here on.
    public var validFrom: Timestamp
    /// Holds before this; nil = until further notice.
    public var validTo: Timestamp?

    public init(id: String, source: String, text: String, validFrom: Timestamp, validTo: Timestamp? = nil) {
        (self.id, self.source, self.text, self.validFrom, self.validTo) = (id, source, text, validFrom, validTo)
    }

    public func holds(at time: Timestamp) -> Bool { validFrom <= time && (validTo.map { time < $0 } ?? true) }

    /// A document cut at blank lines, then at sentences, into passages of at most `length` characters; a longer sentence stays whole.
    public static func chunks(
        of document: String, id: String, source: String, validFrom: Timestamp, validTo: Timestamp? = nil, length: Int = 600
    ) -> [Passage] {
        var chunks: [String] = []
        var current = ""
        for paragraph in document.split(separator: "\n\n") {
            for sentence in Sentences.split(String(paragraph)) {
                if !current.isEmpty, current.count + sentence.count > length {
                    chunks.append(current)
                    current = ""
                }
                current += current.isEmpty ? sentence : " " + sentence
            }
            if !current.isEmpty { chunks.append(current) }
            current = ""
        }
        return chunks.enumerated().map {
            Passage(id: "\(id)#\($0.offset + 1)", source: source, text: $0.element, validFrom: validFrom, validTo: validTo)
        }
    }
}

/// Sentences of a text: they end at a full stop, a question or exclamation mark before a blank, at their Japanese signs, and at a line's end.
enum Sentences {
    static func split(_ text: String) -> [String] {
        var sentences: [String] = []
        var current = ""
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            if character.isNewline {
                sentences.append(current)
                current = ""
                continue
            }
            current.append(character)
            let isLast = index + 1 == characters.count || characters[index + 1].isWhitespace
            if "。！？".contains(character) || ".!?".contains(character) && isLast {
                sentences.append(current)
                current = ""
            }
        }
        sentences.append(current)
        return sentences.map { $0.trimmed }.filter { !$0.isEmpty }
    }
}

extension String {
    var trimmed: String {
        var part = self[...]
        while let first = part.first, first.isWhitespace { part.removeFirst() }
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }
}
