import Connectors
import Models
import Records

/// When the units of a feed failed and were last seen, and rows of whole units to learn a preparation from: the first of two passes.
struct LifeScan {
    /// Rows of units taken on before this many are kept whole; units that begin later are left out of the preparation.
    static let mostRows = 200_000

    private(set) var failures: [UInt64: [Int64]] = [:]
    private(set) var lastSeen: [UInt64: Int64] = [:]
    /// Of each unit, where a life ended and the next began: the last reading of the one, the first of the other.
    private(set) var renewals: [UInt64: [(last: Int64, first: Int64)]] = [:]
    private var counters: [UInt64: Double] = [:]
    private var batches: [RecordBatch] = []
    private var batchTimes: [[Int64]] = []
    private var batchUnits: [[UInt64]] = []
    private var taken: Set<UInt64> = []
    private var kept = 0

    /// Rows with event time in [from, to) of a feed, with failures as labels say at `labelsKnownBy`.
    init(
        _ feed: JobFeed, files: [FeedFile], stage: any PreparedStage, labels: LabelTable, from: Timestamp, to: Timestamp,
        labelsKnownBy: Timestamp
    ) throws(Failure) {
        let schema = feed.schema
        let time = feed.eventTime.flatMap { schema.index(of: $0) } ?? 0
        let keyColumns = feed.key.compactMap { schema.index(of: $0) }
        let labelColumn = feed.labelColumn.flatMap { schema.index(of: $0) }
        let reader = BlockReader(feed: feed, files: files, blockRows: 8_192)
        while let next = try reader.next() {
            let batch = next.block.batch, times = batch.columns[time].integers, units = stage.units(of: batch)
            let keys = RecordKey.hashes(of: batch, columns: keyColumns), own = RunContext.labels(of: batch, column: labelColumn)
            let counts = stage.counters(of: batch)
            var rows: [Int] = []
            for row in 0..<batch.count where times[row] >= from.microseconds && times[row] < to.microseconds {
                if let counts { follow(units[row], at: times[row], counter: counts[row]) }
                lastSeen[units[row]] = max(lastSeen[units[row]] ?? .min, times[row])
                let known = times[row] + feed.labelDelay.microseconds <= labelsKnownBy.microseconds
                let failed = own.isEmpty ? labels.label(of: keys[row], knownBy: labelsKnownBy) : known ? own[row] : nil
                if failed == true { failures[units[row], default: []].append(times[row]) }
                if taken.contains(units[row]) || kept < Self.mostRows, kept < 4 * Self.mostRows {
                    taken.insert(units[row])
                    rows.append(row)
                }
            }
            guard !rows.isEmpty else { continue }
            kept += rows.count
            batches.append(batch.selecting(rows))
            batchTimes.append(rows.map { times[$0] })
            batchUnits.append(rows.map { units[$0] })
        }
        if stage.runsToFailure {
            for (unit, time) in lastSeen { failures[unit] = (renewals[unit] ?? []).map(\.last) + [time] }
        }
        for unit in failures.keys { failures[unit]?.sort() }
    }

    /// Steps until the unit's next failure at or after a time; NaN when none is known.
    func left(_ unit: UInt64, at time: Int64, step: Int64) -> Float {
        guard let next = failures[unit]?.first(where: { $0 >= time }) else { return .nan }
        if let renewal = renewals[unit]?.first(where: { $0.first > time }), renewal.first <= next { return .nan }
        return Float(Double(next - time) / Double(step))
    }

    /// Steps that the unit was still seen for in this life.
    func atLeast(_ unit: UInt64, at time: Int64, step: Int64) -> Float {
        let last = renewals[unit]?.first { $0.first > time }?.last ?? lastSeen[unit] ?? time
        return Float(Double(max(last - time, 0)) / Double(step))
    }

    private mutating func follow(_ unit: UInt64, at time: Int64, counter: Double) {
        guard counter.isFinite, time >= lastSeen[unit] ?? .min else { return }
        if let before = counters[unit], counter < before { renewals[unit, default: []].append((lastSeen[unit] ?? time, time)) }
        counters[unit] = counter
    }

    /// The number by which targets know a unit.
    static func number(of unit: UInt64) -> Int { Int(truncatingIfNeeded: unit >> 1) }

    /// - Parameter units: by number; nothing is learnt of their rows.
    func preparation(by stage: any PreparedStage, leavingOut units: Set<Int> = []) throws(Failure) -> [UInt8] {
        var lives: [[Float]] = [], taken: [RecordBatch] = []
        for (place, batch) in batches.enumerated() {
            let own = batchUnits[place], times = batchTimes[place]
            let rows = own.indices.filter { !units.contains(Self.number(of: own[$0])) }
            taken.append(rows.count == batch.count ? batch : batch.selecting(rows))
            lives.append(rows.map { left(own[$0], at: times[$0], step: stage.step) })
        }
        return try stage.preparation(of: taken, lives: lives)
    }
}

extension FeatureSet {
    /// The rows with what a model learns from them.
    func training(_ names: [String]) -> TrainingSet {
        var set = TrainingSet(matrix: matrix, featureNames: names, labels: labels)
        (set.life, set.preparation, set.classes) = (life, preparation, classes)
        return set
    }
}
