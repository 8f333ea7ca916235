import Crypto
public import GRDB
public import Records

/// A note that a model drafted about an item, as it is kept with the item.
public struct KeptDraft: Hashable, Sendable {
    public var id: Int64
    public var item: Int64
    public var model: String
    public var drafted: Timestamp
    /// A paragraph a part, with the masked values put back; where the item no longer holds what was sent, with their pseudonyms.
    public var text: String
    /// The fields, reasons and evidence that its sentences cite, each once, in the order of the text.
    public var cited: [String]

    /// As the reason of a decision: in one line.
    public var reason: String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}

/// Drafts of notes about items, and which decisions were signed from one; over an open transaction. Append-only.
public struct DraftStore {
    public let database: Database

    public init(_ database: Database) { self.database = database }

    /// Keeps a draft with its item. The newest again, word for word, is kept once.
    ///
    /// - Parameter note: what the draft was drafted from.
    public func keep(_ draft: CaseNote.Draft, of item: Int64, from note: CaseNote, at now: Timestamp) throws(Failure) {
        try database.worded {
            let newest = try Row.fetchOne(
                database, sql: "SELECT model, text, evidence FROM pipeline_drafts WHERE item = ? ORDER BY id DESC LIMIT 1",
                arguments: [item])
            if let newest, newest["model"] as String == draft.model, newest["text"] as String == draft.masked,
                newest["evidence"] as String == note.digest
            {
                return
            }
            try database.execute(
                sql: "INSERT INTO pipeline_drafts (item, model, drafted, evidence, text, cited) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    item, draft.model, now.microseconds, note.digest, draft.masked, JSONValue.array(draft.cited.map { .text($0) }).json,
                ])
        }
    }

    /// Nil where nothing was drafted.
    public func newest(of item: ReviewItem) throws(Failure) -> KeptDraft? { try all(of: item).first }

    /// The newest first.
    public func all(of item: ReviewItem) throws(Failure) -> [KeptDraft] {
        try database.worded {
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: "SELECT * FROM pipeline_drafts WHERE item = ? ORDER BY id DESC"), arguments: [item.id])
            guard !rows.isEmpty else { return [] }
            let note = try? CaseNote.of(item, in: database)
            return rows.map { row in
                let masked: String = row["text"]
                return KeptDraft(
                    id: row["id"], item: item.id, model: row["model"], drafted: row.timestamp("drafted"),
                    text: note.flatMap { $0.digest == row["evidence"] as String ? $0.shown(masked) : nil } ?? masked,
                    cited: (JSONValue(parsing: row["cited"] as String)?.elements ?? []).compactMap(\.string))
            }
        }
    }

    /// Records that a decision's reason began as a draft, where it did, in the audit chain too.
    func sign(_ decision: ReviewDecision, of item: ReviewItem) throws {
        for draft in try all(of: item) {
            guard let isEdited = DraftedReason(draft.text).isEdited(in: decision.reason) else { continue }
            try database.runCached(
                "INSERT INTO pipeline_signatures (id, draft, edited) VALUES (?, ?, ?)", [decision.id, draft.id, isEdited])
            return try AuditChain(database).appendSignature(of: decision)
        }
    }
}

/// A draft beside what somebody gave as a reason.
struct DraftedReason {
    /// Fewer bytes of letters and digits than this are no sentence that tells where it came from.
    private static let least = 12

    private let text: String

    init(_ text: String) { self.text = text }

    /// Whether the reason is another text than the draft, blanks apart; nil where not one sentence of the draft is left in it.
    func isEdited(in reason: String) -> Bool? {
        if Self.joined(reason) == Self.joined(text) { return false }
        let said = Self.words(reason)
        let isLeft = sentences.contains { sentence in
            let words = Self.words(sentence)
            return words.utf8.count >= Self.least + 2 && said.contains(words)
        }
        return isLeft ? true : nil
    }

    /// Ends of a sentence are line breaks and . ! ? 。 before a blank, a citation or the end.
    private var sentences: [String] {
        var sentences: [String] = [], current = ""
        let characters = Array(text)
        for (place, character) in characters.enumerated() {
            current.append(character)
            let isLast = place + 1 == characters.count || characters[place + 1].isWhitespace
            guard character.isNewline || "。！？".contains(character) || ".!?".contains(character) && isLast else { continue }
            sentences.append(current)
            current = ""
        }
        return sentences + [current]
    }

    private static func joined(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    /// Letters and digits in words between blanks, in lower case, without what stands in square brackets.
    private static func words(_ text: String) -> String {
        var words = " ", isInside = false
        for character in text.lowercased() {
            if character == "[" { isInside = true }
            if character == "]" { isInside = false }
            if !isInside, character.isLetter || character.isNumber {
                words.append(character)
            } else if words.last != " " {
                words.append(" ")
            }
        }
        if words.last != " " { words.append(" ") }
        return words
    }
}

extension CaseNote {
    /// Of what was sent: a draft's pseudonyms stand for this item's values as long as it is the same.
    var digest: String {
        SHA256.hash(data: Array(JSONValue.object(evidence.map { .init($0.name, .text($0.text)) }).json.utf8)).hexadecimal
    }
}

extension AuditChain {
    /// With the draft's model and time, so that neither can be changed; not with its text, of which an erasure may take a name.
    func appendSignature(of decision: ReviewDecision) throws {
        guard let row = try Row.fetchOne(database, sql: AuditSubject.signature.sql + " WHERE s.id = ?", arguments: [decision.id]) else {
            return
        }
        try append(
            .signature, subject: decision.id, body: AuditSubject.body(row), actor: decision.person.actor, host: decision.person.host,
            at: Timestamp(microseconds: decision.decided))
    }
}

extension AuditSubject {
    static let signature = AuditSubject(
        kind: .signature, table: "pipeline_signatures",
        sql: """
            SELECT s.*, d.item AS draft_item, d.model AS draft_model, d.drafted AS draft_drafted
            FROM pipeline_signatures s LEFT JOIN pipeline_drafts d ON d.id = s.draft
            """)
}
