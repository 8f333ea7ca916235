import Models

/// Masks the texts of one row: what recognisers find, and its personal values wherever they stand, in any case and width.
struct PersonalMask: Sendable {
    private struct Hidden {
        var folded: [Unicode.Scalar]
        var pseudonym: String
        /// One that is so short that it stands in half of all words.
        var isWord: Bool
    }

    private(set) var mask = OutboundMask(scanner: SensitiveScanner())
    private let hidden: [Hidden]

    /// - Parameter values: of the row's personal columns.
    init(_ values: [String]) {
        var hidden: [Hidden] = []
        for value in values {
            let folded = FoldedCharacters.fold(value)
            guard !folded.isEmpty, !hidden.contains(where: { $0.folded == folded }) else { continue }
            let isWord = folded.allSatisfy(\.isASCII) ? folded.count < 3 : folded.count < 2 && !folded[0].properties.isIdeographic
            hidden.append(Hidden(folded: folded, pseudonym: mask.masked(column: value, isPersonal: true), isWord: isWord))
        }
        // The longest first: one value may stand inside another.
        self.hidden = hidden.sorted { $0.folded.count > $1.folded.count }
    }

    mutating func masked(_ text: String) -> String {
        if let own = own(text) { return own }
        // Recognisers first: they mask pseudonyms that somebody wrote, and ours are to stay.
        return replaced(mask.masked(text))
    }

    /// A cell that may speak of another row.
    mutating func hiding(_ cell: String) -> String { own(cell) ?? mask.masked(column: cell, isPersonal: true) }

    private func own(_ text: String) -> String? {
        let folded = FoldedCharacters.fold(text)
        return hidden.first { $0.folded == folded }?.pseudonym
    }

    private func replaced(_ text: String) -> String {
        guard !hidden.isEmpty else { return text }
        let folded = FoldedCharacters(text)
        var (result, written, at) = ("", 0, 0)
        while at < folded.scalars.count {
            if let end = folded.pseudonymEnd(at) {
                at = end
                continue
            }
            guard let found = hidden.first(where: { folded.has($0.folded, at: at, asWord: $0.isWord) }) else {
                at += 1
                continue
            }
            let end = at + found.folded.count
            let (first, last) = (folded.places[at], folded.places[end - 1])
            if first >= written { result += folded.characters[written..<first] + found.pseudonym }
            written = max(written, last + 1)
            at = end
        }
        return written == 0 ? text : result + folded.characters[written...]
    }
}
