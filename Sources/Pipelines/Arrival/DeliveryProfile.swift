import Connectors
import Records

/// What a file looks like as a whole, from one reading of it before any run does.
struct DeliveryProfile: Sendable {
    /// Where a record stands and what it says there.
    struct Sample: Hashable, Sendable {
        /// `line 5`, `row 3`
        var place: String
        var text: String
    }

    /// One column of the job.
    struct Column: Sendable {
        var name: String
        var type: String
        /// Records whose value is not of the type.
        var failed: Int64 = 0
        var failures: [Sample] = []
        /// Every text of a column that has few, with the first row it stands in; nil for others, for other types and for personal data.
        var texts: [String: Int64]?
    }

    /// Names in the header, in order; nil where a format or a file has none.
    var names: [String]?
    /// Records read, rejects included.
    var rows: Int64 = 0
    var rejected: Int64 = 0
    var isBroken = false
    var columns: [Column] = []
    /// Columns of the job that the file does not have.
    var gone: [String] = []
    /// The sum that tells deliveries apart: of the control figure's column, else of the first money column.
    var total: ControlSum?
    /// Keys, where they were asked for: of a file that may correct another.
    var keys: Set<UInt64> = []

    /// Texts of a column that is a list of few words; more make it free text.
    static let mostTexts = 20
    private static let mostSamples = 3

    /// - Parameter wantsKeys: gathers the hashes of all keys.
    /// - Throws: what opening throws, but for columns that are not there.
    init(of file: FeedFile, feed: JobFeed, wantsKeys: Bool) throws(Failure) {
        names = try FileHeader.names(of: file, feed: feed)
        var present = feed.readColumns
        if let names {
            let trimmed = Set(names)
            gone = feed.readColumns.filter { !trimmed.contains($0.source) && !FileHeader.isNumbered($0.source, among: names) }.map(
                \.field.name)
            present.removeAll { gone.contains($0.field.name) }
        }
        columns = present.map { column in
            let isWord = column.field.type.name == "string" || column.field.type.name == "enum"
            return Column(
                name: column.field.name, type: column.field.type.name, texts: isWord && !column.field.isPersonal ? [:] : nil)
        }
        guard !present.isEmpty else { return }
        let reader = try FeedFormats.named(feed.format).reader(
            of: file, columns: present, options: feed.options, from: .start, blockRows: 8_192, bufferBytes: 1 << 18)
        let summed = Self.summed(feed, among: present)
        let keyColumns = wantsKeys ? feed.key.compactMap { key in present.firstIndex { $0.field.name == key } } : []
        var sum = ControlSum(), isWhole = true
        while let block = try reader.next() {
            rows += Int64(block.rowsRead)
            rejected += Int64(block.rejects.count)
            for reject in block.rejects { take(reject) }
            for index in columns.indices { takeTexts(block.batch, index) }
            if let summed, isWhole { isWhole = Self.add(block.batch.columns[summed], to: &sum) }
            if wantsKeys, keyColumns.count == feed.key.count { keys.formUnion(RecordKey.hashes(of: block.batch, columns: keyColumns)) }
        }
        total = summed != nil && isWhole ? sum : nil
    }

    private mutating func take(_ reject: Reject) {
        if reject.code == .malformed { isBroken = true }
        guard let name = reject.column, let index = columns.firstIndex(where: { $0.name == name }) else { return }
        guard reject.code == .type || reject.code == .range || reject.code == .missing else { return }
        columns[index].failed += 1
        if columns[index].failures.count < Self.mostSamples {
            columns[index].failures.append(Sample(place: "line \(reject.line)", text: reject.found))
        }
    }

    private mutating func takeTexts(_ batch: RecordBatch, _ index: Int) {
        guard columns[index].texts != nil, batch.columns[index].type == .string else { return }
        let column = batch.columns[index]
        // Runs of one text are common, and a whole block of free text is not worth a look to its end.
        var last: (start: Int32, end: Int32)?
        for row in 0..<batch.count where column.isValid(row) {
            let place = (start: column.offsets[row], end: column.offsets[row + 1])
            if let last, column.bytes[Int(last.start)..<Int(last.end)].elementsEqual(column.bytes[Int(place.start)..<Int(place.end)]) {
                continue
            }
            last = place
            guard let text = column.string(row) else { continue }
            if columns[index].texts?[text] == nil { columns[index].texts?[text] = batch.rowNumbers[row] }
            if (columns[index].texts?.count ?? 0) > Self.mostTexts {
                columns[index].texts = nil
                return
            }
        }
    }

    /// Index of the column that is added up.
    private static func summed(_ feed: JobFeed, among columns: [FeedColumn]) -> Int? {
        if let name = feed.arrival.control?.sum?.column { return columns.firstIndex { $0.field.name == name } }
        return columns.firstIndex { $0.field.type.name == "money" }
    }

    /// False where a value has more digits than an exact sum holds.
    private static func add(_ column: Records.Column, to sum: inout ControlSum) -> Bool {
        for row in 0..<column.count where column.isValid(row) {
            guard let text = column.text(row), let value = ControlSum(text), sum.add(value) else { return false }
        }
        return true
    }
}

/// The names in a CSV file's header, as the format itself reads them.
enum FileHeader {
    /// Nil for formats without a header, for files without one, and where it cannot be read.
    static func names(of file: FeedFile, feed: JobFeed) throws(Failure) -> [String]? {
        guard feed.format == "csv", feed.options["header"] != .bool(false) else { return nil }
        return names(of: file, options: feed.options)
    }

    /// The first record read as one without a header; how many fields it has is found by asking for more and more.
    static func names(of file: FeedFile, options: [String: ParameterValue]) -> [String]? {
        var options = options
        options["header"] = .bool(false)
        options["ragged"] = nil
        options["repeated-header"] = .text("row")
        func record(_ count: Int) -> [String]? {
            let columns = (1...count).map { FeedColumn(field: Field("f\($0)", .string, optional: true), source: String($0)) }
            guard
                let reader = try? CSVFormat.reader(
                    of: file, columns: columns, options: options, from: .start, blockRows: 1, bufferBytes: 1 << 16),
                let batch = try? reader.next()?.batch, batch.count == 1
            else { return nil }
            return batch.columns.map { trimmed($0.string(0) ?? "") }
        }
        guard record(1) != nil else { return nil }
        var (low, high) = (1, 2)
        while high <= 1 << 14, record(high) != nil { (low, high) = (high, high * 2) }
        while high - low > 1 {
            let middle = (low + high) / 2
            if record(middle) == nil { high = middle } else { low = middle }
        }
        return record(low)
    }

    /// `name#2` is the second column of that name.
    static func isNumbered(_ source: String, among names: [String]) -> Bool {
        guard let mark = source.lastIndex(of: "#"), Int(source[source.index(after: mark)...]) != nil else { return false }
        return names.contains(trimmed(String(source[..<mark])))
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while let first = text.first, first.isWhitespace || first == "\u{FEFF}" { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
