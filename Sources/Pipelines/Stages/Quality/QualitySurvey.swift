import Models
import Records

/// What the stage learns of training rows before the model does: the texts of text columns, and the limits of every chart and group.
struct QualitySurvey {
    /// Of one measurement of one group, in order.
    private struct Process {
        var count = 0
        var sum = 0.0
        /// Of single readings, distances of neighbours; else spreads of whole subgroups.
        var spreads = 0.0
        var points = 0
        var last = Double.nan
        var pending: [Double] = []
    }

    private let charted: [Int]
    private let subgroup: Int
    private let spread: ControlLimits.Spread
    private var texts: [Set<String>]
    private var processes: [UInt64: [Process]] = [:]

    init(_ settings: QualitySettings) {
        (charted, subgroup, spread) = (settings.charted, settings.subgroup, settings.spread)
        texts = [Set<String>](repeating: [], count: settings.inputs.count)
    }

    mutating func add(texts columns: [Column?], numbers: [[Double]], groups: [UInt64]) {
        for (input, column) in columns.enumerated() {
            guard let column else { continue }
            for row in groups.indices where texts[input].count < QualitySettings.mostLevels {
                if let text = column.string(row) { texts[input].insert(text) }
            }
        }
        guard !charted.isEmpty else { return }
        for (row, group) in groups.enumerated() {
            var own = processes.removeValue(forKey: group) ?? [Process](repeating: Process(), count: charted.count)
            for (place, number) in charted.enumerated() where numbers[number][row].isFinite { add(numbers[number][row], to: &own[place]) }
            processes[group] = own
        }
    }

    private func add(_ value: Double, to process: inout Process) {
        guard subgroup > 1 else {
            (process.count, process.sum) = (process.count + 1, process.sum + value)
            if !process.last.isNaN { (process.points, process.spreads) = (process.points + 1, process.spreads + abs(value - process.last)) }
            process.last = value
            return
        }
        process.pending.append(value)
        guard process.pending.count == subgroup else { return }
        process.count += subgroup
        process.sum += process.pending.reduce(0, +)
        process.points += 1
        process.spreads += ControlLimits.spread(of: process.pending, spread)
        process.pending = []
    }

    private func limits(_ process: Process) -> ControlLimits? {
        let needed = subgroup == 1 ? 1 : 2
        guard process.points >= needed else { return nil }
        return ControlLimits(
            mean: process.sum / Double(process.count), meanSpread: process.spreads / Double(process.points), subgroup: subgroup,
            spread: spread)
    }

    // MARK: Bytes

    func bytes(plan: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.text(plan)
        for levels in texts {
            writer.varint(UInt64(levels.count))
            for level in levels.sorted() { writer.text(level) }
        }
        writer.varint(UInt64(processes.count))
        for key in processes.keys.sorted() {
            writer.word(key)
            for process in processes[key] ?? [] {
                let limits = limits(process)
                writer.numbers([limits?.center ?? .nan, limits?.sigma ?? .nan])
            }
        }
        writer.seal()
        return writer.bytes
    }

    /// Nil for bytes of other inputs, derived features, charts, groups or subgroups, or damaged ones.
    static func read(_ bytes: [UInt8], settings: QualitySettings) -> (levels: [[String]], limits: [UInt64: [ControlLimits?]])? {
        guard var reader = ByteReader(sealed: bytes), reader.string() == settings.plan else {
            return nil
        }
        let levels = settings.inputs.map { _ in (0..<reader.count(of: 1)).map { _ in reader.string() } }
        var limits: [UInt64: [ControlLimits?]] = [:]
        for _ in 0..<reader.count(of: 8 + 16 * settings.charted.count) {
            let key = reader.word()
            limits[key] = settings.charted.map { _ in
                let numbers = reader.numbers(2)
                return numbers[1].isNaN ? nil : ControlLimits(center: numbers[0], sigma: numbers[1], subgroup: settings.subgroup)
            }
        }
        return reader.isAtEnd ? (levels, limits) : nil
    }
}
