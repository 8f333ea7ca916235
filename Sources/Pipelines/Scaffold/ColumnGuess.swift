import Connectors
import Records

/// What a column of a file seems to be, and why.
struct ColumnGuess {
    var source: String
    /// Made of the source: small letters, digits and _.
    var name: String
    var type: ColumnType
    var format: String?
    /// Keys of a column's declaration that say how its values are spelt: `full-width: true`; empty for plain ones.
    var declaration = ""
    var spelling = Spelling.plain
    /// Texts found that seem to stand for a missing value.
    var nulls: [String]
    var evidence: String
    var isPersonal: Bool
    var count: Int
    var missing: Int
    var distinct: Int
    /// The value of every row, where there is but one.
    var only: String?
    /// Of an amount: the column that names its currency.
    var currencySource: String?
    /// All values are 0 and 1, or true and false.
    var isBinary: Bool

    var isUnique: Bool { missing == 0 && distinct == count && count > 0 }

    private static let markers: Set<String> = ["NA", "N/A", "n/a", "null", "NULL", "Null", "-", "nan", "NaN", "\\N", "None", "?"]
    /// Tried before all others, for their order of day and month is known.
    private static let compact = ["yyyyMMddHHmmss", "yyyyMMdd"]

    init(source: String, name: String, values: [String]) {
        let nulls = Set(values).intersection(Self.markers).sorted()
        let present = values.filter { !$0.isEmpty && !nulls.contains($0) }
        (self.source, self.name, self.nulls) = (source, name, nulls)
        (count, missing) = (values.count, values.count - present.count)
        let different = Set(present)
        distinct = different.count
        only = different.count == 1 ? different.first : nil
        isBinary = !different.isEmpty && (different.isSubset(of: ["0", "1"]) || different.isSubset(of: ["true", "false"]))
        isPersonal = Words(name).containsAny(Words.personal)
        let found = Self.type(of: present, name: name)
        (type, format, evidence) = (found.type, found.format, found.evidence)
        (declaration, spelling) = (found.declaration, found.spelling)
        if type == .string, !nulls.isEmpty {
            // In a column of texts, a dash may well be a text.
            self.nulls = []
            missing = values.count { $0.isEmpty }
        }
        // 1 and 0 among money or numbers stay what they are; a whole column of true and false is a bool.
        if isBinary, different.isSubset(of: ["true", "false"]) { type = .bool }
    }

    private struct Found {
        var type: ColumnType
        var format: String?
        var evidence: String
        var declaration = ""
        var spelling = Spelling.plain

        init(_ type: ColumnType, _ evidence: String, format: String? = nil) {
            (self.type, self.evidence, self.format) = (type, evidence, format)
        }
    }

    private static func type(of values: [String], name: String) -> Found {
        let rows = "all \(values.count) values"
        guard !values.isEmpty else { return Found(.string, "no value in the first rows") }
        let isAmount = Words(name).containsAny(Words.amount)
        if fits(.int64, nil, values) {
            if Words(name).containsAny(Words.time), let pattern = compact.first(where: { fits(.timestamp, $0, values) }) {
                return Found(pattern == "yyyyMMdd" ? .date : .timestamp, "\(rows) are such dates", format: pattern)
            }
            if values.contains(where: { $0.count > 1 && $0.hasPrefix("0") }) { return Found(.string, "digits with leading zeros") }
            return Found(.int64, "\(rows) are whole numbers")
        }
        if fits(.float64, nil, values) {
            if isAmount, let money = Currency("EUR"), fits(.money(money), nil, values) {
                return Found(.money(money), "\(rows) have at most two decimals")
            }
            return Found(.float64, "\(rows) are decimal numbers")
        }
        return time(values, rows) ?? spelt(values, rows, isAmount: isAmount) ?? Found(.string, "texts")
    }

    private static func time(_ values: [String], _ rows: String) -> Found? {
        if fits(.date, nil, values) { return Found(.date, "\(rows) are ISO 8601 dates") }
        if fits(.timestamp, nil, values) { return Found(.timestamp, "\(rows) are ISO 8601 times") }
        for (type, word) in [(ColumnType.date, "dates"), (.timestamp, "times")] {
            guard let guess = SpellingGuess.format(of: values, isDate: type == .date) else { continue }
            let also = guess.other.map { ", and also \($0)" } ?? ""
            var found = Found(type, "\(rows) are such \(word)\(also)", format: guess.format)
            if guess.isFullWidth {
                found.declaration = "full-width: true"
                found.spelling.isFullWidth = true
            }
            return found
        }
        return nil
    }

    /// Numbers that are not plain: groups, full-width digits, symbols.
    private static func spelt(_ values: [String], _ rows: String, isAmount: Bool) -> Found? {
        var types: [(ColumnType, String)] = [(.int64, "whole numbers"), (.float64, "decimal numbers")]
        if isAmount, let money = Currency("EUR") { types.insert((.money(money), "amounts"), at: 1) }
        for (type, word) in types {
            guard let guess = SpellingGuess(values, type: type) else { continue }
            var found = Found(type, "\(rows) are \(word) written so")
            (found.declaration, found.spelling) = (guess.declaration, guess.spelling)
            return found
        }
        return nil
    }

    /// Whether the feed reader itself takes all the values.
    static func fits(_ type: ColumnType, _ format: String?, _ values: [String], spelling: Spelling = .plain) -> Bool {
        batch(type, format, values, spelling: spelling) != nil
    }

    /// The values as the feed reader reads them; nil when one is refused.
    static func batch(_ type: ColumnType, _ format: String?, _ values: [String], spelling: Spelling = .plain) -> Column? {
        let column = FeedColumn(field: Field("value", type, optional: true), source: "value", format: format, spelling: spelling)
        guard let builder = try? BatchBuilder(columns: [column], capacity: max(1, values.count)) else { return nil }
        for (index, text) in values.enumerated() {
            var text = text
            let fault = text.withUTF8 { builder.set(0, $0) }
            if fault != .none { return nil }
            builder.commitRow(number: Int64(index + 1))
        }
        return builder.finish().columns[0]
    }
}

/// A name cut into its words, for comparing with words that hint at a meaning.
struct Words {
    let words: [String]
    private let joined: String

    /// `TX_DATETIME`, `txDateTime` and `tx-datetime` all have the words tx and datetime (or date and time).
    init(_ name: String) {
        var words: [String] = [], word = "", previous: Character = "_"
        for character in name {
            let starts = character.isUppercase && previous.isLowercase
            if !(character.isLetter || character.isNumber) || starts {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if character.isLetter || character.isNumber { word += character.lowercased() }
            previous = character
        }
        if !word.isEmpty { words.append(word) }
        self.words = words
        joined = words.joined()
    }

    /// A whole word, or a longer hint inside the joined words (`nameorig` in `nameOrig`).
    func containsAny(_ hints: [String]) -> Bool { hint(hints) != nil }

    func hint(_ hints: [String]) -> String? {
        hints.first { hint in words.contains(hint) || (hint.count >= 5 && joined.contains(hint)) }
    }

    static let time = ["datetime", "timestamp", "time", "date", "day", "created", "occurred", "booked", "dt", "ts", "when"]
    static let amount = ["amount", "amt", "price", "total", "value", "sum", "paid", "betrag", "cost", "fee", "charge"]
    static let currency = ["currency", "ccy", "curr", "cur", "iso", "waehrung", "währung", "通貨"]
    static let identifier = [
        "transaction", "transactionid", "tx", "txn", "trx", "id", "uuid", "key", "number", "no", "nr", "ref", "reference",
    ]
    static let customer = [
        "customer", "cust", "client", "cardholder", "card", "account", "acct", "user", "member", "pan", "payer", "debtor", "iban", "sender",
        "nameorig", "holder",
    ]
    static let terminal = [
        "terminal", "merchant", "shop", "store", "pos", "device", "payee", "creditor", "seller", "vendor", "counterparty", "namedest",
        "recipient", "branch",
    ]
    static let label = ["fraud", "isfraud", "fraudulent", "label", "chargeback", "target", "class"]
    static let personal =
        customer + ["name", "email", "mail", "phone", "mobile", "address", "street", "birth", "birthday", "ssn", "passport", "ip"]
}
