/// What people were shown before: how often each item, and how wide each reached when offers were last shown.
struct ShownOffers: Sendable {
    /// Items that a person was shown `most-shown` times since last buying them, by person.
    private var wornOut: [String: Set<String>] = [:]
    /// Share of the people of the last day of showing who were shown an item; empty when nothing was shown, or to fewer than ten.
    private(set) var reach: [String: Double] = [:]
    private var isKnown = false

    /// - Parameters:
    ///   - purchases: as known at `now`.
    ///   - now: the run's clock: mailings after the newest purchase count, too.
    init(_ state: RecommendationState, purchases: [RecommendationState.Event], now: Int64, settings: RecommendationSettings) {
        let past = state.shown.filter { $0.time <= now }
        guard let newest = past.map(\.time).max() else { return }
        let day: Int64 = 86_400_000_000
        var people: Set<String> = []
        var shownTo: [String: Set<String>] = [:]
        for offer in past where offer.time > newest - day {
            people.insert(offer.user)
            shownTo[state.name(of: offer.item), default: []].insert(offer.user)
        }
        if people.count >= 10 {
            isKnown = true
            reach = shownTo.mapValues { Double($0.count) / Double(people.count) }
        }
        guard settings.mostShown > 0 else { return }
        var bought: [String: Int64] = [:]
        for event in purchases { bought[Self.pair(event.user, event.item)] = event.time }
        var times: [String: (user: String, item: String, count: Int)] = [:]
        for offer in past where Double(now - offer.time) <= settings.shownWithin * Double(day) {
            let item = state.name(of: offer.item), pair = Self.pair(offer.user, item)
            if let last = bought[pair], last >= offer.time { continue }
            times[pair, default: (offer.user, item, 0)].count += 1
        }
        for (_, entry) in times where entry.count >= settings.mostShown { wornOut[entry.user, default: []].insert(entry.item) }
    }

    private static func pair(_ user: String, _ item: String) -> String { user + "\u{1f}" + item }

    func worn(for person: String) -> Set<String> { wornOut[person] ?? [] }

    /// Reach now less reach then; nil when it is not known what was shown.
    func change(of item: String, reach now: Double) -> Double? { isKnown ? now - (reach[item] ?? 0) : nil }
}
