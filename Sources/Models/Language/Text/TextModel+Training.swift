import Records

extension TextModel {
    /// Everything training needs besides the texts.
    struct Plan: Sendable {
        var settings: TextSettings
        var folds: Int
        var seed: UInt64
        var threads: Int
    }

    /// Trains on all texts; sharpness, confidence and held-out answers come from folds whose texts the machines had not seen.
    ///
    /// - Precondition: every class has at least two texts.
    init(training set: TextSet, _ plan: Plan) { (self, _) = Self.trained(on: set, plan) }

    /// The same, and what was said of each text while it was held out.
    static func trained(on set: TextSet, _ plan: Plan) -> (model: TextModel, verdicts: [TextVerdict]) {
        let classCount = set.classes.count
        let stride = TextEnsemble.stride(classCount)
        let memberCount = plan.settings.members.count
        let folds = TextFolds.assigned(set.labels, count: plan.folds, seed: plan.seed)
        var margins = [[Float]](repeating: [Float](repeating: 0, count: set.texts.count * stride), count: memberCount)
        var known = [Float](repeating: 0, count: set.texts.count)
        for fold in 0..<plan.folds {
            let (inside, outside) = (folds.indices.filter { folds[$0] == fold }, folds.indices.filter { folds[$0] != fold })
            guard !inside.isEmpty else { continue }
            let ensemble = Self.ensemble(set.rows(outside), plan)
            var vector = TextVector(ensemble.vocabulary)
            for row in inside {
                vector.read(set.texts[row], ensemble.vocabulary)
                known[row] = vector.known
                for member in 0..<memberCount {
                    margins[member].withUnsafeMutableBufferPointer { numbers in
                        if let base = numbers.baseAddress { ensemble.margins(vector, member: member, into: base + row * stride) }
                    }
                }
            }
        }
        let sharpness = margins.map { Softmax.sharpness($0, stride: stride, classCount: classCount, labels: set.labels) }
        let (inputs, tops) = Self.inputs(margins, sharpness: sharpness, known: known, set: set, stride: stride)
        let isRight = zip(tops, set.labels).map { $0.top == $1 }
        // The confidence of a text is fitted without it, or held-out answers would look better than new ones.
        var confidences = [Float](repeating: 0, count: set.texts.count)
        for fold in 0..<plan.folds {
            let outside = folds.indices.filter { folds[$0] != fold }
            let own = Confidence(fitting: outside.map { inputs[$0] }, isRight: outside.map { isRight[$0] })
            for row in folds.indices where folds[row] == fold { confidences[row] = known[row] == 0 ? 0 : own.probability(inputs[row]) }
        }
        let model = TextModel(
            classes: set.classes, heldOut: HeldOutAnswers(confidences: confidences, isRight: isRight), ensemble: Self.ensemble(set, plan),
            sharpness: sharpness, confidence: Confidence(fitting: inputs, isRight: isRight))
        let verdicts = tops.enumerated().map { row, place in
            TextVerdict(label: place.top, runnerUp: place.second, confidence: confidences[row], known: known[row])
        }
        return (model, verdicts)
    }

    private static func ensemble(_ set: TextSet, _ plan: Plan) -> TextEnsemble {
        TextEnsemble(
            texts: set.texts, labels: set.labels, weights: set.weights, classCount: set.classes.count, settings: plan.settings,
            seed: plan.seed, threads: plan.threads)
    }

    private static func inputs(
        _ margins: [[Float]], sharpness: [Float], known: [Float], set: TextSet, stride: Int
    ) -> (inputs: [[Double]], tops: [(top: Int, second: Int)]) {
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
                tops.append(Self.likeliest(base, classCount))
                inputs.append(
                    Confidence.inputs(
                        base, others: margins.indices.dropFirst().map { UnsafePointer(base + stride * $0) }, classCount: classCount,
                        known: known[row], bytes: set.texts[row].count))
            }
        }
        return (inputs, tops)
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
