public import Records

/// A sum of several families' scores, each put on one scale for every person, with weights learnt on past time slices.
///
/// A family's scores of a person are taken less their mean and by their deviation over all items that were sold, so that no family weighs
/// more because its numbers are larger; an item that a family knows no reason for has its score 0. Weights are found one after the other
/// (coordinate search) by NDCG at 10 on slices that hide the last days of the log, as ``RankedFamily`` cuts them: nothing later than a
/// slice is ever looked at for its scores.
public enum BlendFamily: RecommenderFamily {
    public static let definition = Definition(
        name: "blend", summary: "Scores of several families added up, with weights learnt on past time slices.",
        parameters: [
            Parameter(
                "families", .text, default: "repeat ease popularity",
                help: "What is added up, names with spaces between: popularity, repeat, item-knn, ease, implicit-als.",
                example: "ease popularity"),
            Parameter(
                "weights", .text, default: "learnt", help: "`learnt`, or a number of 0 or more for each of `families`.", example: "1 0.3"),
            Parameter(
                "relevance", .choice(["all", "new"]), default: "all",
                help: "What weights are learnt to name: all that people take, or only what is new to them.", example: "new"),
            Parameter("horizon", .number(0.01...1000), default: "30", help: "Days ahead in which a purchase counts.", example: "14"),
            Parameter("slices", .integer(1...24), default: "2", help: "Past moments learnt from.", example: "4"),
            Parameter("step", .number(0.01...1000), default: "14", help: "Days between two of them.", example: "7"),
            Parameter("lambda", .number(0.001...10_000_000), default: "200", help: "Penalty of EASE.", example: "500"),
            Parameter("memory", .integer(1...1_000_000), default: "4096", help: "Most memory of EASE, in MiB.", example: "16384"),
        ])
    public static var libraryVersion: String { "blend 1, \(OpenBLAS.version)" }

    private static let bases: [any RecommenderFamily.Type] = [
        PopularityFamily.self, RepeatFamily.self, ItemNeighbourFamily.self, EASEFamily.self, ImplicitALSFamily.self,
    ]

    public static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender {
        let values = try ParameterValues(parameters, for: definition)
        try log.check(before: asOf, family: definition.name)
        let base = try BlendBase(values, seed: seed)
        let weights: [Float]
        if let given = try given(values.text("weights"), count: base.families.count) {
            weights = given
        } else {
            weights = try learnt(log, asOf: asOf, values, base, threads: threads)
        }
        return BlendRecommender(
            base: base, models: try base.models(on: log, asOf: asOf, threads: threads), weights: weights, isSeen: log.isSeen)
    }

    /// - Returns: nil where they are to be learnt.
    private static func given(_ text: String, count: Int) throws(Failure) -> [Float]? {
        guard text != "learnt" else { return nil }
        let weights = text.split(separator: " ").map { Float($0) ?? -1 }
        guard weights.count == count, weights.allSatisfy({ $0 >= 0 && $0.isFinite }), weights.contains(where: { $0 > 0 }) else {
            throw .blend("weights", found: "'\(text)'", expected: "`learnt`, or \(count) numbers of 0 or more, one above 0")
        }
        return weights
    }

    /// 1 each where the log is too short for a slice.
    private static func learnt(
        _ log: InteractionLog, asOf: Int64, _ values: ParameterValues, _ base: BlendBase, threads: Int
    ) throws(Failure) -> [Float] {
        let day = 86_400_000_000.0
        var search = BlendSearch(families: base.families.count)
        for slice in 0..<values.integer("slices") {
            let end = asOf - Int64(Double(slice) * values.number("step") * day)
            let cut = end - Int64(values.number("horizon") * day)
            guard let split = try? RecommendationSplit(log, cut: cut, until: end, onlyNew: values.text("relevance") == "new") else { break }
            let models = try base.models(on: split.training, asOf: cut, threads: threads)
            try search.add(split, models, isNew: values.text("relevance") == "new")
        }
        return search.best()
    }

    static func family(named name: String) throws(Failure) -> any RecommenderFamily.Type {
        guard let family = bases.first(where: { $0.definition.name == name }) else {
            throw .blend("families", found: "'\(name)'", expected: bases.map { $0.definition.name }.joined(separator: ", "))
        }
        return family
    }

    public static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender {
        var reader = try ModelBytesReader(bytes, family: definition.name)
        let seen = try reader.array(of: UInt8.self).map { $0 != 0 }
        let names = try reader.texts()
        let base = BlendBase(
            families: names, lambda: try reader.number(), memory: try reader.integer(),
            seed: UInt64(bitPattern: Int64(try reader.integer())))
        let weights = try reader.array(of: Float.self)
        var models: [any Recommender] = []
        for name in names { models.append(try family(named: name).load(reader.blob())) }
        guard let items = models.first?.items, weights.count == models.count, seen.count == items.count,
            models.allSatisfy({ $0.items == items })
        else { throw .modelBytes(family: definition.name, reason: "parts that do not fit together") }
        return BlendRecommender(base: base, models: models, weights: weights, isSeen: seen)
    }
}

/// What is added up, and how each is trained.
struct BlendBase: Sendable {
    let families: [String]
    let lambda: Double
    let memory: Int
    let seed: UInt64

    init(families: [String], lambda: Double, memory: Int, seed: UInt64) {
        (self.families, self.lambda, self.memory, self.seed) = (families, lambda, memory, seed)
    }

    /// - Throws: a name that is none of a family that can be added up, or twice the same, or none at all.
    init(_ values: ParameterValues, seed: UInt64) throws(Failure) {
        let text = values.text("families"), names = text.split(separator: " ").map(String.init)
        for name in names { _ = try BlendFamily.family(named: name) }
        guard !names.isEmpty, Set(names).count == names.count else {
            throw .blend("families", found: "'\(text)'", expected: "different families, at least one")
        }
        self.init(families: names, lambda: values.number("lambda"), memory: values.integer("memory"), seed: seed)
    }

    private func parameters(of family: String) -> [String: ParameterValue] {
        family == EASEFamily.definition.name ? ["lambda": .number(lambda), "memory": .integer(memory)] : [:]
    }

    func model(_ family: String, on log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> any Recommender {
        try BlendFamily.family(named: family).train(on: log, asOf: asOf, parameters: parameters(of: family), seed: seed, threads: threads)
    }

    func models(on log: InteractionLog, asOf: Int64, threads: Int) throws(Failure) -> [any Recommender] {
        var models: [any Recommender] = []
        for family in families { models.append(try model(family, on: log, asOf: asOf, threads: threads)) }
        return models
    }
}

extension Failure {
    static func blend(_ parameter: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "models.blend", what: "the blend cannot be made", place: "\(BlendFamily.definition.name).\(parameter)",
            found: found,
            expected: expected, remedy: "Name families and weights with spaces between: `families: ease popularity`, `weights: 1 0.3`.")
    }
}
