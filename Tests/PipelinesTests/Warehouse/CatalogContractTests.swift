import Connectors
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite struct CatalogContractTests {
    @Test("the catalog over SQLite keeps the contract of every catalog")
    func contract() {
        let findings = CatalogContract { try WarehouseCatalog() }.findings()
        #expect(findings.isEmpty, "\(findings)")
    }
}

/// The store that works inside a transaction, each call in one of its own.
private final class WarehouseCatalog: CatalogStore {
    private let fixture: WarehouseFixture

    init() throws { fixture = try WarehouseFixture() }

    func add(
        name: String, family: String, featureNames: [String], card: ModelCard, artefact: [UInt8], at now: Timestamp
    ) throws(Failure) -> ModelVersion {
        try fixture.warehouse.write {
            try ModelStore($0).add(name: name, family: family, featureNames: featureNames, card: card, artefact: artefact, at: now)
        }
    }

    func versions(of name: String?) throws(Failure) -> [ModelVersion] {
        try fixture.warehouse.read { try ModelStore($0).versions(of: name) }
    }

    func artefact(of version: ModelVersion) throws(Failure) -> [UInt8] {
        try fixture.warehouse.read { try ModelStore($0).artefact(of: version) }
    }

    func setRole(_ role: ModelRole, of version: ModelVersion, at now: Timestamp, actor: String, reason: String) throws(Failure) {
        try fixture.warehouse.write { try ModelStore($0).setRole(role, of: version, at: now, actor: actor, reason: reason) }
    }

    func role(of version: ModelVersion, asOf time: Timestamp) throws(Failure) -> ModelRole {
        try fixture.warehouse.read { try ModelStore($0).role(of: version, asOf: time) }
    }

    func champion(of name: String, asOf time: Timestamp) throws(Failure) -> ModelVersion? {
        try fixture.warehouse.read { try ModelStore($0).champion(of: name, asOf: time) }
    }
}
