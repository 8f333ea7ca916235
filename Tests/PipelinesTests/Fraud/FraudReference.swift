import Pipelines
import Records

/// The fraud features straight from their definition, in quadratic time: the stage must give the same bits.
struct FraudReference {
    let data: TestRows
    private let watermarks: [Int64]
    private let facts: [[Fact]]

    private struct Fact {
        var known: Int64
        /// Labels with rows by position, then events as given.
        var order: Int
        var isPositive: Bool
        /// First row that can see it.
        var visibleFrom: Int
    }

    init(_ data: TestRows) {
        self.data = data
        var watermarks: [Int64] = []
        for row in data.rows { watermarks.append(max(watermarks.last ?? .min, row.time)) }
        self.watermarks = watermarks
        facts = Self.facts(data, watermarks)
    }

    private static func cutoff(_ watermark: Int64, _ data: TestRows) -> Int64 {
        let memory = max(30 * TestRows.day + data.delay, data.isFull ? 44 * TestRows.day : 0)
        return Int64(Timestamp(microseconds: watermark).day) * TestRows.day - memory - TestRows.day
    }

    func cutoff(at index: Int) -> Int64 { Self.cutoff(watermarks[index], data) }

    private static func facts(_ data: TestRows, _ watermarks: [Int64]) -> [[Fact]] {
        var facts = [[Fact]](repeating: [], count: data.rows.count)
        for (index, row) in data.rows.enumerated() where row.label == true {
            facts[index].append(Fact(known: row.time + data.labelDelay, order: index, isPositive: true, visibleFrom: index + 1))
        }
        // An event is learnt with the first row, from where it was given, whose watermark reaches its known time.
        for (number, given) in data.given.enumerated() {
            let known = given.event.known.microseconds
            guard let learnt = data.rows.indices.first(where: { $0 >= given.before && watermarks[$0] >= known }) else { continue }
            let limit = cutoff(watermarks[learnt], data)
            let newest = data.rows[..<learnt].lastIndex { $0.key == given.event.key }
            var (target, visibleFrom) = (newest, learnt)
            if newest.map({ data.rows[$0].time <= limit }) ?? true {
                target = data.rows[learnt...].firstIndex { $0.key == given.event.key }
                visibleFrom = target ?? 0
                if let target, watermarks[target] - known >= 60 * TestRows.day { continue }
            }
            guard let target else { continue }
            facts[target].append(
                Fact(known: known, order: data.rows.count + number, isPositive: given.event.isPositive, visibleFrom: visibleFrom))
        }
        return facts
    }

    func isFraud(_ row: Int, at time: Int64, for observer: Int) -> Bool {
        let visible = facts[row].filter { $0.known <= time && $0.visibleFrom <= observer }
        return visible.max { ($0.known, $0.order) < ($1.known, $1.order) }?.isPositive ?? false
    }

    func features(_ index: Int, zoneOffset: Int64 = 0) -> [Float] {
        let row = data.rows[index], cutoff = cutoff(at: index)
        let wall = Timestamp(microseconds: row.time + zoneOffset)
        var features: [Float] = [Float(Double(row.amount) / 100), wall.weekday >= 5 ? 1 : 0, wall.hour <= 6 ? 1 : 0]
        for days in [1, 7, 30] as [Int64] {
            let past = data.rows[...index].enumerated().filter { other in
                other.element.customer == row.customer && other.element.time <= row.time
                    && (other.element.time > max(row.time - days * TestRows.day, cutoff) || (other.offset == index && row.time <= cutoff))
            }
            let sum = past.reduce(0) { $0 + $1.element.amount }
            features += [Float(past.count), Float(Double(sum) / (Double(past.count) * 100))]
        }
        for days in [1, 7, 30] as [Int64] {
            let end = row.time - data.delay
            let past = data.rows[...index].indices.filter {
                data.rows[$0].terminal == row.terminal && data.rows[$0].time <= end
                    && data.rows[$0].time > max(end - days * TestRows.day, cutoff)
            }
            let frauds = past.filter { isFraud($0, at: row.time, for: index) }.count
            features += [Float(past.count), past.isEmpty ? 0 : Float(Double(frauds) / Double(past.count))]
        }
        if data.isFull { features += profile(index) }
        return features
    }
}
