/// An ISO 4217 currency: its code and how many decimals its minor unit has (JPY none, EUR two, BHD three).
public struct Currency: Hashable, Sendable {
    public let code: String
    public let exponent: Int

    private static let withoutDecimals: Set<String> = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
    ]
    private static let withThreeDecimals: Set<String> = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]

    /// Nil unless `code` is three upper-case ASCII letters. Decimals follow ISO 4217 (two where not listed otherwise).
    public init?(_ code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ $0 >= 65 && $0 <= 90 }) else { return nil }
        self.code = code
        exponent = Self.withoutDecimals.contains(code) ? 0 : Self.withThreeDecimals.contains(code) ? 3 : 2
    }

    private init(code: String, exponent: Int) { (self.code, self.exponent) = (code, exponent) }

    /// ISO 4217's code for "no currency".
    public static let unknown = Currency(code: "XXX", exponent: 2)

    /// Minor units in one major unit: 1, 100 or 1000.
    public var minorUnits: Int64 { exponent == 0 ? 1 : exponent == 2 ? 100 : 1_000 }
}

/// An exact amount: integer minor units of one currency. Never a floating-point number.
public struct Money: Hashable, Sendable, CustomStringConvertible {
    public var minor: Int64
    public var currency: Currency

    public init(minor: Int64, currency: Currency) { (self.minor, self.currency) = (minor, currency) }

    /// Reads `25 EUR` or `4.50 EUR`; nil for an unknown form, too many decimals, or an amount beyond 64 bits of minor units.
    public init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let currency = Currency(String(words[1])),
            let minor = Money.minor(words[0], exponent: currency.exponent)
        else { return nil }
        self.init(minor: minor, currency: currency)
    }

    static func minor(_ text: Substring, exponent: Int) -> Int64? {
        var digits = text
        let negative = digits.first == "-"
        if negative { digits = digits.dropFirst() }
        let halves = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = halves.count == 2 ? halves[1] : ""
        guard !halves[0].isEmpty, fraction.count <= exponent, halves.count == 1 || !fraction.isEmpty,
            (halves[0] + fraction).utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let value = Int64(halves[0] + fraction + String(repeating: "0", count: exponent - fraction.count))
        else { return nil }
        return negative ? -value : value
    }

    /// `1234.50`, without the currency.
    public var amountText: String { DecimalText.text(minor, scale: currency.exponent) }

    public var description: String { "\(amountText) \(currency.code)" }
}
