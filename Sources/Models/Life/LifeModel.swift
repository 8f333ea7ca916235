public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Remaining life by boosted trees, and from it the probability of a failure within the horizon.
///
/// The probability is that of the conformal distribution: the share of units left out, with about the same prediction, whose life ended
/// within the horizon. Contributions are those to the predicted life, turned round (less life is more risk) and scaled so that they add up
/// to the log-odds of the probability, as the contract of classifiers asks.
package struct LifeModel: Classifier {
    package var family: String { LifeFamily.definition.name }
    package var featureNames: [String] { regressor.featureNames }
    package let regressor: BoostingRegressor
    package let horizon: Float
    /// Longest life told apart: more is only `cap or more`.
    package let cap: Float
    /// Steps that a unit's life lasted in the mean, as far as the training rows show it.
    package let typicalLife: Float
    package let preparation: [UInt8]
    private let artefact: [UInt8]

    init(regressor: BoostingRegressor, horizon: Float, cap: Float, typicalLife: Float, preparation: [UInt8]) throws(Failure) {
        (self.regressor, self.horizon, self.cap, self.preparation) = (regressor, horizon, cap, preparation)
        self.typicalLife = typicalLife
        let words = [horizon.bitPattern, cap.bitPattern, typicalLife.bitPattern, UInt32(preparation.count)]
        let head = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } } + preparation
        artefact = SealedDocument(document: try regressor.serialized(), rest: head).bytes
    }

    init(artefact: [UInt8], featureNames: [String]) throws(Failure) {
        let name = LifeFamily.definition.name
        let sealed = try SealedDocument(artefact, family: name), rest = sealed.rest
        func word(_ index: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(rest[4 * index + $1]) << UInt32(8 * $1) } }
        guard rest.count >= 16, rest.count == 16 + Int(word(3)) else {
            throw .modelBytes(family: name, reason: "\(rest.count) bytes beside the trees")
        }
        (horizon, cap, typicalLife) = (Float(bitPattern: word(0)), Float(bitPattern: word(1)), Float(bitPattern: word(2)))
        preparation = Array(rest.dropFirst(16))
        regressor = try BoostingRegressor(artefact: sealed.document, featureNames: featureNames)
        self.artefact = artefact
    }

    /// Predicted life and its interval a row, `1 + quantiles` numbers in 0...cap.
    package func lives(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try regressor.predictions(of: matrix).map { min(max($0, 0), cap) }
    }

    package func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        try regressor.means(of: matrix).map { Self.kept(regressor.residuals.probability(atMost: horizon, at: $0)) }
    }

    /// No unit is certain to fail or to run: what a finite number of units can tell.
    private static func kept(_ probability: Float) -> Float { min(max(probability, 0.001), 0.999) }

    package func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] {
        var parts = try regressor.contributions(of: matrix)
        let (scores, width) = (try probabilities(of: matrix), featureNames.count + 1)
        for (row, score) in scores.enumerated() {
            let base = parts[row * width + width - 1]
            let start = Self.logOdds(Self.kept(regressor.residuals.probability(atMost: horizon, at: base)))
            let sum = parts[(row * width)..<(row * width + width - 1)].reduce(0.0) { $0 + Double($1) }
            let wanted = Self.logOdds(score) - start
            // Where the parts cancel there is nothing to scale: the base value then takes the whole of it.
            let scale = abs(sum) > 1e-3 && wanted * sum <= 0 ? wanted / sum : 0
            for place in (row * width)..<(row * width + width - 1) { parts[place] = Float(Double(parts[place]) * scale) }
            parts[row * width + width - 1] = Float(scale == 0 ? Self.logOdds(score) : start)
        }
        return parts
    }

    private static func logOdds(_ probability: Float) -> Double { log(Double(probability) / (1 - Double(probability))) }

    package func remarks(of matrix: FeatureMatrix) throws(Failure) -> [String] {
        let (all, width) = (try lives(of: matrix), 1 + regressor.quantiles.count)
        return (0..<matrix.rowCount).map { row in
            func whole(_ value: Float) -> String { value >= cap ? "\(Int(cap)) or more" : "\(Int(value.rounded()))" }
            let life = "life left: \(whole(all[row * width]))"
            guard width == 3 else { return life }
            let share = Int(((regressor.quantiles[1] - regressor.quantiles[0]) * 100).rounded())
            return "\(life) (\(share) % of such units: \(whole(all[row * width + 1])) to \(whole(all[row * width + 2])))"
        }
    }

    package func plans(of matrix: FeatureMatrix, costs: [(failure: Double, repair: Double)]) throws(Failure) -> [LifePlan] {
        let lives = try regressor.means(of: matrix)
        return costs.indices.map { row in
            let levels = (0..<100).map { level in
                // Costs are means over the distribution: it is not widened, as the interval is.
                min(max(regressor.residuals.quantile((Double(level) + 0.5) / 100, at: lives[row], widened: false), 0), cap)
            }
            return LifePlan(
                levels: levels, cap: cap, typical: typicalLife, failure: costs[row].failure, repair: costs[row].repair)
        }
    }

    package func serialized() throws(Failure) -> [UInt8] { artefact }
}

/// How long a unit still runs, by boosted trees; the score is the probability that it fails within the planning horizon.
public enum LifeFamily: ClassifierFamily {
    public static let definition = Definition(
        name: "life",
        summary:
            "How long units still run (boosted trees, conformal intervals over units left out) and so whether one fails in the horizon.",
        parameters: BoostingRegressionFamily.definition.parameters + [
            Parameter(
                "cap", .number(1...1_000_000), default: "125",
                help: "Longest life told apart, in steps: a unit with more is not wearing yet.", example: "125")
        ])

    public static var libraryVersion: String { Booster.version }

    /// A set without lives is learnt from its labels: positive rows have half the horizon left, negative ones twice as much.
    public static func train(
        on set: TrainingSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        let values = try ParameterValues(parameters, for: definition)
        _ = try TrainingRows(set)
        let cap = Float(values.number("cap"))
        let life =
            set.life
            ?? LifeTargets(
                left: set.labels.map { $0 == 1 ? 1 : 4 }, atLeast: set.labels.map { _ in 0 }, units: Array(set.labels.indices), horizon: 2)
        // A unit that is still running says what its life is at least, which is enough once that is the cap.
        let targets = zip(life.left, life.atLeast).map { $0.isNaN ? ($1 >= cap ? cap : Float.nan) : min($0, cap) }
        let rows = targets.indices.filter { !targets[$0].isNaN }
        let all = RegressionSet(
            matrix: set.matrix, featureNames: set.featureNames, targets: targets, weights: set.weights, groups: life.units)
        let known = rows.count == targets.count ? all : all.rows(rows)
        let own = parameters.filter { name, _ in BoostingRegressionFamily.definition.parameters.contains { $0.name == name } }
        guard
            let regressor = try BoostingRegressionFamily.train(on: known, parameters: own, seed: seed, threads: threads)
                as? BoostingRegressor
        else { preconditionFailure("the family trains this type") }
        return try LifeModel(
            regressor: regressor, horizon: life.horizon, cap: cap, typicalLife: max(life.typical ?? cap, 1), preparation: set.preparation)
    }

    public static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Classifier {
        try LifeModel(artefact: bytes, featureNames: featureNames)
    }
}
