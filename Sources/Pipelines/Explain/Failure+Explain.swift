import Records

/// Wording of why a key cannot be explained. Keys may be personal: they are not repeated.
extension Failure {
    static func keyUnknown(job: String) -> Failure {
        Failure(
            .usage, code: "explain.key-unknown", what: "nothing is stored about this key", place: job,
            expected: "the key of a row that a run has read",
            remedy: "Look for it in the result table; a row that could not be used is in `pipeline rejects list`.")
    }

    static func keyParts(found: Int, columns: [String]) -> Failure {
        Failure(
            .usage, code: "explain.key-parts", what: "the key has another number of parts", found: "\(found)",
            expected: "\(columns.count) (\(columns.joined(separator: ", ")))", remedy: "Give every part of the key, in this order.")
    }

    static func jobWithoutResults(_ job: String, jobs: [String]) -> Failure {
        let nearest = Nearest.name(to: job, among: jobs).map { "Did you mean '\($0)'?" } ?? "Run the job first."
        return Failure(
            .usage, code: "explain.job-without-results", what: "this job has no results here", found: job,
            expected: jobs.isEmpty ? "" : jobs.joined(separator: ", "), remedy: nearest)
    }
}
