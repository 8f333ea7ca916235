import Models
import PipelineTesting
import Testing

@Suite struct PairedBootstrapTests {
    private struct Rows {
        var (labels, first, second): ([Float], [Float], [Float]) = ([], [], [])
        var (cards, days): ([Int], [Int]) = ([], [])

        /// The second model sees the label with `gain` more.
        init(_ count: Int, gain: Float, _ random: inout SeededGenerator) {
            for row in 0..<count {
                let label: Float = Int.random(in: 0..<20, using: &random) == 0 ? 1 : 0
                let shared = label + Float.random(in: -1...1, using: &random)
                labels.append(label)
                first.append(shared + Float.random(in: -0.3...0.3, using: &random))
                second.append(shared + gain * label + Float.random(in: -0.3...0.3, using: &random))
                cards.append(Int.random(in: 0..<(count / 10), using: &random))
                days.append(row * 14 / count)
            }
        }
    }

    @Test("a better model is seen in every figure, by card and by day, and the same seed gives the same interval")
    func better() throws {
        var random = SeededGenerator(seed: 81)
        let rows = Rows(6_000, gain: 0.4, &random)
        let byCard = PairedBootstrap(identifiers: rows.cards, resamples: 300, seed: 1)
        let found = byCard.ranks(first: rows.first, second: rows.second, labels: rows.labels)
        let again = byCard.ranks(first: rows.first, second: rows.second, labels: rows.labels)
        let (area, precision) = (try #require(found.rocAUC), try #require(found.averagePrecision))
        #expect(found.rocAUC == again.rocAUC && area.difference.lower > 0 && precision.difference.lower > 0)
        #expect(area.first == Metrics.rocAUC(scores: rows.first, labels: rows.labels) && area.shareNotBetter == 0)
        let byDay = PairedBootstrap(identifiers: rows.days, resamples: 300, seed: 1)
        let daily = try #require(
            byDay.dailyCardPrecision(at: 20, first: rows.first, second: rows.second, labels: rows.labels, cards: rows.cards))
        let cards = try #require(byCard.cardPrecision(at: 20, first: rows.first, second: rows.second, labels: rows.labels, days: rows.days))
        let plain = try #require(
            Metrics.cardPrecision(at: 20, scores: rows.second, labels: rows.labels, cards: rows.cards, days: rows.days))
        #expect(abs(daily.second - plain) < 1e-12 && abs(cards.second - plain) < 1e-12)
        #expect(daily.difference.lower > 0 && cards.difference.lower > 0)
    }

    @Test("two models that are equally good differ significantly in about 5 % of draws")
    func equal() throws {
        var random = SeededGenerator(seed: 82)
        var outside = 0
        for seed in 0..<120 as Range<UInt64> {
            let rows = Rows(1_000, gain: 0, &random)
            let found = PairedBootstrap(identifiers: rows.cards, resamples: 200, seed: seed)
                .ranks(first: rows.first, second: rows.second, labels: rows.labels)
            let interval = try #require(found.rocAUC).difference
            if interval.lower > 0 || interval.upper < 0 { outside += 1 }
        }
        // Bootstrap intervals are approximate: 7 % is the limit.
        #expect(Binomial.atLeast(outside, trials: 120, probability: 0.07) > 0.01, "\(outside) of 120")
    }

    @Test("one class has no difference")
    func undefined() {
        let found = PairedBootstrap(identifiers: [1, 2], resamples: 40, seed: 1).ranks(first: [1, 2], second: [2, 1], labels: [0, 0])
        #expect(found.rocAUC == nil && found.averagePrecision == nil)
    }
}
