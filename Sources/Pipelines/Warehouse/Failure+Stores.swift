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

    package static func modelVersionMissing(_ name: String, _ version: Int) -> Failure {
        Failure(
            .usage, code: "model.version-missing", what: "there is no such model version", found: "\(name) \(version)",
            expected: "a version of the catalog", remedy: "`pipeline models list` shows them.")
    }

    package static func roleBeforeHistory(_ name: String, at: Timestamp, last: Timestamp) -> Failure {
        Failure(
            .failed, code: "model.role-before-history", what: "a role cannot begin before the last role change of its model", place: name,
            found: at.iso8601, expected: "\(last.iso8601) or later",
            remedy: "Check this machine's clock; history is never rewritten.")
    }

    package static func artefactChanged(_ name: String, _ version: Int, found: String, expected: String) -> Failure {
        Failure(
            .failed, code: "model.artefact-changed", what: "a stored model is not the one that was added", place: "\(name) \(version)",
            found: "SHA-256 \(found)", expected: expected, remedy: "Restore the last backup; this version is not used.")
    }
}
