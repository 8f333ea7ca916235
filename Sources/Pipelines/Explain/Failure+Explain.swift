import Records

/// Wording of why a key cannot be explained. Keys may be personal: they are not repeated.
extension Failure {
    static func keyUnknown(job: String) -> Failure {
        Failure(
            .usage, code: "explain.key-unknown", what: "nothing is stored about this key", place: job,
            expected: "the key of a row that a run has read",
            remedy: "Look for it in the result table; a row that could not be used is in `pipeline rejects list`.")
    }

    /// - Parameter columns: of the key, by table.
    static func keyParts(found: Int, columns: [(table: String, key: [String])]) -> Failure {
        let forms = columns.map { table, key in
            "\(key.count) (\(key.joined(separator: ", ")))\(columns.count > 1 ? " in \(table)" : "")"
        }
        return Failure(
            .usage, code: "explain.key-parts", what: "the key has another number of parts", found: "\(found)",
            expected: forms.joined(separator: " or "), remedy: "Give every part of the key, in this order.")
    }

    static func tableUnknown(_ table: String, of job: String, tables: [String]) -> Failure {
        Failure(
            .usage, code: "explain.table-unknown", what: "the job has no such table", place: job, found: table,
            expected: tables.joined(separator: ", "), remedy: Nearest.name(to: table, among: tables).map { "Did you mean '\($0)'?" } ?? "")
    }

    static func jobWithoutResults(_ job: String, jobs: [String]) -> Failure {
        let nearest = Nearest.name(to: job, among: jobs).map { "Did you mean '\($0)'?" } ?? "Run the job first."
        return Failure(
            .usage, code: "explain.job-without-results", what: "this job has no results here", found: job,
            expected: jobs.isEmpty ? "" : jobs.joined(separator: ", "), remedy: nearest)
    }
}
