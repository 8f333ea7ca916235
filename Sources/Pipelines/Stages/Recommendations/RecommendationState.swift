import Models
import Records

/// Everything the stage remembers: rows of the main feed within its memory, and the newest row of each table's key.
struct RecommendationState: Sendable {
    struct Event: Sendable, Hashable {
        var key: UInt64
        var user: String
        var item: String
        var time: Int64
        /// Below 0 = a return.
        var quantity: Double
        /// Of one, in major units; NaN = not given.
        var price: Double
        /// 1 = a purchase or a return; less = interest, which counts so much; 0 = nothing.
        var strength = 1.0
    }
    /// What the catalogue says of an item; nil = it does not say.
    struct Item: Sendable, Hashable {
        var category: String?
        var stock: Double?
        var margin: Double?
        var risk: Double?
        var minimumAge: Double?
        var isSensitive = false
    }
    struct Person: Sendable, Hashable {
        var age: Double?
        var risk: Double?
        var segment: String?
    }
    /// An offer that reached a person.
    struct Shown: Sendable, Hashable {
        var user: String
        var item: String
        var time: Int64
    }
    /// Most items of a category in a list of a segment's people; category "" = of all, segment "*" = of everybody.
    struct Limit: Sendable, Hashable {
        var segment: String
        var category: String
    }
    enum Action: String, Sendable, CaseIterable { case none, block, pin, boost }
    struct Instruction: Sendable, Hashable {
        var action: Action
        var known: Int64
    }
    /// A row that changed the state; the state is what its entries make of it, in order.
    indirect enum Entry: Sendable, Hashable {
        case event(Event)
        case item(String, Item)
        case person(String, Person)
        case instruction(String, Instruction)
        case alias(String, String)
        case shown(Shown)
        case limit(Limit, Int)
        /// A row of a table with a time of its own: it holds from then on, whenever it came.
        case dated(Int64, Entry)
    }
    /// What a row of a table is about.
    enum Subject: Sendable, Hashable {
        case item(String)
        case person(String)
        case alias(String)
        case limit(Limit)
    }
    struct Version: Sendable, Hashable {
        var known: Int64
        var entry: Entry
    }

    private(set) var events: [Event] = []
    private(set) var items: [String: Item] = [:]
    private(set) var people: [String: Person] = [:]
    /// Oldest first.
    private(set) var instructions: [String: [Instruction]] = [:]
    private(set) var aliases: [String: String] = [:]
    private(set) var shown: Set<Shown> = []
    private(set) var limits: [Limit: Int] = [:]
    /// Rows with a time, oldest first; of those that hold already only the newest is kept.
    private(set) var dated: [Subject: [Version]] = [:]
    private var place: [UInt64: Int] = [:]
    private var newest = Int64.min
    let memory: Int64

    /// - Parameter memory: days.
    init(memory: Double) { self.memory = Int64(memory * 86_400_000_000) }

    var bytes: Int { events.count * 120 + (items.count + people.count + aliases.count + shown.count + dated.count) * 160 }

    /// A row so much later than all before it is a wrong clock: it would make the stage forget everything else.
    func isFarAhead(_ time: Int64) -> Bool { newest != .min && time > newest + 400 * 86_400_000_000 }

    /// Lets go of what is older than the memory; nothing looks at it any more.
    mutating func forget() {
        var kept = RecommendationState(memory: 0, like: self)
        for entry in entries { kept.apply(entry) }
        self = kept
    }

    /// Lets go of a person's rows, facts and offers; what others bought stays.
    ///
    /// - Returns: whether there was anything.
    mutating func forget(person: String) -> Bool {
        var kept = RecommendationState(memory: 0, like: self), found = false
        for entry in entries {
            switch entry {
            case .event(let event) where event.user == person: found = true
            case .person(let name, _) where name == person: found = true
            case .dated(_, .person(let name, _)) where name == person: found = true
            case .shown(let offer) where offer.user == person: found = true
            default: kept.apply(entry)
            }
        }
        kept.newest = newest
        self = kept
        return found
    }

    private init(memory _: Int, like other: RecommendationState) { memory = other.memory }

    func has(_ key: UInt64) -> Bool { place[key] != nil }

    mutating func apply(_ entry: Entry) {
        switch entry {
        case .event(let event):
            newest = max(newest, event.time)
            if let known = place[event.key] {
                events[known] = event
            } else {
                place[event.key] = events.count
                events.append(event)
            }
        case .item(let name, let item): items[name] = item
        case .person(let name, let person): people[name] = person
        case .instruction(let name, let instruction):
            if instructions[name]?.contains(instruction) != true { instructions[name, default: []].append(instruction) }
        case .alias(let alias, let name): aliases[alias] = name
        case .shown(let offer): shown.insert(offer)
        case .limit(let limit, let most): limits[limit] = most
        case .dated(let known, let entry): apply(entry, known: known)
        }
    }

    private mutating func apply(_ entry: Entry, known: Int64) {
        let subject: Subject
        switch entry {
        case .item(let name, _): subject = .item(name)
        case .person(let name, _): subject = .person(name)
        case .alias(let name, _): subject = .alias(name)
        case .limit(let limit, _): subject = .limit(limit)
        case .event, .instruction, .shown, .dated: return apply(entry)
        }
        var versions = dated[subject] ?? []
        let place = versions.firstIndex { $0.known >= known } ?? versions.endIndex
        if place < versions.endIndex, versions[place].known == known {
            versions[place].entry = entry
        } else {
            versions.insert(Version(known: known, entry: entry), at: place)
        }
        // No run looks at what the newest order had passed already.
        if let held = versions.lastIndex(where: { $0.known <= newest }) { versions.removeFirst(held) }
        dated[subject] = versions
    }

    /// The state with tables as they were known then.
    ///
    /// - Parameter orFirst: what was not known yet is taken as it first was.
    func known(at time: Int64, orFirst: Bool = false) -> RecommendationState {
        var state = self
        for versions in dated.values {
            let version = versions.last { $0.known <= time } ?? (orFirst ? versions.first : nil)
            if let version { state.apply(version.entry) }
        }
        return state
    }

    /// The name an item goes by today: aliases are followed to their end, and a circle ends where it began.
    func name(of item: String) -> String {
        var name = item
        var seen: Set<String> = []
        while let next = aliases[name], seen.insert(name).inserted { name = next }
        return name
    }

    /// Whether the item was given this word at this time.
    func has(_ instruction: Instruction, of item: String) -> Bool { instructions[item]?.contains(instruction) == true }

    /// The newest word on each item by today's names that was known then; of words of one time the one that came last holds.
    func actions(knownBy time: Int64) -> [String: Action] {
        var newest: [String: Instruction] = [:]
        for item in instructions.keys.sorted() {
            let name = name(of: item)
            for instruction in instructions[item] ?? [] where instruction.known <= time {
                if newest[name].map({ instruction.known >= $0.known }) ?? true { newest[name] = instruction }
            }
        }
        return newest.mapValues(\.action)
    }

    /// The catalogue by today's names. Where several rows become one item, the strictest limits hold.
    var itemsByTodaysName: [String: Item] {
        var merged: [String: Item] = [:]
        for old in items.keys.sorted() {
            guard let item = items[old] else { continue }
            let name = name(of: old)
            guard var kept = merged[name] else {
                merged[name] = item
                continue
            }
            let own = old == name ? item : kept
            let other = old == name ? kept : item
            kept = own
            (kept.category, kept.stock, kept.margin) = (
                own.category ?? other.category, own.stock ?? other.stock, own.margin ?? other.margin
            )
            kept.risk = [own.risk, other.risk].compactMap(\.self).max()
            kept.minimumAge = [own.minimumAge, other.minimumAge].compactMap(\.self).max()
            kept.isSensitive = own.isSensitive || other.isSensitive
            merged[name] = kept
        }
        return merged
    }

    /// People with more rows than a person has: they would teach a model what a program does.
    static func programs(among purchases: [Event], most: Int) -> Set<String> {
        var counts: [String: Int] = [:]
        for event in purchases { counts[event.user, default: 0] += 1 }
        return Set(counts.filter { $0.value > most }.keys)
    }

    /// All of the state as entries; events older than the memory are left out, which is the rule of forgetting.
    var entries: [Entry] {
        let from = newest == .min ? Int64.min : newest - memory
        return events.filter { $0.time >= from }.map { .event($0) }
            + items.keys.sorted().map { .item($0, items[$0] ?? Item()) }
            + people.keys.sorted().map { .person($0, people[$0] ?? Person()) }
            + instructions.keys.sorted().flatMap { name in (instructions[name] ?? []).map { .instruction(name, $0) } }
            + aliases.keys.sorted().map { .alias($0, aliases[$0] ?? $0) }
            + shown.filter { $0.time >= from }.sorted { ($0.time, $0.user, $0.item) < ($1.time, $1.user, $1.item) }.map { .shown($0) }
            + limits.keys.sorted { ($0.segment, $0.category) < ($1.segment, $1.category) }.map { .limit($0, limits[$0] ?? 0) }
            + dated.keys.sorted { $0.order < $1.order }.flatMap { (dated[$0] ?? []).map { .dated($0.known, $0.entry) } }
    }

    /// ``purchases(until:)``, and what people looked at in the same days, in order of time.
    func interactions(until limit: Int64) -> [Event] {
        let from = newest == .min ? Int64.min : min(newest, limit) - memory
        let purchases = purchases(until: limit)
        let seen = events.filter { $0.strength > 0 && $0.strength < 1 && $0.time >= from && $0.time <= limit }
        guard !seen.isEmpty else { return purchases }
        let named = seen.map { event in
            var event = event
            event.item = name(of: event.item)
            return event
        }
        let all = purchases + named
        return all.indices.sorted { (all[$0].time, $0) < (all[$1].time, $1) }.map { all[$0] }
    }

    /// Purchases by today's names, within the memory and at or before `limit`, returns taken off the newest earlier purchases.
    func purchases(until limit: Int64) -> [Event] {
        let from = newest == .min ? Int64.min : min(newest, limit) - memory
        let order = events.indices.filter {
            events[$0].strength == 1 && events[$0].time >= from && events[$0].time <= limit
        }.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
        var kept: [Event] = []
        var open: [String: [Int]] = [:]
        for index in order {
            var event = events[index]
            event.item = name(of: event.item)
            let pair = event.user + "\u{1f}" + event.item
            if event.quantity > 0 {
                open[pair, default: []].append(kept.count)
                kept.append(event)
                continue
            }
            var rest = -event.quantity
            while rest > 0, let last = open[pair]?.last {
                let taken = min(rest, kept[last].quantity)
                kept[last].quantity -= taken
                rest -= taken
                if kept[last].quantity <= 0 { open[pair]?.removeLast() }
            }
        }
        return kept.filter { $0.quantity > 0 }
    }
}

extension RecommendationState.Subject {
    fileprivate var order: (Int, String, String) {
        switch self {
        case .item(let name): (0, name, "")
        case .person(let name): (1, name, "")
        case .alias(let name): (2, name, "")
        case .limit(let limit): (3, limit.segment, limit.category)
        }
    }
}
