import Models
import PipelineTesting
import Testing

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
        #expect(detector.bytes == plain.bytes)
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
