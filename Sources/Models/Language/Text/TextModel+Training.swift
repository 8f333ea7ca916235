import Records

extension TextModel {
    /// Everything training needs besides the texts.
    struct Plan: Sendable {
        var settings: TextSettings
        var folds: Int
        var seed: UInt64
        var threads: Int
        /// Made the vectors of the set's texts; nil where they have none.
        var encoder: SentenceEncoder?
    }

    /// Trains on all texts; sharpness, confidence and held-out answers come from folds whose texts the machines had not seen.
    ///
    /// - Precondition: every class has at least two texts.
    init(training set: TextSet, _ plan: Plan) { (self, _, _) = Self.trained(on: set, plan) }

    /// The same, and what was said of each text while it was held out.
    ///
    /// - Parameter parts: of each text further ones to judge with it, by the machines that had not seen it; empty = none.
    static func trained(
        on set: TextSet, parts: [[[UInt8]]] = [], _ plan: Plan
    ) -> (model: TextModel, verdicts: [TextVerdict], parts: [[TextVerdict]]) {
        let folds = TextFolds.assigned(set.labels, count: plan.folds, seed: plan.seed)
        let further = FurtherTexts(parts, of: set, plan.encoder, threads: plan.threads)
        var (whole, part) = (HeldOutMargins(set, plan), HeldOutMargins(further.set, plan))
        for fold in 0..<plan.folds {
            let (inside, outside) = (folds.indices.filter { folds[$0] == fold }, folds.indices.filter { folds[$0] != fold })
            guard !inside.isEmpty else { continue }
            let ensemble = Self.ensemble(set.rows(outside), plan)
            var vector = TextVector(ensemble.vocabulary)
            for row in inside {
                whole.judge(row, by: ensemble, &vector)
                for place in further.rows(row) { part.judge(place, by: ensemble, &vector) }
            }
        }
        let sharpness = whole.sharpness()
        let (inputs, tops) = whole.inputs(sharpness: sharpness)
        let (partInputs, partTops) = part.inputs(sharpness: sharpness)
        let isRight = zip(tops, set.labels).map { $0.top == $1 }
        // The confidence of a text is fitted without it, or held-out answers would look better than new ones.
        var confidences = [Float](repeating: 0, count: set.texts.count)
        var partConfidences = [Float](repeating: 0, count: further.set.texts.count)
        for fold in 0..<plan.folds {
            let outside = folds.indices.filter { folds[$0] != fold }
            let own = Confidence(fitting: outside.map { inputs[$0] }, isRight: outside.map { isRight[$0] })
            for row in folds.indices where folds[row] == fold {
                confidences[row] = whole.known[row] == 0 ? 0 : own.probability(inputs[row])
                for place in further.rows(row) { partConfidences[place] = part.known[place] == 0 ? 0 : own.probability(partInputs[place]) }
            }
        }
        let model = TextModel(
            classes: set.classes, heldOut: HeldOutAnswers(confidences: confidences, isRight: isRight), ensemble: Self.ensemble(set, plan),
            sharpness: sharpness, confidence: Confidence(fitting: inputs, isRight: isRight), encoder: plan.encoder)
        let partVerdicts = part.verdicts(partTops, partConfidences)
        return (model, whole.verdicts(tops, confidences), set.texts.indices.map { Array(partVerdicts[further.rows($0)]) })
    }

    private static func ensemble(_ set: TextSet, _ plan: Plan) -> TextEnsemble {
        TextEnsemble(set, settings: plan.settings, seed: plan.seed, threads: plan.threads)
    }

    /// The likeliest class and the next one; of equal ones the first.
    static func likeliest(_ base: UnsafePointer<Float>, _ classCount: Int) -> (top: Int, second: Int) {
        var (top, second) = (0, -1)
        for place in 1..<classCount {
            if base[place] > base[top] {
                (top, second) = (place, top)
            } else if second < 0 || base[place] > base[second] {
                second = place
            }
        }
        return (top, max(second, 0))
    }
}

/// Further texts of all texts, one after the other.
private struct FurtherTexts {
    let set: TextSet
    /// Those of text `row` stand from `starts[row]` on.
    private var starts = [0]

    init(_ parts: [[[UInt8]]], of set: TextSet, _ encoder: SentenceEncoder?, threads: Int) {
        for row in set.texts.indices { starts.append(starts[row] + (parts.isEmpty ? 0 : parts[row].count)) }
        let counts = set.texts.indices.map { parts.isEmpty ? 0 : parts[$0].count }
        var further = TextSet(
            texts: parts.flatMap(\.self), classes: set.classes,
            labels: zip(set.labels, counts).flatMap { [Int](repeating: $0, count: $1) })
        if let encoder { further.meanings = encoder.meanings(of: further.texts, threads: threads) }
        self.set = further
    }

    func rows(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }
}

/// What machines say of texts that they have not seen.
private struct HeldOutMargins {
    private let set: TextSet
    private let stride: Int
    /// Of each machine, `stride` numbers a text.
    private var margins: [[Float]]
    private(set) var known: [Float]

    init(_ set: TextSet, _ plan: TextModel.Plan) {
        self.set = set
        stride = TextEnsemble.stride(set.classes.count)
        let empty = [Float](repeating: 0, count: set.texts.count * stride)
        margins = [[Float]](repeating: empty, count: plan.settings.members.count)
        known = [Float](repeating: 0, count: set.texts.count)
    }

    mutating func judge(_ row: Int, by ensemble: TextEnsemble, _ vector: inout TextVector) {
        vector.read(set.texts[row], ensemble.vocabulary, meaning: set.meanings.isEmpty ? [] : set.meanings[row])
        known[row] = vector.known
        for member in margins.indices {
            margins[member].withUnsafeMutableBufferPointer { numbers in
                if let base = numbers.baseAddress { ensemble.margins(vector, member: member, into: base + row * stride) }
            }
        }
    }

    func sharpness() -> [Float] {
        margins.map { Softmax.sharpness($0, stride: stride, classCount: set.classes.count, labels: set.labels) }
    }

    func inputs(sharpness: [Float]) -> (inputs: [[Double]], tops: [(top: Int, second: Int)]) {
        let classCount = set.classes.count
        var (inputs, tops): ([[Double]], [(top: Int, second: Int)]) = ([], [])
        var numbers = [Float](repeating: 0, count: stride * margins.count)
        for row in set.texts.indices {
            numbers.withUnsafeMutableBufferPointer { numbers in
                guard let base = numbers.baseAddress else { return }
                for member in margins.indices {
                    let own = base + stride * member
                    for place in 0..<classCount { own[place] = margins[member][row * stride + place] }
                    Softmax.apply(own, classCount, sharpness: sharpness[member])
                }
                tops.append(TextModel.likeliest(base, classCount))
                inputs.append(
                    Confidence.inputs(
                        base, others: margins.indices.dropFirst().map { UnsafePointer(base + stride * $0) }, classCount: classCount,
                        known: known[row], bytes: set.texts[row].count))
            }
        }
        return (inputs, tops)
    }

    func verdicts(_ tops: [(top: Int, second: Int)], _ confidences: [Float]) -> [TextVerdict] {
        tops.indices.map {
            TextVerdict(label: tops[$0].top, runnerUp: tops[$0].second, confidence: confidences[$0], known: known[$0])
        }
    }
}
