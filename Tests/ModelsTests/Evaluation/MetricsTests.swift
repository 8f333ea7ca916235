import Foundation
import Models
import PipelineTesting
import Testing

@Suite struct MetricsTests {
    /// The example of scikit-learn's documentation of both scores.
    private let scores: [Float] = [0.1, 0.4, 0.35, 0.8]
    private let labels: [Float] = [0, 0, 1, 1]

    @Test("the figures equal those worked out by hand")
    func byHand() {
        #expect(Metrics.rocAUC(scores: scores, labels: labels) == 0.75)
        // Recall 1/2 at precision 1, then 1/2 more at 2/3.
        close(Metrics.averagePrecision(scores: scores, labels: labels), 5.0 / 6)
        // All tied: half the pairs; one step with the share of positives.
        #expect(Metrics.rocAUC(scores: [1, 1, 1, 1], labels: [0, 1, 0, 0]) == 0.5)
        #expect(Metrics.averagePrecision(scores: [1, 1, 1, 1], labels: [0, 1, 0, 0]) == 0.25)
        // Positives at .5 (tied with a negative) and .2, negatives at .5 and .1: pairs won 1/2 + 1 + 0 + 1 of 4.
        #expect(Metrics.rocAUC(scores: [0.5, 0.5, 0.2, 0.1], labels: [1, 0, 1, 0]) == 2.5 / 4)
        close(Metrics.brierScore(probabilities: [0.25, 0.5], labels: [0, 1]), 0.15625)
        let loss: Double = -(log(0.75) + log(0.5)) / 2
        close(Metrics.logLoss(probabilities: [0.25, 0.5], labels: [0, 1]), loss)
        close(Metrics.logLoss(probabilities: [1], labels: [0]), -log(Double(Float.ulpOfOne)))
    }

    @Test("figures that are not defined are nil")
    func undefined() {
        #expect(Metrics.rocAUC(scores: [], labels: []) == nil)
        #expect(Metrics.rocAUC(scores: [1, 2], labels: [1, 1]) == nil)
        #expect(Metrics.averagePrecision(scores: [1, 2], labels: [0, 0]) == nil)
        #expect(Metrics.logLoss(probabilities: [], labels: []) == nil)
        #expect(Metrics.brierScore(probabilities: [], labels: []) == nil)
        #expect(Metrics.cardPrecision(at: 3, scores: [], labels: [], cards: [], days: []) == nil)
    }

    @Test("rank figures equal the quadratic definition on random rows with ties, weighted or not")
    func bruteForce() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<60 {
            let rows = Int.random(in: 2...40, using: &random)
            let scores = (0..<rows).map { _ in Float(Int.random(in: 0...12, using: &random)) / 12 }
            let labels = (0..<rows).map { _ in Float(Int.random(in: 0...1, using: &random)) }
            let clusters = (0..<rows).map { _ in Int.random(in: 0..<5, using: &random) }
            let weights = (0..<5).map { _ in UInt32.random(in: 0...3, using: &random) }
            let ranked = RankedScores(scores: scores, labels: labels, clusters: clusters)
            // A row of weight w is w rows.
            let repeated = (0..<rows).flatMap { row in repeatElement(row, count: Int(weights[clusters[row]])) }
            let (repeatedScores, repeatedLabels) = (repeated.map { scores[$0] }, repeated.map { labels[$0] })
            close(ranked.rocAUC(weights: weights), Quadratic.rocAUC(repeatedScores, repeatedLabels))
            close(ranked.averagePrecision(weights: weights), Quadratic.averagePrecision(repeatedScores, repeatedLabels))
            close(ranked.rocAUC(), Quadratic.rocAUC(scores, labels))
            close(ranked.averagePrecision(), Quadratic.averagePrecision(scores, labels))
        }
    }

    private func close(_ found: Double?, _ expected: Double?, sourceLocation: SourceLocation = #_sourceLocation) {
        switch (found, expected) {
        case (let found?, let expected?): #expect(abs(found - expected) < 1e-12, sourceLocation: sourceLocation)
        default: #expect(found == expected, sourceLocation: sourceLocation)
        }
    }

    @Test("the order of rows changes no rank figure by a bit")
    func permutation() {
        var random = SeededGenerator(seed: 5)
        let rows = 500
        let scores = (0..<rows).map { _ in Float(Int.random(in: 0...99, using: &random)) }
        let labels = (0..<rows).map { _ in Float(Int.random(in: 0...1, using: &random)) }
        let cards = (0..<rows).map { _ in Int.random(in: 0..<60, using: &random) }
        let days = (0..<rows).map { _ in Int.random(in: 0..<4, using: &random) }
        let order = (0..<rows).shuffled(using: &random)
        func figures(_ order: [Int]) -> [Double?] {
            let (s, l) = (order.map { scores[$0] }, order.map { labels[$0] })
            return [
                Metrics.rocAUC(scores: s, labels: l), Metrics.averagePrecision(scores: s, labels: l),
                Metrics.cardPrecision(at: 10, scores: s, labels: l, cards: order.map { cards[$0] }, days: order.map { days[$0] }),
            ]
        }
        #expect(figures(order) == figures(Array(0..<rows)))
        let (plain, mixed) = (scores.map { $0 / 99 }, order.map { scores[$0] / 99 })
        close(
            Metrics.logLoss(probabilities: mixed, labels: order.map { labels[$0] }), Metrics.logLoss(probabilities: plain, labels: labels))
    }

    @Test("shuffled scores have an area of a half and a precision of the base rate")
    func control() throws {
        var random = SeededGenerator(seed: 6)
        let labels = (0..<60_000).map { _ in Float(Int.random(in: 0..<20, using: &random) == 0 ? 1 : 0) }
        let right = labels.map { $0 + Float.random(in: -0.6...0.6, using: &random) }
        #expect(try #require(Metrics.rocAUC(scores: right, labels: labels)) > 0.95)
        let shuffled = right.shuffled(using: &random)
        let area = try #require(Metrics.rocAUC(scores: shuffled, labels: labels))
        let precision = try #require(Metrics.averagePrecision(scores: shuffled, labels: labels))
        #expect((0.48...0.52).contains(area) && (0.04...0.06).contains(precision))
    }

    @Test("card precision takes a card's highest row, drops cards once found, and divides by k")
    func cardPrecision() {
        // Day 1: card 1 (.9, fraud in another row of it), card 2 (.8), card 3 (.1, fraud). Day 2: card 1 again (.9), card 3 (.7, fraud).
        let scores: [Float] = [0.9, 0.2, 0.8, 0.1, 0.9, 0.7]
        let labels: [Float] = [0, 1, 0, 1, 1, 1]
        let (cards, days) = ([1, 1, 2, 3, 1, 3], [1, 1, 1, 1, 2, 2])
        // k = 1: day 1 finds card 1; on day 2 it is gone and card 3 is found.
        #expect(Metrics.cardPrecision(at: 1, scores: scores, labels: labels, cards: cards, days: days) == 1)
        // k = 2: day 1 finds 1 of 2 (card 1, not card 2); day 2 has one card left, card 3: 1 of 2.
        #expect(Metrics.cardPrecision(at: 2, scores: scores, labels: labels, cards: cards, days: days) == 0.5)
        // Equal scores: the lower card first.
        #expect(Metrics.cardPrecision(at: 1, scores: [0.5, 0.5], labels: [0, 1], cards: [8, 7], days: [1, 1]) == 1)
        // Card 7 drawn twice is two cards of the two that fit.
        #expect(CardDays(scores: [0.5, 0.4], labels: [1, 0], cards: [7, 8], days: [1, 1]).precision(at: 2, weights: [2, 1]) == 1)
    }

    @Test("the bootstrap is the same for a seed, holds the estimate, and shows a paired difference where there is one")
    func bootstrap() throws {
        var random = SeededGenerator(seed: 9)
        let cards = (0..<4_000).map { _ in Int.random(in: 0..<400, using: &random) * 3 }
        let labels = cards.map { _ in Float(Int.random(in: 0..<10, using: &random) == 0 ? 1 : 0) }
        let good = labels.map { $0 + Float.random(in: -1...1, using: &random) }
        let better = zip(good, labels).map { $0 + $1 * 0.02 }
        func intervals(seed: UInt64) -> [BootstrapInterval?] {
            let bootstrap = ClusterBootstrap(identifiers: cards, resamples: 400, seed: seed)
            let (a, b) = (
                RankedScores(scores: good, labels: labels, clusters: bootstrap.clusters),
                RankedScores(scores: better, labels: labels, clusters: bootstrap.clusters)
            )
            return bootstrap.intervals { weights in
                guard let first = a.rocAUC(weights: weights), let second = b.rocAUC(weights: weights) else { return [nil, nil, nil] }
                return [first, second, second - first]
            }
        }
        let found = intervals(seed: 1)
        #expect(found == intervals(seed: 1) && found != intervals(seed: 2))
        let (first, second, difference) = (try #require(found[0]), try #require(found[1]), try #require(found[2]))
        #expect(first.estimate == Metrics.rocAUC(scores: good, labels: labels))
        #expect(first.lower < first.estimate && first.estimate < first.upper && first.resamples == 400)
        // Each alone overlaps the other; the difference on the same rows is clear.
        #expect(first.upper > second.lower && difference.lower > 0)
        // Hanley and McNeil's standard error of an area of 0.875 with 400 and 3,600 rows is 0.0115: the width must be near 2 x 1.96 of it.
        let width = (first.upper - first.lower) / (2 * 1.96)
        #expect(width > 0.5 * 0.0115 && width < 2 * 0.0115)
    }

    @Test("rows of one cluster are drawn together")
    func clusters() throws {
        // Ten copies of each row: drawn as clusters, the interval is as wide as that of the rows alone; drawn apart, narrower.
        var random = SeededGenerator(seed: 10)
        let labels = (0..<200).map { Float($0 % 4 == 0 ? 1 : 0) }
        let scores = labels.map { $0 + Float.random(in: -1...1, using: &random) }
        func width(copies: Int, together: Bool) throws -> Double {
            let rows = (0..<(200 * copies)).map { $0 / copies }
            let bootstrap = ClusterBootstrap(identifiers: together ? rows : Array(rows.indices), resamples: 400, seed: 1)
            let ranked = RankedScores(scores: rows.map { scores[$0] }, labels: rows.map { labels[$0] }, clusters: bootstrap.clusters)
            let interval = try #require(bootstrap.interval { ranked.rocAUC(weights: $0) })
            return interval.upper - interval.lower
        }
        #expect(try width(copies: 10, together: true) == width(copies: 1, together: true))
        #expect(try width(copies: 10, together: false) < 0.5 * width(copies: 1, together: true))
    }
}

/// The definitions as written, row by row.
private enum Quadratic {
    static func rocAUC(_ scores: [Float], _ labels: [Float]) -> Double? {
        var (won, pairs) = (0.0, 0.0)
        for i in scores.indices where labels[i] == 1 {
            for j in scores.indices where labels[j] == 0 {
                pairs += 1
                won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0
            }
        }
        return pairs == 0 ? nil : won / pairs
    }

    static func averagePrecision(_ scores: [Float], _ labels: [Float]) -> Double? {
        let positives = labels.count { $0 == 1 }
        guard positives > 0, positives < labels.count else { return nil }
        var (sum, before) = (0.0, 0.0)
        for threshold in Set(scores).sorted(by: >) {
            let taken = scores.indices.filter { scores[$0] >= threshold }
            let hits = Double(taken.count { labels[$0] == 1 })
            sum += (hits / Double(positives) - before) * hits / Double(taken.count)
            before = hits / Double(positives)
        }
        return sum
    }
}
