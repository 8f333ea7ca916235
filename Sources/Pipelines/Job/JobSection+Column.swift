extension JobSection {
    static let column = JobSection(
        path: "feeds.<name>.columns.<name>", summary: "One column. `amount: money` is not enough: a column is a mapping.",
        keys: [
            JobKey(
                "type", "int64, float64, decimal, money, bool, string, enum, date or timestamp", required: true, example: "type: int64",
                "What it holds. `decimal` is exact, `enum` is a text of declared values, `date` a day of no zone."),
            JobKey(
                "from", "a text", default: "the column's name", example: "from: TX_AMOUNT",
                "Name in the header (CSV) or path relative to the row (XML: `Amt/@Ccy`, `../../Acct/Id/IBAN`)."),
        ] + times + numbers + values + [
            JobKey(
                "optional", "true or false", default: "false", example: "optional: true",
                "A value may be missing; otherwise a missing value makes the row a reject."),
            JobKey(
                "personal", "true or false", default: "false", example: "personal: true",
                "Personal data: kept out of messages and logs."),
            JobKey(
                "role", "label", example: "role: label",
                "The column is the row's label (research data): bool, or int64 of 0 and 1. Main feed only."),
            JobKey(
                "known-after", "a length of time", example: "known-after: 7d",
                "How long after its event time a row's label becomes known. Required with `role: label`."),
            JobKey(unsupported: "unit", "Remove it: event time is a timestamp in this version."),
        ])

    private static let times = [
        JobKey(
            "format", "a date pattern or a name, or a list of them", default: "ISO 8601", example: "format: \"yyyy-MM-dd HH:mm:ss\"",
            "Timestamps and dates: yyyy or yy, MM or MMM, dd, HH or hh with a, mm, ss, SSS, XXX, G with y for Japanese eras, E for a "
                + "weekday, and text in single quotes; or iso, era, epoch-seconds, epoch-milliseconds, epoch-microseconds, excel, "
                + "excel-1904. Of a list, the first that reads the text counts."),
        JobKey(
            "zone", "an IANA time zone", default: "UTC", example: "zone: Europe/Berlin",
            "Timestamps, and dates used as event time or known time: zone of times that name none. A time that clocks show twice is the "
                + "first; one that they skip is read as if they had not been set forward."),
        JobKey(
            "pivot", "a year", example: "pivot: 1950",
            "Timestamps and dates with yy: first of the hundred years that two digits may mean (1950: 50 is 1950, 49 is 2049)."),
    ]

    private static let numbers = [
        JobKey("currency", "an ISO 4217 code", example: "currency: EUR", "Money only, and required there."),
        JobKey(
            "currency-from", "a text", example: "currency-from: Amt/@Ccy",
            "Money only: the field that names the currency, found as `from` is; a row with another currency is a reject."),
        JobKey(
            "scale", "a whole number from 0 to 18", example: "scale: 4", "Decimals only, and required there: how many decimals are kept."),
        JobKey(
            "sign", "a mapping", example: "sign: { from: CdtDbtInd, negative: DBIT, positive: CRDT }",
            "Numbers whose sign is in another field."),
        JobKey(
            "full-width", "true or false", default: "false", example: "full-width: true",
            "Numbers, timestamps and dates: full-width digits, signs and spaces (`１，２３４`) count as their ASCII forms."),
        JobKey("decimal-point", "\".\" or \",\"", default: "\".\"", example: "decimal-point: \",\"", "Numbers only."),
        JobKey(
            "grouping", "\",\", \".\", \"'\" or space", example: "grouping: \",\"",
            "Numbers only: what may stand between groups of digits, which must then be whole (`1,23` is a reject). `space` is also U+00A0, "
                + "U+2009 and U+202F."),
        JobKey(
            "grouping-style", "thousands, indian or myriads", default: "thousands", example: "grouping-style: indian",
            "Groups of three digits; of three and then two (`12,34,567`); of four."),
        JobKey(
            "negative", "one or a list of minus, triangle, parentheses, trailing-minus", default: "minus",
            example: "negative: [minus, triangle]", "Numbers only: how a number below zero is written: `-1`, `▲1` or `△1`, `(1)`, `1-`."),
        JobKey(
            "symbols", "a text, or a list of texts", example: "symbols: [\"¥\", \"円\"]",
            "Numbers only: what may stand before or after a number, such as a currency's sign."),
        JobKey(
            "percent", "fraction or number", example: "percent: fraction",
            "Numbers only: values end in `%`; `12.5%` is 0.125 as a fraction, 12.5 as a number."),
        JobKey(
            "exponent", "true or false", default: "false", example: "exponent: true",
            "Integers, decimals and money: `1.5E3` is read. float64 has exponents always."),
        JobKey(
            "non-finite", "true or false", default: "false", example: "non-finite: true", "float64 only: `NaN` and `Infinity` are read."),
        JobKey(
            "rounding", "half-even, half-up or down", example: "rounding: half-even",
            "Integers, decimals and money: what happens to decimals beyond the last one kept; without it, such a row is a reject unless "
                + "they are zeros. Timestamps: to microseconds, `down` without it."),
    ]

    private static let values = [
        JobKey(
            "values", "a list of texts, or a mapping of texts to texts", example: "values: [CRDT, DBIT]",
            "Enum only, and required there: the texts that may stand there, or what each of them means (`{ CRDT: credit }`)."),
        JobKey(
            "true-values", "a text, or a list of texts", example: "true-values: [\"Y\", 有]",
            "Bool only, with `false-values`: the texts that mean true; no others are then read."),
        JobKey("false-values", "a text, or a list of texts", example: "false-values: [\"N\", 無]", "Bool only: the texts that mean false."),
        JobKey(
            "nulls", "a text, or a list of texts", example: "nulls: [\"NA\", \"-\"]",
            "Texts that stand for a missing value, besides the empty text."),
        JobKey(
            "normalize", "a name, or a list of names", example: "normalize: [half-width-kana, wave-dash]",
            "Texts only: nfkc, half-width-kana, wave-dash or fullwidth-tilde, jis-symbols or microsoft-symbols."),
    ]

    static let sign = JobSection(
        path: "feeds.<name>.columns.<name>.sign",
        summary: "Where the sign of a number is, when not in the number. The number itself must then have none.",
        keys: [
            JobKey("from", "a text", required: true, example: "from: CdtDbtInd", "The field, found as a column's `from` is."),
            JobKey(
                "negative", "a text, or a list of texts", required: true, example: "negative: DBIT", "Texts that make the number negative."),
            JobKey(
                "positive", "a text, or a list of texts", required: true, example: "positive: CRDT",
                "Texts that leave it as it is; any other text is a reject. `\"\"` stands for no text."),
        ])
}
