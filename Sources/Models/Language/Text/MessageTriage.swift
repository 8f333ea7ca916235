public import Records

/// What is to happen with a message.
public struct TriageDecision: Hashable, Sendable {
    public enum Urgency: String, Sendable { case normal, high }

    public var intent: String
    /// The next likeliest intent.
    public var alternative: String
    /// Probability that the intent is right, in 0...1.
    public var confidence: Float
    public var urgency: Urgency
    /// ISO 639-1, `und` = none that is known.
    public var language: String
    /// Ids of passages that answer it, best first.
    public var citations: [String]
    /// Text of the best passage; nil = nothing was found, and nothing is invented.
    public var suggestion: String?
    /// Why a person must look at it, in words; empty = it may be answered automatically.
    public var doubts: [String]

    public var isAutomatic: Bool { doubts.isEmpty }
}

/// Messages to intent, urgency, language, suggested answer and route. Only what keeps the promise and raises no doubt is automatic; text
/// that looks like orders to a machine can only add a doubt.
public struct MessageTriage: Sendable {
    private let classifier: any TextClassifier
    private let threshold: Float?
    private let passages: PassageIndex?
    private let detector = InjectionDetector()
    private let languages = LanguageGuess()

    private static let urgent: Set<String> = [
        "urgent", "urgently", "immediately", "asap", "emergency", "stolen", "fraud", "fraudulent", "hacked", "scam", "unauthorised",
        "unauthorized",
        "dringend", "sofort", "gestohlen", "betrug", "urgente", "robado", "volé", "fraude",
    ]
    private static let urgentParts = ["至急", "緊急", "盗まれ", "盗難", "不正", "今すぐ", "乗っ取"].map { Array($0.utf8) }

    private static func hasPart(_ part: [UInt8], _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count >= part.count else { return false }
            for place in 0...(bytes.count - part.count) where bytes[place] == part[0] {
                var same = 1
                while same < part.count, bytes[place + same] == part[same] { same += 1 }
                if same == part.count { return true }
            }
            return false
        }
    }

    /// - Parameter passages: what may be answered from; nil = intents only, and no answer is suggested.
    public init(classifier: any TextClassifier, promise: AnswerPromise, passages: PassageIndex? = nil) {
        (self.classifier, self.passages) = (classifier, passages)
        threshold = promise.threshold(on: classifier.heldOut)
    }

    /// - Parameter time: passages that held then are cited.
    public func decisions(on texts: [String], asOf time: Timestamp) -> [TriageDecision] {
        let verdicts = classifier.verdicts(on: texts.map { Array($0.utf8) })
        return zip(texts, verdicts).map { text, verdict in decision(text, verdict, asOf: time) }
    }

    /// By words that say it is urgent, of English and a few other languages; none of them is learnt.
    public static func urgency(of text: String) -> TriageDecision.Urgency {
        PlainText.read(text) { isUrgent($0) ? .high : .normal } ?? urgencyByCharacters(of: text)
    }

    private static let plainUrgent = PlainWordTable(urgent)

    private static func isUrgent(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let table = plainUrgent
        var word = PlainWord()
        for byte in bytes {
            if PlainText.isLetter(byte) {
                word.append(PlainText.lower(byte))
            } else if word.count > 0 {
                if table.value(of: word) != nil { return true }
                word = PlainWord()
            }
        }
        return word.count > 0 && table.value(of: word) != nil
    }

    /// The same for a text of any script.
    package static func urgencyByCharacters(of text: String) -> TriageDecision.Urgency {
        let words = text.lowercased().split { !$0.isPlainLetter }
        return words.contains { urgent.contains(String($0)) } || urgentParts.contains { hasPart($0, text) } ? .high : .normal
    }

    private func decision(_ text: String, _ verdict: TextVerdict, asOf time: Timestamp) -> TriageDecision {
        let finding = detector.finding(in: text)
        let hits = passages?.search(text, asOf: time) ?? []
        var doubts: [String] = []
        if let threshold {
            if verdict.confidence < threshold { doubts.append("the intent is not sure enough for the promise") }
        } else {
            doubts.append("no promise can be kept with this model")
        }
        if finding.raises {
            doubts.append("the text looks like orders to a machine (\(finding.signals.prefix(3).joined(separator: ", ")))")
        }
        if passages != nil, hits.isEmpty { doubts.append("no document answers it") }
        return TriageDecision(
            intent: classifier.classes[verdict.label], alternative: classifier.classes[verdict.runnerUp], confidence: verdict.confidence,
            urgency: Self.urgency(of: text), language: languages.guess(text).language, citations: hits.map(\.passage.id),
            suggestion: hits.first?.passage.text, doubts: doubts)
    }
}
