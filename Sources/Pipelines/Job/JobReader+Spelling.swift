import Connectors
import Records

/// How a column's values are written in the file.
extension JobReader {
    /// Types of columns as a job file names them; `enum` is a text of declared values.
    static let typeNames = ColumnType.names + ["enum"]

    private static let numbers = ["int64", "float64", "decimal", "money"]

    /// Keys that not every type has: those it belongs to, and who they are.
    private static let places: [(key: String, types: [String], why: String)] = [
        ("currency", ["money"], "only money has one"), ("currency-from", ["money"], "only money has a currency"),
        ("scale", ["decimal"], "only decimals have one"),
        ("format", ["timestamp", "date"], "only timestamps and dates have one"),
        ("zone", ["timestamp", "date"], "only timestamps and dates have one"),
        ("pivot", ["timestamp", "date"], "only timestamps and dates have years"),
        ("full-width", numbers + ["timestamp", "date"], "only numbers, timestamps and dates can be"),
        ("decimal-point", numbers, "only numbers have one"), ("grouping", numbers, "only numbers have one"),
        ("grouping-style", numbers, "only numbers have one"), ("negative", numbers, "only numbers can be"),
        ("symbols", numbers, "only numbers have them"), ("percent", numbers, "only numbers can be"),
        ("exponent", ["int64", "decimal", "money"], "only integers, decimals and money need it; float64 has exponents always"),
        ("non-finite", ["float64"], "only float64 holds NaN and infinity"),
        ("rounding", ["int64", "decimal", "money", "timestamp"], "only integers, decimals, money and timestamps are rounded"),
        ("sign", numbers, "only numbers have one"), ("true-values", ["bool"], "only bool has them"),
        ("false-values", ["bool"], "only bool has them"), ("values", ["enum"], "only an enum has them"),
        ("normalize", ["string"], "only texts have one"),
    ]

    func checkKeys(_ column: JobMapping) {
        guard let type = column["type"]?.scalar, Self.typeNames.contains(type) else { return }
        for (key, types, why) in Self.places where column[key] != nil && !types.contains(type) {
            column.report(.misplacedKey(key, why: why), at: key)
        }
    }

    /// Nil after a finding.
    func readSpelling(_ column: JobMapping) -> Spelling? {
        var spelling = Spelling()
        var isWhole = true
        func read<T>(_ key: String, into target: WritableKeyPath<Spelling, T>, _ read: (JobValue) -> T?) {
            guard let value = column[key] else { return }
            if let result = read(value) { spelling[keyPath: target] = result } else { isWhole = false }
        }
        read("full-width", into: \.isFullWidth) { $0.bool() }
        read("exponent", into: \.hasExponent) { $0.bool() }
        read("non-finite", into: \.isNonFiniteAllowed) { $0.bool() }
        read("decimal-point", into: \.decimalPoint) { $0.read("\".\" or \",\"") { Spelling.DecimalPoint(rawValue: $0) } }
        read("grouping", into: \.grouping) { value in
            if value.literal == " " { return .space }
            return value.read("\",\", \".\", \"'\" or space") { Spelling.Grouping(rawValue: $0) }
        }
        read("grouping-style", into: \.groupingStyle) { Self.oneOf(Spelling.GroupingStyle.self, $0) }
        read("percent", into: \.percent) { Self.oneOf(Spelling.Percent.self, $0) }
        read("rounding", into: \.rounding) { Self.oneOf(Spelling.Rounding.self, $0) }
        read("pivot", into: \.pivot) { $0.integer(1...9_900) }
        read("negative", into: \.negatives) { value in
            guard let texts = value.texts() else { return nil }
            let found = texts.map { Self.oneOf(Spelling.Negative.self, $0) }
            guard found.allSatisfy({ $0 != nil }) else { return nil }
            return Spelling.Negative.allCases.filter { found.contains($0) }
        }
        read("symbols", into: \.symbols) { readTexts($0, allowsEmpty: false) }
        if column["grouping-style"] != nil, column["grouping"] == nil {
            column.report(.missingKey("grouping", form: "what stands between groups", example: "grouping: \",\""))
        }
        if let grouping = column["grouping"], spelling.grouping?.rawValue == spelling.decimalPoint.rawValue {
            grouping.report(
                .wrongValue(
                    found: "'\(spelling.decimalPoint.rawValue)'", expected: "another character than the decimal point's",
                    remedy: spelling.decimalPoint == .point ? "Add `decimal-point: \",\"`." : ""))
        }
        if let values = readValues(column) { spelling.values = values } else { isWhole = false }
        return isWhole ? spelling : nil
    }

    private static func oneOf<T: RawRepresentable & CaseIterable>(_ type: T.Type, _ value: JobValue) -> T? where T.RawValue == String {
        value.choice(T.allCases.map(\.rawValue), of: "choice").flatMap { T(rawValue: $0) }
    }

    /// A text or a list of texts, the bare words null and ~ included.
    private func readTexts(_ value: JobValue, allowsEmpty: Bool) -> [String]? {
        let expected = "a text, or a list of texts"
        let parts = value.isList ? value.list(expected) ?? [] : [value]
        let texts = parts.compactMap(\.literal)
        guard !parts.isEmpty, texts.count == parts.count, allowsEmpty || !texts.contains("") else {
            value.report(.wrongValue(found: value.shown, expected: expected))
            return nil
        }
        return texts
    }

    // MARK: declared values

    /// Of bool and enum columns; nil after a finding, a value of nil where none are declared.
    private func readValues(_ column: JobMapping) -> [Spelling.Value]?? {
        if column["type"]?.scalar == "enum" {
            guard let value = column["values"] else {
                column.report(.missingKey("values", form: "a list of texts, or a mapping", example: "values: [CRDT, DBIT]"))
                return .none
            }
            return readEnum(value).map { .some($0) } ?? .none
        }
        let keys = ["true-values", "false-values"].filter { column[$0] != nil }
        guard let given = keys.first else { return .some(nil) }
        guard keys.count == 2 else {
            let other = given == "true-values" ? "false-values" : "true-values"
            column.report(
                .missingKey(other, form: "a text, or a list of texts", example: "\(other): \(given == "true-values" ? "無" : "有")"))
            return .none
        }
        var values: [Spelling.Value] = []
        for (key, meaning) in [("true-values", "true"), ("false-values", "false")] {
            guard let value = column[key], let texts = readTexts(value, allowsEmpty: false) else { return .none }
            for text in texts {
                if values.contains(where: { $0.written == text }) {
                    value.report(.wrongValue(found: "'\(text)' twice", expected: "each text once"))
                }
                values.append(Spelling.Value(text, meaning))
            }
        }
        return .some(values)
    }

    /// `[CRDT, DBIT]` or `{ CRDT: credit, DBIT: debit }`
    private func readEnum(_ value: JobValue) -> [Spelling.Value]? {
        if value.isMapping {
            guard let mapping = JobMapping(value) else { return nil }
            let values = mapping.entries.map { entry in entry.value.text("a text").map { Spelling.Value(entry.name, $0) } }
            let read = values.compactMap(\.self)
            if mapping.entries.isEmpty { value.report(.wrongValue(found: "no value", expected: "at least one value")) }
            return read.count == values.count && !read.isEmpty ? read : nil
        }
        guard let texts = readTexts(value, allowsEmpty: false) else { return nil }
        for (index, text) in texts.enumerated() where texts[..<index].contains(text) {
            value.report(.wrongValue(found: "'\(text)' twice", expected: "each value once"))
            return nil
        }
        return texts.map { Spelling.Value($0, $0) }
    }

    // MARK: sign and format

    /// `{ from: CdtDbtInd, negative: DBIT, positive: CRDT }`
    func readSign(_ value: JobValue) -> SignSource? {
        guard let sign = JobMapping(value, .sign) else { return nil }
        let source = sign["from"].flatMap { $0.text("the name of the field that has the sign") }
        let negative = sign["negative"].flatMap { readTexts($0, allowsEmpty: true) }
        let positive = sign["positive"].flatMap { readTexts($0, allowsEmpty: true) }
        guard let source, let negative, let positive else { return nil }
        if let both = negative.first(where: { positive.contains($0) }) {
            sign["positive"]?.report(.wrongValue(found: "'\(both)', which is negative", expected: "each text once"))
        }
        return SignSource(source: source, negative: negative, positive: positive)
    }

    /// Checked here as well: the reader would refuse them only once it opens a file.
    func readFormats(_ value: JobValue, hasPivot: Bool) -> [String]? {
        let expected =
            "a date pattern of yyyy MM dd HH mm ss SSS XXX, with text in single quotes, or one of \(TimeForm.names.joined(separator: ", "))"
        let parts = value.isList ? value.list(expected) ?? [] : [value]
        var formats: [String] = []
        for part in parts {
            guard let format = part.text(expected) else { return nil }
            if let problem = TimeForm.problem(of: format, hasPivot: hasPivot) {
                part.report(.wrongValue(found: "\(part.shown) \(problem)", expected: expected))
                return nil
            }
            formats.append(format)
        }
        if formats.isEmpty { value.report(.wrongValue(found: value.shown, expected: expected)) }
        return formats.isEmpty ? nil : formats
    }
}
