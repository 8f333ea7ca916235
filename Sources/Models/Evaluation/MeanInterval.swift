/// The mean of independent repetitions, with its 95 % interval by Student's t ("Student", "The probable error of a mean", Biometrika 6,
/// 1908).
package struct MeanInterval: Hashable, Sendable {
    package let mean: Double
    /// Nil with fewer than two values: one repetition says nothing of how far others would be.
    package let limits: ClosedRange<Double>?

    /// - Parameter values: at least one, finite.
    package init(_ values: [Double]) {
        precondition(!values.isEmpty)
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        self.mean = mean
        guard values.count > 1 else {
            limits = nil
            return
        }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let width = Self.quantile(degrees: values.count - 1) * (squares / (count - 1) / count).squareRoot()
        limits = (mean - width)...(mean + width)
    }

    /// The number that Student's t with these degrees of freedom passes, either way, with a probability of 5 %.
    static func quantile(degrees: Int) -> Double {
        // P(|T| > t) = I(n / (n + t²); n / 2, 1 / 2).
        let n = Double(degrees), x = SpecialFunctions.betaQuantile(0.05, n / 2, 0.5)
        return (n * (1 - x) / x).squareRoot()
    }
}
