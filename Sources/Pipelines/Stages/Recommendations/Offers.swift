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
    let settings: Settings
    let seed: UInt64

    struct Settings: Sendable {
        var count: Int
        var byValue: Bool
        var perCategory: Int
        var explore: Double
    }

    /// Whether any item has a risk class: then one without a class, or out of the catalogue, is unsuitable for everybody.
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
    func value(_ offer: Offer) -> Double {
        let weight = actions[offer.item] == .boost ? 2.0 : 1
        guard settings.byValue else { return offer.score + (weight > 1 ? 0.7 : 0) }
        return (offer.probability ?? offer.score) * max(0, items[offer.item]?.margin ?? 0) * weight
    }

    init(
        items: [String: RecommendationState.Item], people: [String: RecommendationState.Person],
        actions: [String: RecommendationState.Action], believesStock: Bool, settings: Settings, seed: UInt64
    ) {
        (self.items, self.people, self.actions) = (items, people, actions)
        (self.believesStock, self.settings, self.seed) = (believesStock, settings, seed)
        hasRiskClasses = items.values.contains { $0.risk != nil }
    }

    /// The list of a person, best first, at most `count`.
    ///
    /// - Parameters:
    ///   - ranked: what the model names, best first; more than `count`, so that something is left after the rules.
    ///   - unsold: items of the catalogue that nobody bought yet: they can only be drawn or pinned.
    ///   - resting: items not to offer again so soon.
    func list(for person: String, ranked: [Offer], unsold: [String], resting: Set<String>) -> [Offer] {
        let allowed = ranked.filter { !resting.contains($0.item) && isAllowed($0.item, for: person) }
        let pinned = actions.keys.filter { actions[$0] == .pin && isAllowed($0, for: person) && !resting.contains($0) }.sorted()
        var list = pinned.prefix(settings.count).map { item in
            let known = allowed.first { $0.item == item }
            return Offer(item: item, score: known?.score ?? 0, probability: known?.probability, propensity: 1, kind: "pinned")
        }
        var taken = Set(list.map(\.item))
        var ofCategory: [String: Int] = [:]
        for offer in list { count(offer.item, in: &ofCategory) }
        let order = allowed.enumerated().sorted { (-value($0.element), $0.offset) < (-value($1.element), $1.offset) }.map(\.element)
        for offer in order where list.count < settings.count && !taken.contains(offer.item) && fits(offer.item, ofCategory) {
            list.append(offer)
            taken.insert(offer.item)
            count(offer.item, in: &ofCategory)
        }
        return drawn(list, for: person, from: pool(order, unsold: unsold, taken: taken, person: person, ofCategory: ofCategory))
    }

    private func fits(_ item: String, _ ofCategory: [String: Int]) -> Bool {
        guard settings.perCategory > 0, let category = items[item]?.category else { return true }
        return ofCategory[category, default: 0] < settings.perCategory
    }

    private func count(_ item: String, in ofCategory: inout [String: Int]) {
        if let category = items[item]?.category { ofCategory[category, default: 0] += 1 }
    }

    private func pool(
        _ order: [Offer], unsold: [String], taken: Set<String>, person: String, ofCategory: [String: Int]
    ) -> [Offer] {
        let next = order.filter { !taken.contains($0.item) && fits($0.item, ofCategory) }.prefix(10)
        let new = unsold.lazy.filter { !taken.contains($0) && isAllowed($0, for: person) && fits($0, ofCategory) }.prefix(10)
        return Array(next) + new.map { Offer(item: $0, score: 0, probability: nil, propensity: 1, kind: "unsold") }
    }

    /// With probability `explore` the last place goes to one of the pool, all alike. What was drawn, and how likely it was, is in the offer.
    private func drawn(_ list: [Offer], for person: String, from pool: [Offer]) -> [Offer] {
        guard settings.explore > 0, list.count == settings.count, list.count > 1, !pool.isEmpty, list[list.count - 1].kind != "pinned"
        else {
            return list
        }
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
