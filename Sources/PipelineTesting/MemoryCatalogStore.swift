public import Models
public import Records

/// A catalog in memory: the plainest store that keeps `CatalogContract`, for tests of what is above it.
public final class MemoryCatalogStore: CatalogStore {
    private struct RoleChange {
        var name: String
        var version: Int
        var role: ModelRole
        var since: Timestamp
        var actor: String
        var reason: String
    }
    /// In the order added.
    private var entries: [(version: ModelVersion, artefact: [UInt8])] = []
    /// In the order set.
    private var history: [RoleChange] = []

    public init() {}

    public func add(
        name: String, family: String, featureNames: [String], card: ModelCard, artefact: [UInt8], at now: Timestamp
    ) throws(Failure) -> ModelVersion {
        let digest = ModelVersion.digest(of: artefact)
        let same = entries.first { $0.version.name == name && $0.version.digest == digest && $0.version.card == card }
        if let same { return same.version }
        let newest = entries.filter { $0.version.name == name }.map(\.version.version).max() ?? 0
        let version = ModelVersion(
            name: name, version: newest + 1, family: family, digest: digest, featureNames: featureNames, card: card, created: now)
        entries.append((version, artefact))
        return version
    }

    public func versions(of name: String?) throws(Failure) -> [ModelVersion] {
        entries.map(\.version).filter { name == nil || $0.name == name }.reversed()
    }

    public func artefact(of version: ModelVersion) throws(Failure) -> [UInt8] {
        guard let entry = entries.first(where: { $0.version.name == version.name && $0.version.version == version.version }) else {
            throw .modelVersionMissing(version.name, version.version)
        }
        return entry.artefact
    }

    public func setRole(_ role: ModelRole, of version: ModelVersion, at now: Timestamp, actor: String, reason: String) throws(Failure) {
        _ = try artefact(of: version)
        if let last = history.filter({ $0.name == version.name }).map(\.since).max(), now < last {
            throw .roleBeforeHistory(version.name, at: now, last: last)
        }
        if role == .champion, let old = try champion(of: version.name, asOf: now), old.version != version.version {
            history.append(
                RoleChange(name: old.name, version: old.version, role: .retired, since: now, actor: actor, reason: reason))
        }
        history.append(
            RoleChange(name: version.name, version: version.version, role: role, since: now, actor: actor, reason: reason))
    }

    public func role(of version: ModelVersion, asOf time: Timestamp) throws(Failure) -> ModelRole {
        _ = try artefact(of: version)
        return latest(of: version.name, version.version, asOf: time) ?? .candidate
    }

    public func champion(of name: String, asOf time: Timestamp) throws(Failure) -> ModelVersion? {
        try versions(of: name).first { latest(of: name, $0.version, asOf: time) == .champion }
    }

    /// The change with the latest time up to `time`; of equal times the one set last.
    private func latest(of name: String, _ version: Int, asOf time: Timestamp) -> ModelRole? {
        var found: RoleChange?
        for change in history where change.name == name && change.version == version && change.since <= time {
            if found.map({ change.since >= $0.since }) ?? true { found = change }
        }
        return found?.role
    }
}
