import Records

/// The first record of a file: where its columns are.
struct CSVHeader {
    private let names: [String]
    private let hasNames: Bool
    private let file: String

    /// - Parameters:
    ///   - fields: of the first record, without quotes.
    ///   - hasNames: they are names; otherwise only their number counts.
    init(fields: [[UInt8]], hasNames: Bool, file: String) {
        names = fields.map { String(decoding: $0, as: UTF8.self) }
        (self.hasNames, self.file) = (hasNames, file)
    }

    /// Index of a column's field.
    /// - Throws: a column that is not there, or is there twice.
    func field(of column: FeedColumn) throws(Failure) -> Int {
        guard hasNames else {
            guard let position = Int(column.source), position >= 1, position <= names.count else {
                throw .feedPositionMissing(column.source, column: column.field.name, file: file, count: names.count)
            }
            return position - 1
        }
        guard let index = names.firstIndex(of: column.source) else {
            throw .feedColumnMissing(column.source, column: column.field.name, file: file, names: names)
        }
        if names[(index + 1)...].contains(column.source) { throw .feedColumnTwice(column.source, column: column.field.name, file: file) }
        return index
    }
}
