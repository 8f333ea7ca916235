import Foundation
import Pipelines
import Records
import Testing

/// Random conditions over random rows, beside a plain evaluation that works on optionals.
@Suite struct RuleRandomTests {
    private struct Dice {
        var state: UInt64
        mutating func below(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(count))
        }
    }

    /// A condition's text and what it is of a row.
    private struct Condition {
        var text: String
        var truth: (RuleRows.Row) -> Bool?
    }

    private static func compare(_ symbol: String, _ a: Double, _ b: Double) -> Bool {
        switch symbol {
        case ">": a > b
        case ">=": a >= b
        case "<": a < b
        case "<=": a <= b
        case "=": a == b
        default: a != b
        }
    }

    private static func leaf(_ dice: inout Dice) -> Condition {
        let symbol = [">", ">=", "<", "<=", "=", "!="][dice.below(6)]
        let number = dice.below(4)
        switch dice.below(6) {
        case 0:
            return Condition(text: "amount \(symbol) \(number) EUR") {
                compare(symbol, Double($0.amount), Double(number * 100))
            }
        case 1:
            return Condition(text: "limit \(symbol) \(number)") {
                $0.limit.map { compare(symbol, Double($0), Double(number * 100)) }
            }
        case 2:
            return Condition(text: "ratio + id \(symbol) \(number)") { row in
                row.ratio.map { compare(symbol, $0 + Double(row.id), Double(number)) }
            }
        case 3:
            return Condition(text: "amount - limit \(symbol) \(number) EUR") { row in
                row.limit.map { compare(symbol, Double(row.amount - $0), Double(number * 100)) }
            }
        case 4:
            return Condition(text: "country in (\"DE\", \"JP\")") {
                $0.country.map { ["DE", "JP"].contains($0) }
            }
        default: return Condition(text: "online") { $0.online }
        }
    }

    private static func condition(_ dice: inout Dice, depth: Int) -> Condition {
        guard depth > 0 else { return leaf(&dice) }
        switch dice.below(4) {
        case 0:
            let inner = condition(&dice, depth: depth - 1)
            return Condition(text: "not (\(inner.text))") { inner.truth($0).map { !$0 } }
        case 1, 2:
            let parts = (0..<2 + dice.below(2)).map { _ in condition(&dice, depth: depth - 1) }
            let isAll = dice.below(2) == 0
            return Condition(
                text: parts.map { "(\($0.text))" }.joined(separator: isAll ? " and " : " or ")
            ) { row in
                let truths = parts.map { $0.truth(row) }
                if truths.contains(!isAll) { return !isAll }
                return truths.contains(nil) ? nil : isAll
            }
        default: return leaf(&dice)
        }
    }

    @Test(
        "a compiled condition says what the plain one says, of every row", arguments: UInt64(1)...60)
    func agrees(seed: UInt64) throws {
        var dice = Dice(state: seed)
        let rows = (0..<67).map { _ in
            RuleRows.Row(
                id: Int64(dice.below(3)), country: [nil, "DE", "FR", "JP"][dice.below(4)],
                online: [nil, true, false][dice.below(3)],
                amount: Int64(dice.below(5) * 100), limit: [nil, 0, 100, 250][dice.below(4)],
                ratio: [nil, 0, 0.5, 2][dice.below(4)])
        }
        let condition = Self.condition(&dice, depth: 4)
        let found = try RuleRows.truths(condition.text, rows)
        #expect(found == rows.map(condition.truth), "seed \(seed): \(condition.text)")
        let canonical = try RuleExpression(parsing: condition.text).text
        #expect(try RuleRows.truths(canonical, rows) == found, "seed \(seed): \(canonical)")
    }
}
