import Models
import Records

/// Adds up what changed, row by row, and gives intervals at the end.
struct WhatIfLedger {
    enum Label {
        case positive, negative
        /// Known from an audit only: it stands for 1 / probability rows.
        case audited(isPositive: Bool, probability: Double)
        /// - Parameter probability: of a draw for audit; 0 = none was possible.
        case unknown(probability: Double)
    }

    struct Row {
        var from: String
        var to: String
        var entity: Int
        var day: Int
        /// Minor units saved by the change.
        var ifPositive: Double
        var ifNegative: Double
        var label: Label
    }

    private(set) var rows = 0
    private(set) var changed = 0
    private var moves: [String: WhatIfReport.Move] = [:]
    /// Money saved on rows whose label is known, by entity and by day; every one of the period has its place.
    private var byEntity: [Double] = []
    private var byDay: [Int: Double] = [:]
    private(set) var queueBefore: [Int: Int] = [:]
    private(set) var queueAfter: [Int: Int] = [:]
    private var base = 0.0
    /// What positives among the unknown rows would add, and take away.
    private var gains = Unknown(), losses = Unknown()
    private(set) var unknownRows = 0
    private(set) var auditedRows = 0

    /// Positives among rows of unknown label, weighted by an amount.
    private struct Unknown {
        var rows = 0
        var amount = 0.0
        var audited = 0
        var weight = 0.0
        var largestWeight = 0.0
        var largestAmount = 0.0
        var foundWeights: [Double] = []
        var foundAmounts: [Double] = []
        /// Amounts of rows that no audit could reach.
        var hidden = 0.0

        mutating func add(_ amount: Double, _ label: Label) {
            switch label {
            case .positive, .negative: return
            case .unknown(let probability) where probability <= 0: hidden += amount
            case .unknown(let probability): count(amount, probability)
            case .audited(let isPositive, let probability):
                count(amount, probability)
                audited += 1
                weight += 1 / probability
                if isPositive {
                    foundWeights.append(1 / probability)
                    foundAmounts.append(amount)
                }
            }
        }

        private mutating func count(_ amount: Double, _ probability: Double) {
            rows += 1
            self.amount += amount
            largestWeight = max(largestWeight, 1 / probability)
            largestAmount = max(largestAmount, amount / probability)
        }

        /// D. Horvitz, D. Thompson, JASA 47, 1952, with gamma limits; rows that no audit could reach may all be positive or none.
        var interval: WhatIfReport.Interval {
            guard rows > 0 else { return WhatIfReport.Interval(0, 0, hidden) }
            let sample = AuditSample(
                clearedRows: rows, clearedAmount: amount, auditedRows: audited, auditedWeight: weight, largestWeight: largestWeight,
                largestAmountWeight: largestAmount, foundWeights: foundWeights, foundAmounts: foundAmounts)
            // Without an audit nothing is known but the amounts themselves.
            guard audited > 0 else { return WhatIfReport.Interval(0, 0, amount + hidden) }
            let found = sample.missedAmount()
            return WhatIfReport.Interval(min(found.estimate, amount), found.lower, found.upper + hidden)
        }
    }

    /// Every row of the period, whatever became of it.
    mutating func count(entity: Int, day: Int, isQueuedBefore: Bool, isQueuedAfter: Bool) {
        rows += 1
        while byEntity.count <= entity { byEntity.append(0) }
        byDay[day, default: 0] += 0
        queueBefore[day, default: 0] += isQueuedBefore ? 1 : 0
        queueAfter[day, default: 0] += isQueuedAfter ? 1 : 0
    }

    /// A row whose outcome stayed is counted in its move alone.
    mutating func add(_ row: Row) {
        var move = moves["\(row.from)\u{1F}\(row.to)"] ?? WhatIfReport.Move(from: row.from, to: row.to)
        move.rows += 1
        defer { moves["\(row.from)\u{1F}\(row.to)"] = move }
        switch row.label {
        case .positive, .audited(true, _): move.positive += 1
        case .negative, .audited(false, _): move.negative += 1
        case .unknown: move.unknown += 1
        }
        guard row.from != row.to else { return }
        changed += 1
        switch row.label {
        case .positive, .negative:
            let saved = if case .positive = row.label { row.ifPositive } else { row.ifNegative }
            move.saved += saved
            byEntity[row.entity] += saved
            byDay[row.day, default: 0] += saved
        case .unknown, .audited:
            if case .audited = row.label { auditedRows += 1 }
            unknownRows += 1
            base += row.ifNegative
            let step = row.ifPositive - row.ifNegative
            if step > 0 { gains.add(step, row.label) } else { losses.add(-step, row.label) }
        }
    }

    /// In order of the outcomes' names.
    var sortedMoves: [WhatIfReport.Move] { moves.values.sorted { ($0.from, $0.to) < ($1.from, $1.to) } }

    /// By resampling entities, and by resampling days: the wider limits of both.
    func savedKnown(seed: UInt64) -> WhatIfReport.Interval {
        let total = byEntity.reduce(0, +)
        let days = byDay.sorted { $0.key < $1.key }.map(\.value)
        var interval = WhatIfReport.Interval(total, total, total)
        for sums in [byEntity, days] where sums.count > 1 && sums.contains(where: { $0 != 0 }) {
            guard let found = Self.interval(of: sums, seed: seed) else { continue }
            interval.lower = min(interval.lower, found.lower)
            interval.upper = max(interval.upper, found.upper)
        }
        return interval
    }

    var savedUnknown: WhatIfReport.Interval { WhatIfReport.Interval(base, base, base) + (gains.interval - losses.interval) }

    static func interval(of sums: [Double], seed: UInt64) -> BootstrapInterval? {
        ClusterBootstrap(identifiers: Array(sums.indices), seed: seed).interval { weights in
            zip(weights, sums).reduce(0) { $0 + Double($1.0) * $1.1 }
        }
    }

    /// - Parameter days: of the period, all of them.
    func load(_ counts: [Int: Int], days: ClosedRange<Int>, capacity: Int, seed: UInt64) -> WhatIfReport.Load {
        let daily = days.map { counts[$0] ?? 0 }
        let mean = Double(daily.reduce(0, +)) / Double(daily.count)
        let interval = daily.count > 1 ? Self.interval(of: daily.map { Double($0) / Double(daily.count) }, seed: seed) : nil
        return WhatIfReport.Load(
            mean: .init(mean, interval?.lower ?? mean, interval?.upper ?? mean), days: daily.count,
            daysOverCapacity: daily.count { $0 > capacity }, forecast: QueueForecast(counts: daily),
            checked: QueueForecast.check(counts: daily))
    }
}
