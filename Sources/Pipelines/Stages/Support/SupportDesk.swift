import Models
import Records

/// What messages are answered from and who takes them over: rows of the table feeds, newest of each key.
struct SupportDesk {
    private struct Answer: Hashable {
        var passage: Passage
        /// For messages of this intent only; nil = for any.
        var intent: String?
        var language: String
    }

    /// Passages shown for a message.
    private static let most = 3

    private(set) var routes: [String: String] = [:]
    private var answers: [String: Answer] = [:]
    private var changed: Set<String> = []
    private var changedRoutes: Set<String> = []
    private var index: PassageIndex?
    /// Of each passage of the index, the intent that it answers alone.
    private var bounds: [String?] = []
    private var byIntent: [String: [Answer]] = [:]

    /// Passages declared for the intent, those in the message's language first; then those found by the message's own words.
    mutating func passages(
        for text: String, intent: String?, language: String, asOf time: Timestamp
    ) -> (passages: [Passage], areDeclared: Bool) {
        guard !answers.isEmpty else { return ([], false) }
        if index == nil { build() }
        let declared = (intent.flatMap { byIntent[$0] } ?? []).filter { $0.passage.holds(at: time) }
        let own = declared.filter { $0.language == language }
        var found = (own.isEmpty ? declared : own).map(\.passage)
        if found.count < Self.most {
            for place in index?.places(of: text, asOf: time, limit: 10) ?? [] where bounds[place] == nil || bounds[place] == intent {
                guard let passage = index?.passages[place], !found.contains(passage) else { continue }
                found.append(passage)
            }
        }
        return (Array(found.prefix(Self.most)), !declared.isEmpty)
    }

    private mutating func build() {
        let ordered = answers.keys.sorted().compactMap { answers[$0] }
        index = PassageIndex(ordered.map(\.passage))
        bounds = ordered.map(\.intent)
        byIntent = [:]
        for answer in ordered { if let intent = answer.intent { byIntent[intent, default: []].append(answer) } }
    }

    // MARK: Rows

    mutating func absorbAnswers(_ batch: RecordBatch, feed: String) throws(Failure) {
        let (ids, texts) = (try Self.column("id", of: batch, feed: feed), try Self.column("text", of: batch, feed: feed))
        let sources = Self.optional("source", of: batch), intents = Self.optional("intent", of: batch)
        func time(_ name: String, _ row: Int) -> Timestamp? {
            guard let column = batch.schema.index(of: name).map({ batch.columns[$0] }), column.type == .timestamp, column.isValid(row)
            else {
                return nil
            }
            return Timestamp(microseconds: column.integers[row])
        }
        let guess = LanguageGuess()
        for row in 0..<batch.count {
            guard let id = ids.string(row), let text = texts.string(row) else { continue }
            let intent = intents?.string(row).flatMap { $0.isEmpty ? nil : $0 }
            let passage = Passage(
                id: id, source: sources?.string(row) ?? "", text: text, validFrom: time("valid_from", row) ?? .distantPast,
                validTo: time("valid_to", row))
            answers[id] = Answer(passage: passage, intent: intent, language: guess.guess(text).language)
            changed.insert(id)
        }
        index = nil
    }

    mutating func absorbRoutes(_ batch: RecordBatch, feed: String) throws(Failure) {
        let (intents, names) = (try Self.column("intent", of: batch, feed: feed), try Self.column("route", of: batch, feed: feed))
        for row in 0..<batch.count {
            guard let intent = intents.string(row), let route = names.string(row) else { continue }
            routes[intent] = route
            changedRoutes.insert(intent)
        }
    }

    private static func optional(_ name: String, of batch: RecordBatch) -> Column? {
        batch.schema.index(of: name).map { batch.columns[$0] }.flatMap { $0.type == .string ? $0 : nil }
    }

    private static func column(_ name: String, of batch: RecordBatch, feed: String) throws(Failure) -> Column {
        guard let column = optional(name, of: batch) else {
            throw .stageTable(
                SupportStage.name, feed: feed, found: batch.schema.fields.map { "\($0.name) (\($0.type.name))" },
                expected: ["a text column `\(name)`"])
        }
        return column
    }

    // MARK: Bytes

    var bytes: Int { answers.values.reduce(routes.count * 64) { $0 + 128 + 3 * $1.passage.text.utf8.count } }

    mutating func delta() -> [UInt8] {
        defer { (changed, changedRoutes) = ([], []) }
        return changed.isEmpty && changedRoutes.isEmpty ? [] : written(changed.sorted(), changedRoutes.sorted())
    }

    mutating func base() -> [UInt8] {
        (changed, changedRoutes) = ([], [])
        return written(answers.keys.sorted(), routes.keys.sorted())
    }

    private func written(_ ids: [String], _ intents: [String]) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(UInt64(ids.count))
        for id in ids {
            guard let answer = answers[id] else { continue }
            for text in [id, answer.passage.source, answer.passage.text, answer.intent ?? "", answer.language] { writer.text(text) }
            writer.signed(answer.passage.validFrom.microseconds)
            writer.byte(answer.passage.validTo == nil ? 0 : 1)
            writer.signed(answer.passage.validTo?.microseconds ?? 0)
        }
        writer.varint(UInt64(intents.count))
        for intent in intents {
            writer.text(intent)
            writer.text(routes[intent] ?? "")
        }
        writer.seal()
        return writer.bytes
    }

    /// False for damaged bytes.
    mutating func apply(_ bytes: [UInt8]) -> Bool {
        guard var reader = ByteReader(sealed: bytes) else { return false }
        for _ in 0..<reader.count(of: 8) {
            let (id, source, text) = (reader.string(), reader.string(), reader.string())
            let (intent, language) = (reader.string(), reader.string())
            let from = Timestamp(microseconds: reader.signed())
            let hasEnd = reader.byte() == 1
            let end = Timestamp(microseconds: reader.signed())
            answers[id] = Answer(
                passage: Passage(id: id, source: source, text: text, validFrom: from, validTo: hasEnd ? end : nil),
                intent: intent.isEmpty ? nil : intent, language: language)
        }
        for _ in 0..<reader.count(of: 2) {
            let intent = reader.string()
            routes[intent] = reader.string()
        }
        index = nil
        return reader.isAtEnd
    }
}
