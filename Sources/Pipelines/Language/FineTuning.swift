import Connectors
import Crypto
package import GRDB
import Models
public import Records

/// Decisions of people as examples for fine-tuning: masked, split by time, each example once.
public struct FineTuning: Sendable {
    /// How a line is written.
    public enum Form: String, CaseIterable, Sendable {
        /// `bedrock-conversation-2024`: system and messages (Amazon Bedrock user guide, "Prepare data for fine-tuning": Nova, Claude).
        case bedrockConversation = "bedrock-conversation"
        /// `prompt` and `completion` (the same guide: Titan, Llama).
        case bedrockPrompt = "bedrock-prompt"
        /// `messages` with role and content (OpenAI's fine-tuning guide).
        case openAI = "openai"
    }

    /// What a person decided of a row, as a model is to learn it.
    public struct Example: Hashable, Sendable {
        public var question: String
        public var answer: String
        /// Event time of the row.
        public var time: Timestamp

        public init(question: String, answer: String, time: Timestamp) {
            (self.question, self.answer, self.time) = (question, answer, time)
        }
    }

    public let job: String
    public let split: Timestamp
    /// Rows before the split, and those from it on that no earlier one equals; by event time, then by item.
    public let training: [Example]
    public let test: [Example]
    /// Examples left out since an equal question is there already, by the same person or another.
    public let duplicates: Int
    /// Equal questions that were answered differently: the newest answer is kept.
    public let contradictions: Int
    /// Values that were masked.
    public let masked: Int

    static let system = "You decide about a row of a table for a reviewer. Answer with one outcome and nothing else."

    /// Of decisions known at a time: of each row's newest version the last decision that holds.
    ///
    /// - Parameters:
    ///   - split: event time from which on rows are for the test.
    ///   - known: decisions of later times are left out.
    /// - Throws: the job decided nothing yet; its stored file cannot be read.
    package init(job name: String, split: Timestamp, known: Timestamp, in database: Database) throws(Failure) {
        let rows = try database.worded {
            try Row.fetchAll(
                database,
                sql: """
                    SELECT i.*, d.outcome AS decided_outcome FROM pipeline_review_items i
                    JOIN pipeline_decisions d ON d.id = (
                        SELECT max(id) FROM pipeline_decisions WHERE item = i.id AND decided <= :known)
                    JOIN pipeline_runs r ON r.id = i.run
                    WHERE i.job = :job AND i.kind = 'row' AND r.status = 'done'
                        AND NOT EXISTS (SELECT 1 FROM pipeline_review_items n WHERE n.job = i.job AND n.kind = 'row' AND n.key = i.key
                            AND n.version > i.version AND n.created <= :known)
                    ORDER BY i.event_time, i.id
                    """, arguments: ["job": name, "known": known.microseconds])
        }
        guard !rows.isEmpty else { throw .nothingDecided(name) }
        var jobs: [Int64: Set<String>] = [:], masked = 0
        var examples: [Example] = []
        for row in rows {
            let item = try database.worded { try ReviewItem(row: row) }
            if jobs[item.run] == nil { jobs[item.run] = Self.personal(try RunStore(database).job(ofRun: item.run)) }
            var mask = ExampleMask(item, personal: jobs[item.run] ?? [])
            let question = mask.question()
            masked += mask.count
            examples.append(Example(question: question, answer: row["decided_outcome"], time: item.eventTime))
        }
        (job, self.split, self.masked) = (name, split, masked)
        (training, test, duplicates, contradictions) = Self.parted(examples, split: split)
    }

    private static func personal(_ job: Job) -> Set<String> {
        Set(job.feeds.flatMap { $0.columns.map(\.field) }.filter(\.isPersonal).map(\.name))
    }

    /// - Parameter examples: by event time.
    package static func parted(_ examples: [Example], split: Timestamp) -> (
        training: [Example], test: [Example], duplicates: Int, contradictions: Int
    ) {
        var places: [String: Int] = [:], kept: [Example] = [], duplicates = 0, contradictions = 0
        for example in examples {
            guard let place = places[example.question] else {
                places[example.question] = kept.count
                kept.append(example)
                continue
            }
            duplicates += 1
            if kept[place].answer != example.answer { contradictions += 1 }
            // A training example never learns from a later one: what is asked of the test must not reach it.
            if kept[place].time >= split || example.time < split { kept[place].answer = example.answer }
        }
        return (kept.filter { $0.time < split }, kept.filter { $0.time >= split }, duplicates, contradictions)
    }

    // MARK: Writing

    /// JSON lines, each with its line feed.
    public static func lines(_ examples: [Example], as form: Form) -> String {
        examples.map { example in
            let value: JSONValue
            func text(_ value: String) -> JSONValue { .array([.object([.init("text", .text(value))])]) }
            func message(_ role: String, _ content: JSONValue) -> JSONValue {
                .object([.init("role", .text(role)), .init("content", content)])
            }
            switch form {
            case .bedrockConversation:
                value = .object([
                    .init("schemaVersion", .text("bedrock-conversation-2024")), .init("system", text(system)),
                    .init("messages", .array([message("user", text(example.question)), message("assistant", text(example.answer))])),
                ])
            case .bedrockPrompt:
                value = .object([
                    .init("prompt", .text(system + "\n\n" + example.question)), .init("completion", .text(example.answer)),
                ])
            case .openAI:
                value = .object([
                    .init(
                        "messages",
                        .array([
                            message("system", .text(system)), message("user", .text(example.question)),
                            message("assistant", .text(example.answer)),
                        ]))
                ])
            }
            return value.json + "\n"
        }.joined()
    }

    /// What the files hold and how they came about, as Markdown.
    public func card(form: Form, files: [(name: String, text: String)]) -> String {
        func counts(_ examples: [Example]) -> String {
            let sums = Dictionary(grouping: examples, by: \.answer).mapValues(\.count).sorted { $0.key < $1.key }
            return sums.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
        func range(_ examples: [Example]) -> String {
            guard let first = examples.first?.time, let last = examples.last?.time else { return "none" }
            return "\(first.iso8601) to \(last.iso8601)"
        }
        var text = "# Fine-tuning data of job \(job)\n\n"
        text += "Decisions of people about rows, as \(form.rawValue) JSON lines. Made by `pipeline export fine-tuning`.\n\n"
        text += "| part | examples | event times | answers |\n|---|---|---|---|\n"
        text += "| training | \(training.count) | \(range(training)) | \(counts(training)) |\n"
        text += "| test | \(test.count) | \(range(test)) | \(counts(test)) |\n\n"
        text += "- Split by event time at \(split.iso8601): no row of the test is older than one of the training.\n"
        text +=
            "- \(duplicates) equal questions left out, \(contradictions) of them answered differently; the newest answer known in its part stands.\n"
        text += "- \(masked) values masked: personal columns as a whole, e-mail, phone, card, IBAN, IP, secrets and the like elsewhere. "
        text += "Pseudonyms count anew in each example. Names in free text are found only where a personal column holds them.\n"
        text += "- The rows are those that came to review, not all: a model trained on them learns what reviewers were asked.\n\n"
        for file in files {
            let digest = SHA256.hash(data: Array(file.text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            text += "`\(file.name)`: SHA-256 \(digest)\n"
        }
        return text
    }
}

/// The question of one item with everything personal in it replaced, the same value by the same pseudonym.
struct ExampleMask {
    private let item: ReviewItem
    private let personal: Set<String>
    private var mask = OutboundMask(scanner: SensitiveScanner())
    private var hidden: [(value: String, pseudonym: String)] = []
    var count: Int { mask.pseudonyms.count }

    init(_ item: ReviewItem, personal: Set<String>) {
        (self.item, self.personal) = (item, personal)
        for field in item.fields where personal.contains(field.name) {
            if let value = field.value, !value.isEmpty { hidden.append((value, mask.masked(column: value, isPersonal: true))) }
        }
        // The longest first: one value may stand inside another.
        hidden.sort { ($1.value.count, $0.value) < ($0.value.count, $1.value) }
    }

    /// Fields and reasons. A reason may speak of a person by name.
    mutating func question() -> String {
        let fields = item.fields.map { field in
            JSONValue.Member(field.name, field.value.map { .text(masked($0)) } ?? .null)
        }
        let reasons = item.reasons.map { JSONValue.text(masked($0)) }
        return JSONValue.object([.init("row", .object(fields)), .init("reasons", .array(reasons))]).json
    }

    private mutating func masked(_ text: String) -> String {
        if let own = hidden.first(where: { $0.value == text }) { return own.pseudonym }
        var text = text
        for (value, pseudonym) in hidden where value.count >= 3 { text = text.replacing(value, with: pseudonym) }
        return mask.masked(text)
    }
}

extension Failure {
    static func nothingDecided(_ job: String) -> Failure {
        Failure(
            .usage, code: "fine-tuning.nothing", what: "there are no decisions to learn from", place: job, found: "no decided row",
            expected: "rows that people decided", remedy: "Check the job's name; `pipeline review next` decides the first.")
    }
}
