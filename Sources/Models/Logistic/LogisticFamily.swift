public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Logistic regression over standardised features: for a few figures that already say most, such as how sure a text classifier was. Every
/// row has a score of its own, so that a threshold can part any two.
public enum LogisticFamily: ClassifierFamily {
    public static let definition = Definition(
        name: "logistic",
        summary: "Logistic regression over a few features, with an exact contribution of each.",
        parameters: [
            Parameter(
                "penalty", .number(0.000001...1_000), default: "1",
                help: "How much the squared slopes count beside the loss of all rows; slopes are of features scaled to deviation 1.",
                example: "10"),
            Parameter(
                "certain", .text, default: "barred",
                help:
                    "Name of a feature that alone makes a row positive where it is above 0. Such rows are not learnt from. No feature of that "
                    + "name: no row.", example: "barred"),
        ])

    /// No library underneath: our own version, counted up with every change that changes a bit.
    public static let libraryVersion = "logistic 1"
    public static var keepsSigns: Bool { true }

    public static func train(
        on set: TrainingSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        let values = try ParameterValues(parameters, for: definition)
        let certain = set.featureNames.firstIndex(of: values.text("certain"))
        var rows = try TrainingRows(set)
        if let certain {
            var learned = set
            let width = set.matrix.featureCount
            learned.weights = set.labels.indices.map { row in
                set.matrix.values[row * width + certain] > 0 ? 0 : set.weights.isEmpty ? 1 : set.weights[row]
            }
            rows = try TrainingRows(learned)
        }
        return LogisticModel(
            rows, names: set.featureNames, signs: set.signs, penalty: values.number("penalty"), certain: certain,
            preparation: set.preparation)
    }

    public static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Classifier {
        try LogisticModel(bytes, featureNames: featureNames)
    }
}

/// Slopes of standardised features. A missing value counts as the feature's mean: it contributes nothing.
struct LogisticModel: Classifier {
    let featureNames: [String]
    let means: [Double]
    let deviations: [Double]
    let slopes: [Double]
    let intercept: Double
    /// Place of the feature that alone makes a row positive.
    let certain: Int?
    let preparation: [UInt8]

    /// What such a feature adds to the log-odds: a probability of 1 in single precision, whatever the others say.
    private static let certainty = 1_000.0

    var family: String { LogisticFamily.definition.name }

    init(_ rows: TrainingRows, names: [String], signs: [FeatureSign], penalty: Double, certain: Int?, preparation: [UInt8]) {
        let (width, count) = (rows.matrix.featureCount, rows.matrix.rowCount)
        let weights = rows.weights.isEmpty ? [Double](repeating: 1, count: count) : rows.weights.map { Double($0) }
        var (means, deviations) = ([Double](repeating: 0, count: width), [Double](repeating: 1, count: width))
        for feature in 0..<width {
            var (sum, square, total) = (0.0, 0.0, 0.0)
            for row in 0..<count {
                let value = Double(rows.matrix.values[row * width + feature])
                guard !value.isNaN else { continue }
                (sum, total) = (sum + weights[row] * value, total + weights[row])
            }
            means[feature] = total > 0 ? sum / total : 0
            for row in 0..<count {
                let value = Double(rows.matrix.values[row * width + feature])
                if !value.isNaN { square += weights[row] * (value - means[feature]) * (value - means[feature]) }
            }
            if total > 0, square / total > 1e-24 { deviations[feature] = (square / total).squareRoot() }
        }
        var inputs = [Double](repeating: 0, count: count * width)
        for place in inputs.indices {
            let value = Double(rows.matrix.values[place])
            if !value.isNaN { inputs[place] = (value - means[place % width]) / deviations[place % width] }
        }
        // A slope against its sign is left out, and the others are fitted again without it.
        var isOut = (0..<width).map { $0 == certain }
        var solution: [Double] = []
        while true {
            solution = RidgeLogistic.fit(inputs, width: width, labels: rows.labels, weights: weights, penalty: penalty, isOut: isOut)
            let wrong = signs.indices.filter { !isOut[$0] && solution[$0] * Double(signs[$0].rawValue) < 0 }
            if wrong.isEmpty { break }
            for feature in wrong { isOut[feature] = true }
        }
        (featureNames, self.means, self.deviations) = (names, means, deviations)
        (self.certain, self.preparation) = (certain, preparation)
        (slopes, intercept) = (Array(solution.dropLast()), solution[width])
    }

    func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try matrix.check(against: featureNames)
        var all: [Float] = []
        all.reserveCapacity(matrix.values.count + matrix.rowCount)
        for row in 0..<matrix.rowCount {
            for feature in slopes.indices { all.append(Float(part(matrix, row, feature))) }
            all.append(Float(intercept))
        }
        return all
    }

    func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try matrix.check(against: featureNames)
        return (0..<matrix.rowCount).map { row in
            let margin = slopes.indices.reduce(intercept) { $0 + part(matrix, row, $1) }
            return Float(1 / (1 + exp(-margin)))
        }
    }

    private func part(_ matrix: FeatureMatrix, _ row: Int, _ feature: Int) -> Double {
        let value = Double(matrix.values[row * slopes.count + feature])
        if feature == certain { return value > 0 ? Self.certainty : 0 }
        return value.isNaN ? 0 : slopes[feature] * (value - means[feature]) / deviations[feature]
    }

    var chosen: [String: String] {
        Dictionary(uniqueKeysWithValues: zip(featureNames, slopes.map { "\(($0 * 1_000).rounded() / 1_000)" }))
    }

    // MARK: Bytes

    func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.texts(featureNames)
        for values in [means, deviations, slopes, [intercept]] { writer.array(values) }
        writer.integer(certain ?? -1)
        writer.blob(preparation)
        return writer.sealed()
    }

    init(_ bytes: [UInt8], featureNames: [String]) throws(Failure) {
        let family = LogisticFamily.definition.name
        var reader = try ModelBytesReader(bytes, family: family)
        let names = try reader.texts()
        guard names == featureNames else { throw .modelFeatures(found: names, expected: featureNames) }
        self.featureNames = names
        (means, deviations) = (try reader.array(of: Double.self), try reader.array(of: Double.self))
        slopes = try reader.array(of: Double.self)
        let last = try reader.array(of: Double.self)
        let place = try reader.integer()
        certain = place < 0 ? nil : place
        preparation = try reader.blob()
        guard last.count == 1, place < names.count, [means.count, deviations.count, slopes.count].allSatisfy({ $0 == names.count }) else {
            throw .modelBytes(family: family, reason: "parts that do not fit together")
        }
        intercept = last[0]
    }
}

/// Minimises Σ w ln(1 + e^z) - w t z + penalty / 2 |slopes|² by Newton steps that are halved until they gain (the objective is convex, so
/// they arrive); the intercept is not penalised.
enum RidgeLogistic {
    /// - Parameters:
    ///   - inputs: row-major, `width` a row.
    ///   - isOut: features whose slope stays 0.
    /// - Returns: the slopes, then the intercept.
    static func fit(
        _ inputs: [Double], width: Int, labels: [Float], weights: [Double], penalty: Double, isOut: [Bool]
    ) -> [Double] {
        let size = width + 1
        var solution = [Double](repeating: 0, count: size)
        var loss = objective(solution, inputs, width, labels, weights, penalty)
        for _ in 0..<100 {
            var gradient = [Double](repeating: 0, count: size)
            var hessian = [Double](repeating: 0, count: size * size)
            for row in labels.indices {
                let start = row * width
                var z = solution[width]
                for place in 0..<width { z += solution[place] * inputs[start + place] }
                let p = 1 / (1 + exp(-z))
                let (slope, curve) = (weights[row] * (p - Double(labels[row])), weights[row] * p * (1 - p))
                for i in 0..<size {
                    let left = i < width ? inputs[start + i] : 1
                    gradient[i] += slope * left
                    for j in 0...i { hessian[i * size + j] += curve * left * (j < width ? inputs[start + j] : 1) }
                }
            }
            for i in 0..<size {
                if i < width { gradient[i] += penalty * solution[i] }
                hessian[i * size + i] += i < width ? penalty : 1e-9
                for j in 0..<i { hessian[j * size + i] = hessian[i * size + j] }
            }
            for i in 0..<width where isOut[i] {
                gradient[i] = 0
                for j in 0..<size { (hessian[i * size + j], hessian[j * size + i]) = (0, 0) }
                hessian[i * size + i] = 1
            }
            let step = solved(hessian, gradient, size)
            var (scale, next) = (1.0, solution)
            repeat {
                next = zip(solution, step).map { $0 - scale * $1 }
                scale /= 2
            } while objective(next, inputs, width, labels, weights, penalty) > loss && scale > 1e-9
            let reached = objective(next, inputs, width, labels, weights, penalty)
            guard reached < loss else { break }
            let isDone = loss - reached < 1e-12 * (1 + abs(loss))
            (solution, loss) = (next, reached)
            if isDone { break }
        }
        return solution
    }

    private static func objective(
        _ solution: [Double], _ inputs: [Double], _ width: Int, _ labels: [Float], _ weights: [Double], _ penalty: Double
    ) -> Double {
        var sum = 0.0
        for row in labels.indices {
            var z = solution[width]
            for place in 0..<width { z += solution[place] * inputs[row * width + place] }
            let softplus = z > 0 ? z + log1p(exp(-z)) : log1p(exp(z))
            sum += weights[row] * (softplus - Double(labels[row]) * z)
        }
        return sum + penalty / 2 * solution.dropLast().reduce(0) { $0 + $1 * $1 }
    }

    /// Of a positive definite matrix, by Cholesky's factors.
    private static func solved(_ matrix: [Double], _ right: [Double], _ size: Int) -> [Double] {
        var factor = [Double](repeating: 0, count: size * size)
        for i in 0..<size {
            for j in 0...i {
                var sum = matrix[i * size + j]
                for k in 0..<j { sum -= factor[i * size + k] * factor[j * size + k] }
                factor[i * size + j] = i == j ? max(sum, 1e-18).squareRoot() : sum / factor[j * size + j]
            }
        }
        var x = right
        for i in 0..<size {
            for k in 0..<i { x[i] -= factor[i * size + k] * x[k] }
            x[i] /= factor[i * size + i]
        }
        for i in (0..<size).reversed() {
            for k in (i + 1)..<max(size, i + 1) { x[i] -= factor[k * size + i] * x[k] }
            x[i] /= factor[i * size + i]
        }
        return x
    }
}
