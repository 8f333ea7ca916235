package import Records

/// Wording of what can be wrong with a feed of XML documents.
extension Failure {
    // MARK: Paths in the job file

    package static func xmlRowsMissing() -> Failure {
        Failure(
            .job, code: "xml.rows-missing", what: "format 'xml' needs 'rows'", expected: "a path such as Document/BkToCstmrStmt/Stmt/Ntry",
            remedy: "Add `rows` to the feed in the job file.")
    }

    /// - Parameter problem: a phrase such as `']' is missing at its end`.
    package static func xmlRowsPath(_ text: String, problem: String) -> Failure {
        Failure(
            .job, code: "xml.rows-path", what: "'rows' is not a path that a stream can be read by", found: "'\(text)': \(problem)",
            expected: "names such as Document/BkToCstmrStmt/Stmt/Ntry, //Ntry or Stmt/Ntry[Sts='BOOK']",
            remedy: "Correct `rows` in the job file.")
    }

    package static func xmlExplodePath(_ text: String, problem: String) -> Failure {
        Failure(
            .job, code: "xml.explode-path", what: "'explode' is not a path", found: "'\(text)': \(problem)",
            expected: "names of elements below the row such as NtryDtls/TxDtls", remedy: "Correct `explode` in the job file.")
    }

    package static func xmlColumnPath(_ text: String, column: String, problem: String) -> Failure {
        Failure(
            .job, code: "xml.column-path", what: "the source of column '\(column)' is not a path that a stream can be read by",
            found: "'\(text)': \(problem)", expected: "a path from the row such as Amt, Amt/@Ccy, ../Acct/Id/IBAN or Bal[Cd='OPBD']/Amt",
            remedy: "Correct `from` of column '\(column)' in the job file.")
    }

    package static func xmlNamespaces(_ text: String) -> Failure {
        Failure(
            .job, code: "xml.namespaces", what: "'namespaces' is not a list of namespaces", found: "'\(text)'",
            expected: "prefix=pattern items such as doc=urn:iso:std:iso:20022:tech:xsd:camt.053.001.*",
            remedy: "Correct `namespaces` in the job file.")
    }

    package static func xmlTooManyNamespaces() -> Failure {
        Failure(
            .job, code: "xml.too-many-namespaces", what: "the paths of a feed insist on too many namespaces", found: "more than 5",
            expected: "at most 5", remedy: "Leave out prefixes that are not needed to tell names apart.")
    }

    package static func xmlControlPath(_ text: String, control: String, problem: String) -> Failure {
        Failure(
            .job, code: "xml.control-path", what: "a source of the control figure '\(control)' is not a path",
            found: "'\(text)': \(problem)",
            expected: "a path from the record such as ../../GrpHdr/NbOfTxs", remedy: "Correct `control` of the feed in the job file.")
    }

    // MARK: Documents

    static func xmlOtherDocument(_ root: String, expected: String, place: String) -> Failure {
        Failure(
            .failed, code: "xml.other-document", what: "the document is of another kind", place: place,
            found: "the root element '\(root.prefix(60))'", expected: "'\(expected)', as `document` of the feed says",
            remedy: "Take the file out of the feed, or correct `document` in the job file.")
    }

    /// - Parameters:
    ///   - next: the step that nothing was found for.
    ///   - names: elements that stand where the next should, in document order.
    package static func xmlRowsNotFound(_ rows: String, next: String, place: String, names: [String]) -> Failure {
        let nearest = Nearest.name(to: next, among: names)
        let found = names.isEmpty ? "no element" : names.prefix(30).joined(separator: ", ") + (names.count > 30 ? " and more" : "")
        return Failure(
            .failed, code: "xml.rows-not-found", what: "the document has no '\(next)' where 'rows' (\(rows)) looks for one", place: place,
            found: found, expected: "an element '\(next)'",
            remedy: (nearest.map { "Did you mean '\($0)'? " } ?? "") + "Correct `rows` in the job file; //name looks anywhere.")
    }

    /// - Parameter namespace: the URI found, or `none`.
    package static func xmlNamespace(_ name: String, namespace: String, expected: String, place: String) -> Failure {
        Failure(
            .failed, code: "xml.namespace", what: "the element '\(name)' is of another namespace, and the document has no rows",
            place: place, found: namespace, expected: expected,
            remedy: "Add the namespace to `namespaces` in the job file (* stands for any characters), or take the file out of the feed.")
    }

    package static func xmlValueAfterRow(column: String, source: String, place: String) -> Failure {
        Failure(
            .failed, code: "xml.value-after-row", what: "the value of column '\(column)' stands after a row that it belongs to",
            place: place, found: "'\(source)' behind the row", expected: "values of elements around the row before it",
            remedy: "Take the value in a feed of its own, whose rows are the elements around these, and join the two by a key.")
    }

    package static func xmlConditionAfterRow(_ rows: String, place: String) -> Failure {
        Failure(
            .failed, code: "xml.condition-after-row", what: "a condition of 'rows' is decided after a row that it is about", place: place,
            found: rows, expected: "what conditions ask of elements around the row before it",
            remedy: "Take what the condition asks as a column, and sort the rows out later.")
    }

    package static func xmlFileShorter(_ name: String, rows: Int64, expected: Int64) -> Failure {
        Failure(
            .failed, code: "feed.file-shorter", what: "the file is shorter than when it was read before", place: name,
            found: "\(rows) rows", expected: "at least \(expected) rows",
            remedy: "Put the file back as it was, or name the new one differently.")
    }
}

/// libxml2's messages in our words, as phrases that say what was found. No bytes of the document: they may be personal.
enum XMLMessage {
    static func phrase(code: Int32, message: String, isBreakingOff: Bool) -> String {
        // libxml2 calls the end of the bytes "extra content", even with elements open.
        if isBreakingOff, message.hasPrefix("Extra content") || message.hasPrefix("Premature end") { return "a document that breaks off" }
        if message.hasPrefix("Premature end") { return "a document that breaks off" }
        if message.hasPrefix("Extra content") { return "more after the document's end" }
        if message.hasPrefix("Start tag expected") || message.hasPrefix("Document is empty") { return "text that is not XML" }
        if message.hasPrefix("Input is not proper UTF-8") { return "bytes that are not UTF-8" }
        if message.hasPrefix("input conversion failed") { return "bytes that are not text in the document's encoding" }
        if message.hasPrefix("Huge input lookup") || message.hasPrefix("xmlSAX2Characters") || message.contains("too long") {
            return "a tag, name or comment that is endless"
        }
        return message.split(whereSeparator: \.isNewline).first.map(String.init) ?? "error \(code)"
    }
}
