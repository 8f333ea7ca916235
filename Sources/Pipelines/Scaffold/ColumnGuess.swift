import Connectors
import Records

/// What a column of a file seems to be, and why.
struct ColumnGuess {
    var source: String
    /// Made of the source: small letters, digits and _.
    var name: String
    var type: ColumnType
    var format: String?
    /// Texts found that seem to stand for a missing value.
    var nulls: [String]
    var evidence: String
    var isPersonal: Bool
    var count: Int
    var missing: Int
    var distinct: Int
    /// All values are 0 and 1, or true and false.
    var isBinary: Bool

    var isUnique: Bool { missing == 0 && distinct == count && count > 0 }

    private static let markers: Set<String> = ["NA", "N/A", "n/a", "null", "NULL", "Null", "-", "nan", "NaN", "\\N", "None", "?"]
    private static let patterns = [
        "yyyy-MM-dd HH:mm:ss", "yyyy/MM/dd HH:mm:ss", "dd.MM.yyyy HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm:ss",
        "yyyy/MM/dd HH:mm", "dd.MM.yyyy HH:mm", "dd/MM/yyyy HH:mm", "MM/dd/yyyy HH:mm", "yyyyMMddHHmmss", "yyyyMMdd HHmmss",
        "yyyy/MM/dd", "dd.MM.yyyy", "dd/MM/yyyy", "MM/dd/yyyy", "d/M/yyyy H:mm", "M/d/yyyy H:mm", "d/M/yyyy", "M/d/yyyy", "yyyyMMdd",
    ]

    init(source: String, name: String, values: [String]) {
        let nulls = Set(values).intersection(Self.markers).sorted()
        let present = values.filter { !$0.isEmpty && !nulls.contains($0) }
        (self.source, self.name, self.nulls) = (source, name, nulls)
        (count, missing) = (values.count, values.count - present.count)
        let different = Set(present)
        distinct = different.count
        isBinary = !different.isEmpty && (different.isSubset(of: ["0", "1"]) || different.isSubset(of: ["true", "false"]))
        isPersonal = Words(name).containsAny(Words.personal)
        (type, format, evidence) = Self.type(of: present, name: name)
        if type == .string, !nulls.isEmpty {
            // In a column of texts, a dash may well be a text.
            self.nulls = []
            missing = values.count { $0.isEmpty }
        }
        // 1 and 0 among money or numbers stay what they are; a whole column of true and false is a bool.
        if isBinary, different.isSubset(of: ["true", "false"]) { type = .bool }
    }

    private static func type(of values: [String], name: String) -> (ColumnType, String?, String) {
        let rows = "all \(values.count) values"
        guard !values.isEmpty else { return (.string, nil, "no value in the first rows") }
        let isDateLike = Words(name).containsAny(Words.time)
        if fits(.int64, nil, values) {
            if isDateLike, let pattern = ["yyyyMMddHHmmss", "yyyyMMdd"].first(where: { fits(.timestamp, $0, values) }) {
                return (.timestamp, pattern, "\(rows) are such dates")
            }
            if values.contains(where: { $0.count > 1 && $0.hasPrefix("0") }) { return (.string, nil, "digits with leading zeros") }
            return (.int64, nil, "\(rows) are whole numbers")
        }
        if fits(.float64, nil, values) {
            if Words(name).containsAny(Words.amount), let money = Currency("EUR"), fits(.money(money), nil, values) {
                return (.money(money), nil, "\(rows) have at most two decimals")
            }
            return (.float64, nil, "\(rows) are decimal numbers")
        }
        if fits(.timestamp, nil, values) { return (.timestamp, nil, "\(rows) are ISO 8601 times") }
        if let pattern = patterns.first(where: { fits(.timestamp, $0, values) }) {
            let swapped = String(pattern.map { $0 == "d" ? "M" : $0 == "M" ? "d" : $0 })
            if swapped != pattern, fits(.timestamp, swapped, values) {
                return (.timestamp, pattern, "\(rows) are such times, and also \(swapped)")
            }
            return (.timestamp, pattern, "\(rows) are such times")
        }
        return (.string, nil, "texts")
    }

    /// Whether the feed reader itself takes all the values.
    static func fits(_ type: ColumnType, _ format: String?, _ values: [String]) -> Bool {
        batch(type, format, values) != nil
    }

    /// The values as the feed reader reads them; nil when one is refused.
    static func batch(_ type: ColumnType, _ format: String?, _ values: [String]) -> Column? {
        let column = FeedColumn(field: Field("value", type, optional: true), source: "value", format: format)
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
