import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Testing

@Suite struct ReasonWeightsTests {
    @Test("each reason has the weight of its own feature, and what the model says besides has none")
    func own() throws {
        let fleet = try SmallFleet(), job = try fleet.job(), learnt = Timestamp(.init(year: 2025, month: 5, day: 1))
        let warehouse = try Warehouse(path: "\(fleet.folder)/weights.db")
        _ = try Trainer(warehouse: warehouse, environment: .fixed(learnt)).train(job, asOf: learnt)
        _ = try Runner(warehouse: warehouse, environment: .fixed(SmallFleet.clock)).run(job)
        let stage = try job.scored().stage
        let meanings = MaintenanceStage.definition(for: stage).features.map(\.meaning)
        try warehouse.read { database in
            let version = try #require(try ModelStore(database).versions(of: "machines").first)
            let model = try ModelFamilies.classifier(named: version.family).load(
                try ModelStore(database).artefact(of: version), featureNames: version.featureNames, threads: 1)
            let items = try ReviewStore(database).list(filter: .open, now: SmallFleet.clock, limit: 40)
            var compared = 0
            for item in items.map(\.item) {
                guard let weights = try ReasonWeights.of(item, in: database)?.weights else { continue }
                let parts = item.key.split(separator: "\u{1F}").map(String.init)
                let row = try #require(
                    try Row.fetchOne(
                        database, sql: "SELECT features FROM machine_states WHERE machine = ? AND time = ?",
                        arguments: StatementArguments(parts)))
                let features = PackedFeatures.unpack(row["features"])
                let contributions = try model.contributions(of: FeatureMatrix(featureCount: features.count, values: features))
                #expect(weights.leading >= 1 && item.reasons[0].hasPrefix("life left: "))
                #expect(weights.leading + weights.weights.count == item.reasons.count)
                for (reason, weight) in zip(item.reasons.dropFirst(weights.leading), weights.weights) {
                    guard let feature = meanings.firstIndex(where: { reason.hasPrefix("\($0): ") }) else { continue }
                    #expect(Double(contributions[feature]) == weight, "\(reason)")
                    compared += 1
                }
            }
            #expect(compared > 30)
        }
    }
}
