import Models
import Records

extension Scorer {
    /// Has a stage ask models about rows whose outcome their answers can change.
    func ask(_ kept: Kept, _ features: inout FeatureMatrix) throws(Failure) {
        guard context.asks, kept.batch.count > 0, let stage = stage as? any AskingStage else { return }
        let mayBeAsked = Set(stage.askable)
        var places = kept.times.indices.filter { mayBeAsked.contains(source(of: $0, in: kept)) }
        if !context.asksForPeople { places = try decisive(places, kept, features, stage) }
        stage.ask(places.map { source(of: $0, in: kept) }, at: places, in: &features)
    }

    /// Of these rows, those that the policy decides otherwise once models agree.
    private func decisive(
        _ places: [Int], _ kept: Kept, _ features: FeatureMatrix, _ stage: any AskingStage
    ) throws(Failure) -> [Int] {
        guard let model = context.model, !places.isEmpty else { return [] }
        var best = features
        for place in places {
            let start = place * features.featureCount
            best.values.replaceSubrange(start..<start + features.featureCount, with: stage.supported(features.row(place)))
        }
        func outcomes(_ features: FeatureMatrix) throws(Failure) -> [UInt8] {
            context.policy.rulings(
                batch: kept.batch, keys: kept.keys, features: features, scores: try model.probabilities(of: features)
            ).map(\.outcome)
        }
        let (plain, agreed) = (try outcomes(features), try outcomes(best))
        return places.filter { plain[$0] != agreed[$0] }
    }

    private func source(of place: Int, in kept: Kept) -> Int { kept.sources.isEmpty ? place : kept.sources[place] }
}
