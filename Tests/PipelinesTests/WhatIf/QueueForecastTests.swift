import Pipelines
import Testing

@Suite struct QueueForecastTests {
    /// Counts of a day: a Poisson number by inversion, from a small generator of its own.
    private struct Days {
        var state: UInt64
        mutating func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
        mutating func count(mean: Double) -> Int {
            var (n, p, sum) = (0, exponential(-mean), 0.0)
            let u = uniform()
            sum = p
            while u > sum, n < 10_000 {
                n += 1
                p *= mean / Double(n)
                sum += p
            }
            return n
        }
        private func exponential(_ x: Double) -> Double {
            var (term, sum) = (1.0, 1.0)
            for k in 1..<200 {
                term *= -x / Double(k)
                sum += term
            }
            return 1 / sum
        }
    }

    @Test("holds on 90 % of the days of a steady queue, and not by being wide", arguments: [3.0, 20, 60])
    func steady(mean: Double) throws {
        var (days, held) = (0, 0), widths = 0.0
        for seed in UInt64(1)...40 {
            var source = Days(state: seed)
            let counts = (0..<60).map { _ in source.count(mean: mean) }
            let forecast = try #require(QueueForecast(counts: Array(counts[..<30])))
            widths += Double(forecast.upper - forecast.lower)
            for count in counts[30...] {
                days += 1
                if forecast.holds(count) { held += 1 }
            }
        }
        #expect(Double(held) / Double(days) >= 0.9)
        #expect(widths / 40 < 6 * mean.squareRoot() + 4)
    }

    @Test("a queue that doubles is not forecast: the check says so")
    func broken() {
        let counts = Array(repeating: 20, count: 30) + Array(repeating: 60, count: 30)
        let check = QueueForecast.check(counts: counts)
        #expect(check.days > 0)
        #expect(Double(check.held) / Double(check.days) < 0.75)
        let steady = QueueForecast.check(counts: Array(repeating: 20, count: 60))
        #expect(steady.held == steady.days)
    }

    @Test("a week is needed, and the days after the window do not matter")
    func fewest() throws {
        #expect(QueueForecast(counts: [1, 2, 3, 4, 5, 6]) == nil)
        #expect(QueueForecast(counts: [5, 5, 5, 5, 5, 5, 5]) != nil)
        let tail = Array(repeating: 12, count: 28)
        #expect(QueueForecast(counts: [900, 900] + tail) == QueueForecast(counts: tail))
    }
}
