import Models

/// Masks the texts of one row: what recognisers find, and its personal values wherever they stand.
struct PersonalMask: Sendable {
    private(set) var mask = OutboundMask(scanner: SensitiveScanner())
    private let hidden: [(value: String, pseudonym: String)]

    /// - Parameter values: of the row's personal columns.
    init(_ values: [String]) {
        var hidden: [(value: String, pseudonym: String)] = []
        for value in values where !value.isEmpty { hidden.append((value, mask.masked(column: value, isPersonal: true))) }
        // The longest first: one value may stand inside another.
        self.hidden = hidden.sorted { ($1.value.count, $0.value) < ($0.value.count, $1.value) }
    }

    mutating func masked(_ text: String) -> String {
        if let own = hidden.first(where: { $0.value == text }) { return own.pseudonym }
        // Recognisers first: they mask pseudonyms that somebody wrote, and ours are to stay.
        var text = mask.masked(text)
        // A shorter value would stand in half of all words.
        for (value, pseudonym) in hidden where value.count >= 3 { text = text.replacing(value, with: pseudonym) }
        return text
    }

    /// A cell that may speak of another row.
    mutating func hiding(_ cell: String) -> String { mask.masked(column: cell, isPersonal: true) }
}
