package import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Linear machines over n-grams, with probabilities and a confidence fitted to texts held out.
package struct TextModel: TextClassifier {
    package var family: String { TextFamily.definition.name }
    package let classes: [String]
    package let heldOut: HeldOutAnswers
    let ensemble: TextEnsemble
    /// How much a margin of each machine counts: the softmax of margins times it.
    let sharpness: [Float]
    let confidence: Confidence
    /// What makes vectors of texts, where the model looks at them.
    var encoder: SentenceEncoder?

    /// Works through texts with memory that is used again.
    struct Scorer {
        let model: TextModel
        var vector: TextVector
        /// Probabilities by each machine, `stride` numbers each. The first machine decides; the others say how far to trust it.
        var numbers: [Float]
        let stride: Int

        init(_ model: TextModel) {
            self.model = model
            vector = TextVector(model.ensemble.vocabulary)
            stride = TextEnsemble.stride(model.classes.count)
            numbers = [Float](repeating: 0, count: stride * model.ensemble.members.count)
        }

        /// Fills `numbers` for a text.
        ///
        /// - Parameter meaning: the encoder's vector, of a model that has one.
        mutating func read(_ text: [UInt8], meaning: [Float] = []) {
            vector.read(text, model.ensemble.vocabulary, meaning: meaning)
            let (classCount, memberCount) = (model.classes.count, model.ensemble.members.count)
            let stride = stride
            numbers.withUnsafeMutableBufferPointer { numbers in
                guard let base = numbers.baseAddress else { return }
                for member in 0..<memberCount {
                    model.ensemble.margins(vector, member: member, into: base + stride * member)
                    Softmax.apply(base + stride * member, classCount, sharpness: model.sharpness[member])
                }
            }
        }

        func verdict(bytes: Int) -> TextVerdict {
            let classCount = model.classes.count
            return numbers.withUnsafeBufferPointer { numbers in
                guard let base = numbers.baseAddress else { return TextVerdict(label: 0, runnerUp: 0, confidence: 0, known: 0) }
                let inputs = inputs(base, bytes: bytes)
                let (top, second) = TextModel.likeliest(base, classCount)
                // Nothing known is nothing to go by, whatever the intercepts say.
                let sure = vector.known == 0 ? 0 : model.confidence.probability(inputs)
                return TextVerdict(label: top, runnerUp: second, confidence: sure, known: vector.known)
            }
        }

        func inputs(_ base: UnsafePointer<Float>, bytes: Int) -> [Double] {
            Confidence.inputs(
                base, others: (1..<max(model.ensemble.members.count, 1)).map { base + stride * $0 }, classCount: model.classes.count,
                known: vector.known, bytes: bytes)
        }
    }

    package func verdicts(on texts: [[UInt8]]) -> [TextVerdict] {
        var verdicts: [TextVerdict] = []
        verdicts.reserveCapacity(texts.count)
        eachRead(texts) { scorer, text in verdicts.append(scorer.verdict(bytes: text.count)) }
        return verdicts
    }

    package func probabilities(of texts: [[UInt8]]) -> [Float] {
        var all: [Float] = []
        all.reserveCapacity(texts.count * classes.count)
        eachRead(texts) { scorer, _ in all += scorer.numbers[0..<classes.count] }
        return all
    }

    /// The encoder is asked about some hundreds of texts at a time: faster than one by one, with memory that does not grow.
    private func eachRead(_ texts: [[UInt8]], _ body: (inout Scorer, [UInt8]) -> Void) {
        var scorer = Scorer(self)
        guard let encoder else {
            for text in texts {
                scorer.read(text)
                body(&scorer, text)
            }
            return
        }
        for block in 0..<FixedBlocks.count(of: texts.count, size: 512) {
            let range = FixedBlocks.range(block, of: texts.count, size: 512)
            let meanings = encoder.meanings(of: Array(texts[range]), threads: 1)
            for (text, meaning) in zip(texts[range], meanings) {
                scorer.read(text, meaning: meaning)
                body(&scorer, text)
            }
        }
    }

    /// Without the encoder, of which the bytes name the digest.
    package func serialized() throws(Failure) -> [UInt8] { written() }
}

enum Softmax {
    /// In place.
    static func apply(_ values: UnsafeMutablePointer<Float>, _ count: Int, sharpness: Float) {
        var largest = -Float.infinity
        for place in 0..<count { largest = max(largest, values[place]) }
        var sum: Float = 0
        for place in 0..<count {
            values[place] = expf((values[place] - largest) * sharpness)
            sum += values[place]
        }
        for place in 0..<count { values[place] /= sum }
    }

    /// The sharpness in 0.5 ... 64 that makes the labels likeliest, by golden section over its logarithm.
    static func sharpness(_ margins: [Float], stride: Int, classCount: Int, labels: [Int]) -> Float {
        func loss(_ logarithm: Double) -> Double {
            let sharpness = exp(logarithm)
            var sum = 0.0
            for (row, label) in labels.enumerated() {
                var largest = -Double.infinity
                for place in 0..<classCount { largest = max(largest, Double(margins[row * stride + place])) }
                var total = 0.0
                for place in 0..<classCount { total += exp((Double(margins[row * stride + place]) - largest) * sharpness) }
                sum += log(total) - (Double(margins[row * stride + label]) - largest) * sharpness
            }
            return sum
        }
        let golden = 0.618_033_988_749_894_8
        var (low, high) = (log(0.5), log(64.0))
        var (left, right) = (high - golden * (high - low), low + golden * (high - low))
        var (atLeft, atRight) = (loss(left), loss(right))
        while high - low > 0.01 {
            if atLeft < atRight {
                (high, right, atRight) = (right, left, atLeft)
                left = high - golden * (high - low)
                atLeft = loss(left)
            } else {
                (low, left, atLeft) = (left, right, atRight)
                right = low + golden * (high - low)
                atRight = loss(right)
            }
        }
        return Float(exp((low + high) / 2))
    }
}
