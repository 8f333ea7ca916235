import Models
import PipelineTesting
import Records
import Testing

@Suite struct RecommenderContractTests {
    /// Settings for a sample of 60 people: small models, so that the suite stays fast.
    static let small: [String: [String: ParameterValue]] = [
        "implicit-als": ["factors": .integer(8), "epochs": .integer(3)],
        "ranked": ["trees": .integer(10), "depth": .integer(3), "candidates": .integer(10), "lambda": .number(5)],
    ]

    @Test("every family of recommenders keeps the contract", arguments: ModelFamilies.recommenders.map { $0.definition.name })
    func contract(name: String) throws {
        let family = try ModelFamilies.recommender(named: name)
        #expect(try RecommenderContract(family, parameters: Self.small[name] ?? [:]).findings() == [])
    }

    @Test("implicit ALS keeps the contract with Cholesky, item neighbours with cosine")
    func variants() throws {
        let exact: [String: ParameterValue] = ["factors": .integer(8), "epochs": .integer(3), "solver": .text("cholesky")]
        #expect(try RecommenderContract(ImplicitALSFamily.self, parameters: exact).findings() == [])
        for weights in ["log", "counts"] {
            let weighted: [String: ParameterValue] = ["factors": .integer(8), "epochs": .integer(3), "weights": .text(weights)]
            #expect(try RecommenderContract(ImplicitALSFamily.self, parameters: weighted).findings() == [])
        }
        #expect(try RecommenderContract(ItemNeighbourFamily.self, parameters: ["similarity": .text("cosine")]).findings() == [])
    }

    @Test("the contract finds a family that names an excluded item and one whose parts do not add up")
    func negativeControls() throws {
        let findings = try RecommenderContract(CarelessFamily.self).findings()
        #expect(Set(findings.map(\.rule)).isSuperset(of: ["excluded-is-never-named", "contributions-add-up", "damaged-bytes-refused"]))
    }

    @Test("ease refuses more items than its memory holds, with the memory it would need")
    func easeMemory() throws {
        let items = (0..<600).map { "I\($0)" }
        let log = try InteractionLog(users: items.map { _ in "P" }, items: items, times: items.indices.map { Int64($0) })
        #expect(throws: EASEFamilyRefusal.failure) {
            try EASEFamily.train(on: log, asOf: 600, parameters: ["memory": .integer(1)], seed: 1, threads: 1)
        }
    }

    private enum EASEFamilyRefusal {
        static let failure = Failure(
            .failed, code: "models.ease-memory", what: "ease cannot hold so many items", found: "600 items, 2 MiB",
            expected: "at most 1 MiB", remedy: "Use implicit-als or item-knn, or give it `memory: 2` if the machine has it.")
    }
}

/// Breaks what the contract must find.
private enum CarelessFamily: RecommenderFamily {
    static let definition = Definition(name: "careless", summary: "Names everything.", parameters: [])
    static let libraryVersion = "careless 1"

    static func train(
        on log: InteractionLog, asOf: Int64, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Recommender { Careless(items: log.items) }

    static func load(_ bytes: [UInt8]) throws(Failure) -> any Recommender { Careless(items: []) }

    struct Careless: Recommender {
        var family: String { "careless" }
        let items: [String]

        func scores(for histories: [History]) throws(Failure) -> [Float] { histories.flatMap { _ in items.indices.map { Float($0) } } }

        func recommendations(
            for histories: [History], excluding excluded: [[Int]], count: Int, threads: Int
        ) throws(Failure) -> [[Recommendation]] {
            histories.map { _ in items.indices.reversed().prefix(count).map { Recommendation(item: $0, score: Float($0)) } }
        }

        func contributions(to item: Int, for history: History) throws(Failure) -> [Contribution] { [] }
        func serialized() throws(Failure) -> [UInt8] { [1] }
    }
}
