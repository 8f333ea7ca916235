import Records

/// What a `format` of a job file may be: a pattern, or the name of a form that no pattern describes.
package enum TimeForm: Sendable {
    case iso
    case pattern(TimestampPattern)
    /// Seconds since 1970 in UTC, or so many parts of them.
    case epoch(unitsPerSecond: Int64)
    /// Days since the end of 1899 as spreadsheets count them, or since 1904-01-01.
    case excel(is1904: Bool)

    /// Names besides patterns; each with what it reads of 2018-08-08 12:34:56.
    private static let named: [(name: String, example: String, dateExample: String)] = [
        ("iso", "2018-08-08T12:34:56", "2018-08-08"), ("era", "平成30年8月8日", "平成30年8月8日"),
        ("epoch-seconds", "1533731696", "1533731696"), ("epoch-milliseconds", "1533731696000", "1533731696000"),
        ("epoch-microseconds", "1533731696000000", "1533731696000000"), ("excel", "43320.524259259", "43320"),
        ("excel-1904", "41858.524259259", "41858"),
    ]

    /// `iso`, `era` and the others, in a fixed order.
    package static let names = named.map(\.name)

    /// What `era` stands for.
    package static let eraPatterns = ["Gy年M月d日", "Gy.M.d", "Gy/M/d", "Gy-M-d", "GyyMMdd"]

    /// What is wrong with a format, as a clause; nil when nothing is.
    package static func problem(of format: String, hasPivot: Bool) -> String? {
        names.contains(format) ? nil : TimestampPattern.problem(of: format, hasPivot: hasPivot)
    }

    /// The forms a format stands for, in the order they are tried; none for a wrong format.
    static func forms(of format: String) -> [TimeForm] {
        switch format {
        case "iso": [.iso]
        case "era": eraPatterns.compactMap { TimestampPattern($0).map { .pattern($0) } }
        case "epoch-seconds": [.epoch(unitsPerSecond: 1)]
        case "epoch-milliseconds": [.epoch(unitsPerSecond: 1_000)]
        case "epoch-microseconds": [.epoch(unitsPerSecond: 1_000_000)]
        case "excel": [.excel(is1904: false)]
        case "excel-1904": [.excel(is1904: true)]
        default: TimestampPattern(format).map { [.pattern($0)] } ?? []
        }
    }

    /// Whether ``TimestampText`` reads a column's formats; else ``SpeltTime`` does.
    static func isPlain(_ formats: [String]) -> Bool {
        guard formats.count <= 1 else { return false }
        guard let format = formats.first else { return true }
        return !names.contains(format) && TimestampPattern(format).map { !$0.needsSteps } ?? false
    }

    /// 2018-08-08 12:34:56, or its day, as a format would write it; ISO 8601 for nil.
    package static func example(of format: String?, isDate: Bool = false) -> String {
        let entry = named.first { $0.name == format ?? "iso" }
        if let entry { return isDate ? entry.dateExample : entry.example }
        return format.flatMap { TimestampPattern.example(of: $0) } ?? named[0].example
    }
}
