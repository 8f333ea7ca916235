import Models
import PipelineTesting
import Records
import Testing

/// The ranker where rows may be looks.
@Suite struct RankedLookTests {
    private static let day: Int64 = 86_400_000_000

    /// Two hundred people who look at three items a week by chance and buy one of these some days later, and another one by chance.
    private static func log() throws -> InteractionLog {
        var random = SeededGenerator(seed: 17)
        var (users, items, times, strengths): ([String], [String], [Int64], [Float]) = ([], [], [], [])
        func add(_ person: Int, _ item: Int, _ day: Int, _ strength: Float) {
            users.append("p\(person)")
            items.append("i\(item)")
            times.append(Int64(day) * Self.day + Int64(person))
            strengths.append(strength)
        }
        for week in 0..<16 {
            for person in 0..<200 {
                let seen = (0..<3).map { _ in Int.random(in: 0..<120, using: &random) }
                for item in seen { add(person, item, week * 7 + Int.random(in: 0..<3, using: &random), 0.1) }
                add(person, seen[0], week * 7 + 3 + Int.random(in: 0..<10, using: &random), 1)
                add(person, Int.random(in: 0..<120, using: &random), week * 7 + 4, 1)
            }
        }
        return try InteractionLog(users: users, items: items, times: times, strengths: strengths)
    }

    private static func settings(_ looks: String) -> [String: ParameterValue] {
        [
            "horizon": .number(10), "trees": .integer(60), "depth": .integer(4), "lambda": .number(50), "candidates": .integer(40),
            "looks": .text(looks),
        ]
    }

    private func gain(_ model: any Recommender, _ split: RecommendationSplit) throws -> Double {
        let histories = split.training.histories(asOf: split.cut)
        let lists = try model.recommendations(
            for: split.users.map { histories[$0] }, excluding: split.known.map { $0 + split.unseen }, count: 20, threads: 2)
        let values = RankingFigures(lists.map { $0.map(\.item) }, split: split).gain10
        return values.reduce(0, +) / Double(values.count)
    }

    @Test("its trees name what is new to people better for what they looked at of late; saved, taken a day on and explained it is the same")
    func better() throws {
        let log = try Self.log(), split = try RecommendationSplit(log, onlyNew: true)
        func train(_ looks: String, threads: Int = 2) throws -> any Recommender {
            try RankedFamily.train(on: split.training, asOf: split.cut, parameters: Self.settings(looks), seed: 1, threads: threads)
        }
        let with = try train("yes"), without = try train("no")
        let (better, worse) = (try gain(with, split), try gain(without, split))
        #expect(better > worse + 0.02, "\(better) \(worse)")
        let loaded = try RankedFamily.load(with.serialized())
        #expect(try loaded.serialized() == with.serialized() && train("yes", threads: 1).serialized() == with.serialized())
        #expect(try loaded.updated(with: split.training, asOf: split.cut, threads: 1)?.serialized() == with.serialized())
        let histories = split.training.histories(asOf: split.cut)
        #expect(
            try loaded.recommendations(for: Array(histories.prefix(5)), count: 5)
                == with.recommendations(
                    for: Array(histories.prefix(5)), count: 5))
        let list = try with.recommendations(for: [histories[0]], count: 5)[0]
        let parts = try with.contributions(to: list[0].item, for: histories[0])
        #expect(abs(parts.reduce(0) { $0 + $1.amount } - list[0].score) < 1e-3)
        #expect(parts.contains { $0.part.hasPrefix("own_looks") })
        // Where looks went the trees do not know such rows; where none ever were the setting changes nothing.
        let bought = split.training.purchases
        #expect(try with.updated(with: bought, asOf: split.cut, threads: 1) == nil)
        let plain = try ["yes", "no"].map {
            try RankedFamily.train(on: bought, asOf: split.cut, parameters: Self.settings($0), seed: 1, threads: 1).serialized()
        }
        #expect(plain[0] == plain[1])
    }
}
