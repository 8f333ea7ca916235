import Connectors
import Crypto
public import Models
public import Records

/// `policy: automatic:`: how much fraud may be cleared without a person, and in which parts of the rows that must hold.
public struct AutomaticSettings: Sendable, Hashable {
    /// Parts of the rows by a number; the promise holds in each of them.
    public struct Segments: Sendable, Hashable {
        /// A number or money column of the main feed, or a feature.
        public var by: String
        /// Rising, in major units of money: below the first, from each to the next, from the last on.
        public var edges: [Double]

        public init(by: String, edges: [Double]) { (self.by, self.edges) = (by, edges) }

        /// `below 50`, `50 to 200`, `200 and more`
        public var names: [String] {
            func text(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)" }
            guard let first = edges.first, let last = edges.last else { return ["all"] }
            return ["below \(text(first))"] + zip(edges, edges.dropFirst()).map { "\(text($0)) to \(text($1))" } + [
                "\(text(last)) and more"
            ]
        }
    }

    /// In 0...1, the share of all fraud that may be cleared.
    public var alpha: Double
    /// In 0.5 ..< 1.
    public var confidence: Double
    /// Set where fraud counts by its amount: the money column, and the amount above which every row goes to a person.
    public var amount: String?
    public var cap: Money?
    public var segments: Segments?
    /// The promise is about what is cleared: of it, at most `alpha` is positive.
    public var isShare = false

    public init(
        alpha: Double, confidence: Double, amount: String? = nil, cap: Money? = nil, segments: Segments? = nil, isShare: Bool = false
    ) {
        (self.alpha, self.confidence, self.amount, self.cap, self.segments) = (alpha, confidence, amount, cap, segments)
        self.isShare = isShare
    }

    public var segmentNames: [String] { segments?.names ?? ["all"] }

    /// - Throws: numbers outside their ranges; `check` has refused them before.
    public func selective() throws(Failure) -> SelectiveSettings {
        try SelectiveSettings(
            risk: isShare ? .share : cap.map { .money(cap: Double($0.minor)) } ?? .count, alpha: alpha, confidence: confidence)
    }

    /// One fact a word, in a fixed order: what `digest` covers.
    var text: String {
        let risk = isShare ? "share" : cap.map { "amount \(amount ?? "") cap \($0.minor) \($0.currency.code)" } ?? "count"
        let parts = segments.map { "segments \($0.by) \($0.edges.map { "\($0)" }.joined(separator: " "))" } ?? "segments none"
        return "automatic \(risk) alpha \(alpha) confidence \(confidence) \(parts)"
    }

    /// What a model's rule was fitted for: SHA-256, lower-case hex.
    public var digest: String { SHA256.hash(data: Array(text.utf8)).hex }

    /// Columns of the main feed, or features, that a row is judged by.
    var operands: [String] { [amount, segments?.by].compactMap { $0 } }
}

/// Where a number of a row stands: in a column of the main feed, or among the stage's features.
struct RowNumber: Sendable, Hashable {
    private enum Place: Hashable {
        case column(Int)
        case feature(Int)
    }
    private let place: Place
    /// What one unit of a number in the job file is in the column (minor units of money).
    let scale: Double

    /// - Returns: nil where there is neither a column nor a feature of that name.
    init?(_ name: String, schema: Schema, featureNames: [String]) {
        if let index = schema.index(of: name) {
            place = .column(index)
            scale = (0..<(schema.fields[index].type.scale ?? 0)).reduce(1) { product, _ in product * 10 }
        } else if let index = featureNames.firstIndex(of: name) {
            (place, scale) = (.feature(index), 1)
        } else {
            return nil
        }
    }

    /// As the column has it (money: minor units); NaN where it is missing.
    func value(batch: RecordBatch, features: FeatureMatrix, row: Int) -> Double {
        switch place {
        case .feature(let index): return Double(features.values[row * features.featureCount + index])
        case .column(let index):
            let column = batch.columns[index]
            guard column.isValid(row) else { return .nan }
            return column.type == .float64 ? column.doubles[row] : Double(column.integers[row])
        }
    }
}

/// The rule for automatic decisions, bound to a job's columns.
struct AutomaticGate: Sendable {
    /// Why a row is not cleared without a person.
    enum Refusal: Sendable {
        /// The rule does not reach it: its score or its amount is too high.
        case beyond
        /// The model has no rule for these settings.
        case noRule
    }

    private let rule: SelectiveRule?
    private let amount: RowNumber?
    private let segment: (number: RowNumber, edges: [Double])?

    /// - Parameter rule: of the model; nil, or one fitted for other settings, clears nothing.
    init(_ settings: AutomaticSettings, rule: AutomaticRule?, schema: Schema, featureNames: [String]) {
        self.rule = rule.flatMap { $0.policy == settings.digest ? $0.rule : nil }
        amount = settings.amount.flatMap { RowNumber($0, schema: schema, featureNames: featureNames) }
        segment = settings.segments.flatMap { parts in
            RowNumber(parts.by, schema: schema, featureNames: featureNames).map { number in (number, parts.edges.map { $0 * number.scale })
            }
        }
    }

    /// Nil where the row may be cleared.
    func refusal(batch: RecordBatch, features: FeatureMatrix, row: Int, score: Float) -> Refusal? {
        guard let rule else { return .noRule }
        let money = amount.map { $0.value(batch: batch, features: features, row: row) } ?? 0
        let place = segment.map { Self.segment($0.number.value(batch: batch, features: features, row: row), edges: $0.edges) } ?? 0
        // A missing amount or a missing segment number is in no segment: it goes to a person.
        guard !money.isNaN, place >= 0 else { return .beyond }
        return rule.clears(score: score, amount: money, segment: place) ? nil : .beyond
    }

    /// The place of a number among rising edges; -1 for NaN.
    static func segment(_ value: Double, edges: [Double]) -> Int { value.isNaN ? -1 : edges.count { $0 <= value } }
}
