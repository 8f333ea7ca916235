import Foundation
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("Handbook data", .enabled(if: HandbookData.isThere, "needs shared/data/fraud"))
struct HandbookTests {
    @Test("the book's protocol keeps its rows, and features of all over the feed equal their definition")
    func handbook() throws {
        let data = try HandbookData()
        #expect(data.times.count == 1_015_716 && data.labels.count { $0 == true } == 8_957)

        let days = data.times.map { Timestamp(microseconds: $0).day }
        let august = Timestamp.days(year: 2018, month: 8, day: 8)
        let selection = CardProtocol.select(
            days: days, cards: data.customers.map { Int($0) }, positives: data.labels.map { $0 == true },
            training: (august - 14)...(august - 8), test: august...(august + 6), delay: 7)
        #expect(selection.training.count == 67_240 && selection.training.count { data.labels[$0] == true } == 598)
        #expect(selection.test.count == 58_264 && selection.test.count { data.labels[$0] == true } == 385)

        let stage = try data.stage()
        let (values, seconds) = try measure(stage, data.inputs())
        print("fraud features: \(data.times.count) rows in \(seconds) CPU seconds, state \(stage.stateBytes >> 10) KiB")
        for row in stride(from: 3, to: data.times.count, by: 9_973) {
            #expect(Array(values[row * 15..<row * 15 + 15]) == definition(row, data), "row \(row)")
        }
        // Labels that come as events known at the same times, and state taken apart between chunks, change nothing.
        #expect(try eventRun(data, rows: 100_000) == Array(values[..<(100_000 * 15)]))
    }

    private func measure(_ stage: FraudStage, _ inputs: [StageInput]) throws -> (values: [Float], seconds: Double) {
        var values: [Float] = []
        values.reserveCapacity(inputs.count * 8_192 * 15)
        var seconds = 0.0
        for input in inputs {
            let start = threadSeconds()
            let matrix = try stage.consume(input)
            seconds += threadSeconds() - start
            values.append(contentsOf: matrix.values)
        }
        return (values, seconds)
    }

    /// CPU time of this thread alone: other tests run beside this one.
    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func eventRun(_ data: HandbookData, rows: Int) throws -> [Float] {
        var stage = try data.stage(), values: [Float] = [], next = 0
        let frauds = (0..<rows).filter { data.labels[$0] == true }
        for (number, input) in data.inputs(rows: 5_000).prefix(rows / 5_000).enumerated() {
            var input = input
            input.labels = []
            while next < frauds.count, data.times[frauds[next]] + 7 * TestRows.day <= input.times[input.times.count - 1] {
                let row = frauds[next]
                let known = Timestamp(microseconds: data.times[row]) + .days(7)
                input.events.append(LabelEvent(key: data.keys[row], isPositive: true, known: known))
                next += 1
            }
            if number == 12 { _ = stage.base() }
            values += try stage.consume(input).values
            if number % 7 == 6 {
                let restored = try data.stage()
                try restored.restore(base: stage.base(), deltas: [])
                stage = restored
            }
        }
        return values
    }

    /// From the definition; the data are in time order, so everything before the row is there.
    private func definition(_ row: Int, _ data: HandbookData) -> [Float] {
        let time = data.times[row], instant = Timestamp(microseconds: time)
        var features: [Float] = [Float(Double(data.amounts[row]) / 100), instant.weekday >= 5 ? 1 : 0, instant.hour <= 6 ? 1 : 0]
        let ofCustomer = (0...row).filter { data.customers[$0] == data.customers[row] }
        let ofTerminal = (0...row).filter { data.terminals[$0] == data.terminals[row] }
        for days in [1, 7, 30] as [Int64] {
            let amounts = ofCustomer.filter { data.times[$0] > time - days * TestRows.day }.map { data.amounts[$0] }
            features += [Float(amounts.count), Float(Double(amounts.reduce(0, +)) / (Double(amounts.count) * 100))]
        }
        for days in [1, 7, 30] as [Int64] {
            let end = time - 7 * TestRows.day
            let rows = ofTerminal.filter { data.times[$0] <= end && data.times[$0] > end - days * TestRows.day }
            let frauds = rows.count { data.labels[$0] == true }
            features += [Float(rows.count), rows.isEmpty ? 0 : Float(Double(frauds) / Double(rows.count))]
        }
        return features
    }

    @Test("synthetic rows: CPU seconds for 1.75 million", .enabled(if: ProcessInfo.processInfo.environment["PIPELINE_MEASURE"] != nil))
    func speed() throws {
        var random = SeededGenerator(seed: 1)
        for isText in [false, true] {
            var data = TestRows()
            data.isText = isText
            data.labelDelay = 7 * TestRows.day
            var time = TestRows.start
            for _ in 0..<1_750_000 {
                time += Int64.random(in: 0...18, using: &random) * 1_000_000
                data.rows.append(
                    TestRows.Row(
                        customer: Int.random(in: 0..<5_000, using: &random), terminal: Int.random(in: 0..<10_000, using: &random),
                        time: time,
                        amount: Int64.random(in: 0..<30_000, using: &random), key: random.next(),
                        label: Int.random(in: 0..<100, using: &random) == 0))
            }
            for logs in [false, true] {
                let stage = try data.stage()
                var (seconds, bytes) = (0.0, 0)
                for start in stride(from: 0, to: data.rows.count, by: 8_192) {
                    let input = data.input(start..<min(start + 8_192, data.rows.count))
                    let begin = threadSeconds()
                    _ = try stage.consume(input)
                    if logs { bytes += stage.delta().count }
                    seconds += threadSeconds() - begin
                }
                print(
                    "synthetic, \(isText ? "text" : "int64") names, \(logs ? "with deltas of \(bytes) bytes" : "no log"): "
                        + "\(seconds) CPU seconds, state \(stage.stateBytes >> 10) KiB, base \(stage.base().count >> 10) KiB")
            }
        }
    }
}
