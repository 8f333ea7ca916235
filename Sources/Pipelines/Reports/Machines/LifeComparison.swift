/// The life that was predicted beside the life that came, of rows whose machine's end is known. Holds counts, whatever the number of rows.
package struct LifeComparison: Sendable {
    /// Steps of each axis of the density.
    package static let side = 30
    package static let mostPoints = 1_200

    package struct Point: Hashable, Sendable {
        package var truth: Float
        package var predicted: Float
        package var isInside: Bool
    }

    /// Longest life told apart, in steps: truth is cut to it, as in training.
    package let cap: Float
    /// Of the interval, in 0...1; nil = the model gives none.
    package let stated: Double?
    /// Rows by true life, then by predicted life: `side` times `side`.
    package private(set) var density = [Int](repeating: 0, count: side * side)
    /// Every row, as long as they are few; else empty.
    package private(set) var points: [Point] = []
    package private(set) var rows = 0
    /// Rows whose true life was cut to the cap.
    package private(set) var capped = 0
    /// Only each so many rows were looked at.
    package var every = 1
    /// Of each machine: rows, and those whose interval held the truth.
    private var machines: [Int: (rows: Int, inside: Int)] = [:]
    /// Of each sixth of the axis of truth, and of capped truth: rows, sum of predictions, rows whose interval held the truth.
    package private(set) var bins = [Bin](repeating: Bin(), count: 7)
    private var sums = (truth: 0.0, predicted: 0.0, truths: 0.0, predictions: 0.0, products: 0.0, errors: 0.0)

    package struct Bin: Hashable, Sendable {
        package var rows = 0
        package var predicted = 0.0
        package var inside = 0
    }

    package init(cap: Float, stated: Double?) { (self.cap, self.stated) = (cap, stated) }

    /// - Parameters:
    ///   - truth: steps until the failure, 0 or more.
    ///   - predicted: in 0...cap.
    ///   - interval: lower and upper end, each in 0...cap; ignored where the model states none.
    ///   - machine: a number of its own.
    package mutating func add(truth: Float, predicted: Float, interval: ClosedRange<Float>, machine: Int) {
        let cut = min(truth, cap), isInside = stated != nil && interval.contains(cut)
        rows += 1
        if truth >= cap { capped += 1 }
        density[place(cut) * Self.side + place(predicted)] += 1
        if rows <= Self.mostPoints {
            points.append(Point(truth: cut, predicted: predicted, isInside: isInside))
        } else {
            points = []
        }
        let bin = truth >= cap ? 6 : min(Int(cut / cap * 6), 5)
        bins[bin].rows += 1
        bins[bin].predicted += Double(predicted)
        bins[bin].inside += isInside ? 1 : 0
        let own = machines[machine] ?? (0, 0)
        machines[machine] = (own.rows + 1, own.inside + (isInside ? 1 : 0))
        let (x, y) = (Double(cut), Double(predicted))
        sums.truth += x
        sums.predicted += y
        sums.truths += x * x
        sums.predictions += y * y
        sums.products += x * y
        sums.errors += (x - y) * (x - y)
    }

    private func place(_ life: Float) -> Int { max(0, min(Int(life / cap * Float(Self.side)), Self.side - 1)) }

    package var machineCount: Int { machines.count }

    /// Root of the mean squared error, in steps.
    package var error: Double { rows > 0 ? (sums.errors / Double(rows)).squareRoot() : .nan }

    /// Pearson's, of rows; nil where one of both does not vary.
    package var correlation: Double? {
        guard rows > 1 else { return nil }
        let count = Double(rows)
        let (x, y) = (sums.truths - sums.truth * sums.truth / count, sums.predictions - sums.predicted * sums.predicted / count)
        guard x > 1e-9, y > 1e-9 else { return nil }
        return (sums.products - sums.truth * sums.predicted / count) / (x * y).squareRoot()
    }

    /// Share of rows whose interval held the truth, each machine weighing the same, with 1.96 standard errors over machines where there are
    /// at least ten; nil where no interval is stated.
    package var coverage: (share: Double, lower: Double?, upper: Double?)? {
        guard stated != nil, !machines.isEmpty else { return nil }
        let shares = machines.keys.sorted().map { Double(machines[$0]?.inside ?? 0) / Double(max(machines[$0]?.rows ?? 1, 1)) }
        let count = Double(shares.count), mean = shares.reduce(0, +) / count
        guard shares.count >= 10 else { return (mean, nil, nil) }
        let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let margin = 1.96 * (variance / count).squareRoot()
        return (mean, max(mean - margin, 0), min(mean + margin, 1))
    }

    /// The predicted life below which a share of the rows of a column of the density lie, in steps; nil for an empty column.
    package func quantile(_ share: Double, column: Int) -> Double? {
        let own = density[(column * Self.side)..<((column + 1) * Self.side)]
        let total = own.reduce(0, +)
        guard total > 0 else { return nil }
        var below = 0.0
        let wanted = share * Double(total)
        for (row, count) in own.enumerated() where count > 0 {
            if below + Double(count) >= wanted {
                return (Double(row) + (wanted - below) / Double(count)) * Double(cap) / Double(Self.side)
            }
            below += Double(count)
        }
        return Double(cap)
    }
}
