public import Models
public import Records

/// What every family of recommenders must keep to; run it on your family in a test:
///
/// ```swift
/// #expect(RecommenderContract(MyFamily.self).findings() == [])
/// ```
///
/// The data are made here: two groups of people with tastes of their own, repeat purchases, an item that nobody bought in training.
public struct RecommenderContract: Sendable {
    /// A rule that a family broke.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// Stable: `same-seed-same-bytes`.
        public let rule: String
        public let what: String

        public var description: String { "\(rule): \(what)" }
    }

    private let family: any RecommenderFamily.Type
    private let parameters: [String: ParameterValue]
    private let log: InteractionLog
    private let asOf: Int64

    /// - Parameters:
    ///   - parameters: settings under which the family must keep the contract; by default its defaults.
    ///   - interests: whether a third of the rows are looks instead of purchases.
    public init(
        _ family: any RecommenderFamily.Type, parameters: [String: ParameterValue] = [:], interests: Bool = false
    ) throws(Failure) {
        (self.family, self.parameters) = (family, parameters)
        let sample = try Self.sample()
        log =
            interests
            ? try InteractionLog(
                users: sample.user.map { sample.users[Int($0)] }, items: sample.item.map { sample.items[Int($0)] }, times: sample.times,
                strengths: sample.times.indices.map { $0 % 3 == 1 ? 0.25 : 1 })
            : sample
        asOf = (log.times.last ?? 0) + 1
    }

    /// Every rule that is broken; empty when the family keeps the contract.
    public func findings() -> [Finding] {
        let rules: [(String, (any Recommender) throws -> String?)] = [
            ("same-seed-same-bytes", sameBytes), ("lists-are-sound", sound), ("prefix-of-longer-list", prefix),
            ("excluded-is-never-named", exclusion), ("alone-or-together", alone), ("any-thread-count-same-lists", anyThreads),
            ("contributions-add-up", contributions), ("saved-and-loaded-recommends-the-same", saved), ("damaged-bytes-refused", damaged),
            ("unknown-place-refused", places), ("empty-history-has-a-list", emptyHistory), ("no-interactions-refused", empty),
            ("later-interactions-refused", later),
        ]
        do {
            let model = try train()
            return rules.compactMap { rule, check in
                do { return try check(model).map { Finding(rule: rule, what: $0) } } catch {
                    return Finding(rule: rule, what: "threw: \(error)")
                }
            }
        } catch { return [Finding(rule: "trains", what: "threw: \(error)")] }
    }

    /// 60 people, 40 items, 120 days; the halves of the people buy from halves of the items nine times of ten.
    public static func sample(seed: UInt64 = 11) throws(Failure) -> InteractionLog {
        var random = SeededGenerator(seed: seed)
        var (users, items, times): ([String], [String], [Int64]) = ([], [], [])
        for day in 0..<120 {
            for person in 0..<60 where Int.random(in: 0..<6, using: &random) == 0 {
                let time = (Int64(day) * 86_400 + Int64(person)) * 1_000_000
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let side = Int.random(in: 0..<10, using: &random) == 0 ? 1 - person % 2 : person % 2
                    users.append("P\(person)")
                    items.append("I\(min(Int.random(in: 0..<20, using: &random), Int.random(in: 0..<20, using: &random)) * 2 + side)")
                    times.append(time)
                }
            }
        }
        return try InteractionLog(users: users, items: items, times: times)
    }

    private func train(seed: UInt64 = 1, threads: Int = 1) throws -> any Recommender {
        try family.train(on: log, asOf: asOf, parameters: parameters, seed: seed, threads: threads)
    }

    private var histories: [History] { log.histories(asOf: asOf) }

    private func lists(_ model: any Recommender, count: Int = 10) throws -> [[Recommendation]] {
        try model.recommendations(for: histories, excluding: [], count: count, threads: 1)
    }

    // MARK: Rules

    private func sameBytes(_ model: any Recommender) throws -> String? {
        let bytes = try model.serialized()
        guard try train().serialized() == bytes else { return "two trainings with the same seed differ" }
        for threads in [2, 3, 8] {
            guard try train(threads: threads).serialized() == bytes else { return "\(threads) threads give other bytes than one" }
        }
        return nil
    }

    private func sound(_ model: any Recommender) throws -> String? {
        guard model.family == family.definition.name else { return "the family is '\(model.family)'" }
        guard model.items == log.items else { return "the items are not those of the log" }
        var named = 0
        for (person, list) in try lists(model).enumerated() {
            named += list.count
            if Set(list.map(\.item)).count != list.count { return "person \(person) is named an item twice" }
            for (first, second) in zip(list, list.dropFirst()) where (second.score, -second.item) >= (first.score, -first.item) {
                return "person \(person): \(second) stands after \(first)"
            }
            if let odd = list.first(where: { !$0.score.isFinite || !model.items.indices.contains($0.item) }) { return "\(odd) is named" }
        }
        return named > 0 ? nil : "nobody is named anything"
    }

    private func prefix(_ model: any Recommender) throws -> String? {
        let long = try lists(model, count: 15)
        for count in [1, 4, 15] where try lists(model, count: count) != long.map({ Array($0.prefix(count)) }) {
            return "a list of \(count) is not the first \(count) of a list of 15"
        }
        return nil
    }

    private func exclusion(_ model: any Recommender) throws -> String? {
        let free = try lists(model, count: 20)
        let excluded = free.map { list in list.enumerated().filter { $0.offset % 2 == 0 }.map(\.element.item) }
        let left = try model.recommendations(for: histories, excluding: excluded, count: 10, threads: 1)
        for person in free.indices {
            if let item = left[person].first(where: { excluded[person].contains($0.item) }) {
                return "person \(person) is named \(item.item)"
            }
            let expected = free[person].filter { !excluded[person].contains($0.item) }
            guard left[person].starts(with: expected.prefix(10)) else { return "person \(person): the others changed" }
        }
        return nil
    }

    private func alone(_ model: any Recommender) throws -> String? {
        let all = try lists(model)
        for person in [0, 1, 17, histories.count - 1] {
            let own = try model.recommendations(for: [histories[person]], excluding: [], count: 10, threads: 1)
            guard own == [all[person]] else { return "person \(person) alone has another list" }
        }
        return nil
    }

    private func anyThreads(_ model: any Recommender) throws -> String? {
        let one = try lists(model)
        for threads in [2, 5] {
            guard try model.recommendations(for: histories, excluding: [], count: 10, threads: threads) == one else {
                return "\(threads) threads give other lists than one"
            }
        }
        return nil
    }

    private func contributions(_ model: any Recommender) throws -> String? {
        for person in stride(from: 0, to: histories.count, by: 7) {
            for named in try lists(model)[person].prefix(3) {
                let parts = try model.contributions(to: named.item, for: histories[person])
                let sum = parts.reduce(0.0) { $0 + Double($1.amount) }
                let size = parts.reduce(abs(Double(named.score))) { $0 + abs(Double($1.amount)) }
                guard abs(sum - Double(named.score)) <= 1e-4 * size + 1e-6 else {
                    return "parts sum to \(sum), the score is \(named.score)"
                }
                if let odd = parts.first(where: { $0.item.map { !histories[person].items.contains($0) } ?? false }) {
                    return "\(odd) is not of the history"
                }
            }
        }
        return nil
    }

    private func saved(_ model: any Recommender) throws -> String? {
        let bytes = try model.serialized()
        let loaded = try family.load(bytes)
        guard try loaded.serialized() == bytes else { return "saved again, the bytes differ" }
        return try lists(loaded) == lists(model) ? nil : "the loaded model names others"
    }

    private func damaged(_ model: any Recommender) throws -> String? {
        let bytes = try model.serialized()
        for cut in [[], Array(bytes.dropLast()), Array(bytes.prefix(bytes.count / 2)), Array("not a model".utf8)] {
            if let what = refuses({ _ = try family.load(cut) }) { return what }
        }
        for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
            var changed = bytes
            changed[place] ^= 1
            if let what = refuses({ _ = try family.load(changed) }) { return "a change of byte \(place) \(what)" }
        }
        return nil
    }

    private func places(_ model: any Recommender) throws -> String? {
        let bad = [History(items: [0, log.items.count])]
        return refuses { _ = try model.scores(for: bad) }
            ?? refuses { _ = try model.recommendations(for: bad, excluding: [], count: 3, threads: 1) }
            ?? refuses { _ = try model.recommendations(for: [History(items: [0])], excluding: [[-1]], count: 3, threads: 1) }
            ?? refuses { _ = try model.recommendations(for: [History(items: [0])], excluding: [[], []], count: 3, threads: 1) }
    }

    private func emptyHistory(_ model: any Recommender) throws -> String? {
        let lists = try model.recommendations(for: [History(items: []), History(items: [3])], excluding: [], count: 5, threads: 1)
        return lists.count == 2 ? nil : "\(lists.count) lists for two people"
    }

    private func empty(_ model: any Recommender) throws -> String? {
        let none = try InteractionLog(users: [], items: [], times: [])
        return refuses { _ = try family.train(on: none, asOf: 0, parameters: parameters, seed: 1, threads: 1) }
    }

    private func later(_ model: any Recommender) throws -> String? {
        refuses { _ = try family.train(on: log, asOf: log.times[log.count - 1], parameters: parameters, seed: 1, threads: 1) }
    }

    /// Nil when the body throws a `Failure` that says what was found.
    private func refuses(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return "was accepted"
        } catch let failure as Failure {
            return failure.found.isEmpty ? "the failure does not say what was found" : nil
        } catch {
            return "threw another error than a Failure: \(error)"
        }
    }
}
