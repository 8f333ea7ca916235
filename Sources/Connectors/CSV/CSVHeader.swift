import Records

/// The first record of a file: where its columns are.
struct CSVHeader {
    private let names: [String]
    private let hasNames: Bool
    private let file: String
    private let delimiter: UInt8

    /// - Parameters:
    ///   - fields: of the first record, without quotes.
    ///   - hasNames: they are names; otherwise only their number counts.
    init(fields: [[UInt8]], hasNames: Bool, file: String, delimiter: UInt8) {
        names = fields.map { String(decoding: $0, as: UTF8.self) }
        (self.hasNames, self.file, self.delimiter) = (hasNames, file, delimiter)
    }

    /// Index of a column's field: the one of exactly that name; the second of that name for `name#2`; else the one that has the name but
    /// for spaces around it.
    ///
    /// - Parameter padded: positions beyond the first record are allowed.
    /// - Throws: a column that is not there, or is there twice.
    func field(of column: FeedColumn, padded: Bool) throws(Failure) -> Int {
        guard hasNames else {
            guard let position = Int(column.source), position >= 1, padded || position <= names.count, position <= 1 << 20 else {
                throw .feedPositionMissing(column.source, column: column.field.name, file: file, count: names.count)
            }
            return position - 1
        }
        let exact = names.indices.filter { names[$0] == column.source }
        if exact.count == 1 { return exact[0] }
        if exact.count > 1 { throw .csvColumnTwice(column.source, column: column.field.name, file: file, count: exact.count) }
        if let numbered = numbered(column.source) { return numbered }
        let trimmed = names.indices.filter { Self.trimmed(names[$0]) == Self.trimmed(column.source) }
        if trimmed.count == 1 { return trimmed[0] }
        if trimmed.count > 1 { throw .csvColumnTwice(column.source, column: column.field.name, file: file, count: trimmed.count) }
        if names.count == 1, let other = otherDelimiter(for: column.source) {
            throw .csvDelimiterSeems(other.name, columns: other.count, column: column.field.name, file: file, header: names[0])
        }
        throw .feedColumnMissing(column.source, column: column.field.name, file: file, names: names.map(Self.trimmed))
    }

    /// `name#2`: the second field of that name.
    private func numbered(_ source: String) -> Int? {
        guard let mark = source.lastIndex(of: "#"), let number = Int(source[source.index(after: mark)...]), number >= 1 else { return nil }
        let name = Self.trimmed(String(source[..<mark]))
        let same = names.indices.filter { Self.trimmed(names[$0]) == name }
        return number <= same.count ? same[number - 1] : nil
    }

    private static func trimmed(_ name: String) -> String {
        var text = Substring(name)
        while let first = text.first, first.isWhitespace || first == "\u{FEFF}" { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// The delimiter that makes several names, the wanted one among them if possible, of what was read as one.
    private func otherDelimiter(for source: String) -> (name: String, count: Int)? {
        var best: (name: String, count: Int, isWanted: Bool)?
        for (character, name) in [(",", ","), (";", ";"), ("\t", "tab"), ("|", "|"), (" ", "blanks")] as [(Character, String)]
        where character.asciiValue != delimiter {
            let parts = names[0].split(separator: character, omittingEmptySubsequences: name == "blanks")
            let isWanted = parts.contains { Self.trimmed($0.filter { $0 != "\"" }) == source }
            guard parts.count > 1, name != "blanks" || isWanted else { continue }
            if best.map({ isWanted && !$0.isWanted || isWanted == $0.isWanted && parts.count > $0.count }) ?? true {
                best = (name, parts.count, isWanted)
            }
        }
        return best.map { ($0.name, $0.count) }
    }
}
