public import Records

/// Two stages: candidates by EASE, by what sells and by the own history, ranked by boosted trees that learnt on past time slices.
///
/// A slice hides the last days of the log, makes candidates and features from what came before, and labels each with whether it was bought
/// in those days; so nothing later than a row's own time is ever in a feature. The score is the log-odds of a purchase within the horizon.
public enum RankedFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "ranked", summary: "Candidates by EASE, sales and own history, ranked by boosted trees that learnt on past time slices.",
        parameters: [
            Parameter("horizon", .number(0.01...1000), default: "30", help: "Days ahead in which a purchase counts.", example: "14"),
            Parameter("slices", .integer(1...24), default: "2", help: "Past moments learnt from.", example: "4"),
            Parameter("step", .number(0.01...1000), default: "14", help: "Days between two of them.", example: "7"),
            Parameter(
                "candidates", .integer(1...10_000), default: "80", help: "New items ranked for each person by similarity.", example: "200"),
            Parameter("lambda", .number(0.001...10_000_000), default: "200", help: "Penalty of EASE.", example: "500"),
            Parameter("memory", .integer(1...1_000_000), default: "4096", help: "Most memory of EASE, in MiB.", example: "16384"),
            Parameter("trees", .integer(1...10_000), default: "150", help: "How many trees are added up.", example: "300"),
            Parameter("depth", .integer(1...12), default: "6", help: "Most questions a tree asks.", example: "4"),
            Parameter("rate", .number(0.0001...1), default: "0.08", help: "Share of each tree's correction that is used.", example: "0.05"),
            Parameter("minimum-child-weight", .number(0...1_000_000), default: "20", help: "Least weight of a leaf.", example: "5"),
            Parameter(
                "looks", .choice(["yes", "no"]), default: "yes",
                help: "Whether the trees see how often and when a person looked at an item, where rows may be looks.", example: "no"),
        ])
    public static var libraryVersion: String { "ranked 4, \(OpenBLAS.version), \(BoostingFamily.libraryVersion)" }

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        let day = 86_400_000_000.0, count = values.integer("candidates")
        let penalty = EASEFamily.Penalty(lambda: values.number("lambda"), memory: values.integer("memory"))
        let hasLooks = values.text("looks") == "yes" && !log.strengths.isEmpty
        let names = CandidateRows.names(hasAttributes: log.hasAttributes, hasLooks: hasLooks)
        var matrix = FeatureMatrix(featureCount: names.count)
        var labels: [Float] = []
        for slice in 0..<values.integer("slices") {
            let end = asOf - Int64(Double(slice) * values.number("step") * day)
            let cut = end - Int64(values.number("horizon") * day)
            guard let split = try? RecommendationSplit(log, cut: cut, until: end, onlyNew: false) else { break }
            let weights = try penalty.weights(in: split.training, threads: threads)
            let rows = candidates(split.training, asOf: cut, weights: weights, count: count, hasLooks: hasLooks)
            add(split, rows, to: &matrix, &labels, threads: threads)
        }
        var settings: [String: ParameterValue] = ["subsample": .number(0.7), "column-sample": .number(0.6), "lambda": .number(5)]
        for name in ["trees", "depth"] { settings[name] = .integer(values.integer(name)) }
        for name in ["rate", "minimum-child-weight"] { settings[name] = .number(values.number(name)) }
        let set = TrainingSet(matrix: matrix, featureNames: names, labels: labels)
        let trees = try BoostingFamily.train(on: set, parameters: settings, seed: seed, threads: threads).serialized()
        let ease = try penalty.model(of: log, threads: threads)
        return try RankedRecommender(
            items: log.items, penalty: penalty,
            rows: candidates(log, asOf: asOf, weights: ease.weights, count: count, hasLooks: hasLooks), memory: ease.memory, artefact: trees
        )
    }

    /// - Parameters:
    ///   - weights: EASE's, of the log's items.
    ///   - count: new items by similarity.
    static func candidates(_ log: InteractionLog, asOf: Int64, weights: [Float], count: Int, hasLooks: Bool) -> CandidateRows {
        CandidateRows(
            weights: weights, facts: ItemFacts(log.purchases, asOf: asOf), isSeen: log.isSeen, count: count, categories: log.categories,
            hasLooks: hasLooks)
    }

    private static func add(
        _ split: RecommendationSplit, _ rows: CandidateRows, to matrix: inout FeatureMatrix, _ labels: inout [Float], threads: Int
    ) {
        let histories = split.training.histories(asOf: split.cut)
        let found = rows.all(split.users.map { histories[$0] }, threads: threads)
        for (person, relevant) in zip(found, split.relevant) {
            let wanted = Set(relevant)
            matrix.values += person.values
            labels += person.items.map { wanted.contains($0) ? 1 : 0 }
        }
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        let items = try reader.texts()
        let penalty = EASEFamily.Penalty(lambda: try reader.number(), memory: try reader.integer())
        let count = try reader.integer()
        let seen = try reader.array(of: UInt8.self).map { $0 != 0 }
        let weights = try reader.array(of: Float.self)
        let categories = try reader.array(of: Int32.self)
        let kinds = try reader.integer()
        let width = ItemFacts.names.count + (kinds & 1 == 0 ? 0 : ItemFacts.attributeNames.count)
        var columns: [[Float]] = []
        for _ in 0..<width { columns.append(try reader.array(of: Float.self)) }
        guard seen.count == items.count, weights.count == items.count * items.count, columns.allSatisfy({ $0.count == items.count }),
            categories.isEmpty || categories.count == items.count
        else {
            throw .modelBytes(family: definition.name, reason: "parts that do not fit together")
        }
        let trees = try reader.blob()
        return try RankedRecommender(
            items: items, penalty: penalty,
            rows: CandidateRows(
                weights: weights, facts: ItemFacts(columns: columns), isSeen: seen, count: count, categories: categories,
                hasLooks: kinds & 2 != 0),
            memory: try reader.memory(items: items.count), artefact: trees)
    }
}

extension CandidateRows {
    /// Candidates of many people, in their order.
    func all(_ histories: [History], threads: Int) -> [(items: [Int], values: [Float])] {
        let size = 16, count = histories.count
        var found = [(items: [Int], values: [Float])](repeating: ([], []), count: count)
        found.withUnsafeMutableBufferPointer { found in
            guard let start = found.baseAddress else { return }
            let found = SharedPointer(start)
            FixedBlocks.run(FixedBlocks.count(of: count, size: size), threads: threads) { block, _ in
                for person in FixedBlocks.range(block, of: count, size: size) { found.start[person] = rows(for: histories[person]) }
            }
        }
        return found
    }
}
