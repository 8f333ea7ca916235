package import Records

/// Which declaration would read texts that are no plain numbers or times: for messages, and for a first job file.
package struct SpellingGuess: Sendable {
    package let spelling: Spelling
    /// As written in a job file: `full-width: true, grouping: ","`.
    package let declaration: String

    /// Nil where plain reading does, or no declaration reads all the texts.
    package init?(_ texts: [String], type: ColumnType) {
        guard let target = Self.target(of: type), !texts.isEmpty else { return nil }
        for spelling in Self.candidates(texts, target) where texts.allSatisfy({ Self.reads($0, target, spelling) }) {
            guard spelling != .plain else { return nil }
            self.spelling = spelling
            declaration = Self.declaration(of: spelling)
            return
        }
        return nil
    }

    private static func target(of type: ColumnType) -> SpeltNumber.Target? {
        switch type {
        case .int64: .integer
        case .float64: .float64
        case .money, .decimal: .scaled(type.scale ?? 0)
        default: nil
        }
    }

    private static func reads(_ text: String, _ target: SpeltNumber.Target, _ spelling: Spelling) -> Bool {
        var text = text
        var value: Int64 = 0
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return false }
            return SpeltNumber(target, spelling).read(base, bytes.count, into: &value) == .none
        }
    }

    private static let symbols = ["¥", "円", "€", "$", "£", "￥", "JPY", "EUR", "USD", "GBP", "CHF"]

    /// What the texts show themselves, with each way to read points and commas.
    private static func candidates(_ texts: [String], _ target: SpeltNumber.Target) -> [Spelling] {
        var base = Spelling()
        func contains(_ part: String) -> Bool { texts.contains { $0.contains(part) } }
        base.isFullWidth = texts.contains { text in
            var text = text
            return text.withUTF8 { FullWidthText.contains($0) }
        }
        let triangle = contains("▲") || contains("△"), parentheses = contains("(") || contains("（")
        let trailing = texts.contains { $0.hasSuffix("-") || $0.hasSuffix("－") || $0.hasSuffix("−") }
        if triangle { base.negatives.append(.triangle) }
        if parentheses { base.negatives.append(.parentheses) }
        if trailing { base.negatives.append(.trailingMinus) }
        base.symbols = symbols.filter { contains($0) && !(base.isFullWidth && $0 == "￥") }
        if base.isFullWidth, contains("￥"), !base.symbols.contains("¥") { base.symbols.insert("¥", at: 0) }
        if contains("%") || contains("％") { base.percent = .fraction }
        if target != .float64, texts.contains(where: { $0.contains("E+") || $0.contains("e+") || $0.contains("E-") || $0.contains("e-") }) {
            base.hasExponent = true
        }
        let ways: [(Spelling.DecimalPoint, Spelling.Grouping?)] = [
            (.point, nil), (.point, .comma), (.comma, .point), (.comma, nil), (.point, .space), (.comma, .space), (.point, .apostrophe),
            (.comma, .apostrophe),
        ]
        return ways.map { point, grouping in
            var spelling = base
            (spelling.decimalPoint, spelling.grouping) = (point, grouping)
            return spelling
        }
    }

    /// The keys that differ from a plain spelling, in a fixed order.
    static func declaration(of spelling: Spelling) -> String {
        var keys: [String] = []
        if spelling.isFullWidth { keys.append("full-width: true") }
        if spelling.decimalPoint == .comma { keys.append("decimal-point: \",\"") }
        if let grouping = spelling.grouping { keys.append("grouping: \(grouping == .space ? "space" : "\"\(grouping.rawValue)\"")") }
        if spelling.negatives != [.minus] {
            keys.append("negative: [\(spelling.negatives.map(\.rawValue).joined(separator: ", "))]")
        }
        if !spelling.symbols.isEmpty { keys.append("symbols: [\(spelling.symbols.map { "\"\($0)\"" }.joined(separator: ", "))]") }
        if let percent = spelling.percent { keys.append("percent: \(percent.rawValue)") }
        if spelling.hasExponent { keys.append("exponent: true") }
        return keys.joined(separator: ", ")
    }

    // MARK: hints in rejects

    /// `; declare full-width: true to read this`, or nil. The hint depends on nothing but the text and the column.
    static func hint(for text: UnsafeBufferPointer<UInt8>, in column: FeedColumn) -> String? {
        guard column.companion == nil, column.spelling == .plain, text.count <= 64 else { return nil }
        let text = String(decoding: text, as: UTF8.self)
        if target(of: column.field.type) != nil {
            return SpellingGuess([text], type: column.field.type).map { "; declare `\($0.declaration)` to read this" }
        }
        guard column.field.type == .timestamp || column.field.type == .date else { return nil }
        return format(of: [text], isDate: column.field.type == .date).map { "; declare `\($0.declaration)` to read this" }
    }

    // MARK: times

    /// A format that reads all of some texts, and another that does so too.
    package struct TimeGuess: Sendable {
        package let format: String
        package let isFullWidth: Bool
        /// Day and month swapped.
        package var other: String?
        /// `format: "yyyy/MM/dd"`
        package var declaration: String {
            let word = TimeForm.names.contains(format) ? format : "\"\(format)\""
            return "format: \(word)" + (isFullWidth ? ", full-width: true" : "")
        }
    }

    private static let timeFormats = [
        "yyyy-MM-dd HH:mm:ss", "yyyy/MM/dd HH:mm:ss", "dd.MM.yyyy HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm:ss",
        "yyyy/MM/dd HH:mm", "dd.MM.yyyy HH:mm", "dd/MM/yyyy HH:mm", "MM/dd/yyyy HH:mm", "yyyyMMddHHmmss", "yyyyMMdd HHmmss",
        "d/M/yyyy H:mm", "M/d/yyyy H:mm", "yyyy/M/d H:mm:ss", "yyyy/M/d H:mm", "M/d/yyyy h:mm:ss a", "M/d/yyyy h:mm a", "yyyy年M月d日 H時m分",
        "Gy年M月d日 H時m分",
    ]

    private static let dateFormats = [
        "yyyy/MM/dd", "dd.MM.yyyy", "dd/MM/yyyy", "MM/dd/yyyy", "d/M/yyyy", "M/d/yyyy", "yyyy/M/d", "d.M.yyyy", "yyyyMMdd", "yyyy年M月d日",
        "era", "d MMM yyyy", "dd-MMM-yyyy", "MMM d, yyyy",
    ]

    /// Nil where no known format reads all the texts.
    package static func format(of texts: [String], isDate: Bool) -> TimeGuess? {
        let isFullWidth = texts.contains { text in
            var text = text
            return text.withUTF8 { FullWidthText.contains($0) }
        }
        func reads(_ format: String) -> Bool {
            var spelling = Spelling()
            spelling.isFullWidth = isFullWidth
            var reader = SpeltTime(formats: [format], zone: nil, isDate: isDate, spelling: spelling)
            return texts.allSatisfy { text in
                var text = text
                var value: Int64 = 0
                return text.withUTF8 { bytes in
                    bytes.baseAddress.map { reader.read($0, bytes.count, into: &value) == .none } ?? false
                }
            }
        }
        let formats = isDate ? dateFormats : timeFormats + dateFormats
        guard !texts.isEmpty, let format = (isFullWidth ? ["iso"] + formats : formats).first(where: reads) else { return nil }
        let swapped = String(format.map { $0 == "d" ? "M" : $0 == "M" ? "d" : $0 })
        let other = swapped != format && !format.contains("MMM") && format != "era" && reads(swapped) ? swapped : nil
        return TimeGuess(format: format, isFullWidth: isFullWidth, other: other)
    }
}
