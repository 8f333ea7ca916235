#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The probability that the likeliest class is right, from what margins say: logistic regression over a few figures of a text.
struct Confidence: Hashable, Sendable {
    static let inputCount = 7
    /// A slope each, then the intercept.
    var slopes: [Double]
    var means: [Double]
    var deviations: [Double]

    init(slopes: [Double], means: [Double], deviations: [Double]) {
        (self.slopes, self.means, self.deviations) = (slopes, means, deviations)
    }

    /// What a row says, from the probabilities by the machine that decides and by the others.
    static func inputs(_ all: UnsafePointer<Float>, others: [UnsafePointer<Float>], classCount: Int, known: Float, bytes: Int) -> [Double] {
        var top = (Float(0), 0), second: Float = 0, third: Float = 0
        for place in 0..<classCount {
            let value = all[place]
            if value > top.0 {
                (third, second, top) = (second, top.0, (value, place))
            } else if value > second {
                (third, second) = (second, value)
            } else if value > third {
                third = value
            }
        }
        func logarithm(_ value: Float) -> Double { log(Double(max(value, 1e-9))) }
        var agreement = 0.0, least = 0.0
        for other in others {
            let value = logarithm(other[top.1])
            agreement += value / Double(others.count)
            least = min(least, value)
        }
        return [
            logarithm(top.0), logarithm(top.0) - logarithm(second), logarithm(second) - logarithm(third), log(Double(bytes + 1)),
            Double(known), agreement, least,
        ]
    }

    /// - Parameter rows: inputs a row.
    init(fitting rows: [[Double]], isRight: [Bool]) {
        let count = Double(max(rows.count, 1))
        means = (0..<Self.inputCount).map { place in rows.reduce(0) { $0 + $1[place] } / count }
        let center = means
        deviations = (0..<Self.inputCount).map { place in
            let variance = rows.reduce(0) { $0 + ($1[place] - center[place]) * ($1[place] - center[place]) } / count
            return variance > 1e-12 ? variance.squareRoot() : 1
        }
        let spread = deviations
        let columns = (0..<Self.inputCount).map { place in rows.map { ($0[place] - center[place]) / spread[place] } }
        slopes = LogisticFit.fit(columns, targets: isRight.map { $0 ? 1 : 0 }, weights: isRight.map { _ in 1 })
    }

    func probability(_ inputs: [Double]) -> Float {
        var z = slopes[Self.inputCount]
        for place in 0..<Self.inputCount { z += slopes[place] * (inputs[place] - means[place]) / deviations[place] }
        return Float(1 / (1 + exp(-z)))
    }
}
