import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("Maintenance stage")
struct MaintenanceStageTests {
    @Test("the maintenance stage keeps every promise of a stage, prepared or not", arguments: [false, true])
    func contract(isPrepared: Bool) throws {
        let fleet = FleetFixture(units: 3, seed: 5)
        let contract = StageContract(stream: fleet.input, seed: 3, trials: 4, featureNames: FleetFixture.names) { () throws(Failure) in
            try fleet.stage(isPrepared: isPrepared)
        }
        #expect(try contract.check() == [])
    }

    @Test("readings that are missing, not numbers or infinite leave finite features, and a constant sensor says nothing")
    func badReadings() throws {
        var fleet = FleetFixture(units: 2, seed: 2)
        let stage = try fleet.stage()
        for (row, bad) in [(0, Double.nan), (5, .infinity), (6, -.infinity), (20, .nan)] { fleet.readings[row].values[1] = bad }
        for row in 30..<34 { fleet.readings[row].values[0] = .nan }
        let features = try stage.consume(fleet.input)
        #expect(features.values.allSatisfy(\.isFinite))
        let names = FleetFixture.names
        let flat = try #require(names.firstIndex(of: "flat_mean_15")), hot = try #require(names.firstIndex(of: "hot_mean_15"))
        #expect((0..<features.rowCount).allSatisfy { features.row($0)[features.row($0).startIndex + flat] == 0 })
        #expect((0..<features.rowCount).contains { abs(features.row($0)[features.row($0).startIndex + hot]) > 1 })
    }

    @Test("a counter that goes back finds only what was known at its time, and a unit of one reading has features")
    func counterGoesBack() throws {
        var fleet = FleetFixture(units: 1, seed: 9)
        let stage = try fleet.stage()
        let first = try stage.consume(fleet.input)
        fleet.readings = [FleetFixture.Reading(unit: "u0", time: 0, values: fleet.readings[0].values)]
        let late = try stage.consume(fleet.input)
        #expect(late.values[0] == 1 && first.values[0] == 1)
        #expect(first.row(first.rowCount - 1).first == Float(first.rowCount))
    }

    @Test("a preparation of other columns, or a damaged one, is refused")
    func preparation() throws {
        let fleet = FleetFixture(units: 2, seed: 4)
        let bytes = try fleet.stage().preparation(of: [fleet.input.batch], lives: [fleet.lives])
        var other = FleetFixture.configuration
        other.parameters["sensors"] = .text("hot worn")
        let stage = try MaintenanceStage(configuration: other, schema: FleetFixture.schema)
        #expect(throws: Failure.self) { try stage.prepare(bytes) }
        var damaged = bytes
        damaged[damaged.count / 2] ^= 1
        #expect(throws: Failure.self) { try fleet.stage(isPrepared: false).prepare(damaged) }
        try fleet.stage(isPrepared: false).prepare(bytes)
    }

    @Test("life left of units not seen is foreseen, within intervals that hold; with lives dealt to other rows it is not")
    func unseenUnits() throws {
        let training = FleetFixture(units: 30, seed: 1), unseen = FleetFixture(units: 12, seed: 77)
        let stage = try training.stage()
        var set = TrainingSet(
            matrix: try stage.consume(training.input), featureNames: FleetFixture.names, labels: training.lives.map { $0 <= 15 ? 1 : 0 })
        set.life = LifeTargets(
            left: training.lives, atLeast: training.lives, units: training.readings.map { Int($0.unit.dropFirst()) ?? 0 }, horizon: 15)
        set.preparation = try stage.preparation(of: [training.input.batch], lives: [training.lives])
        let parameters: [String: ParameterValue] = ["trees": .integer(60), "depth": .integer(3), "cap": .number(60)]
        func error(_ set: TrainingSet) throws -> (mean: Double, inside: Double) {
            let made = try LifeFamily.train(on: set, parameters: parameters, seed: 1, threads: 1)
            let model = try #require(try LifeFamily.load(made.serialized(), featureNames: set.featureNames, threads: 1) as? LifeModel)
            let fresh = try MaintenanceStage(configuration: FleetFixture.configuration, schema: FleetFixture.schema)
            try fresh.prepare(model.preparation)
            let lives = try model.lives(of: fresh.consume(unseen.input))
            let width = lives.count / unseen.readings.count
            var (sum, inside) = (0.0, 0)
            for (row, left) in unseen.lives.enumerated() {
                let truth = min(left, 60), predicted = lives[row * width]
                sum += Double(abs(predicted - truth))
                if width == 3, lives[row * width + 1] <= truth, truth <= lives[row * width + 2] { inside += 1 }
            }
            return (sum / Double(unseen.lives.count), Double(inside) / Double(unseen.lives.count))
        }
        let found = try error(set)
        #expect(found.mean < 6, "\(found)")
        #expect(found.inside > 0.8, "\(found)")
        var dealt = set
        dealt.life?.left = set.life.map { life in life.left.indices.map { life.left[($0 * 977) % life.left.count] } } ?? []
        #expect(try error(dealt).mean > 10)
    }
}
