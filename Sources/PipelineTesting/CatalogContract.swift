public import Models
import Records

/// What every `CatalogStore` must keep to, in memory or in a database; run it on yours in a test:
///
/// ```swift
/// #expect(CatalogContract { MyStore() }.findings().isEmpty)
/// ```
public struct CatalogContract {
    /// A rule that a store broke.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// Stable: `versions-count-up`.
        public let rule: String
        public let what: String

        public var description: String { "\(rule): \(what)" }
    }

    private let make: () throws -> any CatalogStore

    /// - Parameter make: an empty store each time.
    public init(_ make: @escaping () throws -> any CatalogStore) { self.make = make }

    /// Every rule that is broken; empty when the store keeps the contract.
    public func findings() -> [Finding] {
        var findings: [Finding] = []
        let rules: [(String, (any CatalogStore) throws -> String?)] = [
            ("empty-has-nothing", empty), ("versions-count-up-a-name", countUp), ("same-bytes-and-card-added-once", addedOnce),
            ("versions-newest-first", newestFirst), ("fields-come-back", comeBack), ("artefact-comes-back", artefact),
            ("candidate-until-set", candidate), ("role-as-of-any-time", roleAsOf), ("later-entry-of-a-time-wins", sameTime),
            ("champion-as-of-any-time", championAsOf), ("new-champion-retires-the-old", retires), ("names-are-apart", apart),
            ("no-champion-after-retirement", noChampion), ("unknown-version-refused", unknown), ("no-role-backdated", backdated),
        ]
        for (rule, check) in rules {
            do {
                if let what = try check(make()) { findings.append(Finding(rule: rule, what: what)) }
            } catch {
                findings.append(Finding(rule: rule, what: "threw: \(error)"))
            }
        }
        return findings
    }

    // MARK: What the rules use

    private static func time(_ day: Int64) -> Timestamp { Timestamp(seconds: 1_530_000_000 + day * 86_400) }

    static func card(rows: Int = 1_000) -> ModelCard {
        ModelCard(
            trainedFrom: "2018-07-01T00:00:00Z", trainedTo: "2018-07-25T00:00:00Z", labelsKnownBy: "2018-08-01T00:00:00Z", rows: rows,
            positives: 12, parameters: ["depth": "3", "rate": "0.1"], seed: .max, jobDigest: "0a", inputDigest: "0b",
            stageVersion: "fraud 1", libraryVersion: "xgboost 1.7.4")
    }

    private func add(
        _ store: any CatalogStore, _ bytes: [UInt8], to name: String = "card-fraud", day: Int64 = 0, rows: Int = 1_000
    ) throws -> ModelVersion {
        try store.add(
            name: name, family: "boosting", featureNames: ["amount", "night"], card: Self.card(rows: rows), artefact: bytes,
            at: Self.time(day))
    }

    private func set(_ store: any CatalogStore, _ role: ModelRole, _ version: ModelVersion, day: Int64) throws {
        try store.setRole(role, of: version, at: Self.time(day), actor: "tester@test-host", reason: "a test")
    }

    private func expect<Value: Equatable>(_ found: Value, _ expected: Value) -> String? {
        found == expected ? nil : "\(found), expected \(expected)"
    }

    // MARK: Versions

    private func empty(_ store: any CatalogStore) throws -> String? {
        try expect(store.versions(of: nil).count, 0) ?? expect(store.versions(of: "card-fraud").count, 0)
            ?? expect(store.champion(of: "card-fraud", asOf: Self.time(0)), nil)
    }

    private func countUp(_ store: any CatalogStore) throws -> String? {
        let versions = [try add(store, [1]), try add(store, [2]), try add(store, [1], to: "other"), try add(store, [3])]
        return expect(versions.map(\.version), [1, 2, 1, 3])
    }

    private func addedOnce(_ store: any CatalogStore) throws -> String? {
        let first = try add(store, [1])
        _ = try add(store, [2], day: 1)
        let again = try add(store, [1], day: 2)
        if let what = try expect(again, first) ?? expect(store.versions(of: nil).count, 2) { return what }
        return try expect(add(store, [1], rows: 1_001).version, 3)
    }

    private func newestFirst(_ store: any CatalogStore) throws -> String? {
        _ = [try add(store, [1]), try add(store, [2], day: 1), try add(store, [1], to: "other", day: 2)]
        return try expect(store.versions(of: "card-fraud").map(\.version), [2, 1])
            ?? expect(store.versions(of: nil).map { "\($0.name) \($0.version)" }, ["other 1", "card-fraud 2", "card-fraud 1"])
    }

    private func comeBack(_ store: any CatalogStore) throws -> String? {
        let added = try add(store, [1, 2, 3], day: 4)
        let expected = ModelVersion(
            name: "card-fraud", version: 1, family: "boosting", digest: "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",
            featureNames: ["amount", "night"], card: Self.card(), created: Self.time(4))
        return try expect(added, expected) ?? expect(store.versions(of: "card-fraud"), [expected])
    }

    private func artefact(_ store: any CatalogStore) throws -> String? {
        let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
        let (first, second) = (try add(store, bytes), try add(store, []))
        return try store.artefact(of: first) == bytes && store.artefact(of: second) == [] ? nil : "other bytes came back"
    }

    // MARK: Roles

    private func candidate(_ store: any CatalogStore) throws -> String? {
        let version = try add(store, [1])
        return try expect(store.role(of: version, asOf: Self.time(5)), .candidate)
            ?? expect(store.champion(of: "card-fraud", asOf: Self.time(5)), nil)
    }

    private func roleAsOf(_ store: any CatalogStore) throws -> String? {
        let version = try add(store, [1])
        try set(store, .challenger, version, day: 2)
        try set(store, .champion, version, day: 4)
        try set(store, .retired, version, day: 6)
        return try expect(
            (1...7).map { try store.role(of: version, asOf: Self.time($0)) },
            [.candidate, .challenger, .challenger, .champion, .champion, .retired, .retired])
    }

    private func sameTime(_ store: any CatalogStore) throws -> String? {
        let version = try add(store, [1])
        try set(store, .challenger, version, day: 2)
        try set(store, .champion, version, day: 2)
        return try expect(store.role(of: version, asOf: Self.time(2)), .champion)
    }

    private func championAsOf(_ store: any CatalogStore) throws -> String? {
        let (first, second) = (try add(store, [1]), try add(store, [2], day: 1))
        try set(store, .champion, first, day: 2)
        try set(store, .champion, second, day: 4)
        // Back to an older version: history has both its reigns.
        try set(store, .champion, first, day: 6)
        return try expect((1...6).map { try store.champion(of: "card-fraud", asOf: Self.time($0))?.version }, [nil, 1, 1, 2, 2, 1])
    }

    private func retires(_ store: any CatalogStore) throws -> String? {
        let (first, second, third) = (try add(store, [1]), try add(store, [2]), try add(store, [3]))
        try set(store, .challenger, third, day: 1)
        try set(store, .champion, first, day: 2)
        try set(store, .champion, second, day: 3)
        return try expect(
            [first, second, third].map { try store.role(of: $0, asOf: Self.time(3)) }, [.retired, .champion, .challenger])
            ?? expect(store.role(of: first, asOf: Self.time(2)), .champion)
    }

    private func apart(_ store: any CatalogStore) throws -> String? {
        let (mine, other) = (try add(store, [1]), try add(store, [1], to: "other"))
        try set(store, .champion, mine, day: 1)
        try set(store, .champion, other, day: 2)
        return try expect(store.champion(of: "card-fraud", asOf: Self.time(3)), mine)
            ?? expect(store.champion(of: "other", asOf: Self.time(3)), other)
    }

    private func noChampion(_ store: any CatalogStore) throws -> String? {
        let version = try add(store, [1])
        try set(store, .champion, version, day: 1)
        try set(store, .retired, version, day: 2)
        return try expect(store.champion(of: "card-fraud", asOf: Self.time(2)), nil)
            ?? expect(store.champion(of: "card-fraud", asOf: Self.time(1)), version)
    }

    private func backdated(_ store: any CatalogStore) throws -> String? {
        let (first, second) = (try add(store, [1]), try add(store, [2]))
        try set(store, .champion, first, day: 3)
        do {
            try set(store, .champion, second, day: 2)
            return "a role began before the last change"
        } catch let failure as Failure {
            return try expect(failure.code, "model.role-before-history") ?? expect(store.role(of: first, asOf: Self.time(3)), .champion)
        }
    }

    private func unknown(_ store: any CatalogStore) throws -> String? {
        var version = try add(store, [1])
        version.version = 2
        let checks: [() throws -> Void] = [
            { _ = try store.artefact(of: version) }, { _ = try store.role(of: version, asOf: Self.time(1)) },
            { try set(store, .champion, version, day: 1) },
        ]
        for check in checks {
            do {
                try check()
                return "a version that is not there was accepted"
            } catch let failure as Failure {
                if failure.code != "model.version-missing" { return "failed with \(failure.code), expected model.version-missing" }
            }
        }
        return try expect(store.champion(of: "card-fraud", asOf: Self.time(1)), nil)
    }
}
