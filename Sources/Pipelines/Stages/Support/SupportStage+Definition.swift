public import Models
public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension SupportStage {
    public static var definition: StageDefinition {
        var definition = StageDefinition(
            definition: Definition(
                name: "support",
                summary:
                    "Says what messages are about, how urgent and in which language they are, proposes an answer with its source and a route; "
                    + "what is doubtful goes to people.",
                parameters: [
                    Parameter("text", .column(["string"]), help: "Column with the message.", example: "message"),
                    Parameter(
                        "intent", .column(["string"]), optional: true,
                        help: "Column that says what a message turned out to be about, where that is known: training learns from it.",
                        example: "intent"),
                    Parameter(
                        "languages", .text, default: "",
                        help: "Languages answered without a person, as ISO 639-1 codes separated by blanks; empty: any.", example: "en ja"),
                    Parameter(
                        "answers", .feed, optional: true,
                        help:
                            "Feed with what may be answered: columns `id` and `text`; optional `source`, `intent` (for this intent only), "
                            + "`valid_from` and `valid_to`. A message that nothing in it answers goes to people.", example: "answers"),
                    Parameter(
                        "routes", .feed, optional: true, help: "Feed with columns `intent` and `route`: who takes over what is about it.",
                        example: "routes"),
                    Parameter(
                        "judged-by", .choice(["parts", "whole"]), default: "parts",
                        help:
                            "`parts`: a message is as doubtful as the most doubtful choice of its sentences, so that nothing added to it makes "
                            + "it less doubtful; `whole`: it is judged as it stands.", example: "parts"),
                    Parameter(
                        "encoder", .text, optional: true,
                        help:
                            "Folder of a BERT sentence encoder (`config.json`, `tokenizer.json`, `model.safetensors`), relative to the job file: "
                            + "its vectors stand beside words and characters. Training keeps it in the catalog, and runs take it from there. "
                            + "Without it: words and characters alone.", example: "models/all-MiniLM-L6-v2"),
                    Parameter(
                        "ask", .text, default: "",
                        help:
                            "Language models asked about messages that the classifier is not sure of, in this order until one agrees with it, "
                            + "separated by blanks: bedrock:MODEL, bedrock-invoke:MODEL or openai:MODEL. Messages go out masked. Empty: nobody.",
                        example: "bedrock:jp.anthropic.claude-haiku-4-5-20251001-v1:0"),
                    Parameter(
                        "ask-endpoint", .text, optional: true, help: "Address of the server asked; of AWS when not given.",
                        example: "http://127.0.0.1:8080/v1"),
                    Parameter("ask-region", .text, optional: true, help: "AWS region that is asked.", example: "ap-northeast-1"),
                    Parameter(
                        "ask-regions", .text, default: "", help: "Regions that a message may reach, separated by blanks; empty: any.",
                        example: "ap-northeast-1 ap-northeast-3"),
                    Parameter(
                        "ask-budget", .number(0...1_000_000), optional: true, help: "US dollars that all questions of the job may cost.",
                        example: "20"),
                    Parameter(
                        "ask-above", .number(0...1), default: "0.02",
                        help: "Least probability, by the classifier, that the intent is wrong: surer messages need no second opinion.",
                        example: "0.05"),
                    Parameter(
                        "ask-when", .choice(["decisive", "unsure"]), default: "decisive",
                        help:
                            "`decisive`: only where the answer can change the outcome; `unsure`: wherever the classifier is not sure, so that "
                            + "people see what others say.", example: "unsure"),
                    Parameter(
                        "ask-until", .text, default: "",
                        help:
                            "For each model of `ask` the most doubt, as the classifier's probability to be wrong, at which its agreement counts, "
                            + "separated by blanks, as `pipeline cascade` finds them; more doubtful messages skip it. Empty: any.",
                        example: "0.2 0.5"),
                    Parameter(
                        "ask-patience", .number(1...600), default: "60",
                        help: "Seconds that a model may take for an answer; then the next one is asked.", example: "5"),
                    Parameter(
                        "ask-within", .number(1...3_600), default: "300",
                        help: "Seconds that all models together may take for a message; then a person decides.", example: "20"),
                    Parameter(
                        "model", .model, default: "support",
                        help: "Model of the catalog; it keeps the text classifier. Without one every message goes to people.",
                        example: "support"),
                ]),
            version: 2, features: features, positive: "wrong", negative: "right")
        definition.signs = ["doubt": .rising, "orders": .rising, "urgent": .rising, "unsupported": .rising]
        definition.keepsSigns = true
        return definition
    }

    static let features: [(name: String, meaning: String)] = [
        ("doubt", "log-odds that the intent is wrong, by the text classifier, of the most doubtful choice of the message's sentences"),
        ("orders", "how much the message looks as if it gave orders to a machine; 0.8 and more bars it from automatic answers"),
        ("urgent", "1 where words say that it is urgent"),
        (
            "barred",
            "why it is not answered without a person, whatever the score: 1 looks like orders to a machine, 2 nothing in it is known, "
                + "4 nothing answers it, 8 a language that is not answered automatically, 16 too many sentences; added up"
        ),
        ("unsupported", "0 where a language model that was asked named the same intent, else 1"),
    ]

    static let answerFields: [Field] = ["intent", "urgency", "language", "route", "cites"].map { Field($0, .string, optional: true) }

    public static func answerFields(for configuration: StageConfiguration) -> [Field] { answerFields }

    /// Without a model nothing is known of any message: all go to people.
    public func ruleScores(of matrix: FeatureMatrix) -> [Float] { [Float](repeating: 1, count: matrix.rowCount) }

    public func reasons(features values: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        let own = Array(values)
        guard own.count == Self.features.count else { return [] }
        var reasons = Bars(rawValue: Int(own[3])).reasons
        if own[0] > -4.6 {
            reasons.append("the intent may be wrong: \(Self.percent(own[0])) %, by the text classifier")
        }
        if own[2] > 0 { reasons.append("its words say that it is urgent") }
        return reasons
    }

    private static func percent(_ logOdds: Float) -> String { MaintenanceStage.text(100 / (1 + expf(-logOdds)), 1) }

    /// Of an intent that is right with this probability.
    static func doubt(_ confidence: Float) -> Float {
        let kept = min(max(confidence, 1e-6), 1 - 1e-6)
        return logf((1 - kept) / kept)
    }

    static let proposalTitle = "what it seems to be about"

    /// The likeliest intents, what else was read off the message, and the passages that answer it.
    public func evidence(forRow row: Int) -> [Evidence] {
        guard readings.indices.contains(row) else { return [] }
        let reading = readings[row]
        var tables: [Evidence] = []
        if let proposal = reading.proposal {
            tables.append(
                Evidence(
                    title: Self.proposalTitle, columns: ["intent", "probability", "next likeliest"],
                    rows: [[proposal.intent, MaintenanceStage.text(proposal.confidence, 3), proposal.next]]))
        }
        tables.append(
            Evidence(
                title: "what was read off it", columns: ["language", "urgency", "route", "signals of orders to a machine"],
                rows: [[reading.language, reading.urgency.rawValue, reading.route ?? "", reading.signals.joined(separator: " ")]]))
        if let opinion = reading.opinion {
            tables.append(
                Evidence(
                    title: "what other models say", columns: ["model", "intent"],
                    rows: opinion.said.map { [$0.model, $0.intent ?? "no answer"] }))
        }
        if !reading.passages.isEmpty {
            tables.append(
                Evidence(
                    title: "suggested answer, best first", columns: ["cites", "source", "text"],
                    rows: reading.passages.map { [$0.id, $0.source, $0.text] }))
        }
        return tables
    }
}

/// Why a message is not answered without a person, whatever its score.
struct Bars: OptionSet, Hashable, Sendable {
    var rawValue: Int

    static let orders = Bars(rawValue: 1)
    static let unknown = Bars(rawValue: 2)
    static let unanswered = Bars(rawValue: 4)
    static let language = Bars(rawValue: 8)
    static let long = Bars(rawValue: 16)

    var reasons: [String] {
        [
            (Bars.orders, "it looks like orders to a machine"), (.unknown, "nothing in it is known to the classifier"),
            (.unanswered, "no passage answers it"), (.language, "nobody answers this language automatically"),
            (.long, "it has too many sentences to judge each"),
        ].filter { contains($0.0) }.map(\.1)
    }
}
