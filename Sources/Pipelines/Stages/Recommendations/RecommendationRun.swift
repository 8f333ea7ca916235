import Foundation
import Models
import Records

/// A result, before it is a row.
struct RecommendationResult: Sendable {
    /// `user`, `goes-with`, `item` (a question about an item's reach) or `catalogue`.
    var about: String
    var subject: String
    var place: Int
    var item: String
    var score: Double
    var probability: Double?
    var value: Double?
    var propensity: Double
    var kind: String
    var reason: String
    var features: [Float]

    /// The row that takes an earlier one back: without an item, so that whoever reads no further sends nothing.
    static func withdrawing(_ result: StandingResult) -> RecommendationResult {
        RecommendationResult(
            about: result.key[0], subject: result.key[1], place: Int(result.key[2]) ?? 0, item: "", score: 0, probability: nil, value: nil,
            propensity: 1, kind: "withdrawn",
            reason: result.key[0] == "user" || result.key[0] == "goes-with"
                ? "\(result.subject) is no longer offered here" : "no longer a question",
            features: [0, Float(result.key[2]) ?? 0, 0, .nan, 0, 0, 0, 2, .nan])
    }
}

/// What `finish` makes of the state: a model, lists for all people, what goes with each item, and what a merchandiser should look at.
struct RecommendationRun {
    let settings: RecommendationSettings
    let state: RecommendationState
    let now: Int64
    let log: InteractionLog
    let model: any Recommender
    /// The settings' family, or `popularity` while there is too little to learn from.
    let family: String
    let catalogueLost: Double
    let rules: OfferRules
    /// Nil where no probability is given: not wanted, or too little to measure it on.
    let calibration: OfferCalibration?
    /// What the next run goes on from; nil where every run trains.
    let learnt: LearntModel?
    let threads: Int
    private let facts: SalesFacts
    private let shown: ShownOffers
    private let purchases: [RecommendationState.Event]
    /// These and what people looked at.
    private let interactions: [RecommendationState.Event]
    /// People taken for programs, and their purchases, which teach nothing.
    private let leftOut: (people: Int, purchases: Int)
    private let prices: [String: Double]
    private let items: [String: RecommendationState.Item]

    /// - Parameter other: a run at the same time on the same rows; what it learnt is taken where the settings learn the same.
    /// - Returns: nil while nothing was bought.
    init?(
        settings: RecommendationSettings, state: RecommendationState, time: FinishTime, like other: RecommendationRun? = nil,
        kept: LearntModel? = nil
    ) throws(Failure) {
        // What lies ahead of the clock is not known yet.
        let now = min(time.clock.microseconds, time.watermark?.microseconds ?? time.clock.microseconds)
        let state = state.known(at: time.clock.microseconds)
        let interactions = state.interactions(until: now)
        let purchases = settings.event == nil ? interactions : interactions.filter { $0.strength == 1 }
        let programs = RecommendationState.programs(among: interactions, most: settings.mostInteractions)
        let teaching = interactions.filter { !programs.contains($0.user) }
        guard teaching.contains(where: { $0.strength == 1 }) else { return nil }
        leftOut = (programs.count, interactions.count - teaching.count)
        let items = state.itemsByTodaysName
        if let other, other.now == now, other.settings.learns(like: settings) {
            (log, family, model, calibration, learnt) = (other.log, other.family, other.model, other.calibration, nil)
        } else {
            let log = try InteractionLog(teaching, items: items)
            var trainedAt = now
            let fresh = kept.flatMap { $0.isFresh(at: now, for: settings) ? $0 : nil }
            if let fresh, let updated = try fresh.updated(with: log, now: now, threads: time.threads) {
                (family, model, trainedAt) = (fresh.family, updated, fresh.trainedAt)
                calibration = fresh.calibration.isEmpty ? nil : try OfferCalibration(decoding: fresh.calibration)
            } else {
                (family, model) = try Self.train(log, asOf: now + 1, settings: settings, threads: time.threads)
                calibration =
                    settings.calibrates
                    ? try OfferCalibration(log, now: now + 1, family: family, settings: settings, threads: time.threads) : nil
            }
            learnt =
                settings.retrain > 0
                ? try LearntModel(
                    model, family: family, calibration: calibration, settings: settings, trainedAt: trainedAt, asOf: now)
                : nil
            self.log = log
        }
        threads = time.threads
        shown = ShownOffers(state, purchases: purchases, now: time.clock.microseconds, settings: settings)
        facts = SalesFacts(log.purchases, now: now + 1)
        // An item that left a catalogue which knows others is lost, too.
        let lost = items.isEmpty ? 0 : facts.share { name in items[name].map { ($0.stock ?? 1) <= 0 } ?? true }
        catalogueLost = lost
        rules = OfferRules(
            items: items, people: state.people, actions: state.actions(knownBy: time.clock.microseconds), believesStock: lost <= 0.5,
            limits: state.limits,
            settings: .init(
                count: settings.count, byValue: settings.byValue, perCategory: settings.perCategory, explore: settings.explore,
                diversity: settings.diversity, isLogOdds: family == RankedFamily.definition.name),
            seed: RecordKey.mix(UInt64(bitPattern: now)))
        prices = Dictionary(purchases.filter { !$0.price.isNaN }.map { ($0.item, $0.price) }, uniquingKeysWith: { $1 })
        (self.settings, self.state, self.now, self.purchases, self.items) = (settings, state, now, purchases, items)
        self.interactions = interactions
    }

    static func train(
        _ log: InteractionLog, asOf: Int64, settings: RecommendationSettings, threads: Int
    ) throws(Failure) -> (String, any Recommender) {
        let family = try ModelFamilies.recommender(named: settings.family)
        do {
            return (settings.family, try family.train(on: log, asOf: asOf, parameters: settings.modelParameters, seed: 1, threads: threads))
        } catch  where ["models.no-rows", "models.one-class"].contains(error.code) {
            let popularity = PopularityFamily.self
            let model = try popularity.train(
                on: log, asOf: asOf, parameters: ["window": .number(settings.memory), "half-life": .number(30)], seed: 1, threads: 1)
            return (popularity.definition.name, model)
        }
    }

    // MARK: Results

    func results() throws(Failure) -> [RecommendationResult] {
        var results = try offers()
        var reach: [String: Set<String>] = [:]
        for result in results { reach[result.item, default: []].insert(result.subject) }
        let people = Double(max(1, Set(results.map(\.subject)).count))
        for index in results.indices {
            let share = Double(reach[results[index].item]?.count ?? 0) / people
            results[index].features = features(results[index], reach: share, doubt: false)
        }
        let questions = Set(reach.keys).union(shown.reach.keys).sorted().compactMap {
            question($0, reach: Double(reach[$0]?.count ?? 0) / people)
        }
        return try results + goesWith() + questions + lostCatalogue() + programs()
    }

    private func offers() throws(Failure) -> [RecommendationResult] {
        var results: [RecommendationResult] = []
        try forEveryone { (name, history, ranked, unsold) throws(Failure) in
            results += try self.results(of: name, history: history, ranked: ranked, unsold: unsold)
        }
        return results
    }

    /// Calls `body` for all people in order of their names, with what the model names for them before any rule.
    func forEveryone(
        _ body: (_ name: String, _ history: History, _ ranked: [Recommendation], _ unsold: [String]) throws(Failure) -> Void
    ) throws(Failure) {
        let places = Dictionary(uniqueKeysWithValues: zip(log.items, 0...))
        var histories: [String: History] = [:]
        for person in state.people.keys { histories[person] = History(items: []) }
        for event in interactions where histories[event.user] == nil { histories[event.user] = History(items: []) }
        for event in interactions {
            guard let place = places[event.item] else { continue }
            histories[event.user, default: History(items: [])].items.append(place)
            histories[event.user]?.ages.append(Float(Double(now + 1 - event.time) / 86_400_000_000))
            if !log.strengths.isEmpty { histories[event.user]?.strengths.append(Float(event.strength)) }
        }
        let sold = Set(log.items)
        let unsold = items.keys.filter { !sold.contains($0) }.sorted()
        let names = histories.keys.sorted()
        for first in stride(from: 0, to: names.count, by: 256) {
            let part = Array(names[first..<min(names.count, first + 256)])
            let lists = try model.recommendations(
                for: part.map { histories[$0] ?? History(items: []) }, excluding: [], count: settings.candidates, threads: threads)
            for (name, ranked) in zip(part, lists) { try body(name, histories[name] ?? History(items: []), ranked, unsold) }
        }
    }

    /// What the model names, as offers, and what rests: just bought, or shown often enough.
    func offered(_ ranked: [Recommendation], to name: String, history: History) -> (offers: [Offer], resting: Set<String>) {
        let bought = history.bought, own = Set(bought.items)
        var resting = shown.worn(for: name)
        for (index, item) in bought.items.enumerated() where Double(bought.age(index)) < settings.rest { resting.insert(log.items[item]) }
        let offers = ranked.map { named in
            Offer(
                item: log.items[named.item], score: Double(named.score), probability: calibration?.probability(named.score), propensity: 1,
                kind: own.contains(named.item) ? "repeat" : "new")
        }
        return (offers, resting)
    }

    private func results(
        of name: String, history: History, ranked: [Recommendation], unsold: [String]
    ) throws(Failure) -> [RecommendationResult] {
        let (offered, resting) = offered(ranked, to: name, history: history)
        let places = Dictionary(ranked.map { (log.items[$0.item], $0.item) }, uniquingKeysWith: { first, _ in first })
        var results: [RecommendationResult] = []
        for (index, allowed) in rules.list(for: name, ranked: offered, unsold: unsold, resting: resting).enumerated() {
            let offer = allowed.offer
            let parts = try places[offer.item].map { place throws(Failure) in try model.contributions(to: place, for: history) } ?? []
            results.append(
                RecommendationResult(
                    about: "user", subject: name, place: index + 1, item: offer.item, score: offer.score, probability: offer.probability,
                    value: offer.probability.flatMap { chance in worth(offer.item).map { chance * $0 } }, propensity: offer.propensity,
                    kind: offer.kind, reason: RecommendationReason.text(parts, kind: offer.kind, items: log.items), features: []))
        }
        return results
    }

    /// What one purchase brings: the margin, else the last price paid.
    func worth(_ item: String) -> Double? { items[item]?.margin ?? prices[item] }

    /// The items most often bought by the same people, by cosine: at most five for each item sold of late.
    private func goesWith() throws(Failure) -> [RecommendationResult] {
        let model = try ItemNeighbourFamily.train(
            on: log.purchases, asOf: now + 1,
            parameters: ["similarity": .text("cosine"), "itself": .text("no"), "neighbours": .integer(20)], seed: 1,
            threads: threads)
        let scores = try model.recommendations(
            for: log.items.indices.map { History(items: [$0]) }, excluding: log.items.indices.map { [$0] }, count: 20, threads: threads)
        return zip(log.items, scores).flatMap { item, near in
            near.filter { rules.isAllowed(log.items[$0.item], for: "") }.prefix(5).enumerated().map { index, other in
                var result = RecommendationResult(
                    about: "goes-with", subject: item, place: index + 1, item: log.items[other.item], score: Double(other.score),
                    probability: nil, value: nil, propensity: 1, kind: "similar", reason: "bought by the same people", features: [])
                result.features = features(result, reach: 0, doubt: false)
                return result
            }
        }
    }

    /// A row about an item that a merchandiser should see before its offers go out.
    private func question(_ item: String, reach: Double) -> RecommendationResult? {
        let isSensitive = items[item]?.isSensitive ?? false
        let isNew = facts.age(item).map { $0 < 14 } ?? true
        let share = facts.salesShare(item)
        let isSudden = reach >= 0.05 && reach > 5 * share
        let isChanged = abs(shown.change(of: item, reach: reach) ?? 0) >= settings.largeChange
        guard (isSensitive && reach > 0) || (isNew && reach >= settings.largeReach) || isSudden || isChanged else { return nil }
        var result = RecommendationResult(
            about: "item", subject: item, place: 0, item: item, score: reach, probability: nil, value: nil, propensity: 1, kind: "question",
            reason: isSensitive
                ? "the catalogue calls it sensitive"
                : isChanged ? changeText(item, reach: reach) : isNew ? "new, and offered to many" : "offered far more than it sells",
            features: [])
        result.features = features(result, reach: reach, doubt: true)
        return result
    }

    private func changeText(_ item: String, reach: Double) -> String {
        func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
        return "offered to \(percent(reach)) of all people, to \(percent(shown.reach[item] ?? 0)) when offers were last shown"
    }

    private func lostCatalogue() -> [RecommendationResult] {
        guard catalogueLost > 0.5 else { return [] }
        var result = RecommendationResult(
            about: "catalogue", subject: "catalogue", place: 0, item: "", score: catalogueLost, probability: nil, value: nil, propensity: 1,
            kind: "question", reason: "most of what sold of late cannot be delivered; stock was not looked at", features: [])
        result.features = features(result, reach: 0, doubt: true)
        result.features[6] = Float(catalogueLost)
        return [result]
    }

    /// A word about rows that were not learnt from; nothing to decide.
    private func programs() -> [RecommendationResult] {
        guard leftOut.people > 0 else { return [] }
        var result = RecommendationResult(
            about: "catalogue", subject: "programs", place: 0, item: "", score: Double(leftOut.people), probability: nil, value: nil,
            propensity: 1, kind: "note",
            reason: "\(leftOut.people) with more than \(settings.mostInteractions) \(settings.rowWord) are taken for programs: their "
                + "\(leftOut.purchases) \(settings.rowWord) teach nothing", features: [])
        result.features = features(result, reach: 0, doubt: false)
        return [result]
    }

    private func features(_ result: RecommendationResult, reach: Double, doubt: Bool) -> [Float] {
        [
            Float(result.score), Float(result.place), Float(reach), facts.age(result.item).map { Float($0) } ?? .nan,
            items[result.item]?.isSensitive == true ? 1 : 0, Float(facts.salesShare(result.item)), 0, doubt ? 1 : 0,
            shown.change(of: result.item, reach: reach).map { Float($0) } ?? .nan,
        ]
    }
}

extension InteractionLog {
    /// Purchases as models learn from them, with prices and categories where any is known.
    init(_ purchases: [RecommendationState.Event], items: [String: RecommendationState.Item]) throws(Failure) {
        let sold = Set(purchases.map(\.item))
        try self.init(
            users: purchases.map(\.user), items: purchases.map(\.item), times: purchases.map(\.time),
            values: purchases.map { Float($0.quantity) },
            prices: purchases.contains { !$0.price.isNaN } ? purchases.map { Float($0.price) } : [],
            strengths: purchases.contains { $0.strength < 1 } ? purchases.map { Float($0.strength) } : [],
            categories: items.compactMapValues(\.category).filter { sold.contains($0.key) })
    }
}
