import Models
import PipelineTesting
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct SeriesDetectorTests {
    /// Sums of uniform numbers: nearly normal, mean 0, standard deviation 1.
    private static func noise(_ count: Int, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) } }
    }

    @Test("alarms on a series without fault stay below the rate set, and are not absent")
    func falseAlarms() {
        var alarms = 0
        for seed in 1...4 as ClosedRange<UInt64> {
            var detector = SeriesDetector(.init(falseAlarmRate: 0.02, forgetting: 0.01, quiet: 0))
            for value in Self.noise(5_000, seed: seed) where detector.consume(value).pValue <= 0.02 { alarms += 1 }
        }
        #expect(alarms <= 400)
        #expect(alarms > 40)
    }

    /// Independent readings without fault, of distributions with light, skewed, heavy and coarse tails.
    private static func readings(_ kind: String, _ count: Int, seed: UInt64) -> [Double] {
        let (one, other) = (noise(count, seed: seed), noise(count, seed: seed &+ 1_000))
        return zip(one, other).map { first, second in
            switch kind {
            case "normal": first
            case "lognormal": exp(2 * first)
            case "cauchy": first / second
            case "whole": (first * 2).rounded()
            default: first > 2.2 ? 1 : 0
            }
        }
    }

    @Test(
        "no more alarm than the rate, whatever the distribution, and a rate that is not kept is noticed",
        arguments: ["normal", "lognormal", "cauchy", "whole", "rare"])
    func rateHolds(kind: String) {
        func share(_ rate: Double, counted: (SeriesDetector.Finding) -> Bool) -> Double {
            var alarms = 0
            for seed in 1...40 as ClosedRange<UInt64> {
                var detector = SeriesDetector(.init(falseAlarmRate: rate, quiet: 0))
                for value in Self.readings(kind, 2_000, seed: seed) where counted(detector.consume(value)) { alarms += 1 }
            }
            return Double(alarms) / 80_000
        }
        #expect(share(0.01) { $0.isAlarm } <= 0.01)
        #expect(share(0.002) { $0.isAlarm } <= 0.0022)
        // The planted fault: without the doubling of p, and with what was far beyond all others counted twice as much.
        #expect(kind == "rare" || share(0.01) { pow(10, -$0.level) / 4 <= 0.01 } > 0.01)
    }

    @Test("what lies far outside everything before it is more unusual than what lies just outside")
    func farOutside() {
        var near = SeriesDetector(), far = SeriesDetector()
        for value in Self.noise(400, seed: 3) { (_, _) = (near.consume(value), far.consume(value)) }
        let (just, beyond) = (near.consume(4), far.consume(50))
        #expect(just.pValue == beyond.pValue)
        #expect(beyond.level > just.level + 0.5)
        #expect(!just.isAlarm && beyond.isAlarm)
    }

    @Test("a code for no value is unusual and not learnt from; a level that stays is, after twenty readings")
    func strange() {
        var coded = SeriesDetector(), plain = SeriesDetector(), moved = SeriesDetector()
        for (place, value) in Self.noise(2_000, seed: 4).enumerated() {
            let expected = plain.consume(value)
            if place % 100 == 99 { #expect(coded.consume(1e30).level == 20) }
            let found = coded.consume(value)
            #expect(found.pValue == expected.pValue && found.level == expected.level)
            _ = moved.consume(value)
        }
        // Told once within the quiet time, and a fault beside it is told all the same.
        for _ in 0..<250 { #expect(!coded.consume(0).isAlarm) }
        let told = [1e30, 1e30, 30].map { coded.consume($0).isAlarm }
        #expect(told == [true, false, true])
        let levels = (0..<400).map { _ in moved.consume(1e9).level }
        #expect(levels[19] == 20 && levels[399] < 2, "\(levels[19]) \(levels[399])")
    }

    @Test("a detector goes on from its words as if it had never stopped; words that no detector wrote are refused")
    func words() throws {
        let values = Self.noise(300, seed: 6) + [.nan, 40, .infinity] + Self.noise(300, seed: 7)
        var steady = SeriesDetector(.init(falseAlarmRate: 0.01, quiet: 5)), stopped = steady
        for value in values {
            var words = stopped.words[...]
            stopped = try #require(SeriesDetector(steady.settings, words: &words))
            #expect(words.isEmpty)
            #expect(stopped.consume(value) == steady.consume(value))
        }
        #expect(stopped == steady)
        let words = steady.words
        for end in [0, 8, 10, words.count - 1] {
            var cut = words[..<end]
            #expect(SeriesDetector(steady.settings, words: &cut) == nil)
        }
        var wrong = words
        wrong[11] = 1_000_000
        var slice = wrong[...]
        #expect(SeriesDetector(steady.settings, words: &slice) == nil)
    }

    @Test("a jump alarms at its first reading, once within the quiet time, and moves no earlier finding")
    func jump() {
        let calm = Self.noise(2_000, seed: 9)
        var alone = SeriesDetector(), before = SeriesDetector()
        let expected = calm.map { alone.consume($0) }
        #expect(calm.map { before.consume($0) } == expected)
        #expect(before.consume(25).isAlarm)
        #expect(!before.consume(25).isAlarm)
    }

    @Test("missing readings say nothing, infinite and huge ones are unusual and harm nothing")
    func oddReadings() {
        var detector = SeriesDetector(.init(falseAlarmRate: 0.01, quiet: 0)), plain = detector
        for value in Self.noise(500, seed: 2) {
            let missing = detector.consume(.nan)
            #expect(missing.pValue == 1 && !missing.isAlarm)
            #expect(detector.consume(value).pValue == plain.consume(value).pValue)
        }
        #expect(detector.consume(.infinity).isAlarm)
        #expect(detector.consume(1e300).isAlarm)
        #expect(SeriesDetector.bytes < 5_000)
    }

    @Test("the benchmark gives 0 for no detection, 100 for every window at its start, and less for false alarms and late ones")
    func benchmark() {
        let series = [
            AnomalyBenchmark.Series(count: 4_000, windows: [1_000...1_199, 3_000...3_099]),
            AnomalyBenchmark.Series(count: 1_000, windows: [500...549]),
        ]
        let benchmark = AnomalyBenchmark()
        #expect(benchmark.normalised(series, detections: [[], []]) == 0)
        #expect(abs(benchmark.normalised(series, detections: [[1_000, 3_000], [500]]) - 100) < 1e-9)
        #expect(benchmark.normalised(series, detections: [[1_190, 3_000], [500]]) < 95)
        #expect(benchmark.normalised(series, detections: [[800, 1_000, 3_000], [500]]) < 99)
        // Readings of the probation are not scored.
        #expect(abs(benchmark.normalised(series, detections: [[5, 1_000, 3_000], [500]]) - 100) < 1e-9)
    }
}
