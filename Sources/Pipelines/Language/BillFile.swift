import Connectors
import Models
public import Records

/// A bill as a provider's export has it: a line a month and model, whatever the columns are called.
public struct BillFile: Sendable {
    public struct Line: Hashable, Sendable {
        /// `2026-11`
        public var month: String
        /// As the bill names it: an id, an address, a profile or words such as `Claude Sonnet 4.5`.
        public var model: String
        /// Billionths of a dollar.
        public var money: Int64
    }

    public let lines: [Line]

    private static let months = [
        "month", "date", "period", "usage_month", "start", "bill/billingperiodstartdate", "lineitem/usagestartdate",
    ]
    private static let models = ["model", "model_id", "modelid", "item", "product", "description", "usage_type", "lineitem/usagetype"]
    private static let dollars = ["usd", "cost", "amount", "cost_usd", "unblended_cost", "lineitem/unblendedcost"]

    /// - Throws: a file that cannot be read, lacks one of the three columns, or has a line without month or amount.
    public init(path: String, text: String) throws(Failure) {
        let head = text.split(whereSeparator: \.isNewline).first ?? ""
        let names = head.split(separator: ",", omittingEmptySubsequences: false).map { name in
            String(name.filter { $0 != "\"" && $0 != "\u{FEFF}" })
        }
        func column(_ known: [String]) -> String? {
            known.lazy.compactMap { word in names.first { $0.lowercased().split(separator: " ").joined(separator: "_") == word } }.first
        }
        guard let month = column(Self.months), let model = column(Self.models), let money = column(Self.dollars) else {
            throw .bill(path, line: 1, found: "columns \(names.prefix(12).joined(separator: ", "))")
        }
        let file = try TextColumns(path: path, columns: [month, model, money])
        var lines: [Line] = []
        for row in 0..<file.count {
            let (time, name, amount) = (file.columns[0][row], file.columns[1][row], file.columns[2][row])
            guard let month = Self.month(time), !name.isEmpty, let dollars = Double(amount.filter { $0 != "$" && $0 != "," }),
                dollars.isFinite,
                abs(dollars) < 1e9
            else { throw .bill(path, line: row + 2, found: "no line of month, model and dollars") }
            lines.append(Line(month: month, model: name, money: Int64((dollars * 1e9).rounded())))
        }
        self.lines = lines
    }

    /// The first seven characters of a date, `2026-11` or `2026/11`.
    private static func month(_ text: String) -> String? {
        let digits = text.prefix(7).split { $0 == "-" || $0 == "/" }
        guard digits.count == 2, digits[0].count == 4, digits[1].count == 2, let year = Int(digits[0]), let month = Int(digits[1]),
            year > 1990, (1...12).contains(month)
        else { return nil }
        return "\(digits[0])-\(digits[1])"
    }
}

/// Whether a bill and the ledger speak of one model: ids with or without the prefix of a profile, addresses, versions and dates, and the words of
/// a price list.
public enum ModelNames {
    /// The model of the ledger that a bill's words mean; of several that fit the one told most closely, nil where none does.
    public static func match(_ billed: String, among models: [String]) -> String? {
        let bare = ModelPlace(billed, region: "").bareModel
        if let same = models.first(where: { $0 == billed || ModelPlace($0, region: "").bareModel == bare }) { return same }
        let words = squashed(bare)
        let fitting = models.filter { stands(core($0), in: words) }
        return fitting.max { (core($0).utf8.count, $1) < (core($1).utf8.count, $0) }
    }

    /// What is left of an id without maker, version, date and words that every id has: `claudesonnet45`.
    static func core(_ model: String) -> String {
        let bare = ModelPlace(model, region: "").bareModel
        let name = bare.split(separator: ".", maxSplits: 1).last.map(String.init) ?? bare
        let parts = name.split { "-_:. ".contains($0) }.map { $0.lowercased() }
        let kept = parts.enumerated().filter { index, part in
            let isDate = part.count == 8 && part.allSatisfy(\.isNumber)
            let isVersion = part.first == "v" && part.dropFirst().allSatisfy(\.isNumber) && index > 0
            return !isDate && !isVersion && !["instruct", "text"].contains(part) && !(index == parts.count - 1 && part == "0")
        }
        return kept.map(\.element).joined()
    }

    private static func squashed(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// Whole: a digit after it, or before a digit of its own, would be another model's.
    private static func stands(_ core: String, in words: String) -> Bool {
        guard !core.isEmpty else { return false }
        return words.ranges(of: core).contains { range in
            let isLonger = range.upperBound < words.endIndex && words[range.upperBound].isNumber && core.last?.isNumber == true
            return !isLonger
        }
    }
}

extension Failure {
    static func bill(_ path: String, line: Int, found: String) -> Failure {
        Failure(
            .usage, code: "report.bill", what: "the bill cannot be read", place: "\(path):\(line)", found: found,
            expected: "columns such as month, model and usd, and lines such as `2026-11,amazon.nova-lite-v1:0,12.50`",
            remedy: "Export the bill by month and model.")
    }
}
