import Records

/// Wording of why nothing is exported.
extension Failure {
    /// - Parameter wanted: nil = a table was to be chosen and could not be.
    static func exportTable(_ wanted: String?, tables: [String]) -> Failure {
        let list = tables.isEmpty ? "no table: no job has run yet" : tables.joined(separator: ", ")
        guard let wanted else {
            return Failure(
                .usage, code: "export.table-needed", what: tables.isEmpty ? "there is nothing to export" : "there is more than one table",
                found: list, expected: "a table's name", remedy: tables.isEmpty ? "Run a job with `pipeline run`." : "Name one of them.")
        }
        return Failure(
            .usage, code: "export.table-unknown", what: "there is no such table of a job", place: wanted, found: list,
            remedy: Nearest.name(to: wanted, among: tables).map { "Did you mean '\($0)'?" } ?? "")
    }

    static func exportColumn(_ name: String, table: String, columns: [String]) -> Failure {
        Failure(
            .usage, code: "export.column-unknown", what: "the table has no such column", place: table, found: name,
            expected: columns.joined(separator: ", "), remedy: Nearest.name(to: name, among: columns).map { "Did you mean '\($0)'?" } ?? "")
    }

    static func exportRun(_ run: Int64, job: String) -> Failure {
        Failure(
            .usage, code: "export.run-of-other-job", what: "the run is of another job", place: "run \(run)",
            expected: "a run of job '\(job)'",
            remedy: "`pipeline runs list --job \(job)` shows them.")
    }

    static func exportExists(_ path: String) -> Failure {
        Failure(
            .usage, code: "output.exists", what: "the file is there already", place: path,
            remedy: "Name another, or add --force to replace it.")
    }

    static func exportEncoding(_ encoding: String, format: String) -> Failure {
        Failure(
            .usage, code: "export.encoding", what: "JSON is written in UTF-8 only", place: "--format \(format)",
            found: "--encoding \(encoding)",
            expected: "--encoding utf-8", remedy: "Leave --encoding out, or write CSV.")
    }

    static func exportZone(_ name: String) -> Failure {
        Failure(
            .usage, code: "export.zone", what: "no such time zone", place: "--zone", found: "'\(name)'", expected: "an IANA name",
            remedy: Nearest.name(to: name, among: Zone.knownNames).map { "Did you mean '\($0)'?" }
                ?? "For example UTC, Asia/Tokyo or Europe/Berlin.")
    }
}
