package import Records

/// Wording of what can be wrong with a feed of XML documents.
extension Failure {
    package static func xmlRowsMissing() -> Failure {
        Failure(
            .job, code: "xml.rows-missing", what: "format 'xml' needs 'rows'", expected: "a path such as Document/BkToCstmrStmt/Stmt/Ntry",
            remedy: "Add `rows` to the feed in the job file.")
    }

    package static func xmlRowsPath(_ text: String) -> Failure {
        Failure(
            .job, code: "xml.rows-path", what: "'rows' is not a path", found: "'\(text)'",
            expected: "names such as Document/BkToCstmrStmt/Stmt/Ntry or //Ntry, without prefixes and predicates",
            remedy: "Correct `rows` in the job file; {namespace}name insists on a namespace.")
    }

    package static func xmlColumnPath(_ text: String, column: String) -> Failure {
        Failure(
            .job, code: "xml.column-path", what: "the source of column '\(column)' is not a path", found: "'\(text)'",
            expected: "a path from the row such as Amt, Amt/@Ccy, ../Acct/Id/IBAN or ., without prefixes and predicates",
            remedy: "Correct `from` of column '\(column)' in the job file.")
    }

    package static func xmlPathTooHigh(_ text: String, column: String, steps: Int) -> Failure {
        Failure(
            .job, code: "xml.path-too-high", what: "the source of column '\(column)' leads above the elements that 'rows' names",
            found: "'\(text)'", expected: "at most \(steps - 1) times '..'",
            remedy: "Name more of the elements above in `rows`, or correct `from` of column '\(column)' in the job file.")
    }

    /// - Parameters:
    ///   - steps: how many names of the rows' path were found.
    ///   - names: elements that stand where the next should, in document order.
    package static func xmlRowsNotFound(_ rows: String, next: String, place: String, names: [String]) -> Failure {
        let nearest = Nearest.name(to: next, among: names)
        let found = names.isEmpty ? "no element" : names.prefix(30).joined(separator: ", ") + (names.count > 30 ? " and more" : "")
        return Failure(
            .failed, code: "xml.rows-not-found", what: "the document has no '\(next)' where 'rows' (\(rows)) looks for one", place: place,
            found: found, expected: "an element '\(next)'",
            remedy: (nearest.map { "Did you mean '\($0)'? " } ?? "") + "Correct `rows` in the job file; //name looks anywhere.")
    }

    package static func xmlFileShorter(_ name: String, rows: Int64, expected: Int64) -> Failure {
        Failure(
            .failed, code: "feed.file-shorter", what: "the file is shorter than when it was read before", place: name,
            found: "\(rows) rows", expected: "at least \(expected) rows",
            remedy: "Put the file back as it was, or name the new one differently.")
    }
}
