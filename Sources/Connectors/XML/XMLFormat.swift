public import Records

/// XML documents whose rows are repeated elements, such as ISO 20022 statements.
///
/// - A row is an element at the path `rows`: `Document/BkToCstmrStmt/Stmt/Ntry` from the root, or `//Stmt/Ntry` anywhere; rows do not nest.
/// - A column's `from` is a path from the row: `Amt`, `Amt/@Ccy`, `@id`, `NtryDtls/TxDtls/Refs/EndToEndId`, `.` (own text), and
///   `../../Acct/Id/IBAN` for what stands beside or above the row. Of the latter only what comes before the row is known; later values
///   are not seen. With `//`, `..` leads no further up than the elements that `rows` names.
/// - Names match by local name, whatever the prefix; `{namespace}name` insists on a namespace, `{}name` on none.
/// - Where a path occurs more than once in a row, the first counts, also when it is empty.
/// - Text is that of the element itself, without its children's; pieces and CDATA are joined, entities decoded, surrounding white space
///   removed; nothing left is a missing value. A value may have 1 MiB.
/// - A document type declaration (DOCTYPE) is refused: no entity is declared or expanded, no other file and no network is touched.
///   Elements nest at most 1,000 deep.
/// - Encodings are those that libxml2 reads (UTF-8, UTF-16, ISO-8859-1 and others); `line` and `offset` of rejects point to the row's
///   start tag, `raw` is the row's source text. Outside UTF-8, `offset` is 0 and `raw` empty.
/// - A document that breaks off or is not well-formed gives its complete rows, then one `malformed` reject with the line and libxml2's
///   message (`raw` empty), then ends.
/// - A reader that starts at a later position parses the document from its start and leaves the rows before out.
public enum XMLFormat: FeedFormat {
    public static let definition = Definition(
        name: "xml", summary: "XML documents whose rows are repeated elements, such as ISO 20022 statements.",
        parameters: [
            Parameter(
                "rows", .text, help: "Path of the rows' element from the root, or //name for anywhere.",
                example: "Document/BkToCstmrStmt/Stmt/Ntry")
        ])

    public static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        guard case .text(let text)? = options["rows"] else { throw .xmlRowsMissing() }
        let rows = try XMLRowsPath(text)
        var paths: [XMLColumnPath] = []
        for column in columns { paths.append(try XMLColumnPath(column.source, column: column.field.name, rows: rows)) }
        return try XMLReader(
            of: file, columns: columns, rows: rows, rowsText: text, paths: paths, from: position, blockRows: blockRows,
            bufferBytes: bufferBytes)
    }
}
