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
    init(training set: TextSet, _ plan: Plan) { (self, _, _) = Self.trained(on: set, plan) }

    /// The same, and what was said of each text while it was held out.
    ///
    /// - Parameter parts: of each text further ones to judge with it, by the machines that had not seen it; empty = none.
    static func trained(
        on set: TextSet, parts: [[[UInt8]]] = [], _ plan: Plan
    ) -> (model: TextModel, verdicts: [TextVerdict], parts: [[TextVerdict]]) {
        let classCount = set.classes.count
        let stride = TextEnsemble.stride(classCount)
        let memberCount = plan.settings.members.count
        let folds = TextFolds.assigned(set.labels, count: plan.folds, seed: plan.seed)
        var margins = [[Float]](repeating: [Float](repeating: 0, count: set.texts.count * stride), count: memberCount)
        var known = [Float](repeating: 0, count: set.texts.count)
        // Parts of all texts one after the other, those of text `row` from `starts[row]` on.
        var starts = [0]
        for row in set.texts.indices { starts.append(starts[row] + (parts.isEmpty ? 0 : parts[row].count)) }
        let further = TextSet(
            texts: parts.flatMap(\.self), classes: set.classes,
            labels: set.labels.indices.flatMap { row in
                [Int](repeating: set.labels[row], count: starts[row + 1] - starts[row])
            })
        var partMargins = [[Float]](repeating: [Float](repeating: 0, count: further.texts.count * stride), count: memberCount)
        var partKnown = [Float](repeating: 0, count: further.texts.count)
        for fold in 0..<plan.folds {
            let (inside, outside) = (folds.indices.filter { folds[$0] == fold }, folds.indices.filter { folds[$0] != fold })
            guard !inside.isEmpty else { continue }
            let ensemble = Self.ensemble(set.rows(outside), plan)
            var vector = TextVector(ensemble.vocabulary)
            func judge(_ text: [UInt8], _ place: Int, _ margins: inout [[Float]], _ known: inout [Float]) {
                vector.read(text, ensemble.vocabulary)
                known[place] = vector.known
                for member in 0..<memberCount {
                    margins[member].withUnsafeMutableBufferPointer { numbers in
                        if let base = numbers.baseAddress { ensemble.margins(vector, member: member, into: base + place * stride) }
                    }
                }
            }
            for row in inside {
                judge(set.texts[row], row, &margins, &known)
                for place in starts[row]..<starts[row + 1] { judge(further.texts[place], place, &partMargins, &partKnown) }
            }
        }
        let sharpness = margins.map { Softmax.sharpness($0, stride: stride, classCount: classCount, labels: set.labels) }
        let (inputs, tops) = Self.inputs(margins, sharpness: sharpness, known: known, set: set, stride: stride)
        let (partInputs, partTops) = Self.inputs(partMargins, sharpness: sharpness, known: partKnown, set: further, stride: stride)
        let isRight = zip(tops, set.labels).map { $0.top == $1 }
        // The confidence of a text is fitted without it, or held-out answers would look better than new ones.
        var confidences = [Float](repeating: 0, count: set.texts.count)
        var partConfidences = [Float](repeating: 0, count: further.texts.count)
        for fold in 0..<plan.folds {
            let outside = folds.indices.filter { folds[$0] != fold }
            let own = Confidence(fitting: outside.map { inputs[$0] }, isRight: outside.map { isRight[$0] })
            for row in folds.indices where folds[row] == fold {
                confidences[row] = known[row] == 0 ? 0 : own.probability(inputs[row])
                for place in starts[row]..<starts[row + 1] {
                    partConfidences[place] = partKnown[place] == 0 ? 0 : own.probability(partInputs[place])
                }
            }
        }
        let model = TextModel(
            classes: set.classes, heldOut: HeldOutAnswers(confidences: confidences, isRight: isRight), ensemble: Self.ensemble(set, plan),
            sharpness: sharpness, confidence: Confidence(fitting: inputs, isRight: isRight))
        let verdicts = tops.enumerated().map { row, place in
            TextVerdict(label: place.top, runnerUp: place.second, confidence: confidences[row], known: known[row])
        }
        let partVerdicts = set.texts.indices.map { row in
            (starts[row]..<starts[row + 1]).map { place in
                TextVerdict(
                    label: partTops[place].top, runnerUp: partTops[place].second, confidence: partConfidences[place],
                    known: partKnown[place])
            }
        }
        return (model, verdicts, partVerdicts)
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
