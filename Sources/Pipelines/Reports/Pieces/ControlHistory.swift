package import Models
package import Records

/// The course of control charts: those that signalled most, each with a bounded number of steps.
package struct ControlHistory: Sendable {
    package static let mostCharts = 4
    /// Points that a chart shows one by one; of more, so many consecutive ones share a step.
    package static let mostSteps = 120
    /// Groups told apart; rows of others are in no chart.
    static let mostGroups = 10_000

    /// Consecutive points of a chart.
    package struct Step: Hashable, Sendable {
        package var time: Timestamp
        package var points = 0
        package var sum = 0.0
        package var low = Double.infinity
        package var high = -Double.infinity
        /// Points that signalled, and that of them which lies farthest from the center.
        package var signals = 0
        package var signalled = 0.0

        package var mean: Double { sum / Double(points) }
    }

    package struct Chart: Sendable {
        package let measurement: String
        /// Nil where the job has one group only.
        package let group: String?
        package let limits: ControlLimits
        package let points: Int
        /// Points a step.
        package let width: Int
        package private(set) var steps: [Step] = []
        package private(set) var signals = 0
        /// How often each test signalled, in the order of ``ControlChart/Signals/meanings``.
        package private(set) var tests = [Int](repeating: 0, count: ControlChart.Signals.meanings.count)
        private var pending: [Double] = []

        package init(measurement: String, group: String?, limits: ControlLimits, points: Int) {
            (self.measurement, self.group, self.limits, self.points) = (measurement, group, limits, points)
            width = max(1, (points + ControlHistory.mostSteps - 1) / ControlHistory.mostSteps)
        }

        /// Takes a reading in, in order; a point is made of as many as a subgroup has.
        package mutating func add(_ reading: Double, signals found: ControlChart.Signals, at time: Timestamp) {
            guard reading.isFinite else { return }
            pending.append(reading)
            guard pending.count >= limits.subgroup else { return }
            let point = pending.reduce(0) { $0 + $1 / Double(limits.subgroup) }
            pending = []
            if steps.last.map({ $0.points >= width }) ?? true { steps.append(Step(time: time)) }
            var step = steps[steps.count - 1]
            step.points += 1
            step.sum += point
            (step.low, step.high) = (min(step.low, point), max(step.high, point))
            if !found.isEmpty {
                if step.signals == 0 || abs(point - limits.center) > abs(step.signalled - limits.center) { step.signalled = point }
                step.signals += 1
                signals += 1
                for (place, (test, _)) in ControlChart.Signals.meanings.enumerated() where found.contains(test) { tests[place] += 1 }
            }
            steps[steps.count - 1] = step
        }
    }

    package var charts: [Chart]
    /// Charts that there are, shown or not.
    package var total: Int
    /// Rows that another version of the model charted, with other limits: not shown.
    package var otherRows: Int

    package init(charts: [Chart], total: Int, otherRows: Int) { (self.charts, self.total, self.otherRows) = (charts, total, otherRows) }
}
