public import Models
public import Records

/// How well a text classifier would answer: on parts held out in training, and on texts it has never seen.
public struct TextMeasurement: Sendable {
    /// Answers to some texts.
    public struct Figures: Sendable {
        public var texts: Int
        public var accuracy: Double
        /// Share answered automatically under the promise, and how many of those are right.
        public var automaticShare: Double
        public var automaticAccuracy: Double
    }

    public var classes: Int
    /// From here on answers are automatic; nil = nowhere.
    public var threshold: Float?
    public var heldOut: Figures
    /// Of 200 random halves of the held-out answers, on how many the threshold of one half kept the promise on the other, and the mean
    /// share it answered.
    public var resamplesKept: Int
    public var resamplesShare: Double
    /// On other texts, where some were given.
    public var test: Figures?

    public static let resamples = 200

    /// - Parameter test: labelled texts that the model has not seen; empty = none.
    public init(_ model: any TextClassifier, promise: AnswerPromise, test: (texts: [String], labels: [String])? = nil) {
        classes = model.classes.count
        threshold = promise.threshold(on: model.heldOut)
        heldOut = Self.figures(model.heldOut, threshold)
        (resamplesKept, resamplesShare) = (0, 0)
        var random = SplitMix64(seed: 3)
        for _ in 0..<Self.resamples {
            var (one, other): ([Int], [Int]) = ([], [])
            for row in model.heldOut.isRight.indices {
                if random.next(below: 2) == 0 { one.append(row) } else { other.append(row) }
            }
            let found = promise.threshold(on: model.heldOut.rows(one)) ?? .infinity
            let (share, accuracy) = model.heldOut.rows(other).automatic(from: found)
            resamplesShare += share / Double(Self.resamples)
            resamplesKept += accuracy >= promise.accuracy ? 1 : 0
        }
        self.test = test.map { test in
            let verdicts = model.verdicts(on: test.texts.map { Array($0.utf8) })
            let answers = HeldOutAnswers(
                confidences: verdicts.map(\.confidence), isRight: zip(verdicts, test.labels).map { model.classes[$0.label] == $1 })
            return Self.figures(answers, threshold)
        }
    }

    private static func figures(_ answers: HeldOutAnswers, _ threshold: Float?) -> Figures {
        let (share, accuracy) = answers.automatic(from: threshold ?? .infinity)
        return Figures(texts: answers.isRight.count, accuracy: answers.accuracy, automaticShare: share, automaticAccuracy: accuracy)
    }
}

extension TextColumns {
    /// A model of the texts of a CSV file with the names of their classes.
    ///
    /// - Parameter encoder: whose vectors the model looks at beside words and characters; nil = at these alone.
    /// - Throws: a file or column that is not there; what ``TextClassifierFamily`` refuses.
    public static func classifier(
        trainedOn path: String, text: String, label: String, encoder: SentenceEncoder? = nil, parameters: [String: ParameterValue] = [:],
        threads: Int = 1
    ) throws(Failure) -> any TextClassifier {
        let file = try TextColumns(path: path, columns: [text, label])
        let set = TextSet(texts: file.columns[0], labels: file.columns[1])
        guard let encoder else { return try TextFamily.train(on: set, parameters: parameters, seed: 1, threads: threads) }
        return try TextFamily.trainedWithVerdicts(on: set, encoder: encoder, parameters: parameters, seed: 1, threads: threads).model
    }
}

/// What a classifier of words alone, one of all views and, where there is an encoder, one of its vectors too say of labelled texts: rows on which `pipeline cascade` finds thresholds.
public struct TextAnswers: Sendable {
    public var texts: [String]
    public var labels: [String]
    public var words: [(answer: String, confidence: Float)]
    public var all: [(answer: String, confidence: Float)]
    /// Empty without an encoder.
    public var encoded: [(answer: String, confidence: Float)] = []

    /// - Parameter test: labelled texts to answer; nil = the training texts, each by machines that had not seen it.
    /// - Throws: a file or column that is not there; what ``TextClassifierFamily`` refuses.
    public init(
        train: String, test: String?, text: String, label: String, encoder: SentenceEncoder? = nil, threads: Int
    ) throws(Failure) {
        let file = try TextColumns(path: train, columns: [text, label])
        let asked = try test.map { path throws(Failure) in try TextColumns(path: path, columns: [text, label]) } ?? file
        let set = TextSet(texts: file.columns[0], labels: file.columns[1])
        func answers(_ model: any TextClassifier, _ heldOut: [TextVerdict]) -> [(answer: String, confidence: Float)] {
            let verdicts = test == nil ? heldOut : model.verdicts(on: asked.columns[0].map { Array($0.utf8) })
            return verdicts.map { (model.classes[$0.label], $0.confidence) }
        }
        (texts, labels) = (asked.columns[0], asked.columns[1])
        let small = try TextFamily.trainedWithVerdicts(on: set, parameters: ["views": .text("words")], seed: 1, threads: threads)
        words = answers(small.model, small.verdicts)
        let whole = try TextFamily.trainedWithVerdicts(on: set, seed: 1, threads: threads)
        all = answers(whole.model, whole.verdicts)
        guard let encoder else { return }
        let large = try TextFamily.trainedWithVerdicts(on: set, encoder: encoder, seed: 1, threads: threads)
        encoded = answers(large.model, large.verdicts)
    }
}
