public import Models
public import Records

/// Support triage: intent, urgency, language, suggested answer with its source, and route of each message. The score is the probability that
/// the intent is wrong; what a job may answer without a person follows from it and from the job's promise.
///
/// The text classifier is learnt from the training rows and kept with the job's model. For a row that it was learnt from, the stage that
/// learnt it says what was said while the row was held out: features of training rows are as honest as those of new ones.
///
/// Text is data here: it chooses among the intents that people declared, and a text that looks like orders to a machine is barred from
/// automatic answers. Sentences that are added to a message move it only towards review (``MessageParts``): every figure below is the most
/// doubtful over all choices of its sentences, and the model's score rises with each of them.
public final class SupportStage: SurveyingStage, ClassedStage, TableStage, WatchingStage, AnsweringStage, AskingStage,
    EncodingStage
{
    /// What a message says besides the features.
    struct Reading {
        struct Proposal {
            var intent: String
            var next: String
            var confidence: Float
        }
        /// Nil without a model.
        var proposal: Proposal?
        var urgency: TriageDecision.Urgency
        var language: String
        var route: String?
        var signals: [String]
        var passages: [Passage]
        /// Of language models, where any was to be asked.
        var opinion: SupportOpinions.Opinion?
    }

    static let name = "support"
    /// Place of the feature that answers change.
    private static let unsupported = 4

    private let text: Int
    private let intent: Int?
    private let languages: Set<String>
    private let answersFeed: String?
    private let routesFeed: String?
    private let judgesParts: Bool
    private let asked: [AskedModel]
    private let asksAbove: Float
    private let limits: SupportOpinions.Limits
    private let personal: [Int]
    private var opinions: SupportOpinions?
    private var classifier: (any TextClassifier)?
    private var encoder: SentenceEncoder?
    private var desk = SupportDesk()
    private let detector = InjectionDetector()
    private let guess = LanguageGuess()
    /// Of the last batch.
    private(set) var readings: [Reading] = []
    private var last: (batch: RecordBatch, messages: [MessageParts])?
    public private(set) var askable: [Int] = []
    private var surveyed: (messages: [MessageParts], intents: [String], rows: [UInt64]) = ([], [], [])
    /// What was said of the rows that this very stage learnt from, while they were held out; by content.
    private var heldOut: [UInt64: (verdict: TextVerdict, bytes: [UInt8], others: [TextVerdict])] = [:]
    private var learned: [UInt8] = []

    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        text = try configuration.requiredColumn(of: "text", in: schema)
        intent = try configuration.text("intent").map { name throws(Failure) in try configuration.column(name, of: "intent", in: schema) }
        languages = Set(configuration.names(of: "languages"))
        asked = Self.askedModels(configuration)
        asksAbove = Self.number(configuration, "ask-above", 0.02)
        limits = try Self.limits(configuration, models: asked.count)
        personal = schema.fields.indices.filter { schema.fields[$0].isPersonal }
        if !asked.isEmpty, schema.fields[text].isPersonal { throw .supportPersonal(schema.fields[text].name) }
        for model in asked where !model.allowedRegions.isEmpty && model.name.hasPrefix("bedrock") {
            try ModelPlace(model.bareName, region: model.region ?? "").check(model.bareName, allowed: model.allowedRegions)
        }
        for model in asked where !model.allowedRegions.isEmpty && model.name.hasPrefix("openai") {
            guard let endpoint = model.endpoint, !Self.staysIn(model.allowedRegions, endpoint) else { continue }
            throw .regionNotAllowed(model.bareName, leavesTo: [endpoint], allowed: model.allowedRegions)
        }
        judgesParts = configuration.text("judged-by") != "whole"
        (answersFeed, routesFeed) = (configuration.text("answers"), configuration.text("routes"))
        for index in [text, intent].compactMap(\.self) where schema.fields[index].type != .string {
            let field = schema.fields[index]
            throw .stageColumnType(Self.name, index == text ? "text" : "intent", field.name, field.type.name, ["string"])
        }
        if let unknown = languages.sorted().first(where: { !LanguageGuess.languages.contains($0) }) {
            throw .supportLanguage(unknown)
        }
    }

    // MARK: Rows

    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        let (batch, rows) = (input.batch, input.batch.count)
        let messages = messages(of: batch)
        let choices = messages.map { judgesParts ? $0.choices : [$0.whole] }
        let verdicts = verdicts(on: messages, batch: batch)
        let others = otherVerdicts(on: choices, batch: batch)
        var values: [Float] = []
        values.reserveCapacity(rows * Self.features.count)
        readings.removeAll(keepingCapacity: true)
        for row in 0..<rows {
            let (reading, features) = read(
                messages[row], choices: choices[row], verdicts?[row], others: others[row], at: Timestamp(microseconds: input.times[row]))
            readings.append(reading)
            values += features
        }
        if !asked.isEmpty { last = (batch, messages) }
        askable = asked.isEmpty ? [] : readings.indices.filter { mayAsk(messages[$0], bars: values[$0 * Self.features.count + 3], row: $0) }
        return FeatureMatrix(featureCount: Self.features.count, values: values)
    }

    /// A message as doubtful as the most doubtful choice of its sentences.
    private func read(
        _ message: MessageParts, choices: [String], _ verdict: TextVerdict?, others: [TextVerdict], at time: Timestamp
    ) -> (Reading, [Float]) {
        // The message as it came, and its choices: one text where it is a single sentence.
        let findings = (message.text == choices[0] ? choices : [message.text] + choices).map { detector.finding(in: $0) }
        let spoken = choices.map { guess.guess($0).language }
        let urgency = MessageTriage.urgency(of: choices[0])
        var confidence = verdict?.confidence ?? 0
        for other in others { confidence = min(confidence, other.label == verdict?.label ? other.confidence : 0) }
        let proposal = verdict.flatMap { verdict in
            classifier.map {
                Reading.Proposal(intent: $0.classes[verdict.label], next: $0.classes[verdict.runnerUp], confidence: confidence)
            }
        }
        let (passages, areDeclared) = desk.passages(for: choices[0], intent: proposal?.intent, language: spoken[0], asOf: time)
        var bars: Bars = []
        if findings.contains(where: \.raises) { bars.insert(.orders) }
        if verdict?.known ?? 0 == 0 { bars.insert(.unknown) }
        // Words of one sentence could find a passage for another: of several sentences only what is declared for the intent counts.
        if answersFeed != nil, passages.isEmpty || message.parts.count > 1 && !areDeclared { bars.insert(.unanswered) }
        if !languages.isEmpty, spoken.contains(where: { !languages.contains($0) }) { bars.insert(.language) }
        if message.areTooMany { bars.insert(.long) }
        let reading = Reading(
            proposal: proposal, urgency: urgency, language: spoken[0], route: proposal.flatMap { desk.routes[$0.intent] },
            signals: findings[0].signals, passages: passages)
        return (
            reading,
            [
                Self.doubt(confidence), Float(findings.map(\.score).max() ?? 0), urgency == .high ? 1 : 0,
                Float(bars.rawValue), 1,
            ]
        )
    }

    private func messages(of batch: RecordBatch) -> [MessageParts] {
        let column = batch.columns[text]
        return (0..<batch.count).map { MessageParts(column.string($0) ?? "") }
    }

    /// Of whole messages.
    private func verdicts(on messages: [MessageParts], batch: RecordBatch) -> [TextVerdict]? {
        guard let classifier else { return nil }
        let bytes = messages.map { Array($0.whole.utf8) }
        guard !heldOut.isEmpty else { return classifier.verdicts(on: bytes) }
        let rows = RecordKey.contentHashes(of: batch)
        let fresh = bytes.indices.filter { heldOut[rows[$0]]?.bytes != bytes[$0] }
        let new = classifier.verdicts(on: fresh.map { bytes[$0] })
        var all = rows.map { heldOut[$0]?.verdict ?? TextVerdict(label: 0, runnerUp: 0, confidence: 0, known: 0) }
        for (place, row) in fresh.enumerated() { all[row] = new[place] }
        return all
    }

    /// Of the choices beside the whole of each message; of a training row by the machines that had not seen it.
    private func otherVerdicts(on choices: [[String]], batch: RecordBatch) -> [[TextVerdict]] {
        guard let classifier else { return choices.map { _ in [] } }
        let rows = heldOut.isEmpty ? [] : RecordKey.contentHashes(of: batch)
        var verdicts: [[TextVerdict]] = [], fresh: [[UInt8]] = [], waiting: [Range<Int>?] = []
        for (row, own) in choices.enumerated() {
            var held: [TextVerdict]?
            if own.count == 1 { held = [] }
            if own.count > 1, !rows.isEmpty, let known = heldOut[rows[row]], known.bytes == Array(own[0].utf8),
                known.others.count == own.count - 1
            {
                held = known.others
            }
            verdicts.append(held ?? [])
            waiting.append(held == nil ? fresh.count..<(fresh.count + own.count - 1) : nil)
            if held == nil { fresh += own.dropFirst().map { Array($0.utf8) } }
        }
        // All at once: a classifier sets up its memory with every call.
        let new = classifier.verdicts(on: fresh)
        for (row, range) in waiting.enumerated() { if let range { verdicts[row] = Array(new[range]) } }
        return verdicts
    }

    // MARK: Opinions

    public static func asks(_ configuration: StageConfiguration) -> Bool { !askedModels(configuration).isEmpty }

    public func take(_ supplier: any ModelSupplier) throws(Failure) {
        opinions = try SupportOpinions(asked, limits: limits, supplier: supplier)
    }

    public static func asksForPeople(_ configuration: StageConfiguration) -> Bool { configuration.text("ask-when") == "unsure" }

    /// About messages that may still be answered and are not sure enough by themselves. Of several sentences some may be somebody else's, who
    /// would speak to the model too: such a message stays unsupported.
    private func mayAsk(_ message: MessageParts, bars: Float, row: Int) -> Bool {
        classifier != nil && bars == 0 && message.parts.count == 1 && 1 - (readings[row].proposal?.confidence ?? 0) >= asksAbove
    }

    public func supported(_ features: ArraySlice<Float>) -> [Float] {
        var own = Array(features)
        own[Self.unsupported] = 0
        return own
    }

    public func ask(_ rows: [Int], at places: [Int], in features: inout FeatureMatrix) {
        guard let classifier, let last, !rows.isEmpty else { return }
        let questions = rows.map { row in
            let columns = last.batch.columns
            var mask = PersonalMask(personal.compactMap { columns[$0].isValid(row) ? columns[$0].text(row) : nil })
            return SupportOpinions.Question(
                text: mask.masked(last.messages[row].whole), intent: readings[row].proposal?.intent ?? "",
                doubt: 1 - (readings[row].proposal?.confidence ?? 0))
        }
        let nobody = SupportOpinions.Opinion(said: asked.map { ($0.name, nil) })
        let found = opinions?.opinions(on: questions, among: classifier.classes) ?? questions.map { _ in nobody }
        for (index, opinion) in found.enumerated() {
            readings[rows[index]].opinion = opinion
            features.values[places[index] * Self.features.count + Self.unsupported] = opinion.agrees ? 0 : 1
        }
    }

    /// An address of this machine, or one with an allowed region in its host's name.
    private static func staysIn(_ regions: [String], _ endpoint: String) -> Bool {
        let authority = endpoint.split(separator: "/").dropFirst(endpoint.contains("://") ? 1 : 0).first ?? ""
        if authority.hasPrefix("[::1]") { return true }
        let host = authority.split(separator: "@").last?.split(separator: ":").first ?? ""
        let labels = host.split(separator: ".")
        return host == "localhost" || labels.count == 4 && labels[0] == "127" && labels.allSatisfy { UInt8($0) != nil }
            || labels.contains { regions.contains(String($0)) }
    }

    private static func number(_ configuration: StageConfiguration, _ name: String, _ usual: Float) -> Float {
        switch configuration.parameters[name] {
        case .number(let value)?: Float(value)
        case .integer(let value)?: Float(value)
        default: usual
        }
    }

    private static func limits(_ configuration: StageConfiguration, models: Int) throws(Failure) -> SupportOpinions.Limits {
        let texts = configuration.names(of: "ask-until"), doubts = texts.compactMap { Float($0) }
        guard doubts.count == texts.count, doubts.allSatisfy({ (0...1).contains($0) }), [0, models].contains(texts.count) else {
            throw .supportDoubts(texts, models: models)
        }
        return .init(
            doubts: doubts, patience: .seconds(Int64(number(configuration, "ask-patience", 60))),
            whole: .seconds(Int64(number(configuration, "ask-within", 300))))
    }

    private static func askedModels(_ configuration: StageConfiguration) -> [AskedModel] {
        let budget = configuration.parameters["ask-budget"] == nil ? nil : Int64(number(configuration, "ask-budget", 0) * 1e9)
        return configuration.names(of: "ask").map { name in
            AskedModel(
                name, endpoint: configuration.text("ask-endpoint"), region: configuration.text("ask-region"),
                allowedRegions: configuration.names(of: "ask-regions"), budget: budget)
        }
    }

    public func answers() -> [Column] {
        [
            Column(strings: readings.map { $0.proposal?.intent }), Column(strings: readings.map { Optional($0.urgency.rawValue) }),
            Column(strings: readings.map { Optional($0.language) }), Column(strings: readings.map(\.route)),
            Column(strings: readings.map { $0.passages.isEmpty ? nil : $0.passages.map(\.id).joined(separator: " ") }),
        ]
    }

    // MARK: Learning

    public func survey(_ batch: RecordBatch) {
        guard let intent else { return }
        let rows = RecordKey.contentHashes(of: batch), messages = messages(of: batch)
        for row in 0..<batch.count {
            guard let name = batch.columns[intent].string(row), !name.isEmpty else { continue }
            surveyed.messages.append(messages[row])
            surveyed.intents.append(name)
            surveyed.rows.append(rows[row])
        }
    }

    /// Empty where there are not two intents with two messages each; rarer ones are left out.
    public func preparation() -> [UInt8] {
        var counts: [String: Int] = [:]
        for name in surveyed.intents { counts[name, default: 0] += 1 }
        let kept = surveyed.intents.indices.filter { counts[surveyed.intents[$0], default: 0] >= 2 }
        let classes = Set(kept.map { surveyed.intents[$0] }).sorted()
        guard classes.count >= 2 else { return [] }
        let places = Dictionary(uniqueKeysWithValues: zip(classes, 0...))
        let set = TextSet(
            texts: kept.map { Array(surveyed.messages[$0].whole.utf8) }, classes: classes,
            labels: kept.map { places[surveyed.intents[$0]] ?? 0 })
        // Two threads give the bytes of one.
        let parts = kept.map { row in
            judgesParts ? surveyed.messages[row].choices.dropFirst().map { Array($0.utf8) } : []
        }
        guard
            let (model, verdicts, others) = try? TextFamily.trainedWithVerdicts(
                on: set, parts: parts, encoder: encoder, seed: 1, threads: 2),
            let bytes = try? model.serialized()
        else { return [] }
        for (place, row) in kept.enumerated() {
            heldOut[surveyed.rows[row]] = (verdicts[place], set.texts[place], others[place])
        }
        surveyed = ([], [], [])
        learned = bytes
        return bytes
    }

    public func prepare(_ bytes: [UInt8]) throws(Failure) {
        guard !bytes.isEmpty else { return }
        // What was said of rows while they were held out belongs to the classifier that was learnt then, and to no other.
        if bytes != learned { heldOut = [:] }
        classifier = try TextFamily.load(bytes, encoder: encoder, threads: 1)
    }

    public static func encoderFolder(_ configuration: StageConfiguration) -> String? { configuration.text("encoder") }
    public static func encoderDigest(of preparation: [UInt8]) -> String? { TextFamily.encoderDigest(of: preparation) }
    public func take(_ encoder: SentenceEncoder) { self.encoder = encoder }

    // MARK: Right and wrong

    public var knowsClasses: Bool { intent != nil }
    /// `train: window: label-delay` says when an intent is known.
    public var classDelay: Timestamp.Span { .zero }

    /// Whether the intent proposed for each row is the one it turned out to be.
    public func classes(of batch: RecordBatch) -> [String?] {
        guard let intent, classifier != nil else { return [String?](repeating: nil, count: batch.count) }
        let verdicts = verdicts(on: messages(of: batch), batch: batch) ?? []
        return verdicts.indices.map { row in
            guard let name = batch.columns[intent].string(row), !name.isEmpty else { return nil }
            return classifier?.classes[verdicts[row].label] == name ? "right" : "wrong"
        }
    }

    public func isSound(_ name: String) -> Bool { name == "right" }

    // MARK: State

    @discardableResult
    public func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) -> [RowRefusal] {
        if feed == answersFeed { try desk.absorbAnswers(batch, feed: feed) }
        if feed == routesFeed { try desk.absorbRoutes(batch, feed: feed) }
        return []
    }

    public var stateBytes: Int { desk.bytes }
    public func delta() -> [UInt8] { desk.delta() }
    public func base() -> [UInt8] { desk.base() }

    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored = SupportDesk()
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard restored.apply(bytes) else { throw .stageState(Self.name, found: "bytes that were damaged or cut") }
        }
        desk = restored
    }
}

extension Failure {
    static func supportPersonal(_ column: String) -> Failure {
        Failure(
            .job, code: "stage.personal-text", what: "nothing of a personal column may leave this machine", place: "support.ask",
            found: "the column `\(column)`, which is personal", expected: "messages that may leave masked, or no models to ask",
            remedy: "Remove `ask`, or `personal` where the masking of single values is enough.")
    }

    static func supportDoubts(_ texts: [String], models: Int) -> Failure {
        Failure(
            .job, code: "stage.ask-until", what: "the doubts up to which models are believed cannot be read", place: "support.ask-until",
            found: "`\(texts.joined(separator: " "))`",
            expected: "a number from 0 to 1 for each of the \(models) models of `ask`, or nothing",
            remedy: "Take the thresholds that `pipeline cascade` prints.")
    }

    static func supportLanguage(_ name: String) -> Failure {
        Failure(
            .job, code: "stage.language", what: "the language is not recognised", place: "support.languages", found: "`\(name)`",
            expected: LanguageGuess.languages.joined(separator: ", "), remedy: "Name languages by their codes, or leave the parameter out.")
    }
}
