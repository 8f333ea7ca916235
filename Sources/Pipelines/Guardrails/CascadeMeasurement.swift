public import Models
public import Records

/// What a cascade of models would be worth on answers that were kept: the cheapest that keeps a promise, and what escalating shares gives.
public struct CascadeMeasurement: Sendable {
    /// A model and the columns of the file that hold what it said.
    public struct Step: Hashable, Sendable {
        public var name: String
        public var answer: String
        /// Probability, or any figure, that rises with the chance of being wrong; nil = the first model's, where this one agrees with it.
        public var doubt: String?
        /// Of a call.
        public var cost: Double
        /// Column with the seconds that the answer took.
        public var seconds: String?

        public init(name: String, answer: String, doubt: String?, cost: Double, seconds: String? = nil) {
            (self.name, self.answer, self.doubt, self.cost, self.seconds) = (name, answer, doubt, cost, seconds)
        }
    }

    public struct Settings: Sendable {
        /// Column with the right answer.
        public var truth: String
        public var steps: [Step]
        /// Of a person's decision, in the unit of the steps' costs.
        public var personCost: Double
        public var alpha: Double
        public var confidence = 0.95
        /// An answer that takes longer is none; nil = no limit.
        public var patience: Double?
        /// Doubts dealt out anew among the rows: a control, under which they say nothing.
        public var isShuffled = false

        public init(truth: String, steps: [Step], personCost: Double, alpha: Double) {
            (self.truth, self.steps, self.personCost, self.alpha) = (truth, steps, personCost, alpha)
        }
    }

    public let rows: Int
    /// Right answers of each step, where it answers at all.
    public let accuracies: [Double]
    public let choice: CascadeChoice
    /// What a row costs when the dearest model is asked about all and nobody looks, and when people decide all.
    public let dearest: Double
    public let people: Double
    /// Of 200 random halves, on how many the cascade found on one kept the promise on the other; and the mean share it decided.
    public let resamplesKept: Int
    public let resamplesAutomatic: Double
    /// Accuracy where the least sure share takes the last model's answer: 0, 5, 10, 20, 30, 50 and 100 %.
    public let escalations: [(share: Double, accuracy: Double)]

    public static let resamples = 200
    private static let none = Float.greatestFiniteMagnitude

    /// - Throws: a file or column that is not there, a doubt that is no number, settings out of range.
    public init(_ path: String, _ settings: Settings) throws(Failure) {
        let all = try Self.rows(path, settings)
        rows = all.count
        accuracies = all.isWrong.map { wrong in 1 - Double(wrong.count { $0 }) / Double(max(wrong.count, 1)) }
        let costs = settings.steps.map(\.cost)
        func cheapest(_ rows: CascadeRows) throws(Failure) -> CascadeChoice {
            try CascadeChoice.cheapest(
                rows, costs: costs, personCost: settings.personCost, alpha: settings.alpha, confidence: settings.confidence)
        }
        choice = try cheapest(all)
        (dearest, people) = (costs.last ?? 0, settings.personCost)
        var (kept, automatic) = (0, 0.0)
        var random = SplitMix64(seed: 7)
        for _ in 0..<Self.resamples {
            var (one, other): ([Int], [Int]) = ([], [])
            for row in 0..<all.count { if random.next(below: 2) == 0 { one.append(row) } else { other.append(row) } }
            let found = try cheapest(all.rows(one))
            let outcome = all.steps(found.steps).rows(other).outcome(found.thresholds.thresholds)
            kept += Double(outcome.wrong) <= settings.alpha * Double(outcome.automatic) ? 1 : 0
            automatic += Double(outcome.automatic) / Double(max(other.count, 1)) / Double(Self.resamples)
        }
        (resamplesKept, resamplesAutomatic) = (kept, automatic)
        let last = all.doubts.count - 1
        escalations = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 1].map { ($0, all.accuracy(from: 0, escalating: $0, to: last)) }
    }

    private static func rows(_ path: String, _ settings: Settings) throws(Failure) -> CascadeRows {
        guard let first = settings.steps.first?.doubt else {
            throw .cascadeSettings(
                "steps", found: "a first model without a column of doubts", expected: "one model or more; the first with doubts")
        }
        let named = settings.steps.flatMap { [$0.answer, $0.doubt, $0.seconds].compactMap(\.self) }
        let names = Set([settings.truth] + named).sorted()
        let file = try TextColumns(path: path, columns: names)
        func column(_ name: String) -> [String] { names.firstIndex(of: name).map { file.columns[$0] } ?? [] }
        func numbers(_ name: String) throws(Failure) -> [Float] {
            var values: [Float] = []
            for (row, text) in column(name).enumerated() {
                // A model that gave no answer gave no doubt either.
                guard let value = text.isEmpty ? none : Float(text), value.isFinite else {
                    throw Failure(
                        .failed, code: "cascade.number", what: "a figure of an answer cannot be read",
                        place: "\(path), record \(row + 1), \(name)",
                        expected: "a number, or nothing where there is no answer", remedy: "Mend the file; nothing of it was used.")
                }
                values.append(value)
            }
            return values
        }
        let (truth, leading, own) = (column(settings.truth), column(settings.steps[0].answer), try numbers(first))
        var (doubts, wrong): ([[Float]], [[Bool]]) = ([], [])
        for step in settings.steps {
            let answers = column(step.answer)
            let times = try step.seconds.map { name throws(Failure) in try numbers(name) }
            var stepDoubts = try step.doubt.map { name throws(Failure) in try numbers(name) } ?? own
            for row in 0..<file.count {
                let isLate = settings.patience.map { Double(times?[row] ?? 0) > $0 } ?? false
                let counts = !answers[row].isEmpty && !isLate && (step.doubt != nil || answers[row] == leading[row])
                if !counts { stepDoubts[row] = none }
            }
            doubts.append(stepDoubts)
            // What gives no answer is never right, however doubtful a cascade lets it be.
            wrong.append(file.columns[0].indices.map { answers[$0] != truth[$0] || stepDoubts[$0] == none && step.doubt == nil })
        }
        if settings.isShuffled {
            var random = SplitMix64(seed: 11)
            for step in doubts.indices {
                for row in doubts[step].indices.reversed() where row > 0 { doubts[step].swapAt(row, random.next(below: row + 1)) }
            }
        }
        return try CascadeRows(doubts: doubts, isWrong: wrong)
    }
}
