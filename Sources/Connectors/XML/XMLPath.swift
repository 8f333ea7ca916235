import Records

/// One name of a path: an element or attribute, by local name, in any namespace or in the one given.
struct XMLStep: Hashable {
    var local: String
    /// Nil = any namespace; empty = none.
    var namespace: String?
}

/// Where rows are: `Document/BkToCstmrStmt/Stmt/Ntry` from the document's root, or `//Stmt/Ntry` anywhere.
struct XMLRowsPath: Hashable {
    let steps: [XMLStep]
    let isAnchored: Bool

    /// - Throws: text that is no such path (kind `job`).
    init(_ text: String) throws(Failure) {
        var rest = Substring(text)
        isAnchored = !rest.hasPrefix("//")
        if !isAnchored { rest = rest.dropFirst(2) } else if rest.hasPrefix("/") { rest = rest.dropFirst() }
        guard let parts = XMLPathText.split(rest) else { throw .xmlRowsPath(text) }
        var steps: [XMLStep] = []
        for part in parts {
            guard let step = XMLPathText.step(part) else { throw .xmlRowsPath(text) }
            steps.append(step)
        }
        self.steps = steps
    }
}

/// Where a column's value is, from the row: `Amt`, `Amt/@Ccy`, `@id`, `../../Acct/Id/IBAN`, `.`.
struct XMLColumnPath: Hashable {
    /// Number of `..` in front.
    let up: Int
    let steps: [XMLStep]
    /// Nil = the element's own text.
    let attribute: XMLStep?

    /// - Throws: text that is no such path, or one that leaves the part of the document that `rows` names (kind `job`).
    init(_ text: String, column: String, rows: XMLRowsPath) throws(Failure) {
        guard var parts = XMLPathText.split(Substring(text)) else { throw .xmlColumnPath(text, column: column) }
        while parts.first == "." { parts.removeFirst() }
        let up = parts.prefix { $0 == ".." }.count
        parts.removeFirst(up)
        var attribute: XMLStep?
        if let last = parts.last, last.hasPrefix("@") {
            guard let step = XMLPathText.step(last.dropFirst()) else { throw .xmlColumnPath(text, column: column) }
            attribute = step
            parts.removeLast()
        }
        var steps: [XMLStep] = []
        for part in parts {
            guard let step = XMLPathText.step(part) else { throw .xmlColumnPath(text, column: column) }
            steps.append(step)
        }
        guard up < rows.steps.count else { throw .xmlPathTooHigh(text, column: column, steps: rows.steps.count) }
        (self.up, self.steps, self.attribute) = (up, steps, attribute)
    }
}

/// Parts of a path, `{namespace}` included, which may hold slashes.
private enum XMLPathText {
    /// Nil where a part is empty or a brace is not closed.
    static func split(_ text: Substring) -> [Substring]? {
        var parts: [Substring] = []
        var start = text.startIndex, isInBraces = false
        for index in text.indices {
            switch text[index] {
            case "{": isInBraces = true
            case "}": isInBraces = false
            case "/" where !isInBraces:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return isInBraces || parts.contains(where: \.isEmpty) ? nil : parts
    }

    /// Nil for anything but a name, perhaps with a namespace in braces: no prefixes, wildcards or predicates.
    static func step(_ text: Substring) -> XMLStep? {
        var name = text
        var namespace: String?
        if name.hasPrefix("{"), let end = name.firstIndex(of: "}") {
            namespace = String(name[name.index(after: name.startIndex)..<end])
            name = name[name.index(after: end)...]
        }
        let isName = name.unicodeScalars.allSatisfy { scalar in
            scalar.value > 127 || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_-.".unicodeScalars.contains(scalar)
        }
        guard let first = name.first, isName, first != ".", first != "-", !first.isNumber else { return nil }
        return XMLStep(local: String(name), namespace: namespace)
    }
}
