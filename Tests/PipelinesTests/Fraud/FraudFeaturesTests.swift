import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("Fraud features")
struct FraudFeaturesTests {
    /// Levels of amounts are sums of doubles in another order here: equal up to rounding.
    private func isNear(_ found: Float, _ expected: Float, _ feature: Int) -> Bool {
        (19..<36).contains(feature) && abs(found - expected) <= 1e-4 * max(1, abs(expected))
    }

    /// Where the stage and the definition differ first, over one random feed.
    private func difference(_ data: TestRows, _ reference: FraudReference, cutAt cuts: [Int]) throws -> String? {
        let stage = try data.stage()
        var values: [Float] = []
        for input in data.inputs(cutAt: cuts) { values += try stage.consume(input).values }
        let width = data.isFull ? FraudStage.definition.features.count : 15
        for row in data.rows.indices {
            for (feature, expected) in reference.features(row).enumerated() {
                let found = values[row * width + feature]
                if found.bitPattern == expected.bitPattern || (found.isNaN && expected.isNaN) || isNear(found, expected, feature) {
                    continue
                }
                return "row \(row), \(FraudStage.definition.features[feature].name): \(found), expected \(expected)"
            }
        }
        return nil
    }

    @Test("every feature equals its definition on random rows with ties, late rows, labels of both kinds and corrections")
    func features() throws {
        var (late, risky, riskyLate, corrected) = (0, 0, 0, 0)
        for seed in 0..<600 as Range<UInt64> {
            let data = TestRows.random(seed), reference = FraudReference(data)
            var random = SeededGenerator(seed: seed ^ 77)
            let cuts = seed % 3 == 0 ? [] : (0..<5).map { _ in Int.random(in: 0..<data.rows.count, using: &random) }
            if let difference = try difference(data, reference, cutAt: cuts) {
                Issue.record("seed \(seed), \(difference)")
                return
            }
            var watermark = Int64.min
            for (row, values) in data.rows.enumerated().map({ ($0.element, reference.features($0.offset)) }) {
                let isRisky = values[14] > 0
                (late, risky) = (late + (row.time < watermark ? 1 : 0), risky + (isRisky ? 1 : 0))
                riskyLate += isRisky && row.time < watermark ? 1 : 0
                watermark = max(watermark, row.time)
            }
            corrected += data.given.count { !$0.event.isPositive }
        }
        // The random feeds hold what they are meant to.
        #expect(late > 2_000 && risky > 5_000 && riskyLate > 500 && corrected > 2_000, "\(late) \(risky) \(riskyLate) \(corrected)")
    }

    @Test("every feature of the profile equals its definition on the same rows")
    func profile() throws {
        var (high, unexplained, runs) = (0, 0, 0)
        for seed in 0..<200 as Range<UInt64> {
            var data = TestRows.random(seed, count: 120)
            data.isFull = true
            // Amounts beyond 32 bits are kept in another place.
            if seed % 4 == 1 { for row in data.rows.indices { data.rows[row].amount *= 1_000_003 } }
            let reference = FraudReference(data)
            var random = SeededGenerator(seed: seed ^ 78)
            let cuts = seed % 3 == 0 ? [] : (0..<5).map { _ in Int.random(in: 0..<data.rows.count, using: &random) }
            if let difference = try difference(data, reference, cutAt: cuts) {
                Issue.record("seed \(seed), \(difference)")
                return
            }
            for row in data.rows.indices where row % 5 == 0 {
                let values = reference.features(row)
                (high, unexplained) = (high + (values[24] > 2.5 ? 1 : 0), unexplained + (values[43] > 0 ? 1 : 0))
                runs += values[54] > 1 ? 1 : 0
            }
        }
        #expect(high > 20 && unexplained > 500 && runs > 20, "\(high) \(unexplained) \(runs)")
    }

    @Test("the comparison notices a delay that is wrong by a microsecond, and a label known a microsecond late")
    func control() throws {
        var (wrongDelays, wrongLabels) = (0, 0)
        for seed in 0..<100 as Range<UInt64> {
            let data = TestRows.random(seed)
            var other = data
            other.delay += 1
            if try difference(data, FraudReference(other), cutAt: []) != nil { wrongDelays += 1 }
            other = data
            other.labelDelay += 1
            for index in other.given.indices { other.given[index].event.known.microseconds += 1 }
            if try difference(data, FraudReference(other), cutAt: []) != nil { wrongLabels += 1 }
        }
        #expect(wrongDelays > 5 && wrongLabels > 5, "\(wrongDelays) \(wrongLabels)")
    }

    // MARK: Edges

    private func run(_ data: TestRows) throws -> [[Float]] {
        let matrix = try data.stage().consume(data.input(0..<data.rows.count))
        return (0..<matrix.rowCount).map { Array(matrix.row($0)) }
    }

    private func row(_ time: Int64, customer: Int = 1, terminal: Int = 1, amount: Int64 = 1_000, key: UInt64 = 0, label: Bool? = nil)
        -> TestRows.Row
    {
        TestRows.Row(customer: customer, terminal: terminal, time: TestRows.start + time, amount: amount, key: key, label: label)
    }

    @Test("a row exactly one window ago has left the window, one a microsecond younger has not")
    func customerEdges() throws {
        let day = TestRows.day
        for (column, days) in [(3, 1), (5, 7), (7, 30)] as [(Int, Int64)] {
            var data = TestRows()
            data.rows = [row(0), row(1), row(days * day, amount: 3_000)]
            #expect(try run(data)[2][column...(column + 1)] == [2, 20])
            data.rows[1].time -= 1
            #expect(try run(data)[2][column...(column + 1)] == [1, 30])
        }
    }

    @Test("terminal windows begin and end on the microsecond, and the share counts what is known")
    func terminalEdges() throws {
        let day = TestRows.day
        var data = TestRows()
        data.labelDelay = 7 * day
        data.rows = [row(0, label: true), row(1, label: false), row(8 * day, customer: 2), row(8 * day + 1, customer: 3)]
        #expect(try run(data)[2][9...14] == [1, 0, 2, 0.5, 2, 0.5])
        #expect(try run(data)[3][9...14] == [0, 0, 2, 0.5, 2, 0.5])
        data.labelDelay = 8 * day + 1
        #expect(try run(data)[2][9...14] == [1, 0, 2, 0, 2, 0])
        #expect(try run(data)[3][9...14] == [0, 0, 2, 0.5, 2, 0.5])
    }

    @Test("of rows at the same time, only those at or before the row's position count")
    func ties() throws {
        var data = TestRows()
        data.rows = [row(0, amount: 100), row(0, amount: 300), row(0, amount: 800)]
        #expect(try run(data).map { [$0[3], $0[4]] } == [[1, 1], [2, 2], [3, 4]])
    }

    @Test("weekend and night are judged in the job's zone")
    func zone() throws {
        // 2018-05-04 is a Friday; 22:30 UTC is half past midnight on Saturday in Paris.
        var data = TestRows()
        data.rows = [
            row(3 * TestRows.day + 81_000_000_000), row(5 * TestRows.day + 25_200_000_000 - 1), row(5 * TestRows.day + 25_200_000_000),
        ]
        func flags(_ zone: String) throws -> [[Float]] {
            let matrix = try data.stage(zone: zone).consume(data.input(0..<3))
            return (0..<3).map { Array(matrix.row($0)[matrix.row($0).startIndex + 1...matrix.row($0).startIndex + 2]) }
        }
        #expect(try flags("UTC") == [[0, 0], [1, 1], [1, 0]])
        #expect(try flags("Europe/Paris") == [[1, 1], [1, 0], [1, 0]])
    }

    // MARK: Eviction

    @Test("a row remembered takes little more than a hundred bytes, its key and its place with card and terminal included")
    func bytesOfRows() throws {
        var data = TestRows()
        data.isFull = true
        let stage = try data.stage(), cards = 400, days = 40
        for day in 0..<days {
            let start = Int64(day) * TestRows.day
            data.rows = (0..<cards * 2).map { index -> TestRows.Row in
                let key = RecordKey.hash("\(day) \(index)"), time = start + Int64(index) * 1_000_000
                return row(time, customer: index % cards, terminal: index * 7 % 90, amount: Int64(1_000 + index), key: key)
            }
            var input = data.input()
            // With a label that comes apart from its row, keys are remembered, too.
            input.events = [LabelEvent(key: data.rows[0].key, isPositive: true, known: Timestamp(microseconds: data.rows[1].time))]
            _ = try stage.consume(input)
        }
        let rows = cards * 2 * days
        #expect(stage.stateBytes / rows < 125, "\(stage.stateBytes / rows) bytes a row")
        let base = stage.base(), other = try data.stage()
        try other.restore(base: base, deltas: [])
        #expect(other.base() == base && base.count / rows < 25)
    }

    @Test("forgetting keeps memory flat over years, and a card's new rows do not count its forgotten ones")
    func eviction() throws {
        for isText in [false, true] {
            var data = TestRows()
            data.isText = isText
            let stage = try data.stage()
            var largest = (early: 0, late: 0)
            for batch in 0..<200 {
                // Ten new cards and terminals a week; every card comes back once, 60 weeks later.
                data.rows = (0..<40).map { index in
                    let week = index < 20 ? batch : batch - 60
                    return row(
                        Int64(batch) * 7 * TestRows.day + Int64(index) * 1_000_000, customer: week * 20 + index % 20,
                        terminal: batch * 10 + index % 10, key: UInt64(batch * 40 + index))
                }
                var input = data.input(0..<40)
                input.events = [LabelEvent(key: UInt64(batch), isPositive: true, known: Timestamp(microseconds: data.rows[0].time))]
                let matrix = try stage.consume(input)
                #expect(matrix.row(25)[25 * 15 + 7] == 1)
                if batch < 20 {
                    largest.early = max(largest.early, stage.stateBytes)
                } else {
                    largest.late = max(largest.late, stage.stateBytes)
                }
            }
            #expect(largest.late < largest.early * 6 / 5, "\(largest)")
            #expect(stage.base().count < 20_000)
        }
    }
}
