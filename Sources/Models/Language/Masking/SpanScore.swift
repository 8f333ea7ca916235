/// How well a scanner finds what people marked: spans of one kind count as found when they overlap a mark of that kind.
public struct SpanScore: Sendable {
    public struct Figures: Hashable, Sendable {
        /// Marks that were found, marks that were missed, findings where nothing was marked.
        public var found = 0
        public var missed = 0
        public var wrong = 0
        /// Found with exactly the marked ends.
        public var exact = 0

        public var precision: Double { found + wrong == 0 ? 1 : Double(found) / Double(found + wrong) }
        public var recall: Double { found + missed == 0 ? 1 : Double(found) / Double(found + missed) }
    }

    public private(set) var figures: [SensitiveKind: Figures] = [:]
    public private(set) var texts = 0

    public init() {}

    /// Names that data sets give their marks, and what they are here; other marks are left out.
    public static let names: [String: SensitiveKind] = [
        "EMAIL_ADDRESS": .email, "PHONE_NUMBER": .phone, "IBAN_CODE": .iban, "CREDIT_CARD": .card, "IP_ADDRESS": .ip, "US_SSN": .ssn,
        "JP_MY_NUMBER": .myNumber, "PASSPORT": .passport, "SECRET": .secret,
    ]

    /// Marks written as `TYPE:start:end;…` in Unicode scalars, end exclusive, as byte ranges; nil when a part cannot be read.
    public static func marks(_ text: String, in body: String) -> [SensitiveSpan]? {
        var places: [Int] = []
        var at = 0
        for scalar in body.unicodeScalars {
            places.append(at)
            at += UTF8.width(scalar)
        }
        places.append(at)
        var marks: [SensitiveSpan] = []
        for part in text.split(separator: ";") {
            let fields = part.split(separator: ":")
            guard fields.count == 3, let start = Int(fields[1]), let end = Int(fields[2]), start >= 0, start <= end, end < places.count
            else { return nil }
            if let kind = names[String(fields[0])] { marks.append(SensitiveSpan(kind: kind, range: places[start]..<places[end])) }
        }
        return marks
    }

    /// Counts one text. Kinds that the data set does not mark at all are the caller's to leave out.
    public mutating func add(_ found: [SensitiveSpan], marks: [SensitiveSpan]) {
        texts += 1
        for mark in marks {
            let hits = found.filter { $0.kind == mark.kind && $0.range.overlaps(mark.range) }
            if hits.isEmpty {
                figures[mark.kind, default: Figures()].missed += 1
            } else {
                figures[mark.kind, default: Figures()].found += 1
            }
            if hits.contains(mark) { figures[mark.kind, default: Figures()].exact += 1 }
        }
        for span in found where !marks.contains(where: { $0.kind == span.kind && $0.range.overlaps(span.range) }) {
            figures[span.kind, default: Figures()].wrong += 1
        }
    }
}
