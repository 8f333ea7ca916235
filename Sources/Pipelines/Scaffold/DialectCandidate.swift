/// One way to read a sample, and how well it fits.
struct DialectCandidate {
    let shape: SampleShape
    /// What a line starts with that is no row.
    let comment: String?
    let parse: SampleParse
    /// Fields that most records have, 2 or more.
    let fields: Int
    /// Records of the table: from the first to the last with that many fields.
    let table: Range<Int>
    /// Records of the table with that many fields.
    let regular: Int
    /// The record before the table is its header, with one field less than the rows, which all end with a delimiter.
    let hasTrailingDelimiter: Bool
    /// Every line could be one value: a number, a date or a time.
    let areWholeValues: Bool
    let score: Double

    static let delimiters: [(byte: UInt8, isBlanks: Bool, prior: Double)] = [
        (44, false, 1), (59, false, 1), (9, false, 1), (124, false, 1), (32, true, 0.9), (58, false, 0.7), (94, false, 0.9),
        (126, false, 0.9),
        (1, false, 0.9),
    ]

    /// Nil when no two records have the same number of fields, or all have one.
    init?(_ bytes: [UInt8], _ shape: SampleShape, prior: Double, comment: String?, isWhole: Bool) {
        let start = Array((comment ?? "").utf8)
        let parse = SampleParse(bytes, shape, most: 200, isWhole: isWhole) { !start.isEmpty && $0.starts(with: start) }
        let counts = parse.records.map(\.cells.count)
        var frequency: [Int: Int] = [:]
        for count in counts where count > 1 { frequency[count, default: 0] += 1 }
        // The most frequent; of two as frequent, the one with more fields.
        guard let (fields, _) = frequency.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }),
            let first = counts.firstIndex(of: fields), let last = counts.lastIndex(of: fields)
        else { return nil }
        let regular = counts[first...last].count { $0 == fields }
        let rows = parse.records[first...last].filter { $0.cells.count == fields }
        // The first record may be a header, whose cells are of no type.
        let judged = rows.count > 1 ? Array(rows.dropFirst()) : rows
        var columns: [Double] = []
        var numeric = 0
        for column in 0..<fields {
            let cells = judged.map { $0.cells[column] }
            let present = cells.filter { $0.kind != .empty }
            if present.isEmpty {
                columns.append(0.8)
                continue
            }
            if present.count(where: \.isTyped) * 10 >= present.count * 9 { numeric += 1 }
            columns.append(cells.reduce(0) { $0 + $1.plausibility } / Double(cells.count))
        }
        // Names of two words are no table; numbers side by side are.
        if shape.isBlanks, numeric * 2 < fields { return nil }
        areWholeValues = Self.areWholeValues(bytes)
        if shape.delimiter == 58 || shape.isBlanks, areWholeValues { return nil }
        hasTrailingDelimiter =
            first > 0 && counts[first - 1] == fields - 1 && fields > 2 && rows.allSatisfy { $0.cells[fields - 1].kind == .empty }
        let mean = columns.reduce(0, +) / Double(fields), worst = columns.min() ?? 0
        let before = first - (hasTrailingDelimiter ? 1 : 0), after = counts.count - 1 - last
        let odd = Double(last - first + 1 - regular)
        let consistency = Double(regular) / (Double(regular) + odd + 0.5 * Double(before + after))
        let columnsFactor = Double(fields - 1) / Double(fields)
        let faults = Double(parse.faults) / Double(max(1, parse.records.count))
        // Consistency times types, as CleverCSV's Q = P T (van den Burg et al. 2019), with the worst column counted once more.
        score = prior * consistency * consistency * columnsFactor * mean * (0.5 + 0.5 * worst) / (1 + 10 * faults)
        (self.shape, self.comment, self.parse, self.fields) = (shape, comment, parse, fields)
        (table, self.regular) = (first..<last + 1, regular)
    }

    /// The lines are numbers, dates or times of one column, in which `:` and blanks separate nothing.
    private static func areWholeValues(_ bytes: [UInt8]) -> Bool {
        let lines = bytes.split(whereSeparator: { $0 == 10 || $0 == 13 }).prefix(50).dropFirst()
        return !lines.isEmpty && lines.allSatisfy { SampleCell.isTime(Array($0)) || NumberShape(Array($0)) != nil }
    }

    /// Rows of the table, its first included.
    var rows: [SampleRecord] { parse.records[table].filter { $0.cells.count == fields } }

    /// As written in a job file.
    var delimiter: String {
        if shape.isBlanks { return "blanks" }
        return shape.delimiter == 9 ? "tab" : shape.delimiter == 1 ? "\u{1}" : String(UnicodeScalar(shape.delimiter))
    }

    /// For people: `';'`, `tab`, `runs of blanks`.
    var delimiterName: String {
        shape.isBlanks ? "runs of blanks" : shape.delimiter == 9 ? "tab" : shape.delimiter == 1 ? "the byte 1" : "'\(delimiter)'"
    }
}
