import Foundation
import Models
import PipelineTesting
import Testing

@Suite struct SliceReportTests {
    /// Errors of clusters with a level each; the last slice has `gap` more.
    private func report(gap: Double, slices: Int = 8, _ random: inout SeededGenerator) -> SliceReport {
        var (errors, places, clusters): ([Double], [Int], [Int]) = ([], [], [])
        for cluster in 0..<400 {
            let level = Double.random(in: -1...1, using: &random)
            for _ in 0..<5 {
                let place = Int.random(in: 0..<slices, using: &random)
                errors.append(level + Double.random(in: -1...1, using: &random) + (place == slices - 1 ? gap : 0))
                places.append(place)
                clusters.append(cluster)
            }
        }
        return SliceReport(
            errors: errors, labels: errors.map { $0 > 0 ? 1 : 0 }, slices: places, names: (0..<slices).map { "slice \($0)" },
            clusters: clusters, resamples: 200, seed: random.next())
    }

    @Test("of eight slices without a gap one is named in about 5 % of reports, and a planted gap is found")
    func familyWise() {
        var random = SeededGenerator(seed: 51)
        let named = (0..<120).count { _ in report(gap: 0, &random).slices.contains(where: \.isNotable) }
        // Bootstrap intervals are approximate: twice the rate is the limit.
        #expect(Binomial.atLeast(named, trials: 120, probability: 0.07) > 0.01, "\(named) of 120")
        let found = report(gap: 0.5, &random)
        #expect(found.slices[7].isNotable && abs(found.slices[7].gap - 0.5) < 0.3 && found.criticalValue > 2.2)
    }

    @Test("the same seed gives the same report; empty slices are left out; few clusters give no interval")
    func edges() throws {
        let report = SliceReport(
            errors: [1, 2, 3, 4], labels: [0, 1, 0, 1], slices: [0, 0, 1, -1], names: ["a", "b", "empty"], clusters: [1, 2, 3, 4], seed: 1)
        #expect(report.slices.map(\.name) == ["a", "b"] && report.slices[0].lower == nil && !report.slices[0].isNotable)
        #expect(report.slices[0].error == 1.5 && report.slices[0].errorElsewhere == 3.5 && report.slices[0].positives == 1)
        #expect(try JSONDecoder().decode(SliceReport.self, from: JSONEncoder().encode(report)) == report)
    }

    @Test("bins hold about as many rows each, and missing numbers are in none")
    func bins() {
        let (places, names) = SliceReport.bins(of: [5, 1, 2, .nan, 3, 4, 6], count: 3) { "\(Int($0))" }
        #expect(places == [2, 0, 0, -1, 1, 1, 2] && names == ["1 to 3", "3 to 5", "5 to 6"])
        #expect(SliceReport.bins(of: [7, 7, 7], count: 3) { "\(Int($0))" }.names == ["7 to 7"])
        #expect(SliceReport.bins(of: [], count: 3) { "\($0)" }.names.isEmpty)
    }

    @Test("log losses have the log loss as their mean")
    func logLosses() throws {
        let losses = SliceReport.logLosses(probabilities: [0.25, 0.5, 1], labels: [0, 1, 0])
        let mean = try #require(Metrics.logLoss(probabilities: [0.25, 0.5, 1], labels: [0, 1, 0]))
        #expect(abs(losses.reduce(0, +) / 3 - mean) < 1e-12)
    }
}
