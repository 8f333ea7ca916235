import Models
import PipelineTesting
import Records
import Testing

@Suite struct CatalogTests {
    @Test("the catalog in memory keeps the contract")
    func contract() {
        let findings = CatalogContract { MemoryCatalogStore() }.findings()
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test("a catalog that forgets to retire, or to look at the time, is found out")
    func planted() {
        let forgetful = CatalogContract { BrokenStore(fault: .neverRetires) }.findings().map(\.rule)
        #expect(forgetful.contains("new-champion-retires-the-old"))
        let timeless = CatalogContract { BrokenStore(fault: .ignoresTime) }.findings().map(\.rule)
        #expect(timeless.contains("role-as-of-any-time") && timeless.contains("champion-as-of-any-time"))
        let twice = CatalogContract { BrokenStore(fault: .addsTwice) }.findings().map(\.rule)
        #expect(twice == ["same-bytes-and-card-added-once"])
    }

    @Test("families are found by name, and the nearest name is offered")
    func families() throws {
        #expect(try ModelFamilies.classifier(named: "boosting") == BoostingFamily.self)
        let failure = #expect(throws: Failure.self) { try ModelFamilies.classifier(named: "bosting") }
        let names = ModelFamilies.classifiers.map { $0.definition.name }.joined(separator: ", ")
        #expect(failure?.description == "there is no such model family: 'bosting', expected \(names). Did you mean 'boosting'?")
        #expect(failure?.kind == .job)
    }

    @Test("families say which library is underneath and describe every parameter")
    func definitions() throws {
        #expect(BoostingFamily.libraryVersion.hasPrefix("xgboost "))
        for family in ModelFamilies.classifiers {
            for parameter in family.definition.parameters {
                #expect(parameter.help.hasSuffix(".") && !parameter.example.isEmpty, "\(parameter.name)")
                #expect(parameter.defaultValue != nil || parameter.isOptional, "\(parameter.name)")
            }
        }
    }
}

/// A store with one planted fault.
private final class BrokenStore: CatalogStore {
    enum Fault { case neverRetires, ignoresTime, addsTwice }
    private let store = MemoryCatalogStore()
    private let fault: Fault
    private var added = 0

    init(fault: Fault) { self.fault = fault }

    func add(
        name: String, family: String, featureNames: [String], card: ModelCard, artefact: [UInt8], at now: Timestamp
    ) throws(Failure) -> ModelVersion {
        let before = try store.versions(of: nil).count
        let version = try store.add(name: name, family: family, featureNames: featureNames, card: card, artefact: artefact, at: now)
        guard fault == .addsTwice, try store.versions(of: nil).count == before else { return version }
        added += 1
        var other = card
        other.rows += 1_000_000 + added
        return try store.add(name: name, family: family, featureNames: featureNames, card: other, artefact: artefact, at: now)
    }

    func versions(of name: String?) throws(Failure) -> [ModelVersion] { try store.versions(of: name) }

    func artefact(of version: ModelVersion) throws(Failure) -> [UInt8] { try store.artefact(of: version) }

    func setRole(_ role: ModelRole, of version: ModelVersion, at now: Timestamp, actor: String, reason: String) throws(Failure) {
        let old = try store.champion(of: version.name, asOf: now)
        try store.setRole(role, of: version, at: now, actor: actor, reason: reason)
        guard fault == .neverRetires, let old, role == .champion else { return }
        try store.setRole(.challenger, of: old, at: now, actor: actor, reason: reason)
    }

    func role(of version: ModelVersion, asOf time: Timestamp) throws(Failure) -> ModelRole {
        try store.role(of: version, asOf: fault == .ignoresTime ? .distantFuture : time)
    }

    func champion(of name: String, asOf time: Timestamp) throws(Failure) -> ModelVersion? {
        try store.champion(of: name, asOf: fault == .ignoresTime ? .distantFuture : time)
    }
}
