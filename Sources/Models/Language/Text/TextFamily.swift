public import Records

/// Which class a text is of, by linear machines over words, stems, pairs of words and characters. Languages that are written without
/// blanks are read character by character.
public enum TextFamily: TextClassifierFamily {
    public static let definition = Definition(
        name: "text",
        summary: "Which class a text is of: linear machines over words, pairs of words and characters, with a calibrated confidence.",
        parameters: [
            Parameter(
                "cost", .number(0.01...100), default: "0.5", help: "Weight of errors beside the size of the weights.", example: "0.5"),
            Parameter(
                "balance", .number(0...1), default: "0.5",
                help: "How far classes count alike however many texts they have; 0 = each text counts alike.", example: "0.5"),
            Parameter(
                "pairs", .integer(0...40), default: "20", help: "Words within which two words make a pair; 0 = no pairs.", example: "8"),
            Parameter(
                "views", .choice(["all", "words"]), default: "all",
                help: "`words`: words and pairs of neighbours alone, at a third of the work; a first step of a cascade.", example: "words"),
            Parameter("folds", .integer(2...20), default: "5", help: "Parts in turn held out, which confidence rests on.", example: "5"),
        ])

    /// No library underneath: our own version, counted up with every change that changes a bit.
    public static let libraryVersion = "text 1"

    public static func train(
        on set: TextSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any TextClassifier {
        TextModel(training: try checked(set), try plan(parameters, seed: seed, threads: threads))
    }

    /// The same, and what was said of each text while it was held out: what a model that goes by these verdicts may learn from.
    ///
    /// - Parameters:
    ///   - parts: of each text further ones, such as it without some sentences, to judge by what had not seen it; empty = none.
    ///   - encoder: whose vectors the model looks at beside words and characters, and needs from then on; nil = at these alone.
    /// - Precondition: no text has weight 0.
    package static func trainedWithVerdicts(
        on set: TextSet, parts: [[[UInt8]]] = [], encoder: SentenceEncoder? = nil, parameters: [String: ParameterValue] = [:], seed: UInt64,
        threads: Int
    ) throws(Failure) -> (model: any TextClassifier, verdicts: [TextVerdict], parts: [[TextVerdict]]) {
        var kept = try checked(set)
        precondition(kept.texts.count == set.texts.count && (parts.isEmpty || parts.count == set.texts.count))
        if let encoder { kept.meanings = encoder.meanings(of: kept.texts, threads: threads) }
        let plan = try plan(parameters, seed: seed, threads: threads, encoder: encoder)
        let (model, verdicts, others) = TextModel.trained(on: kept, parts: parts, plan)
        return (model, verdicts, others)
    }

    private static func plan(
        _ parameters: [String: ParameterValue], seed: UInt64, threads: Int, encoder: SentenceEncoder? = nil
    ) throws(Failure) -> TextModel.Plan {
        let values = try ParameterValues(parameters, for: definition)
        var settings = settings(
            cost: values.number("cost"), balance: values.number("balance"), pairs: values.integer("pairs"),
            isWordsOnly: values.text("views") == "words")
        if let encoder { settings.look(atMeanings: encoder.dimensions) }
        return TextModel.Plan(settings: settings, folds: values.integer("folds"), seed: seed, threads: threads, encoder: encoder)
    }

    public static func load(_ bytes: [UInt8], threads: Int) throws(Failure) -> any TextClassifier { try TextModel(bytes) }

    /// - Parameter encoder: what a model that rests on an encoder needs; others do without.
    /// - Throws: bytes that are not a model of this family; another encoder than the model rests on.
    package static func load(_ bytes: [UInt8], encoder: SentenceEncoder?, threads: Int) throws(Failure) -> any TextClassifier {
        try TextModel(bytes, encoder: encoder)
    }

    /// Digest of the encoder that a model rests on; nil = on none.
    package static func encoderDigest(of bytes: [UInt8]) -> String? { TextModel.encoderDigest(of: bytes) }

    static func settings(cost: Double, balance: Double, pairs: Int, isWordsOnly: Bool = false) -> TextSettings {
        if isWordsOnly { return TextSettings(views: [TextView(.stems, 1...2)], members: [[0]], costs: [cost], balance: balance) }
        var views = [
            TextView(.stems, 1...2), TextView(.wordCharacters, 2...5, minimumTexts: 2),
        ]
        if pairs > 0 { views.append(TextView(.pairs, 1...pairs, weight: 0.8, minimumTexts: 2)) }
        // The second machine sees words only: where it disagrees, the first is less sure than it looks.
        return TextSettings(views: views, members: [Array(views.indices), [0]], costs: [cost, cost], balance: balance)
    }

    /// The texts that count.
    private static func checked(_ set: TextSet) throws(Failure) -> TextSet {
        guard set.labels.count == set.texts.count, set.weights.isEmpty || set.weights.count == set.texts.count, set.classes.count >= 2
        else {
            throw .textCounts(texts: set.texts.count, labels: set.labels.count, weights: set.weights.count, classes: set.classes.count)
        }
        for (row, label) in set.labels.enumerated() where !set.classes.indices.contains(label) {
            throw .textLabel(row: row, found: "\(label)", classes: set.classes.count)
        }
        for (row, weight) in set.weights.enumerated() where !(weight >= 0 && weight.isFinite) {
            throw .trainingWeight(row: row, found: weight)
        }
        let kept = set.weights.isEmpty ? set : set.rows(set.weights.indices.filter { set.weights[$0] > 0 })
        var counts = [Int](repeating: 0, count: set.classes.count)
        for label in kept.labels { counts[label] += 1 }
        if let rare = counts.indices.first(where: { counts[$0] < 2 }) { throw .textClassRare(set.classes[rare], found: counts[rare]) }
        return kept
    }
}

extension Failure {
    static func textCounts(texts: Int, labels: Int, weights: Int, classes: Int) -> Failure {
        Failure(
            .failed, code: "models.text-counts", what: "the parts of a set of texts do not fit together",
            found: "\(texts) texts with \(labels) labels, \(weights) weights and \(classes) classes",
            expected: "a label a text, a weight a text or none at all, two classes or more",
            remedy: "Build texts, labels and weights from the same records.")
    }

    static func textLabel(row: Int, found: String, classes: Int) -> Failure {
        Failure(
            .failed, code: "models.text-label", what: "a label is no class", place: "text \(row + 1)", found: found,
            expected: "0 to \(classes - 1)", remedy: "Build labels and classes from the same records.")
    }

    static func textClassRare(_ name: String, found: Int) -> Failure {
        Failure(
            .failed, code: "models.text-class", what: "a class cannot be learnt and tested", place: name,
            found: found == 1 ? "1 text" : "\(found) texts", expected: "at least 2",
            remedy: "Label more texts of it, or leave the class out.")
    }
}
