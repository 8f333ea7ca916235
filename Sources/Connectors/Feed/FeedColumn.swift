public import Records

/// How one column of a feed is found in the file and read.
public struct FeedColumn: Hashable, Sendable {
    public let field: Field
    /// CSV: the header's name. XML: a path relative to the row (`Amt/@Ccy`, `../../Acct/Id/IBAN`).
    public let source: String
    /// For timestamps and dates, patterns or names of ``TimestampPattern`` tried in this order; empty = ISO 8601.
    public let formats: [String]
    /// IANA time zone of timestamps that name none; nil = UTC.
    public let zone: String?
    /// Texts that stand for a missing value, besides the empty text.
    public let nulls: [String]
    /// Rewriting of texts, after null markers are recognised.
    public let normalize: TextNormalization
    /// How values are spelt, where not plainly.
    public let spelling: Spelling
    /// The sign of the number, where another field has it.
    public let sign: SignSource?
    /// Where the record names the currency of an amount; it must be the column's. Found as `source` is.
    public let currencySource: String?
    /// Set on the columns that a ``BatchBuilder`` adds for `sign` and `currencySource`.
    package let companion: Companion?

    /// A field read for another column: it changes or checks that column's value, and is no column of the batch.
    package enum Companion: Hashable, Sendable {
        case sign(SignSource)
        case currency(Currency)
    }

    public init(
        field: Field, source: String, format: String? = nil, formats: [String] = [], zone: String? = nil, nulls: [String] = [],
        normalize: TextNormalization = .none, spelling: Spelling = .plain, sign: SignSource? = nil, currencySource: String? = nil
    ) {
        (self.field, self.source, self.zone, self.nulls) = (field, source, zone, nulls)
        self.normalize = normalize
        self.formats = (format.map { [$0] } ?? []) + formats
        (self.spelling, self.sign, self.currencySource) = (spelling, sign, currencySource)
        companion = nil
    }

    /// The same column, found elsewhere in the record.
    package func found(at source: String) -> FeedColumn {
        FeedColumn(
            field: field, source: source, formats: formats, zone: zone, nulls: nulls, normalize: normalize, spelling: spelling, sign: sign,
            currencySource: currencySource)
    }

    /// A date as the midnight of its day in the column's zone, for event times; other columns as they are.
    package var asInstant: FeedColumn {
        guard field.type == .date else { return self }
        let time = Field(field.name, .timestamp, optional: field.isOptional, personal: field.isPersonal)
        return FeedColumn(
            field: time, source: source, formats: formats, zone: zone, nulls: nulls, spelling: spelling, sign: sign,
            currencySource: currencySource)
    }

    private init(_ companion: Companion, of column: FeedColumn, source: String) {
        (field, self.source, self.companion) = (column.field, source, companion)
        (formats, zone, nulls, normalize, spelling, sign, currencySource) = ([], nil, [], .none, .plain, nil, nil)
    }

    /// The fields to be read for this column besides its own.
    package var companions: [FeedColumn] {
        var result: [FeedColumn] = []
        if let sign { result.append(FeedColumn(.sign(sign), of: self, source: sign.source)) }
        if let currencySource, case .money(let currency) = field.type {
            result.append(FeedColumn(.currency(currency), of: self, source: currencySource))
        }
        return result
    }

    /// All that a reader must find in a record: the columns, then what is read for them besides; as in ``BatchBuilder/columns``.
    package static func read(_ columns: [FeedColumn]) -> [FeedColumn] { columns + columns.flatMap(\.companions) }
}

/// Where the sign of a number is, when not in the number: `CdtDbtInd` of ISO 20022, a column `S/H`.
public struct SignSource: Hashable, Sendable {
    /// Found as a column's `source` is.
    public let source: String
    /// Texts that make the number negative, and those that leave it as it is; any other text is a reject. An empty text stands for none.
    public let negative: [String]
    public let positive: [String]

    public init(source: String, negative: [String], positive: [String]) {
        (self.source, self.negative, self.positive) = (source, negative, positive)
    }
}

/// How the text of a file spells values, where it does not do so plainly. What is not declared is not read: nothing is guessed.
public struct Spelling: Hashable, Sendable {
    public enum DecimalPoint: String, CaseIterable, Sendable {
        case point = ".", comma = ","
    }

    /// What stands between groups of digits.
    public enum Grouping: String, CaseIterable, Sendable {
        case comma = ",", point = ".", apostrophe = "'"
        /// A space, also U+00A0, U+2009 and U+202F.
        case space = "space"
    }

    public enum GroupingStyle: String, CaseIterable, Sendable {
        /// Groups of three digits.
        case thousands
        /// The last group has three digits, the others two.
        case indian
        /// Groups of four digits.
        case myriads
    }

    /// Ways to write a number below zero.
    public enum Negative: String, CaseIterable, Sendable {
        case minus
        /// `▲1` or `△1`
        case triangle
        /// `(1)`
        case parentheses
        /// `1-`
        case trailingMinus = "trailing-minus"
    }

    public enum Percent: String, CaseIterable, Sendable {
        /// `12.5%` is 0.125.
        case fraction
        /// `12.5%` is 12.5.
        case number
    }

    /// What happens to digits beyond the last that a value holds.
    public enum Rounding: String, CaseIterable, Sendable {
        case halfEven = "half-even"
        /// Halves away from zero.
        case halfUp = "half-up"
        /// Towards zero.
        case down
    }

    /// A text of the file and what it means.
    public struct Value: Hashable, Sendable {
        public let written: String
        /// `true` and `false` in bool columns.
        public let meaning: String

        public init(_ written: String, _ meaning: String) { (self.written, self.meaning) = (written, meaning) }
    }

    /// Full-width digits, signs and spaces (`１，２３４`) count as their ASCII forms.
    public var isFullWidth = false
    public var decimalPoint = DecimalPoint.point
    public var grouping: Grouping?
    public var groupingStyle = GroupingStyle.thousands
    /// In the order of `allCases`.
    public var negatives: [Negative] = [.minus]
    /// Texts that may stand before or after a number once: `¥`, `€`, `円`, `EUR`.
    public var symbols: [String] = []
    public var percent: Percent?
    /// Exponents also in integers, decimals and amounts; floating-point numbers have them always.
    public var hasExponent = false
    /// `NaN`, `Inf` and `Infinity` are floating-point numbers.
    public var isNonFiniteAllowed = false
    /// Nil: digits beyond the last one held must be zeros, or, of a second, are cut off.
    public var rounding: Rounding?
    /// First of the hundred years that two digits may mean.
    public var pivot: Int?
    /// The only texts that are values, of bool and enum columns; nil = any.
    public var values: [Value]?

    public static let plain = Spelling()

    public init() {}
}
