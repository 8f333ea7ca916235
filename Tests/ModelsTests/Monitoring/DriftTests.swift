import Foundation
import Models
import PipelineTesting
import Testing

/// Days whose rows are alike: each day has its own level, as a holiday or a campaign gives it.
private struct DayWorld {
    var columns: Int
    var rowsPerDay: Int
    var dayDeviation: Float
    var shift: Float = 0
    /// What each weekday adds, in turn.
    var week: Float = 0

    func day(_ number: Int, _ random: inout SeededGenerator) -> FeatureMatrix {
        var values: [Float] = []
        let level = (0..<columns).map { _ in dayDeviation * normal(&random) + (number % 7 == 6 ? week : 0) }
        for _ in 0..<rowsPerDay {
            for column in 0..<columns { values.append(level[column] + normal(&random) + (column == 0 ? shift : 0)) }
        }
        return FeatureMatrix(featureCount: columns, values: values)
    }

    private func normal(_ random: inout SeededGenerator) -> Float {
        // Irwin and Hall: the sum of four uniform numbers, scaled.
        let sum = (0..<4).reduce(Float(0)) { sum, _ in sum + Float(random.next() >> 40) / Float(1 << 24) }
        return (sum - 2) * 1.7320508
    }

    var names: [String] { (0..<columns).map { "column \($0)" } }

    func bins(_ random: inout SeededGenerator) -> DriftBins {
        var matrix = FeatureMatrix(featureCount: columns)
        for number in 0..<30 { matrix.values += day(number, &random).values }
        return DriftBins(fittedTo: matrix, names: names, bins: 5)
    }

    func block(_ number: Int, _ bins: DriftBins, _ random: inout SeededGenerator, byWeekday: Bool = false) -> DriftBlock {
        let matrix = day(number, &random)
        return bins.counts(of: matrix, blocks: [Int](repeating: number, count: matrix.rowCount), strata: { byWeekday ? $0 % 7 : 0 })[0]
    }
}

@Suite struct DriftTests {
    private static let isWhole = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] == "1"

    /// Replays of a year: whether any run raised an alarm.
    private func alarms(
        replays: Int, runs: Int, step: Int, world: DayWorld, rate: Double, _ random: inout SeededGenerator
    ) -> Int {
        let test = DriftTest(yearlyRate: rate, runsPerYear: runs, draws: 4_000, seed: 7)
        return (0..<replays).count { _ in
            let bins = world.bins(&random)
            var days = (0..<37).map { world.block($0, bins, &random) }
            for run in 0..<runs {
                if test.compare(reference: Array(days[0..<30]), window: Array(days.suffix(7)), bins: bins, run: run).isAlarm { return true }
                for _ in 0..<step { days.append(world.block(days.count, bins, &random)) }
            }
            return false
        }
    }

    @Test("1,000 years without drift have alarms in no more than the rate set, though days differ and windows overlap")
    func falseAlarms() {
        var random = SeededGenerator(seed: 41)
        let world = DayWorld(columns: 2, rowsPerDay: 20, dayDeviation: 0.5)
        let (replays, runs, step) = (1_000, Self.isWhole ? 52 : 4, Self.isWhole ? 7 : 3)
        let found = alarms(replays: replays, runs: runs, step: step, world: world, rate: 0.1, &random)
        #expect(Binomial.atLeast(found, trials: replays, probability: 0.1) > 0.01, "\(found) of \(replays)")
        if Self.isWhole { print("alarms without drift:", found, "of", replays) }
    }

    @Test("negative control: with rows for blocks, days that differ by chance raise alarms nearly always")
    func rowsAsBlocks() {
        var random = SeededGenerator(seed: 42)
        let world = DayWorld(columns: 2, rowsPerDay: 200, dayDeviation: 0.5)
        let test = DriftTest(yearlyRate: 0.1, runsPerYear: 4, draws: 1_000, seed: 7)
        let alarms = (0..<20).count { _ in
            let bins = world.bins(&random)
            func rows(_ days: Range<Int>) -> [DriftBlock] {
                days.flatMap { bins.counts(of: world.day($0, &random), blocks: Array(0..<world.rowsPerDay)) }
            }
            return test.compare(reference: rows(0..<30), window: rows(30..<31), bins: bins).isAlarm
        }
        #expect(alarms > 12, "\(alarms) of 20")
    }

    @Test("planted drift is found, the larger the surer, in its column and in no other")
    func power() {
        var random = SeededGenerator(seed: 43)
        let world = DayWorld(columns: 4, rowsPerDay: 200, dayDeviation: 0.1)
        let test = DriftTest(yearlyRate: 0.05, runsPerYear: 52, seed: 7)
        var found: [Int] = []
        for shift in [0, 0.1, 0.2, 0.4] as [Float] {
            var drifted = world
            drifted.shift = shift
            found.append(
                (0..<20).count { run in
                    let bins = world.bins(&random)
                    let report = test.compare(
                        reference: (0..<30).map { world.block($0, bins, &random) },
                        window: (0..<7).map { drifted.block($0, bins, &random) }, bins: bins, run: run)
                    #expect(report.canAlarm && !report.columns[1...].contains(where: \.isAlarm))
                    if shift == 0.4 { #expect(report.columns[0].stabilityIndex > report.columns[1].stabilityIndex) }
                    return report.columns[0].isAlarm
                })
        }
        #expect(found[0] <= 1 && found[3] == 20 && found[1] <= found[2] && found[2] <= found[3], "\(found) of 20 each")
        if Self.isWhole { print("found of 20 with a shift of 0, .1, .2, .4:", found) }
    }

    @Test("weekdays are compared with weekdays: a quiet Sunday in the window is no drift")
    func weekdays() {
        var random = SeededGenerator(seed: 44)
        let world = DayWorld(columns: 1, rowsPerDay: 200, dayDeviation: 0.1, week: 2)
        let test = DriftTest(yearlyRate: 0.05, runsPerYear: 1, draws: 2_000, seed: 7)
        let bins = world.bins(&random)
        func compare(byWeekday: Bool) -> DriftReport {
            test.compare(
                reference: (0..<35).map { world.block($0, bins, &random, byWeekday: byWeekday) },
                window: [41, 48, 55].map { world.block($0, bins, &random, byWeekday: byWeekday) }, bins: bins)
        }
        #expect(!compare(byWeekday: true).isAlarm && compare(byWeekday: false).isAlarm)
    }

    @Test("the same seed gives the same report, missing values are a bin, and too few blocks say that they cannot alarm")
    func edges() {
        var random = SeededGenerator(seed: 45)
        let bins = DriftBins(fittedTo: FeatureMatrix(featureCount: 1, values: [1, 1, 2, 2, 3, 3, .nan]), names: ["a"], bins: 3)
        #expect(bins.columns[0].edges == [2] || bins.columns[0].edges == [1, 2] || bins.columns[0].edges.count == 1)
        let block = bins.counts(of: FeatureMatrix(featureCount: 1, values: [0, 9, .nan, .nan]), blocks: [5, 5, 5, 5])[0]
        #expect(block.counts.first == 1 && block.counts.last == 2 && block.counts.reduce(0, +) == 4)
        let world = DayWorld(columns: 1, rowsPerDay: 50, dayDeviation: 0.1)
        let worldBins = world.bins(&random)
        let (days, today) = ((0..<9).map { world.block($0, worldBins, &random) }, world.block(9, worldBins, &random))
        let test = DriftTest(seed: 3)
        let report = test.compare(reference: days, window: [today], bins: worldBins, run: 4)
        #expect(report == test.compare(reference: days, window: [today], bins: worldBins, run: 4))
        // One day of ten: at best 1 in 10.
        #expect(abs(report.leastPValue - 0.1) < 1e-9 && !report.canAlarm && !report.isAlarm)
        #expect(report.columns[0].referenceShares.reduce(0, +) > 0.999)
    }
}
