import Models
import PipelineTesting
import Records
import Testing

/// The contract suite must find planted faults: a family that breaks a rule must be named for it.
@Suite struct ClassifierContractTests {
    @Test("a family with a planted fault is found out by the rule it breaks")
    func planted() {
        func rules<Fault: PlantedFault>(_ fault: Fault.Type) -> Set<String> {
            Set(ClassifierContract(BrokenFamily<Fault>.self, parameters: ["trees": .integer(20)]).findings().map(\.rule))
        }
        #expect(rules(NoFault.self) == [])
        #expect(rules(CountsThreads.self) == ["any-thread-count-same-bytes"])
        #expect(rules(ScoresByPlace.self).isSuperset(of: ["subset-of-predictions"]))
        #expect(rules(LoadsAnything.self) == ["other-features-refused"])
        #expect(rules(ExplainsNothing.self) == ["contributions-sum-to-margin"])
        #expect(rules(TakesOneClass.self) == ["one-class-refused"])
        #expect(rules(CountsWeightZero.self) == ["weight-zero-is-left-out", "no-rows-refused"])
        #expect(rules(LearnsNothing.self).isSuperset(of: ["learns-something"]))
    }
}

protocol PlantedFault: Sendable {
    static func train(_ set: TrainingSet, _ parameters: [String: ParameterValue], seed: UInt64, threads: Int) throws(Failure)
        -> any Classifier
    static func load(_ bytes: [UInt8], names: [String]) throws(Failure) -> any Classifier
    static func wrap(_ model: any Classifier) -> any Classifier
}

extension PlantedFault {
    static func train(
        _ set: TrainingSet, _ parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        try BoostingFamily.train(on: set, parameters: parameters, seed: seed, threads: threads)
    }
    static func load(_ bytes: [UInt8], names: [String]) throws(Failure) -> any Classifier {
        try BoostingFamily.load(bytes, featureNames: names, threads: 1)
    }
    static func wrap(_ model: any Classifier) -> any Classifier { model }
}

enum NoFault: PlantedFault {}

enum CountsThreads: PlantedFault {
    static func train(
        _ set: TrainingSet, _ parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        var parameters = parameters
        parameters["trees"] = .integer(10 + threads)
        return try BoostingFamily.train(on: set, parameters: parameters, seed: seed, threads: threads)
    }
}

enum ScoresByPlace: PlantedFault {
    static func wrap(_ model: any Classifier) -> any Classifier {
        Altered(model: model, probabilities: { scores in scores.indices.map { scores[$0] * (1 - Float($0 % 2) / 1_000) } })
    }
}

enum LoadsAnything: PlantedFault {
    static func load(_ bytes: [UInt8], names: [String]) throws(Failure) -> any Classifier {
        do {
            return try BoostingFamily.load(bytes, featureNames: names, threads: 1)
        } catch {
            guard error.code == "models.features" else { throw error }
            return try BoostingFamily.load(bytes, featureNames: ClassifierContract.sample(rows: 1).featureNames, threads: 1)
        }
    }
}

enum ExplainsNothing: PlantedFault {
    static func wrap(_ model: any Classifier) -> any Classifier { Altered(model: model, contributions: { $0.map { $0 / 2 } }) }
}

enum TakesOneClass: PlantedFault {
    static func train(
        _ set: TrainingSet, _ parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        var set = set
        let isOneClass = Set(set.labels).count == 1 && set.labels.count > 1 && [0, 1].contains(set.labels[0])
        if isOneClass { set.labels[0] = 1 - set.labels[0] }
        return try BoostingFamily.train(on: set, parameters: parameters, seed: seed, threads: threads)
    }
}

enum CountsWeightZero: PlantedFault {
    static func train(
        _ set: TrainingSet, _ parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        var set = set
        set.weights = set.weights.map { $0 == 0 ? 1 : $0 }
        return try BoostingFamily.train(on: set, parameters: parameters, seed: seed, threads: threads)
    }
}

enum LearnsNothing: PlantedFault {
    static func wrap(_ model: any Classifier) -> any Classifier { Altered(model: model, probabilities: { $0.map { _ in 0.5 } }) }
}

enum BrokenFamily<Fault: PlantedFault>: ClassifierFamily {
    static var definition: Definition { BoostingFamily.definition }
    static var libraryVersion: String { "broken 1" }

    static func train(
        on set: TrainingSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier {
        Fault.wrap(try Fault.train(set, parameters, seed: seed, threads: threads))
    }

    static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Classifier {
        Fault.wrap(try Fault.load(bytes, names: featureNames))
    }
}

struct Altered: Classifier {
    let model: any Classifier
    var probabilities: @Sendable ([Float]) -> [Float] = { $0 }
    var contributions: @Sendable ([Float]) -> [Float] = { $0 }

    var family: String { model.family }
    var featureNames: [String] { model.featureNames }
    func probabilities(of matrix: FeatureMatrix) throws(Failure) -> [Float] { probabilities(try model.probabilities(of: matrix)) }
    func contributions(of matrix: FeatureMatrix) throws(Failure) -> [Float] { contributions(try model.contributions(of: matrix)) }
    func serialized() throws(Failure) -> [UInt8] { try model.serialized() }
}
