public import GRDB
public import Models
public import Records

/// A note about a review item that a language model drafts and a person edits and signs: what happened, why it was flagged, what to check.
///
/// What goes out is data between marks, masked: personal columns as a whole, wherever their value stands; of evidence, which may speak of
/// others, only numbers, times and amounts; of all other text what recognisers find. What comes back is checked: a sentence stands only if it
/// cites what was sent and has no number that is not there. The exchange is kept in the ledger and the draft with the item
/// (``DraftStore``); signing it is deciding the item with it as the reason.
public struct CaseNote: Sendable {
    /// A draft as a person gets it.
    public struct Draft: Hashable, Sendable {
        /// A paragraph a part, with the masked values put back; empty where nothing stood up to the check.
        public var text: String
        /// The same with pseudonyms in place of the values, as it is kept.
        public var masked: String
        /// What its sentences cite, each once, in the order of the text.
        public var cited: [String]
        /// Sentences that were dropped, and why.
        public var dropped: [AnswerCheck.Dropped]
        public var model: String

        package init(text: String, masked: String, cited: [String], dropped: [AnswerCheck.Dropped], model: String) {
            (self.text, self.masked, self.cited, self.dropped, self.model) = (text, masked, cited, dropped, model)
        }
    }

    /// Parts of a note, in order; each is a member of the answer.
    private static let parts = ["happened", "flagged", "check"]
    private static let mostCharacters = 600
    private static let evidenceRows = 5

    /// By the name that a sentence cites.
    let evidence: [(name: String, text: String)]
    private let mask: OutboundMask

    /// - Parameter personal: names of the columns that never leave in the clear.
    public init(_ item: ReviewItem, personal: Set<String>) {
        var mask = PersonalMask(item.fields.compactMap { personal.contains($0.name) ? $0.value : nil })
        var evidence: [(name: String, text: String)] = []
        for field in item.fields { if let value = field.value { evidence.append((field.name, mask.masked(value))) } }
        if let score = item.score { evidence.append(("score", "\(score)")) }
        evidence.append(("at-stake", "\(item.value)"))
        evidence.append(("cause", item.cause))
        evidence.append(("suggested", item.suggested))
        for (place, reason) in item.reasons.enumerated() { evidence.append(("reason-\(place + 1)", mask.masked(reason))) }
        for (place, table) in item.evidence.enumerated() {
            let rows = table.rows.prefix(Self.evidenceRows).map { row in
                row.map { Self.isFigure($0) ? mask.masked($0) : mask.hiding($0) }.joined(separator: " | ")
            }
            let text = ([mask.masked(table.title), table.columns.joined(separator: " | ")] + rows).joined(separator: "\n")
            evidence.append(("evidence-\(place + 1)", text))
        }
        (self.evidence, self.mask) = (evidence, mask.mask)
    }

    /// A time, an amount, or a number that names nobody: longer whole numbers may be somebody's.
    private static func isFigure(_ cell: String) -> Bool {
        if cell.isEmpty || cell.utf8.contains(45) && Timestamp(iso8601: cell) != nil { return true }
        let words = cell.split(separator: " ", omittingEmptySubsequences: false)
        if words.count == 2 { return isCurrency(words[1]) && isDecimal(words[0]) }
        return words.count == 1 && isDecimal(words[0]) && (cell.contains(".") || cell.utf8.count <= 3)
    }

    private static func isCurrency(_ word: Substring) -> Bool { word.utf8.count == 3 && word.utf8.allSatisfy { 65...90 ~= $0 } }

    /// Digits, at most 11 with at most one point between them, and a sign.
    private static func isDecimal(_ word: Substring) -> Bool {
        let parts = (word.first == "-" ? word.dropFirst() : word).split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.reduce(0) { $0 + $1.utf8.count } <= 11
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { 48...57 ~= $0 } }
    }

    /// The same item gives the same prompt: what was drafted once is answered from the ledger.
    public var prompt: Prompt {
        let members = Self.parts.map { name in
            JSONValue.Member(name, .object([.init("type", .text("string")), .init("maxLength", .integer(Self.mostCharacters))]))
        }
        return Prompt(
            instructions:
                "You draft a note for a reviewer of automated decisions. Use only the fields given. Every sentence ends with the name of the "
                + "field it rests on in square brackets, such as [score]. Write no number that the field does not hold. Do not decide.",
            messages: [
                .init(
                    role: .task,
                    text:
                        "Write `happened` (what happened), `flagged` (why it is in review) and `check` (what to check), one or two sentences each."
                ),
                .init(role: .data, text: JSONValue.object(evidence.map { .init($0.name, .text($0.text)) }).json),
            ],
            schema: .object([
                .init("type", .text("object")), .init("properties", .object(members)),
                .init("required", .array(Self.parts.map { .text($0) })), .init("additionalProperties", .bool(false)),
            ]), tokenLimit: 600, timeLimit: .seconds(120), seed: 1)
    }

    /// What of an answer stands; nil where the model gave none: it was cut off, refused, or is of another form.
    public func draft(from completion: Completion) -> Draft? {
        guard completion.ending == .finished || completion.ending == .stopped,
            let members = JSONValue(parsing: completion.text)?.members
        else { return nil }
        var answer: [String: String] = [:]
        for member in members { if let text = member.value.string { answer[member.name] = text } }
        let check = AnswerCheck(
            fields: Dictionary(uniqueKeysWithValues: Self.parts.map { ($0, .summary(Self.mostCharacters)) }),
            evidence: Dictionary(evidence.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first }))
        let accepted = check.accepted(answer)
        let text = Self.parts.compactMap { accepted.values[$0] }.joined(separator: "\n\n")
        let masked = Self.visible(text)
        var cited: [String] = []
        for name in AnswerCheck.citations(in: masked) where !cited.contains(name) { cited.append(name) }
        return Draft(text: shown(masked), masked: masked, cited: cited, dropped: accepted.dropped, model: completion.invokedModel)
    }

    /// A kept draft with this item's values in place of their pseudonyms.
    func shown(_ masked: String) -> String { Self.visible(mask.restored(masked)) }

    /// A terminal obeys control characters, and a person reads the draft on one.
    private static func visible(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 == "\n" || !isUnseen($0) }))
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E...0x200F: true
        default: false
        }
    }

    /// Of a stored item, with the columns that its job called personal on the run's day.
    public static func of(_ item: ReviewItem, in database: Database) throws(Failure) -> CaseNote {
        guard item.kind == .row else { return CaseNote(item, personal: Set(item.fields.map(\.name))) }
        let job = try RunStore(database).job(ofRun: item.run)
        let personal = job.feeds.flatMap { $0.schema.fields.filter(\.isPersonal).map(\.name) }
        return CaseNote(item, personal: Set(personal))
    }
}
