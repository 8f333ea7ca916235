import Models
import Pipelines
import Records

/// The smallest stage with state: how many rows a card had and what they summed to, known frauds included. Its bugs are the negative
/// controls of `StageContract`.
final class ToyStage: Stage {
    enum Bug: CaseIterable {
        case peeksAtLabel, peeksAtNextRow, learnsTooEarly, forgetsColumn, countsBatches, changesWithTime, believesAnything, losesRow
    }
    struct Card {
        var count: Int64 = 0
        var sum: Int64 = 0
    }

    static var definition: StageDefinition {
        StageDefinition(
            definition: Definition(name: "toy", summary: "Counts.", parameters: []), version: 1,
            features: [("count", "rows of the card"), ("sum", "their sum"), ("frauds", "known frauds")], positive: "fraud",
            negative: "genuine")
    }

    let bug: Bug?
    private var cards: [Card] = Array(repeating: Card(), count: 4)
    private var frauds: Int64 = 0
    private var pending: [LabelEvent] = []
    private var watermark = Int64.min
    /// Card, amount of the rows since the last delta, and the label events.
    private var changes: [Int64] = []
    nonisolated(unsafe) static var clock: Int64 = 0

    init(bug: Bug?) { self.bug = bug }
    init(configuration: StageConfiguration, schema: Schema) throws(Failure) { bug = nil }

    func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        var values: [Float] = []
        pending += input.events
        changes += [Int64(input.events.count), Int64(input.batch.count)]
        for event in input.events { changes += [event.known.microseconds, event.isPositive ? 1 : 0] }
        if bug == .countsBatches { frauds += 1 }
        for row in 0..<input.batch.count {
            let card = Int(input.batch.columns[0].integers[row]), amount = input.batch.columns[2].integers[row]
            take(card: card, amount: amount, time: input.times[row])
            changes += [Int64(card), bug == .forgetsColumn ? 0 : amount, input.times[row]]
            var sum = Float(cards[card].sum)
            if bug == .peeksAtLabel, !input.labels.isEmpty, input.labels[row] == true { sum += 1 }
            if bug == .peeksAtNextRow, row + 1 < input.batch.count { sum += Float(input.batch.columns[2].integers[row + 1]) }
            if bug == .changesWithTime {
                Self.clock += 1
                sum = Float(Self.clock)
            }
            if bug != .losesRow || row != 7 { values += [Float(cards[card].count), sum, Float(frauds)] }
        }
        return FeatureMatrix(featureCount: 3, values: values)
    }

    private func take(card: Int, amount: Int64, time: Int64) {
        watermark = max(watermark, time)
        let limit = bug == .learnsTooEarly ? Int64.max : watermark
        frauds += Int64(pending.count { $0.known.microseconds <= limit && $0.isPositive })
        pending.removeAll { $0.known.microseconds <= limit }
        cards[card].count += 1
        cards[card].sum += amount
    }

    func ruleScores(of matrix: FeatureMatrix) -> [Float] { [Float](repeating: 0.5, count: matrix.rowCount) }
    func evidence(forRow row: Int) -> [Evidence] { [] }
    func reasons(features: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] { [] }
    var stateBytes: Int { 64 }

    func delta() -> [UInt8] {
        defer { changes = [] }
        return Self.bytes(changes)
    }

    func base() -> [UInt8] {
        changes = []
        var state = [watermark, frauds] + cards.flatMap { [$0.count, $0.sum] }
        for event in pending { state += [event.known.microseconds, event.isPositive ? 1 : 0] }
        return Self.bytes(state)
    }

    private static func bytes(_ numbers: [Int64]) -> [UInt8] {
        let sum = numbers.reduce(Int64(numbers.count)) { $0 &* 31 &+ $1 }
        return (numbers + [sum]).flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    }

    private func numbers(_ bytes: [UInt8]) throws(Failure) -> [Int64] {
        let damaged = Failure(.failed, code: "toy", what: "damaged")
        var numbers: [Int64] = []
        for start in stride(from: 0, to: bytes.count / 8 * 8, by: 8) {
            numbers.append((0..<8).reduce(0) { $0 | Int64(bytes[start + $1]) << (8 * $1) })
        }
        guard let sum = numbers.popLast() else { throw damaged }
        guard bug == .believesAnything || (bytes.count % 8 == 0 && numbers.reduce(Int64(numbers.count)) { $0 &* 31 &+ $1 } == sum) else {
            throw damaged
        }
        return numbers
    }

    func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        if !base.isEmpty {
            let state = try numbers(base)
            guard bug != .believesAnything else { return }
            (watermark, frauds) = (state[0], state[1])
            for card in cards.indices { cards[card] = Card(count: state[2 + 2 * card], sum: state[3 + 2 * card]) }
            pending = stride(from: 10, to: state.count, by: 2).map { Self.event(state, $0) }
        }
        for delta in deltas {
            let log = try numbers(delta)
            guard bug != .believesAnything else { return }
            var at = 0
            while at < log.count {
                let (events, rows) = (Int(log[at]), Int(log[at + 1]))
                at += 2
                for _ in 0..<events {
                    pending.append(Self.event(log, at))
                    at += 2
                }
                for _ in 0..<rows {
                    take(card: Int(log[at]), amount: log[at + 1], time: log[at + 2])
                    at += 3
                }
            }
        }
        changes = []
    }

    private static func event(_ numbers: [Int64], _ at: Int) -> LabelEvent {
        LabelEvent(key: 0, isPositive: numbers[at + 1] == 1, known: Timestamp(microseconds: numbers[at]))
    }
}
