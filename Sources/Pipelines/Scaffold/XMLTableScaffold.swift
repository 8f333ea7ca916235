import Connectors
import Records

/// A first job file that lands the rows of an XML document in a table: `pipeline new job --from file.xml --table`.
///
/// The rows are the element that is repeated and says most: its number times the number of values in it. Columns are its leaves and their
/// attributes, and what stands once above or before it. Every guess is marked with its evidence.
struct XMLTableScaffold {
    private struct Guess {
        var column: ColumnGuess
        var isOptional: Bool
        /// Of the document, the same in all rows of it.
        var isAbove: Bool
    }

    private static let mostColumns = 60

    let text: String

    /// - Parameters:
    ///   - name: of the job.
    ///   - files: as the job file writes them.
    /// - Throws: a file that is missing, no XML, or without an element that is repeated.
    init(from file: String, name: String, files: String) throws(Failure) {
        let outline = try XMLOutline(path: file)
        guard let row = Self.rows(of: outline) else { throw .scaffoldNoRows(file, found: "no element that is repeated and holds values") }
        var taken = Set(LandingTable.provenance)
        var guesses: [Guess] = []
        for (source, values, isAbove) in Self.values(above: row) + Self.values(in: row) where guesses.count < Self.mostColumns {
            let column = ColumnGuess(source: source, name: Self.name(of: source, taken: &taken), values: values)
            guesses.append(Guess(column: column, isOptional: !isAbove && values.count < row.count || column.missing > 0, isAbove: isAbove))
        }
        text = Self.text(name: name, files: files, row: row, guesses: guesses)
    }

    // MARK: Rows and columns

    private static func rows(of outline: XMLOutline) -> XMLOutline.Node? {
        var best: (node: XMLOutline.Node, score: Int)?
        for node in outline.nodes where node.siblings > 1 && node.parent != nil {
            let score = node.count * min(values(in: node).count, 40)
            if score > best?.score ?? 0 { best = (node, score) }
        }
        return best?.node
    }

    /// Leaves and attributes below a row, except where they are repeated within it.
    private static func values(in row: XMLOutline.Node) -> [(source: String, values: [String], isAbove: Bool)] {
        var found: [(String, [String], Bool)] = []
        func visit(_ node: XMLOutline.Node, _ path: String) {
            for attribute in node.attributes {
                found.append(("\(path.isEmpty ? "" : path + "/")@\(attribute.name)", attribute.values, false))
            }
            if !node.texts.isEmpty, !node.isParent { found.append((path.isEmpty ? "." : path, node.texts, false)) }
            for child in node.children where child.siblings < 2 { visit(child, path.isEmpty ? child.name : "\(path)/\(child.name)") }
        }
        visit(row, "")
        return found
    }

    /// Leaves that stand once, before the rows, in the elements around them: a document's number, its date, whose account it is.
    private static func values(above row: XMLOutline.Node) -> [(source: String, values: [String], isAbove: Bool)] {
        var found: [(String, [String], Bool)] = []
        var up = "..", node = row.parent
        while let parent = node {
            for child in parent.children
            where child.order < row.order && child.siblings < 2 && !child.isParent && child.count == parent.count {
                if !child.texts.isEmpty, found.count < 6 { found.append(("\(up)/\(child.name)", child.texts, true)) }
            }
            (up, node) = (up + "/..", parent.parent)
        }
        return found
    }

    private static func name(of source: String, taken: inout Set<String>) -> String {
        let parts = source.split(separator: "/").map { $0.drop { $0 == "@" } }.filter { $0 != ".." && $0 != "." }
        for length in 1...max(parts.count, 1) {
            var name = parts.suffix(length).map { Words(String($0)).words.joined(separator: "_") }.joined(separator: "_")
            name = String(name.unicodeScalars.filter { $0.isASCII }.prefix(50).map(Character.init))
            if name.first?.isLetter != true || name == "null" { name = "value" + (name.isEmpty ? "" : "_" + name) }
            if taken.insert(name).inserted { return name }
        }
        var number = 2
        while !taken.insert("value_\(number)").inserted { number += 1 }
        return "value_\(number)"
    }

    // MARK: Text

    private static func key(of guesses: [Guess], rows: Int) -> (names: [String], evidence: String)? {
        let able = guesses.filter { !$0.isOptional && $0.column.type != .float64 }
        let document = able.first { $0.isAbove && Words($0.column.source).containsAny(Words.identifier) }
        let unique = able.filter { !$0.isAbove && $0.column.isUnique && $0.column.count == rows }
        let named = unique.first { Words($0.column.source).containsAny(Words.identifier) }
        guard let own = named ?? unique.first else { return nil }
        let evidence = "\(own.column.name) differs in all \(rows) rows"
        guard let document else { return ([own.column.name], evidence) }
        return ([document.column.name, own.column.name], "\(evidence); with the document's own number, for other files")
    }

    private static func text(name: String, files: String, row: XMLOutline.Node, guesses: [Guess]) -> String {
        let table = name.replacing("-", with: "_")
        let columns = guesses.map { guess in
            var settings = ["from: \"\(guess.column.source.replacing("\"", with: ""))\"", "type: \(guess.column.type.name)"]
            if case .money(let currency) = guess.column.type { settings.append("currency: \(currency.code)") }
            if let format = guess.column.format { settings.append("format: \"\(format)\"") }
            if guess.isOptional { settings.append("optional: true") }
            if guess.column.isPersonal { settings.append("personal: true") }
            return "      \(guess.column.name): { \(settings.joined(separator: ", ")) }    # guess: \(guess.column.evidence)\n"
        }
        let key = key(of: guesses, rows: row.count)
        let keyLine =
            key.map { "    key: [\($0.names.joined(separator: ", "))]    # guess: \($0.evidence)\n" }
            ?? "    # No value differs in every row: rows are known by their file and number. Name columns with `key:` where you know better.\n"
        return """
            # Made by `pipeline new job --table`. Every guess says why; change what is wrong, then:
            #
            #   pipeline check <this file>
            #   pipeline run   <this file>
            #   pipeline export \(table) --out \(table).csv

            version: 1
            job: \(name)

            feeds:
              rows:
                role: table
                table: \(table)
                format: xml
                files: \(files)
                rows: \(row.path.joined(separator: "/"))    # guess: \(row.count) of them, with \(guesses.count) values each
                columns:
            \(columns.joined())\(keyLine)
            """
    }
}
