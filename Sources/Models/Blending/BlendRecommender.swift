package import Records

/// The weighted sum of several models' scores, each on one scale for every person.
package struct BlendRecommender: Recommender {
    package var family: String { BlendFamily.definition.name }
    package var items: [String] { models[0].items }
    private let base: BlendBase
    private let models: [any Recommender]
    /// One a model, 0 or more.
    package let weights: [Float]
    private let isSeen: [Bool]

    /// - Precondition: at least one model, all of the same items.
    init(base: BlendBase, models: [any Recommender], weights: [Float], isSeen: [Bool]) {
        (self.base, self.models, self.weights, self.isSeen) = (base, models, weights, isSeen)
    }

    package func scores(for histories: [History]) throws(Failure) -> [Float] {
        try check(histories)
        let width = items.count
        var sums = [Float](repeating: -.infinity, count: histories.count * width)
        let used = zip(models, weights).filter { $0.1 > 0 }
        var scores: [[Float]] = []
        for (model, _) in used { scores.append(try model.scores(for: histories)) }
        // A reason of any model is one.
        for own in scores { for place in own.indices where own[place].isFinite && isSeen[place % width] { sums[place] = 0 } }
        for (own, (_, weight)) in zip(scores, used) {
            for row in histories.indices {
                let range = row * width..<(row + 1) * width
                guard own[range].contains(where: \.isFinite) else { continue }
                let scale = ScoreScale(own[range], isSeen: isSeen)
                for place in range where sums[place].isFinite { sums[place] += weight * scale.value(own[place]) }
            }
        }
        return sums
    }

    package func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        var parts: [Contribution] = []
        for (model, weight) in zip(models, weights) where weight > 0 {
            let scores = try model.scores(for: [history])
            guard scores.contains(where: \.isFinite) else { continue }
            let scale = ScoreScale(scores[...], isSeen: isSeen)
            if scores[item].isFinite {
                parts += try model.contributions(to: item, for: history).map {
                    Contribution(item: $0.item, part: $0.part, amount: weight * $0.amount * scale.factor)
                }
            }
            parts.append(Contribution(item: nil, part: "base", amount: -weight * scale.mean * scale.factor))
        }
        return parts
    }

    /// The models take the day in, or train again where they cannot; the weights stay.
    package func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        var models: [any Recommender] = []
        for (name, model) in zip(base.families, self.models) {
            if let updated = try model.updated(with: log, asOf: asOf, threads: threads) {
                models.append(updated)
            } else {
                models.append(try base.model(name, on: log, asOf: asOf, threads: threads))
            }
        }
        return BlendRecommender(base: base, models: models, weights: weights, isSeen: log.isSeen)
    }

    package func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.array(isSeen.map { $0 ? UInt8(1) : 0 })
        writer.texts(base.families)
        writer.number(base.lambda)
        writer.integer(base.memory)
        writer.integer(Int(Int64(bitPattern: base.seed)))
        writer.array(weights)
        for model in models { writer.blob(try model.serialized()) }
        return writer.sealed()
    }
}

/// Mean and deviation of one model's scores for one person over the items that were sold; what is no number counts as 0.
struct ScoreScale {
    let mean: Float
    /// 1 / deviation; 0 where all scores are the same.
    let factor: Float

    init(_ scores: ArraySlice<Float>, isSeen: [Bool]) {
        var (sum, squares, count) = (0.0, 0.0, 0.0)
        for (score, isSeen) in zip(scores, isSeen) where isSeen {
            let value = score.isFinite ? Double(score) : 0
            sum += value
            squares += value * value
            count += 1
        }
        let mean = count > 0 ? sum / count : 0, variance = count > 0 ? squares / count - mean * mean : 0
        self.mean = Float(mean)
        factor = variance > 1e-12 * (1 + mean * mean) ? Float(1 / variance.squareRoot()) : 0
    }

    func value(_ score: Float) -> Float { ((score.isFinite ? score : 0) - mean) * factor }
}
