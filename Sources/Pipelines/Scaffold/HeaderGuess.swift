/// Whether the first row of a table names its columns.
struct HeaderGuess {
    var isHeader: Bool
    /// Nothing in the sample says so or otherwise.
    var isAmbiguous: Bool
    var evidence: String
    /// A row of units follows the header.
    var hasUnits = false

    init(_ rows: [SampleRecord]) {
        guard let first = rows.first else {
            (isHeader, isAmbiguous, evidence) = (true, true, "there is no record")
            return
        }
        guard rows.count > 1 else {
            let isValues = first.cells.contains(where: \.isTyped)
            (isHeader, isAmbiguous) = (!isValues, true)
            evidence = isValues ? "the only record holds values" : "the only record holds no values"
            return
        }
        let hasUnits = Self.isUnits(rows)
        let body = Array(rows.dropFirst(hasUnits ? 2 : 1))
        var votes = 0.0
        var typedBelow = 0, valuesInFirst = 0
        let years = Self.areYears(first, body)
        for (index, cell) in first.cells.enumerated() {
            let below = body.map { $0.cells[index] }.filter { $0.kind != .empty }
            guard !below.isEmpty else { continue }
            let typed = below.count(where: \.isTyped)
            if typed * 10 >= below.count * 8 {
                if cell.isTyped {
                    votes += years ? 0.5 : -1
                    valuesInFirst += 1
                } else if cell.kind != .empty {
                    votes += 1
                    typedBelow += 1
                }
            } else {
                votes += Self.vote(cell, below)
                if cell.isTyped { valuesInFirst += 1 }
            }
        }
        let names = first.cells.map(\.text).filter { !$0.isEmpty }
        if Set(names).count < names.count { votes -= 0.5 }
        self.hasUnits = hasUnits && votes > 0.25
        isHeader = abs(votes) > 0.25 ? votes > 0 : names.count == first.cells.count && Set(names).count == names.count && valuesInFirst == 0
        isAmbiguous = abs(votes) <= 0.25
        if isAmbiguous {
            evidence = "nothing tells the first row from the others: look at it"
        } else if isHeader {
            evidence =
                typedBelow > 0
                ? "texts in the first row, numbers or dates below them in \(typedBelow) of \(first.cells.count) columns"
                : years ? "years in the first row, other numbers below" : "the first row is unlike the rows below it"
        } else {
            evidence =
                valuesInFirst > 0
                ? "the first row holds values of the same kind as the rows below it" : "the first row is like the rows below it"
        }
    }

    /// Of a column of texts.
    private static func vote(_ cell: SampleCell, _ below: [SampleCell]) -> Double {
        if cell.kind == .empty { return -0.1 }
        if cell.isTyped { return -0.5 }
        var vote = 0.0
        let text = cell.text
        if below.contains(where: { $0.text == text }) { return -0.5 }
        if isName(text) { vote += 0.5 }
        if text.first?.isNumber ?? false { vote -= 0.3 }
        let lengths = Set(below.map(\.bytes.count))
        if below.count > 2, lengths.count == 1, let length = lengths.first { vote += cell.bytes.count == length ? -0.3 : 0.5 }
        // Codes with digits in every row, and none in the first.
        let hasDigits = below.count { $0.bytes.contains(where: SampleCell.isDigit) }
        if below.count > 2, hasDigits == below.count { vote += cell.bytes.contains(where: SampleCell.isDigit) ? -0.3 : 0.5 }
        if below.count > 2, Set(below.map(\.text)).count * 2 <= below.count { vote += 0.3 }
        return vote
    }

    private static let names: Set<String> = [
        "id", "name", "date", "time", "datetime", "timestamp", "amount", "type", "code", "key", "value", "status", "country", "city",
        "street",
        "address", "email", "phone", "price", "quantity", "qty", "description", "category", "label", "text", "title", "user", "account",
        "iban",
        "currency", "number", "nr", "no", "datum", "betrag", "konto", "nom", "prenom", "ville", "pays", "first", "last", "first_name",
        "last_name", "surname", "gender", "state", "zip", "unit", "item", "product", "store", "group", "source", "target", "kind", "color",
        "comment", "note", "notes", "file", "path", "url", "language", "age", "year", "month", "day", "index", "series", "week", "store",
    ]

    /// Usual names of columns, `snake_case`, `camelCase`, and Japanese words that end names.
    private static func isName(_ text: String) -> Bool {
        let lower = text.lowercased()
        if names.contains(lower) || names.contains(lower.filter { $0 != " " && $0 != "_" }) { return true }
        if lower.hasSuffix("_id") || lower.hasSuffix(" id") || lower.hasSuffix(" name") || lower.hasPrefix("#") { return true }
        if ["名", "日", "日付", "番号", "コード", "金額", "氏名", "区分", "住所", "時刻", "数", "ID"].contains(where: text.hasSuffix) { return true }
        guard text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }), !text.contains(where: \.isWhitespace) else { return false }
        if text.contains("_") { return true }
        let scalars = Array(text)
        return zip(scalars, scalars.dropFirst()).contains { $0.isLowercase && $1.isUppercase }
    }

    /// `country,2019,2020`: years that grow, above numbers that are none.
    private static func areYears(_ first: SampleRecord, _ body: [SampleRecord]) -> Bool {
        func year(_ cell: SampleCell) -> Int? {
            cell.bytes.count == 4 ? Int(cell.text).flatMap { (1900...2100).contains($0) ? $0 : nil } : nil
        }
        let found = first.cells.enumerated().compactMap { index, cell in year(cell).map { (index, $0) } }
        guard found.count > 1, found.count == first.cells.count(where: \.isTyped) else { return false }
        guard zip(found, found.dropFirst()).allSatisfy({ $0.1 < $1.1 }) else { return false }
        return found.contains { index, _ in body.contains { year($0.cells[index]) == nil && $0.cells[index].kind == .number } }
    }

    /// The second row holds no value where the rows below do.
    private static func isUnits(_ rows: [SampleRecord]) -> Bool {
        guard rows.count > 3, !rows[1].cells.contains(where: \.isTyped), !rows[0].cells.contains(where: \.isTyped) else { return false }
        var typed = 0, units = 0
        for (index, cell) in rows[1].cells.enumerated() {
            let below = rows.dropFirst(2).map { $0.cells[index] }.filter { $0.kind != .empty }
            guard !below.isEmpty, below.count(where: \.isTyped) * 10 >= below.count * 9 else { continue }
            typed += 1
            if cell.kind != .empty, cell.bytes.count <= 12 { units += 1 }
        }
        return typed > 0 && units * 2 >= typed
    }
}
