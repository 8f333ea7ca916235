/// How a sample is cut into cells.
struct SampleShape: Hashable {
    /// 32 with `isBlanks`: runs of spaces and tabs.
    var delimiter: UInt8
    var isBlanks = false
    /// Nil: quotes mean nothing.
    var quote: UInt8?
    var hasBackslash = false
    var isLenient = false
}

struct SampleRecord {
    var cells: [SampleCell]
    /// From 0.
    var line: Int
    var first: String { cells.first?.text ?? "" }
}

/// A sample cut into records: for judging, where being plain matters more than being fast.
struct SampleParse {
    private(set) var records: [SampleRecord] = []
    /// Text after a closing quote, a quote that never closes.
    private(set) var faults = 0
    private(set) var isUnclosed = false
    /// Cells that were in quotes.
    private(set) var quoted = 0

    /// - Parameters:
    ///   - skipped: lines that are left out wherever a record would start.
    ///   - isWhole: the sample is all of the file; otherwise its last record may be cut and is left out.
    init(_ bytes: [UInt8], _ shape: SampleShape, most: Int, isWhole: Bool, skipped: (ArraySlice<UInt8>) -> Bool) {
        var at = 0, line = 0
        while at < bytes.count, records.count < most {
            let end = Self.lineEnd(bytes, at)
            let text = bytes[at..<end]
            if text.allSatisfy({ $0 == 32 || $0 == 9 && shape.isBlanks }) || skipped(text) {
                at = Self.after(bytes, end)
                line += 1
                continue
            }
            let start = line
            var cells: [SampleCell] = []
            let isCut = record(bytes, &at, &line, shape, &cells)
            if isCut, !isWhole { break }
            records.append(SampleRecord(cells: cells, line: start))
        }
    }

    private static func lineEnd(_ bytes: [UInt8], _ at: Int) -> Int {
        var end = at
        while end < bytes.count, bytes[end] != 10, bytes[end] != 13 { end += 1 }
        return end
    }

    private static func after(_ bytes: [UInt8], _ end: Int) -> Int {
        guard end < bytes.count else { return end }
        return bytes[end] == 13 && end + 1 < bytes.count && bytes[end + 1] == 10 ? end + 2 : end + 1
    }

    /// One record; true when the sample ended inside it.
    private mutating func record(_ bytes: [UInt8], _ at: inout Int, _ line: inout Int, _ shape: SampleShape, _ cells: inout [SampleCell])
        -> Bool
    {
        var field: [UInt8] = []
        var isQuoted = false, wasQuoted = false, hasTail = false
        func isDelimiter(_ byte: UInt8) -> Bool { byte == shape.delimiter || shape.isBlanks && byte == 9 }
        func endField() {
            cells.append(
                SampleCell(field, wasQuoted: wasQuoted && !hasTail, isBlankSeparated: shape.isBlanks, areQuotesLiteral: shape.quote == nil))
            if wasQuoted { quoted += 1 }
            if hasTail { faults += 1 }
            (field, wasQuoted, hasTail) = ([], false, false)
        }
        if shape.isBlanks { while at < bytes.count, isDelimiter(bytes[at]) { at += 1 } }
        while at < bytes.count {
            let byte = bytes[at]
            if shape.hasBackslash, byte == 92, at + 1 < bytes.count {
                field.append(bytes[at + 1])
                at += 2
                continue
            }
            if isQuoted {
                at += 1
                if byte != shape.quote {
                    if byte == 10 || byte == 13 && !(at < bytes.count && bytes[at] == 10) { line += 1 }
                    field.append(byte)
                } else if at < bytes.count, bytes[at] == byte {
                    field.append(byte)
                    at += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            if byte == shape.quote, !wasQuoted, field.isEmpty || shape.isLenient && field.allSatisfy({ $0 == 32 }) {
                (isQuoted, wasQuoted, field) = (true, true, [])
                at += 1
            } else if isDelimiter(byte) {
                endField()
                at += 1
                guard shape.isBlanks else { continue }
                while at < bytes.count, isDelimiter(bytes[at]) { at += 1 }
                if at == bytes.count || bytes[at] == 10 || bytes[at] == 13 { return endLine(bytes, &at, &line) }
            } else if byte == 10 || byte == 13 {
                endField()
                return endLine(bytes, &at, &line)
            } else {
                // Text behind a quoted text of several lines: more likely a quote that opened nothing.
                if wasQuoted, !(shape.isLenient && (byte == 32 || !field.contains(10))) { hasTail = true }
                field.append(byte)
                at += 1
            }
        }
        if isQuoted {
            faults += 1
            isUnclosed = true
        }
        endField()
        line += 1
        return true
    }

    private func endLine(_ bytes: [UInt8], _ at: inout Int, _ line: inout Int) -> Bool {
        line += 1
        guard at < bytes.count else { return true }
        at = Self.after(bytes, at)
        return false
    }
}
