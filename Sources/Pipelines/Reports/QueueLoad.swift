import Records

/// How much the queue gets, and how it keeps up.
package struct QueueLoad: Hashable, Sendable {
    package struct Day: Hashable, Sendable {
        /// Days since 1970, of the rows' event times.
        package var day: Int
        package var items: Int
    }

    package var capacity: Int
    /// Each day from the first to the last with rows.
    package var days: [Day] = []
    package var items = 0
    package var overCapacity = 0
    package var decided = 0
    package var auditItems = 0
    /// Decisions that took the outcome suggested.
    package var agreed = 0
    /// Median seconds from claim to decision; nil where nobody claimed.
    package var medianSeconds: Double?

    init(_ all: ReportRows, capacity: Int, now: Timestamp) {
        self.capacity = capacity
        var counts: [Int: Int] = [:]
        var seconds: [Double] = []
        for (row, item) in all.items.enumerated() {
            guard let item else { continue }
            counts[all.times[row].day, default: 0] += 1
            items += 1
            overCapacity += item.isOverCapacity ? 1 : 0
            auditItems += item.sampleProbability == nil ? 0 : 1
            guard let decision = item.decision else { continue }
            decided += 1
            agreed += decision.outcome == item.suggested ? 1 : 0
            if let took = decision.seconds { seconds.append(took) }
        }
        if let first = all.days.first, let last = all.days.last, last >= first {
            days = (first...last).map { Day(day: $0, items: counts[$0] ?? 0) }
        }
        seconds.sort()
        medianSeconds = seconds.isEmpty ? nil : (seconds[(seconds.count - 1) / 2] + seconds[seconds.count / 2]) / 2
    }
}
