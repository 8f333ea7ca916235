import Records

/// The columns and the key of a feed's table, as stored with it.
struct TableLayout: Hashable {
    struct Column: Hashable {
        var name: String
        /// `int64`, `money EUR`: the job file's words.
        var type: String
        var columnType: ColumnType

        init(_ name: String, _ type: ColumnType) { (self.name, self.type, columnType) = (name, type.layoutText, type) }
    }

    var columns: [Column]
    var key: [String]

    init(columns: [Column], key: [String]) { (self.columns, self.key) = (columns, key) }

    /// - Throws: text that no version of the program wrote.
    init(json text: String) throws(Failure) {
        guard let value = JSONValue(parsing: text), let members = value["columns"]?.members, let key = value["key"]?.elements else {
            throw .storedValue(table: "pipeline_results", column: "columns", found: "another text", expected: "a table's columns and key")
        }
        var columns: [Column] = []
        for member in members {
            guard let type = member.value.string.flatMap({ ColumnType(layout: $0) }) else {
                throw .storedValue(
                    table: "pipeline_results", column: "columns", found: "a type that is not known here", expected: "a type of column")
            }
            columns.append(Column(member.name, type))
        }
        self.init(columns: columns, key: key.compactMap(\.string))
    }

    var json: String {
        JSONValue.object([
            .init("columns", .object(columns.map { .init($0.name, .text($0.type)) })), .init("key", .array(key.map { .text($0) })),
        ]).json
    }
}

extension ColumnType {
    /// The type in the words of a job file, with the currency of money and the scale of decimals.
    var layoutText: String {
        switch self {
        case .money(let currency): "money \(currency.code)"
        case .decimal(let scale): "decimal \(scale)"
        default: name
        }
    }

    init?(layout text: String) {
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("int64", 1): self = .int64
        case ("float64", 1): self = .float64
        case ("bool", 1): self = .bool
        case ("string", 1): self = .string
        case ("timestamp", 1): self = .timestamp
        case ("date", 1): self = .date
        case ("decimal", 2):
            guard let scale = Int(words[1]), (0...18).contains(scale) else { return nil }
            self = .decimal(scale: scale)
        case ("money", 2):
            guard let currency = Currency(words[1]) else { return nil }
            self = .money(currency)
        default: return nil
        }
    }
}
