import Foundation
import Models
import PipelineTesting
import Testing

@Suite struct LabelPaceTests {
    @Test("17 frauds of 50 in 42 days: the wait equals SciPy's")
    func known() throws {
        // SciPy 1.17.1: betaprime.ppf(.025, 33, 18), (.5, 33, 17.5), (.975, 33, 17).
        let pace = LabelPace(found: 17, needed: 50, days: 42)
        #expect(abs(pace.earliestDays - 42 * 1.050640620479973) < 1e-6)
        #expect(abs(try #require(pace.expectedDays) - 42 * 1.902809701521687) < 1e-6)
        #expect(abs(try #require(pace.latestDays) - 42 * 3.6141555866136383) < 1e-6)
    }

    @Test("enough is today, and nothing found has no date but an earliest")
    func edges() {
        let enough = LabelPace(found: 50, needed: 50, days: 42)
        #expect(enough.expectedDays == 0 && enough.latestDays == 0)
        let none = LabelPace(found: 0, needed: 50, days: 42)
        #expect(none.expectedDays == nil && none.latestDays == nil && none.earliestDays > 42)
    }

    @Test("the interval covers the day on which the last label comes in 95 % of 2,000 histories")
    func covers() {
        var random = SeededGenerator(seed: 71)
        var (misses, trials) = (0, 0)
        for _ in 0..<2_000 {
            // Labels about every 3 days; 42 days are seen.
            var (time, found, arrivals) = (0.0, 0, 0)
            var last = 0.0
            while arrivals < 50 {
                var uniform = Double(random.next() >> 11) * 0x1p-53
                if uniform == 0 { uniform = 0.5 }
                time += 3 * -log(uniform)
                arrivals += 1
                if time <= 42 { found += 1 }
                last = time
            }
            let pace = LabelPace(found: found, needed: 50, days: 42)
            guard let latest = pace.latestDays, found < 50 else { continue }
            trials += 1
            if last - 42 < pace.earliestDays || last - 42 > latest { misses += 1 }
        }
        #expect(Binomial.atLeast(misses, trials: trials, probability: 0.05) > 0.01, "\(misses) of \(trials)")
    }
}
