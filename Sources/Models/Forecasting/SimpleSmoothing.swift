/// Simple exponential smoothing that starts at the first value, with the parameter of least squared one-step errors.
///
/// Sources: Brown, "Statistical Forecasting for Inventory Control" (1959); golden section search: Kiefer, Proceedings of the American
/// Mathematical Society 4 (1953). Variance of h steps: sigma^2 (1 + (h - 1) alpha^2).
enum SimpleSmoothing {
    /// Limits of the parameter: of a series, and of demand that is zero most of the time.
    static let wide = (lower: 0.01, upper: 0.99)
    static let narrow = (lower: 0.1, upper: 0.3)

    /// The best parameter within limits; the middle of them for a single value.
    static func parameter(_ values: UnsafeBufferPointer<Double>, within limits: (lower: Double, upper: Double)) -> Double {
        let ratio = (5.0.squareRoot() + 1) / 2
        var (low, high) = limits
        var left = high - (high - low) / ratio, right = low + (high - low) / ratio
        var (leftLoss, rightLoss) = squares(values, left, right)
        while high - low >= 1e-12 {
            if leftLoss < rightLoss {
                (high, right, rightLoss) = (right, left, leftLoss)
                left = high - (high - low) / ratio
                leftLoss = squares(values, left)
            } else if rightLoss < leftLoss {
                (low, left, leftLoss) = (left, right, rightLoss)
                right = low + (high - low) / ratio
                rightLoss = squares(values, right)
            } else {
                break
            }
        }
        return (high + low) / 2
    }

    static func squares(_ values: UnsafeBufferPointer<Double>, _ alpha: Double) -> Double {
        guard var level = values.first else { return 0 }
        var sum = 0.0
        let keep = 1 - alpha
        for index in 1..<max(values.count, 1) {
            level = alpha * values[index - 1] + keep * level
            let error = values[index] - level
            sum += error * error
        }
        return sum
    }

    private static func squares(_ values: UnsafeBufferPointer<Double>, _ left: Double, _ right: Double) -> (Double, Double) {
        (squares(values, left), squares(values, right))
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
