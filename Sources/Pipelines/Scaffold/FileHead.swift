import Connectors
import Records

/// The first records of a CSV file as texts: for guessing, where being plain matters more than being fast.
struct FileHead {
    static let mostRecords = 2_000
    private static let mostBytes = 1 << 20

    var delimiter: UInt8
    var hasHeader: Bool
    /// Of the header, or `1`, `2`, … without one: what `from:` says.
    var sources: [String]
    /// Records with as many fields as there are columns.
    var records: [[String]]

    /// - Throws: a file that is missing, empty, no text in UTF-8, or of one column only.
    init(path: String) throws(Failure) {
        let source = try ByteSource(FeedFile(path: path, name: path), bufferBytes: 1 << 16)
        var bytes: [UInt8] = []
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { piece.deallocate() }
        var isWhole = false
        while bytes.count < Self.mostBytes {
            let count = try source.read(into: piece)
            if count == 0 {
                isWhole = true
                break
            }
            bytes.append(contentsOf: piece[..<count])
        }
        // The last record of a part of a file may be cut.
        if !isWhole, let end = bytes.lastIndex(of: 10) { bytes.removeSubrange((end + 1)...) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .scaffoldNotText(path) }
        let tried = [UInt8(ascii: ","), UInt8(ascii: ";"), 9, UInt8(ascii: "|")].map { delimiter in
            (delimiter: delimiter, score: Self.score(Self.parse(bytes, delimiter, most: 50)))
        }
        var best = tried[0]
        for candidate in tried.dropFirst() where candidate.score > best.score { best = candidate }
        var records = Self.parse(bytes, best.delimiter, most: Self.mostRecords + 1)
        guard let first = records.first, first.count > 1 else { throw .scaffoldOneColumn(path) }
        delimiter = best.delimiter
        hasHeader =
            !first.contains { $0.isEmpty || JobValue.decimal($0) != nil || Timestamp(iso8601: $0) != nil }
            && Set(first).count == first.count
        if hasHeader { records.removeFirst() }
        sources = hasHeader ? first : (1...first.count).map(String.init)
        self.records = records.filter { $0.count == first.count }
    }

    /// Fields a record times the share of records that have as many as the first.
    private static func score(_ records: [[String]]) -> Double {
        guard let first = records.first, first.count > 1 else { return 0 }
        let alike = records.count { $0.count == first.count }
        return Double(first.count) * Double(alike) / Double(records.count)
    }

    /// RFC 4180 with any line end; blank lines are skipped.
    private static func parse(_ bytes: [UInt8], _ delimiter: UInt8, most: Int) -> [[String]] {
        var records: [[String]] = [], record: [String] = [], field: [UInt8] = []
        var isQuoted = false, wasQuoted = false, at = 0
        func endField() {
            record.append(String(decoding: field, as: UTF8.self))
            (field, wasQuoted) = ([], false)
        }
        func endRecord() {
            if record.isEmpty, field.isEmpty, !wasQuoted { return }
            endField()
            records.append(record)
            record = []
        }
        while at < bytes.count, records.count < most {
            let byte = bytes[at]
            at += 1
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if at < bytes.count, bytes[at] == byte {
                    field.append(byte)
                    at += 1
                } else {
                    isQuoted = false
                }
            } else if byte == UInt8(ascii: "\""), field.isEmpty, !wasQuoted {
                (isQuoted, wasQuoted) = (true, true)
            } else if byte == delimiter {
                endField()
            } else if byte == 10 || byte == 13 {
                endRecord()
            } else {
                field.append(byte)
            }
        }
        if !isQuoted, records.count < most { endRecord() }
        return records
    }
}
