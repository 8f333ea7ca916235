import Foundation
public import Records

/// Factors of people and items from what was bought, by alternating least squares over all pairs, the unseen ones with a small weight.
///
/// Y. Hu, Y. Koren, C. Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008, in the form of S. Rendle et al.,
/// "Revisiting the Performance of iALS on Item Recommendation Benchmarks", RecSys 2022: the loss is the weighted sum over pairs seen of (1 - wᵀh)²,
/// plus `unobserved-weight` times the sum over all pairs of (wᵀh)², plus `lambda` times the squared length of each vector times (its pairs +
/// `unobserved-weight` x pairs possible) to the power `frequency-scaling`.
public enum ImplicitALSFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "implicit-als", summary: "Factors of people and items by alternating least squares over seen and unseen pairs (iALS).",
        parameters: [
            Parameter("factors", .integer(1...1024), default: "64", help: "Numbers a person and an item are described by.", example: "128"),
            Parameter(
                "epochs", .integer(1...1000), default: "15", help: "How often all people, then all items are solved for.", example: "20"),
            Parameter("unobserved-weight", .number(0.000001...10), default: "0.03", help: "Weight of a pair not seen.", example: "0.1"),
            Parameter("lambda", .number(0.0000001...1000), default: "0.003", help: "Penalty on the factors.", example: "0.01"),
            Parameter(
                "frequency-scaling", .number(0...1), default: "1", help: "0: the same penalty for all; 1: in proportion to their pairs.",
                example: "0.5"),
            Parameter(
                "weights", .choice(PairWeight.allCases.map(\.rawValue)), default: "binary",
                help: "What a pair that was seen counts: 1, 1 + log2 of its purchases, or their number.", example: "counts"),
            Parameter(
                "solver", .choice(["conjugate-gradient", "cholesky"]), default: "conjugate-gradient",
                help: "Three steps towards each solution from the last one, or all the way.", example: "cholesky"),
            Parameter(
                "deviation", .number(0.0001...10), default: "0.1", help: "Length of the first vectors, drawn by the seed.", example: "0.1"),
        ])
    public static var libraryVersion: String { "implicit-als 2, \(OpenBLAS.version)" }

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        let weighting = PairWeight(rawValue: values.text("weights")) ?? .binary
        let pairs = InteractionMatrix(log, weight: weighting.weight)
        let factorization = Factorization(
            factors: values.integer("factors"), unobservedWeight: Float(values.number("unobserved-weight")),
            lambda: values.number("lambda"), scaling: values.number("frequency-scaling"),
            steps: values.text("solver") == "cholesky" ? nil : 3)
        var sides = factorization.start(pairs, deviation: values.number("deviation"), seed: seed)
        let byItem = pairs.transposed()
        for _ in 0..<values.integer("epochs") { try factorization.epoch(&sides, pairs: pairs, byItem: byItem, threads: threads) }
        return FactorRecommender(
            items: log.items, people: pairs.rowCount, factorization: factorization, vectors: sides.items, weighting: weighting)
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        let items = try reader.texts()
        let people = try reader.integer()
        let factors = try reader.integer()
        let (weight, lambda, scaling) = (Float(try reader.number()), try reader.number(), try reader.number())
        let factorization = Factorization(factors: factors, unobservedWeight: weight, lambda: lambda, scaling: scaling, steps: nil)
        let vectors = try reader.array(of: Float.self)
        guard let weighting = PairWeight(rawValue: try reader.text()), vectors.count == items.count * factors else {
            throw .modelBytes(family: definition.name, reason: "parts that do not fit together")
        }
        return FactorRecommender(
            items: items, people: people, factorization: factorization, vectors: vectors, weighting: weighting)
    }
}

/// What a pair of a person and an item counts that was seen so many times.
enum PairWeight: String, CaseIterable, Sendable {
    case binary, log, counts

    var weight: (Int) -> Float {
        switch self {
        case .binary: { _ in 1 }
        case .log: { 1 + log2(Float($0)) }
        case .counts: { Float($0) }
        }
    }
}
