/// Simple exponential smoothing that starts at the first value, with the parameter of least squared one-step errors.
///
/// Sources: Brown, "Statistical Forecasting for Inventory Control" (1959); golden section search: Kiefer, Proceedings of the American
/// Mathematical Society 4 (1953); its end by a parabola: Brent, "Algorithms for Minimization without Derivatives" (1973), chapter 5.
/// Variance of h steps: sigma^2 (1 + (h - 1) alpha^2).
enum SimpleSmoothing {
    /// Limits of the parameter: of a series, and of demand that is zero most of the time.
    static let wide = (lower: 0.01, upper: 0.99)
    static let narrow = (lower: 0.1, upper: 0.3)

    /// Golden section: what is known lies between `low` and `high`, and is asked for at `left` and `right`.
    private struct Bracket {
        var low: Double, high: Double, left: Double, right: Double
        private static let ratio = (5.0.squareRoot() + 1) / 2

        init(_ limits: (lower: Double, upper: Double)) {
            (low, high) = limits
            (left, right) = (high - (high - low) / Self.ratio, low + (high - low) / Self.ratio)
        }

        /// After the left one was less, or the right one; and the new point.
        func narrowed(isLeft: Bool) -> (bracket: Bracket, point: Double) {
            var result = self
            if isLeft {
                (result.high, result.right) = (right, left)
                result.left = result.high - (result.high - low) / Self.ratio
                return (result, result.left)
            }
            (result.low, result.left) = (left, right)
            result.right = result.low + (high - result.low) / Self.ratio
            return (result, result.right)
        }
    }

    /// Where the search by golden section ends: so near to it the losses are a parabola to all digits that they have.
    private static let narrowest = 1e-4

    /// The best parameter within limits; the middle of them for a single value.
    ///
    /// A pass waits for its own last step, so each one takes the next point and the two that may come after it.
    static func parameter(_ values: UnsafeBufferPointer<Double>, within limits: (lower: Double, upper: Double)) -> Double {
        var bracket = Bracket(limits)
        let first = squares(values, [bracket.left, bracket.right, 0, 0])
        var (leftLoss, rightLoss) = (first[0], first[1])
        while bracket.high - bracket.low >= narrowest {
            guard leftLoss < rightLoss || rightLoss < leftLoss else { break }
            let next = bracket.narrowed(isLeft: leftLoss < rightLoss)
            var points = SIMD4<Double>(repeating: next.point)
            for place in 0..<2 {
                points[1 + place] = next.bracket.narrowed(isLeft: place == 0).point
            }
            let losses = squares(values, points)
            for depth in 0..<2 {
                guard bracket.high - bracket.low >= narrowest, leftLoss < rightLoss || rightLoss < leftLoss else { break }
                let isLeft = leftLoss < rightLoss
                let at = depth == 0 ? 0 : isLeft ? 1 : 2
                bracket = bracket.narrowed(isLeft: isLeft).bracket
                (leftLoss, rightLoss) = isLeft ? (losses[at], leftLoss) : (rightLoss, losses[at])
            }
        }
        return vertex(values, bracket)
    }

    /// The least point of the parabola through the bracket's ends and its middle; where it has none, the lower end.
    private static func vertex(_ values: UnsafeBufferPointer<Double>, _ bracket: Bracket) -> Double {
        let middle = (bracket.high + bracket.low) / 2, half = (bracket.high - bracket.low) / 2
        guard 2 * half < narrowest else { return middle }
        let losses = squares(values, [bracket.low, middle, bracket.high, 0])
        let bend = losses[0] - 2 * losses[1] + losses[2]
        guard bend > 0 else { return losses[0] < losses[2] ? bracket.low : losses[2] < losses[0] ? bracket.high : middle }
        return min(max(middle + half * (losses[0] - losses[2]) / (2 * bend), bracket.low), bracket.high)
    }

    /// Sums of squared one-step errors, a parameter each.
    private static func squares(_ values: UnsafeBufferPointer<Double>, _ alpha: SIMD4<Double>) -> SIMD4<Double> {
        guard let first = values.first else { return SIMD4(repeating: 0) }
        var level = SIMD4(repeating: first), sum = SIMD4<Double>(repeating: 0), before = first
        let keep = 1 - alpha
        for value in values.dropFirst() {
            level = alpha * before + keep * level
            let error = value - level
            sum += error * error
            before = value
        }
        return sum
    }

    /// What is forecast of the next value after the last one.
    static func level(_ values: [Double], within limits: (lower: Double, upper: Double)) -> Double {
        values.withUnsafeBufferPointer { buffer in
            guard buffer.count > 1 else { return buffer.first ?? 0 }
            let alpha = parameter(buffer, within: limits), keep = 1 - alpha
            return buffer.dropFirst().reduce(buffer[0]) { alpha * $1 + keep * $0 }
        }
    }

    static func forecast(_ values: [Double], _ request: ForecastRequest) -> LocalForecast {
        guard values.count > 1 else { return NaiveForecasts.naive(values, request) }
        let alpha = values.withUnsafeBufferPointer { parameter($0, within: wide) }, keep = 1 - alpha
        var level = values[0], fitted = [values[0]], sum = 0.0
        fitted.reserveCapacity(values.count)
        for index in 1..<values.count {
            level = alpha * values[index - 1] + keep * level
            fitted.append(level)
            sum += (values[index] - level) * (values[index] - level)
        }
        level = alpha * values[values.count - 1] + keep * level
        let variance = sum / Double(max(values.count - 2, 1))
        return LocalForecast(
            model: "ses", mean: Array(repeating: level, count: request.horizon),
            deviations: (0..<request.horizon).map { (variance * (1 + Double($0) * alpha * alpha)).squareRoot() }, request: request,
            fitted: fitted)
    }
}
