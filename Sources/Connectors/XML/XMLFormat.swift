public import Records

/// XML documents whose rows are repeated elements, such as ISO 20022 statements. The guide to paths is docs/guides/xml.md.
///
/// - A row is an element at the path `rows`: `Document/BkToCstmrStmt/Stmt/Ntry` from the root, `//Stmt/Ntry` anywhere, `*` any name,
///   several paths with `|` between them, conditions in brackets.
/// - A column's `from` is a path from the row: `Amt`, `Amt/@Ccy`, `Bal[Tp/CdOrPrtry/Cd='OPBD']/Amt`, `.` (own text), `name()`,
///   `../../Acct/Id/IBAN` for what stands beside or above the row, `ancestor::Device/@name`, `/Document/GrpHdr/MsgId`. Of what stands
///   beside or above, only what comes before the row is known; a document where such a value comes after its row is refused.
/// - Names match by local name, whatever the prefix, unless `namespaces` declares a prefix and the path uses it; `{namespace}name` insists
///   on a namespace, `{}name` on none.
/// - Where a path occurs more than once in a row, the first counts, also when it is empty; `last`, `count`, `exists` and `join` say
///   otherwise, and `explode` makes a row of each. With `a | b | 'text'` the first that gives any text counts.
/// - Text is that of the element itself, without its children's (`string()` has them); pieces and CDATA are joined, entities decoded,
///   surrounding white space removed; nothing left is a missing value. A value may have 1 MiB.
/// - A document type declaration (DOCTYPE) may name a definition, which is not fetched; declarations in it, and references to entities
///   other than XML's own five, are refused. No other file and no network is touched. Elements nest at most 1,000 deep, a tag has at most
///   256 KiB.
/// - Encodings are those that libxml2 reads; Shift_JIS and EUC-JP mean Microsoft's supersets. `line` and `offset` of rejects point to the
///   row's start tag, `raw` is the row's source text. Outside UTF-8, `offset` is 0 and `raw` empty.
/// - A document that breaks off or is not well-formed gives its complete rows, then one `malformed` reject with the line and the reason
///   (`raw` empty), then ends.
/// - A reader that starts at a later position parses the document from its start and leaves the rows before out.
public enum XMLFormat: FeedFormat {
    public static let definition = Definition(
        name: "xml", summary: "XML documents whose rows are repeated elements, such as ISO 20022 statements.",
        parameters: [
            Parameter(
                "rows", .text, help: "Path of the rows' element from the root, or //name for anywhere.",
                example: "Document/BkToCstmrStmt/Stmt/Ntry"),
            Parameter(
                "explode", .text, optional: true,
                help: "Elements below the row that make a row each; the row's other values are repeated.", example: "NtryDtls/TxDtls"),
            Parameter(
                "namespaces", .text, optional: true,
                help: "Prefixes that paths use, as prefix=pattern items with spaces between; * in a pattern stands for any characters.",
                example: "doc=urn:iso:std:iso:20022:tech:xsd:camt.053.001.*"),
            Parameter(
                "document", .text, optional: true,
                help: "Name of the root element that every document must have: one of another kind is then an error, and not without rows.",
                example: "MTConnectStreams"),
        ])

    public static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        let paths = try XMLFeedPaths(options)
        return try XMLReader(
            of: file, columns: columns, plan: try paths.plan(FeedColumn.read(columns)), document: paths.document, from: position,
            blockRows: blockRows, bufferBytes: bufferBytes)
    }
}

/// A feed's paths, read and not yet compiled.
struct XMLFeedPaths {
    let namespaces: XMLNamespaces
    let rows: XMLRowsPath
    let explode: [XMLStep]?
    /// Name of the root element that a document must have; nil = any.
    let document: String?

    /// - Throws: texts that are no paths (kind `job`).
    init(_ options: [String: ParameterValue]) throws(Failure) {
        func text(_ name: String) -> String? {
            guard case .text(let text)? = options[name] else { return nil }
            return text
        }
        document = text("document").flatMap { $0.isEmpty ? nil : $0 }
        guard let rowsText = text("rows") else { throw .xmlRowsMissing() }
        let namespacesText = text("namespaces") ?? ""
        guard let namespaces = XMLNamespaces(namespacesText) else { throw .xmlNamespaces(namespacesText) }
        self.namespaces = namespaces
        do throws(XMLPathProblem) { rows = try XMLPathParser.rows(rowsText, namespaces) } catch {
            throw .xmlRowsPath(rowsText, problem: error.phrase)
        }
        guard let explodeText = text("explode") else {
            explode = nil
            return
        }
        do throws(XMLPathProblem) { explode = try XMLPathParser.steps(explodeText, namespaces) } catch {
            throw .xmlExplodePath(explodeText, problem: error.phrase)
        }
    }

    func plan(_ columns: [FeedColumn]) throws(Failure) -> XMLPlan {
        var sources: [XMLSource] = []
        for column in columns { sources.append(try source(column.source, column: column.field.name)) }
        let plan: XMLPlan
        do throws(XMLPlanProblem) { plan = try XMLPlan(rows: rows, explode: explode, columns: sources) } catch {
            switch error {
            case .rows(let phrase): throw .xmlRowsPath(rows.text, problem: phrase)
            case .column(let index, let phrase):
                throw .xmlColumnPath(columns[index].source, column: columns[index].field.name, problem: phrase)
            }
        }
        if XMLAutomaton.isTooMany(plan) { throw .xmlTooManyNamespaces() }
        return plan
    }

    private func source(_ text: String, column: String) throws(Failure) -> XMLSource {
        do throws(XMLPathProblem) { return try XMLPathParser.source(text, namespaces) } catch {
            throw .xmlColumnPath(text, column: column, problem: error.phrase)
        }
    }
}
