import Records

/// Wording of what an audit finds. All are differences (exit 3); values of decisions are shown, they are what an auditor asks for.
extension Failure {
    private static func audit(_ code: String, _ what: String, place: String, found: String = "", expected: String = "") -> Failure {
        Failure(
            .difference, code: "audit.\(code)", what: what, place: place, found: found, expected: expected,
            remedy: "Keep this file as it is, compare it with the last backup, and find out who had write access.")
    }

    static func auditHeadForm() -> Failure {
        Failure(
            .usage, code: "audit.head-form", what: "this is not the head of an audit chain",
            expected: "a number, a colon and 64 hex digits",
            remedy: "`pipeline run` prints it and `pipeline runs show` repeats it.")
    }

    static func auditGap(after last: Int64, found: Int64) -> Failure {
        audit(
            "gap", "audit entries are missing or out of order", place: "entry \(last + 1)", found: "entry \(found)",
            expected: "entry \(last + 1)")
    }

    static func auditLink(_ entry: AuditEntry, expected: String) -> Failure {
        audit(
            "link", "an audit entry does not follow the one before it", place: "entry \(entry.id), previous", found: entry.previous,
            expected: expected)
    }

    static func auditHash(_ entry: AuditEntry, computed: String) -> Failure {
        audit(
            "hash", "an audit entry was changed: its hash is not that of its content", place: "entry \(entry.id), \(entry.kind)",
            found: entry.hash, expected: computed)
    }

    static func auditKind(_ entry: AuditEntry) -> Failure {
        audit(
            "kind", "an audit entry is of no known kind", place: "entry \(entry.id)", found: entry.kind,
            expected: AuditEntry.Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }

    static func auditTruncated(_ kept: AuditHead, found: AuditHead) -> Failure {
        audit(
            "truncated", "the audit chain is shorter than it was", place: "entry \(found.entries + 1)", found: "\(found.entries) entries",
            expected: "at least \(kept.entries)")
    }

    static func auditRebuilt(_ kept: AuditHead, found: AuditHead) -> Failure {
        audit(
            "rebuilt", "the audit chain was rewritten at or before this entry", place: "entry \(kept.entries)", found: found.hash,
            expected: kept.hash)
    }

    static func auditRunHead(run: Int64, stored: AuditHead, found: AuditHead) -> Failure {
        audit(
            "run-head", "the audit chain does not hold the head a run ended with", place: "run \(run)", found: "\(found)",
            expected: "\(stored)")
    }

    static func auditRunHeadForm(run: Int64) -> Failure {
        audit(
            "run-head-form", "the audit head stored with a run is not one", place: "run \(run)",
            expected: "a number, a colon and 64 hex digits")
    }

    static func auditTwice(entry: Int64, table: String) -> Failure {
        audit("twice", "two audit entries speak of one row, or one of none", place: "entry \(entry), \(table)")
    }

    static func auditInserted(_ table: String, id: Int64) -> Failure {
        audit("inserted", "a row has no audit entry", place: "\(table) \(id)", found: "a row", expected: "none")
    }

    static func auditDeleted(_ table: String, id: Int64, entry: Int64) -> Failure {
        audit(
            "deleted", "a row that an audit entry speaks of is gone", place: "\(table) \(id), entry \(entry)", found: "none",
            expected: "a row")
    }

    static func auditEdited(_ table: String, id: Int64, column: String, entry: Int64, found: String, expected: String) -> Failure {
        audit(
            "edited", "a row is not what its audit entry says", place: "\(table) \(id), \(column), entry \(entry)", found: found,
            expected: expected)
    }

    static func auditModel(_ name: String, version: Int, found: String, expected: String) -> Failure {
        audit("model", "the bytes of a model are not those of its digest", place: "\(name) \(version)", found: found, expected: expected)
    }

    static func auditEmptied(_ entry: AuditEntry) -> Failure {
        audit(
            "emptied", "the content of an audit entry is gone, and no later purge or erasure says so",
            place: "entry \(entry.id), \(entry.kind)")
    }

    static func auditNotEmptied(_ id: Int64) -> Failure {
        audit("not-emptied", "an audit entry that was emptied by a purge or an erasure has content again", place: "entry \(id)")
    }

    static func auditRemovalDigest(entry: Int64) -> Failure {
        audit(
            "removal", "entries that a purge or an erasure emptied have other hashes than they had then", place: "entry \(entry)")
    }
}
