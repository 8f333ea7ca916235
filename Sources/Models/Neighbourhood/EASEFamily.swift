import Foundation
public import Records

/// A linear model from items to items in closed form: EASE-R.
///
/// H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: with G = XᵀX + lambda I and P its inverse, B = -P / diag(P) by
/// columns, and 0 on the diagonal; the scores of a history x are xᵀB, x being 1 where a person has bought an item. X is the same, or the
/// logarithm of 1 + the number of purchases: better where people buy again, no better for items that are new to them.
public enum EASEFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "ease", summary: "A linear model from all items to all items, in closed form (EASE-R); memory grows with items squared.",
        parameters: [
            Parameter("lambda", .number(0.001...10_000_000), default: "200", help: "Penalty on the weights.", example: "500"),
            Parameter(
                "weights", .choice(["binary", "log"]), default: "binary",
                help: "What a pair counts in training: 1, or log(1 + purchases).", example: "log"),
            Parameter(
                "memory", .integer(1...1_000_000), default: "4096", help: "Most memory it may take, in MiB; more items are refused.",
                example: "16384"),
        ])
    public static var libraryVersion: String { "ease 3, \(OpenBLAS.version)" }

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        let penalty = Penalty(
            lambda: values.number("lambda"), memory: values.integer("memory"), isLogarithmic: values.text("weights") == "log")
        return EASERecommender(items: log.items, penalty: penalty, model: try penalty.model(of: log, threads: threads))
    }

    /// What the weights are found with.
    package struct Penalty: Sendable {
        package var lambda: Double
        /// MiB.
        package var memory: Int
        /// Whether a pair counts log(1 + purchases).
        package var isLogarithmic = false

        package init(lambda: Double, memory: Int, isLogarithmic: Bool = false) {
            (self.lambda, self.memory, self.isLogarithmic) = (lambda, memory, isLogarithmic)
        }

        /// - Throws: more items than the memory holds, a matrix that cannot be inverted.
        func weights(in log: InteractionLog, threads: Int) throws(Failure) -> [Float] {
            if let refusal = EASEFamily.refusal(items: log.items.count, allowed: memory) { throw refusal }
            return try EASEFamily.weights(of: pairs(in: log), lambda: lambda, threads: threads)
        }

        func pairs(in log: InteractionLog) -> InteractionMatrix {
            InteractionMatrix(log, weight: isLogarithmic ? { log1p(Float($0)) } : { _ in 1 })
        }
    }

    /// Of the one dense matrix that training holds.
    static func mebibytes(items: Int) -> Int { (items * items * 4 + (1 << 20) - 1) >> 20 }

    /// - Parameter allowed: MiB. - Returns: nil where the items fit.
    package static func refusal(items: Int, allowed: Int) -> Failure? {
        let needed = mebibytes(items: items)
        guard needed > allowed else { return nil }
        return Failure(
            .failed, code: "models.ease-memory", what: "ease cannot hold so many items", found: "\(items) items, \(needed) MiB",
            expected: "at most \(allowed) MiB",
            remedy: "Use implicit-als or item-knn, or give it `memory: \(needed)` if the machine has it.")
    }

    /// B, row-major: row = item of the history, column = item that is scored.
    package static func weights(of pairs: InteractionMatrix, lambda: Double, threads: Int) throws(Failure) -> [Float] {
        try inverse(of: pairs, lambda: lambda, threads: threads).weights
    }

    /// B, and the diagonal of P.
    static func inverse(
        of pairs: InteractionMatrix, lambda: Double, threads: Int
    ) throws(Failure) -> (weights: [Float], diagonal: [Float]) {
        let size = pairs.columnCount
        var matrix = gram(of: pairs, threads: threads)
        for item in 0..<size { matrix[item * size + item] += Float(lambda) }
        let inverted = matrix.withUnsafeMutableBufferPointer { matrix in
            guard let start = matrix.baseAddress else { return true }
            return OpenBLAS.factorize(start, size: size) && OpenBLAS.invert(factor: start, size: size)
        }
        guard inverted else { throw .notPositiveDefinite(definition.name, size: size, regularization: lambda) }
        let diagonal = (0..<size).map { matrix[$0 * size + $0] }
        divide(&matrix, size: size, threads: threads)
        return (matrix, diagonal)
    }

    /// The lower triangle of XᵀX: a row an item, by going through the people who bought it.
    private static func gram(of pairs: InteractionMatrix, threads: Int) -> [Float] {
        let size = pairs.columnCount, byItem = pairs.transposed()
        return [Float](unsafeUninitializedCapacity: size * size) { buffer, initialized in
            initialized = size * size
            buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress else { return }
            let matrix = SharedPointer(start)
            FixedBlocks.run(FixedBlocks.count(of: size, size: 32), threads: threads) { block, _ in
                pairs.columns.withUnsafeBufferPointer { columns in
                    pairs.weights.withUnsafeBufferPointer { weights in
                        for item in FixedBlocks.range(block, of: size, size: 32) {
                            let row = matrix.start + item * size
                            for place in byItem.range(of: item) {
                                let weight = byItem.weights[place]
                                // Columns rise: what follows belongs to the upper triangle.
                                for other in pairs.range(of: Int(byItem.columns[place])) {
                                    let column = Int(columns[other])
                                    guard column <= item else { break }
                                    row[column] += weight * weights[other]
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// From the inverse's lower triangle to B, by square tiles so that both triangles stay in the cache.
    static func divide(_ matrix: inout [Float], size: Int, threads: Int) {
        matrix.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            let matrix = SharedPointer(start)
            let factors = (0..<size).map { -1 / matrix[$0 * size + $0] }
            let tile = 32, tiles = FixedBlocks.count(of: size, size: tile)
            FixedBlocks.run(tiles, threads: threads) { down, _ in
                factors.withUnsafeBufferPointer { factors in
                    let rows = FixedBlocks.range(down, of: size, size: tile)
                    for across in 0...down {
                        let columns = FixedBlocks.range(across, of: size, size: tile)
                        // The upper triangle first, whose values are the lower one's before they are divided.
                        for column in columns {
                            let to = matrix.start + column * size
                            for row in max(rows.lowerBound, column)..<max(rows.upperBound, column) {
                                to[row] = matrix.start[row * size + column] * factors[row]
                            }
                        }
                        for row in rows {
                            let own = matrix.start + row * size
                            for column in columns.lowerBound..<max(columns.lowerBound, min(columns.upperBound, row)) {
                                own[column] *= factors[column]
                            }
                        }
                    }
                }
            }
            for item in 0..<size { matrix[item * size + item] = 0 }
        }
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        let items = try reader.texts()
        let penalty = Penalty(lambda: try reader.number(), memory: try reader.integer(), isLogarithmic: try reader.integer() == 1)
        let weights = try reader.array(of: Float.self)
        guard weights.count == items.count * items.count else {
            throw .modelBytes(family: definition.name, reason: "parts that do not fit together")
        }
        return EASERecommender(
            items: items, penalty: penalty, model: EASEModel(weights: weights, memory: try reader.memory(items: items.count)))
    }
}

struct EASERecommender: Recommender {
    var family: String { EASEFamily.definition.name }
    let items: [String]
    let penalty: EASEFamily.Penalty
    let model: EASEModel
    var weights: [Float] { model.weights }

    /// By a change of low rank, or inverted anew where that is cheaper: see ``EASEUpdate``.
    func updated(with log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        try log.check(before: asOf, family: family)
        return EASERecommender(
            items: log.items, penalty: penalty, model: try penalty.updated(model, items: items, with: log, threads: threads))
    }

    func scores(for histories: [History]) throws(Failure) -> [Float] {
        try check(histories)
        let width = items.count
        var scores = [Float](repeating: 0, count: histories.count * width)
        scores.withUnsafeMutableBufferPointer { scores in
            weights.withUnsafeBufferPointer { weights in
                guard let to = scores.baseAddress, let from = weights.baseAddress else { return }
                for (row, history) in histories.enumerated() {
                    let sums = to + row * width
                    let pairs = history.pairs
                    if pairs.isEmpty { for item in 0..<width { sums[item] = -.infinity } }
                    for (item, strength) in pairs {
                        let added = from + item * width
                        for other in 0..<width { sums[other] += strength * added[other] }
                    }
                }
            }
        }
        return scores
    }

    func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] {
        try check([history, History(items: [item])])
        return history.pairs.map { Contribution(item: $0.item, amount: $0.amount * weights[$0.item * items.count + item]) }
    }

    func serialized() throws(Failure) -> [UInt8] {
        var writer = ModelBytesWriter(family: family)
        writer.texts(items)
        writer.number(penalty.lambda)
        writer.integer(penalty.memory)
        writer.integer(penalty.isLogarithmic ? 1 : 0)
        writer.array(weights)
        writer.memory(model.memory)
        return writer.sealed()
    }
}
