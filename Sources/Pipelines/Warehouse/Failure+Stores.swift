package import Records

/// Wording of what can be wrong with stored values.
extension Failure {
    /// The place names table and column, never the value: it may be personal.
    package static func storedValue(table: String, column: String, found: String, expected: String) -> Failure {
        Failure(
            .failed, code: "database.stored-value", what: "a stored value cannot be read", place: "\(table).\(column)", found: found,
            expected: expected, remedy: "Restore the last backup; `pipeline audit verify` tells what else was changed.")
    }

    package static func runMissing(_ id: Int64) -> Failure {
        Failure(
            .usage, code: "run.missing", what: "there is no such run", found: "\(id)", expected: "the number of a run",
            remedy: "`pipeline runs list` shows them.")
    }

    package static func artefactChanged(_ name: String, _ version: Int, found: String, expected: String) -> Failure {
        Failure(
            .failed, code: "model.artefact-changed", what: "a stored model is not the one that was added", place: "\(name) \(version)",
            found: "SHA-256 \(found)", expected: expected, remedy: "Restore the last backup; this version is not used.")
    }
}
