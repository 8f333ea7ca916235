import Foundation
import Models
import Records

/// From a model's scores to the probability of a purchase within the horizon, measured on days that the model did not see.
///
/// The family is trained on what lies before the last `horizon` days, names items for everybody it knows, and what of them was bought in
/// those days fits a rising map from score to probability (Platt, beta or isotonic, by cross-fitted log loss: ``CalibrationChoice``). All
/// people count, also those who bought nothing: a probability that forgot them would be that of people who come back.
struct OfferCalibration: Sendable, Codable {
    let choice: CalibrationChoice
    let isLogOdds: Bool
    /// Size of a middling score, so that scores of any unit fall into 0...1.
    let scale: Float
    /// Fewer purchases say nothing about a probability.
    static let leastPositives = 20
    /// More people than this do not make the map any better.
    private static let mostPeople = 4_000

    /// - Returns: nil with fewer than `leastPositives` purchases of named items, or where another family had to stand in.
    init?(_ log: InteractionLog, now: Int64, family: String, settings: RecommendationSettings, threads: Int) throws(Failure) {
        let cut = now - Int64(settings.horizon * 86_400_000_000)
        let past = log.events(before: cut)
        guard past.purchases.count > 0 else { return nil }
        let (own, model) = try RecommendationRun.train(past, asOf: cut, settings: settings, threads: threads)
        guard own == family else { return nil }
        let rows = try Self.rows(
            past, bought: log.events(in: cut..<now).purchases, cut: cut, model, count: settings.candidates, threads: threads)
        guard rows.labels.count(where: { $0 == 1 }) >= Self.leastPositives, rows.labels.contains(0) else { return nil }
        isLogOdds = family == RankedFamily.definition.name
        let sizes = rows.scores.map(abs).sorted()
        scale = max(sizes[sizes.count / 2], 1e-6)
        let unit = rows.scores.map { [isLogOdds, scale] score in Self.unit(score, isLogOdds: isLogOdds, scale: scale) }
        choice = try CalibrationChoice.best(of: [.platt, .beta, .isotonic], scores: unit, labels: rows.labels)
    }

    private static func rows(
        _ past: InteractionLog, bought: InteractionLog, cut: Int64, _ model: any Recommender, count: Int, threads: Int
    ) throws(Failure) -> (scores: [Float], labels: [Float]) {
        var wanted: [Int32: Set<Int>] = [:]
        for row in 0..<bought.count { wanted[bought.user[row], default: []].insert(Int(bought.item[row])) }
        let histories = past.histories(asOf: cut)
        let known = histories.indices.filter { !histories[$0].items.isEmpty }
        let step = max(1, (known.count + mostPeople - 1) / mostPeople)
        let people = stride(from: 0, to: known.count, by: step).map { known[$0] }
        var (scores, labels): ([Float], [Float]) = ([], [])
        for first in stride(from: 0, to: people.count, by: 256) {
            let part = people[first..<min(people.count, first + 256)]
            let lists = try model.recommendations(for: part.map { histories[$0] }, excluding: [], count: count, threads: threads)
            for (person, list) in zip(part, lists) {
                let taken = wanted[Int32(person)] ?? []
                scores += list.map(\.score)
                labels += list.map { taken.contains($0.item) ? 1 : 0 }
            }
        }
        return (scores, labels)
    }

    private static func unit(_ score: Float, isLogOdds: Bool, scale: Float) -> Float {
        isLogOdds ? 1 / (1 + exp(-score)) : 0.5 + 0.5 * score / (scale + abs(score))
    }

    func probability(_ score: Float) -> Double {
        Double(choice.calibrator.probability(Self.unit(score, isLogOdds: isLogOdds, scale: scale)))
    }

    /// As JSON, whose numbers come back to the bit.
    func encoded() throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return Array(try encoder.encode(self))
        } catch {
            throw .stageState(RecommendationSettings.name, found: "probabilities that cannot be written: \(error)")
        }
    }

    /// - Throws: bytes that ``encoded()`` did not write.
    init(decoding bytes: [UInt8]) throws(Failure) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw .stageState(RecommendationSettings.name, found: "probabilities that cannot be read")
        }
    }
}
