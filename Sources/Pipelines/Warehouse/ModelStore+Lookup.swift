public import Models
public import Records

extension ModelStore {
    /// A version by number; nil = the newest.
    ///
    /// - Throws: no such model, with the nearest name; no such version.
    public func required(_ name: String, version: Int? = nil) throws(Failure) -> ModelVersion {
        let known = try versions(of: name)
        guard !known.isEmpty else { throw .modelMissing(name, known: try versions(of: nil).map(\.name)) }
        guard let version else { return known[0] }
        guard let found = known.first(where: { $0.version == version }) else { throw .modelVersionMissing(name, version) }
        return found
    }
}
