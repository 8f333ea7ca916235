import Foundation
import Models
import Records

/// An item offered to a person.
struct Offer: Sendable, Hashable {
    var item: String
    var score: Double
    /// Of a purchase within the horizon; nil where the family gives none.
    var probability: Double?
    /// Probability with which this item stood in this place, given everything known; 1 = no draw.
    var propensity: Double
    /// `repeat`, `new`, `pinned`, `drawn`.
    var kind: String
}

/// An offer that the rules allow this person. Only ``OfferRules`` makes one, and only results are made of them: an unsuitable offer has no
/// way into a list.
struct AllowedOffer: Sendable, Hashable {
    let offer: Offer

    fileprivate init?(_ offer: Offer, for person: String, resting: Set<String>, by rules: OfferRules) {
        guard !resting.contains(offer.item), rules.isAllowed(offer.item, for: person) else { return nil }
        self.offer = offer
    }
}

/// Which items may be offered to whom, and in which order: a merchandiser's and a bank's word over the model's.
///
/// What may not be offered is taken out before anything is put in order, so no rule below it can bring it back.
struct OfferRules: Sendable {
    let items: [String: RecommendationState.Item]
    let people: [String: RecommendationState.Person]
    /// By item, as known at the run's clock.
    let actions: [String: RecommendationState.Action]
    /// False while the catalogue has lost so much that stock is not believed.
    let believesStock: Bool
    let limits: [RecommendationState.Limit: Int]
    let settings: Settings
    let seed: UInt64

    struct Settings: Sendable {
        var count: Int
        var byValue: Bool
        var perCategory: Int
        var explore: Double
        var diversity = 0.0
        /// Whether scores are log-odds of a purchase.
        var isLogOdds = false
    }

    /// Whether any item or person has a risk class: then one without a class, or out of the catalogue, is unsuitable for everybody.
    let hasRiskClasses: Bool

    /// A person of whom nothing is known gets only items without limits. An item without a minimum age, or one of 0, is for every age.
    func isAllowed(_ item: String, for person: String) -> Bool {
        if actions[item] == .block { return false }
        let facts = items[item], own = people[person]
        if believesStock, let stock = facts?.stock, stock <= 0 { return false }
        if hasRiskClasses {
            guard let risk = facts?.risk, let most = own?.risk, risk <= most else { return false }
        }
        if let age = facts?.minimumAge, age > 0, !(own?.age.map { $0 >= age } ?? false) { return false }
        return true
    }

    /// What the list is put in order by. A boost doubles the value, and the odds where the score is their logarithm.
    ///
    /// Money is weighed by a chance: without a measured one by that of the score's odds, or by the score where it is none. A score below 0
    /// would turn the order of margins round, so it counts as 0, and the model's order decides.
    func value(_ offer: Offer) -> Double {
        let weight = actions[offer.item] == .boost ? 2.0 : 1
        guard settings.byValue else { return offer.score + (weight > 1 ? 0.7 : 0) }
        let chance = offer.probability ?? (settings.isLogOdds ? 1 / (1 + exp(-offer.score)) : max(0, offer.score))
        return chance * max(0, items[offer.item]?.margin ?? 0) * weight
    }

    init(
        items: [String: RecommendationState.Item], people: [String: RecommendationState.Person],
        actions: [String: RecommendationState.Action], believesStock: Bool, limits: [RecommendationState.Limit: Int] = [:],
        settings: Settings, seed: UInt64
    ) {
        (self.items, self.people, self.actions, self.limits) = (items, people, actions, limits)
        (self.believesStock, self.settings, self.seed) = (believesStock, settings, seed)
        hasRiskClasses = items.values.contains { $0.risk != nil } || people.values.contains { $0.risk != nil }
    }

    /// The list of a person, best first, at most `count`.
    ///
    /// - Parameters:
    ///   - ranked: what the model names, best first; more than `count`, so that something is left after the rules.
    ///   - unsold: items of the catalogue that nobody bought yet: they can only be drawn or pinned.
    ///   - resting: items not to offer again so soon.
    func list(for person: String, ranked: [Offer], unsold: [String], resting: Set<String>) -> [AllowedOffer] {
        let parts = parts(for: person, ranked: ranked, unsold: unsold, resting: resting)
        return drawn(parts.list, for: person, from: parts.pool).compactMap { AllowedOffer($0, for: person, resting: resting, by: self) }
    }

    /// Every offer that the draw may make, each with the probability that it is in the list.
    func distribution(for person: String, ranked: [Offer], unsold: [String], resting: Set<String>) -> [Offer] {
        let parts = parts(for: person, ranked: ranked, unsold: unsold, resting: resting)
        guard draws(parts.list, from: parts.pool) else { return parts.list }
        var offers = parts.list
        offers[offers.count - 1].propensity = 1 - settings.explore
        for var offer in parts.pool {
            offer.propensity = settings.explore / Double(parts.pool.count)
            offers.append(offer)
        }
        return offers
    }

    /// The list before the draw, and what the last place may be drawn from.
    private func parts(for person: String, ranked: [Offer], unsold: [String], resting: Set<String>) -> (list: [Offer], pool: [Offer]) {
        let allowed = ranked.filter { !resting.contains($0.item) && isAllowed($0.item, for: person) }
        let pinned = actions.keys.filter { actions[$0] == .pin && isAllowed($0, for: person) && !resting.contains($0) }.sorted()
        var places = Places(rules: self, person: person)
        for item in pinned {
            let known = allowed.first { $0.item == item }
            let offer = Offer(item: item, score: known?.score ?? 0, probability: known?.probability, propensity: 1, kind: "pinned")
            if places.limitsAllow(offer.item) { places.take(offer) }
        }
        let order = allowed.enumerated().sorted { (-value($0.element), $0.offset) < (-value($1.element), $1.offset) }.map(\.element)
        if settings.diversity > 0 {
            places.takeDiverse(order)
        }
        // Also what diversity did not look at, where caps left its list short.
        for offer in order where places.fits(offer.item) { places.take(offer) }
        let next = order.filter { places.fitsInLastPlace($0.item) }.prefix(10)
        let new = unsold.lazy.filter { !resting.contains($0) && isAllowed($0, for: person) && places.fitsInLastPlace($0) }.prefix(10)
        return (
            places.list, Array(next) + new.map { Offer(item: $0, score: 0, probability: nil, propensity: 1, kind: "unsold") }
        )
    }

    private func draws(_ list: [Offer], from pool: [Offer]) -> Bool {
        settings.explore > 0 && list.count > 1 && !pool.isEmpty && list[list.count - 1].kind != "pinned"
    }

    /// With probability `explore` the last place goes to one of the pool, all alike. What was drawn, and how likely it was, is in the offer.
    private func drawn(_ list: [Offer], for person: String, from pool: [Offer]) -> [Offer] {
        guard draws(list, from: pool) else { return list }
        var list = list
        let draw = RecordKey.mix(RecordKey.hash(person) ^ seed)
        if Double(draw >> 11) * 0x1p-53 < settings.explore {
            var offer = pool[Int(RecordKey.mix(draw) % UInt64(pool.count))]
            (offer.propensity, offer.kind) = (settings.explore / Double(pool.count), "drawn")
            list[list.count - 1] = offer
        } else {
            list[list.count - 1].propensity = 1 - settings.explore
        }
        return list
    }
}

/// A list that is filled within the caps of categories and segments.
private struct Places {
    let rules: OfferRules
    let count: Int
    private let segment: String?
    private(set) var list: [Offer] = []
    private var taken: Set<String> = []
    private var ofCategory: [String: Int] = [:]

    init(rules: OfferRules, person: String) {
        self.rules = rules
        segment = rules.people[person]?.segment
        count = [rules.settings.count, Self.most(of: "", segment, rules)].compactMap(\.self).min() ?? 0
    }

    /// The strictest of the person's segment's limit and everybody's; nil = none.
    private static func most(of category: String, _ segment: String?, _ rules: OfferRules) -> Int? {
        guard !rules.limits.isEmpty else { return nil }
        return ["*", segment].compactMap { name in name.flatMap { rules.limits[.init(segment: $0, category: category)] } }.min()
    }

    /// Whether the segment's limits leave room, with `less` items of the last place's category given back.
    func limitsAllow(_ item: String, less: String? = nil) -> Bool {
        guard !taken.contains(item), list.count - (less == nil ? 0 : 1) < count else { return false }
        guard let category = rules.items[item]?.category, let most = Self.most(of: category, segment, rules) else { return true }
        return ofCategory[category, default: 0] - (less == category ? 1 : 0) < most
    }

    func fits(_ item: String, less: String? = nil) -> Bool {
        guard limitsAllow(item, less: less) else { return false }
        guard rules.settings.perCategory > 0, let category = rules.items[item]?.category else { return true }
        return ofCategory[category, default: 0] - (less == category ? 1 : 0) < rules.settings.perCategory
    }

    /// Whether the item could stand in place of the last one.
    func fitsInLastPlace(_ item: String) -> Bool {
        guard let last = list.last, list.count == count else { return false }
        return fits(item, less: rules.items[last.item]?.category ?? "")
    }

    mutating func take(_ offer: Offer) {
        list.append(offer)
        taken.insert(offer.item)
        if let category = rules.items[offer.item]?.category { ofCategory[category, default: 0] += 1 }
    }

    /// Maximal marginal relevance (J. Carbonell, J. Goldstein, SIGIR 1998) of the first 4 x `count`: place in the order, from 1 to 0, against
    /// the share of the list so far that is of the item's category.
    mutating func takeDiverse(_ order: [Offer]) {
        let window = Array(order.prefix(4 * count)), weight = rules.settings.diversity
        var open = Array(window.indices)
        while list.count < count, !open.isEmpty {
            var best: (place: Int, value: Double)?
            for (place, index) in open.enumerated() where fits(window[index].item) {
                let same = rules.items[window[index].item]?.category.map { Double(ofCategory[$0, default: 0]) } ?? 0
                let value =
                    (1 - weight) * (1 - Double(index) / Double(window.count)) - weight * same / Double(max(1, list.count))
                if best.map({ value > $0.value }) ?? true { best = (place, value) }
            }
            guard let best else { return }
            take(window[open[best.place]])
            open.remove(at: best.place)
        }
    }
}
