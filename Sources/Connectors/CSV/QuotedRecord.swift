/// Reads the fields of a record one after another, with quotes.
struct QuotedRecord {
    enum Outcome { case delimiter, lineEnd, end, more, unclosed }

    struct Field {
        var outcome: Outcome
        /// The text, without the quotes around it, doubled quotes still doubled.
        var start = 0
        var end = 0
        var isEscaped = false
        /// Where the record ends when this is its last field, and what follows the delimiter or line end.
        var recordEnd = 0
        var next = 0
    }

    let delimiter: UInt8
    let quote: UInt8
    /// Line ends inside quotes so far; `\r\n` counts once.
    private(set) var lines: Int64 = 0
    private(set) var hasTextAfterQuote = false

    init(delimiter: UInt8, quote: UInt8) { (self.delimiter, self.quote) = (delimiter, quote) }

    /// The field at `first`, in bytes that end at `end`.
    mutating func field(_ bytes: UnsafePointer<UInt8>, _ first: Int, _ end: Int, isFinal: Bool) -> Field {
        guard first < end, bytes[first] == quote, quote != delimiter else {
            return rest(Field(outcome: .more, start: first), from: first, bytes, end, isFinal, setsEnd: true)
        }
        var field = Field(outcome: .more, start: first + 1)
        var at = first + 1
        while true {
            while at < end, bytes[at] != quote {
                if bytes[at] == 10 || bytes[at] == 13 && !(at + 1 < end && bytes[at + 1] == 10) { lines += 1 }
                at += 1
            }
            if at == end {
                field.outcome = isFinal ? .unclosed : .more
                return field
            }
            // The byte after a quote decides whether it closes.
            if at + 1 == end, !isFinal { return field }
            guard at + 1 < end, bytes[at + 1] == quote else { break }
            field.isEscaped = true
            at += 2
        }
        field.end = at
        return rest(field, from: at + 1, bytes, end, isFinal, setsEnd: false)
    }

    /// What follows up to the delimiter or line end: the text of an unquoted field, or nothing after a closing quote.
    private mutating func rest(
        _ begun: Field, from first: Int, _ bytes: UnsafePointer<UInt8>, _ end: Int, _ isFinal: Bool, setsEnd: Bool
    ) -> Field {
        var field = begun
        var at = first
        while at < end, bytes[at] != delimiter, bytes[at] != 10, bytes[at] != 13 { at += 1 }
        if at == end, !isFinal { return field }
        if !setsEnd, at > first { hasTextAfterQuote = true }
        if setsEnd { field.end = at }
        (field.recordEnd, field.next) = (at, at)
        guard at < end else {
            field.outcome = .end
            return field
        }
        field.next = at + 1
        if bytes[at] == delimiter {
            field.outcome = .delimiter
            return field
        }
        if bytes[at] == 13 {
            if at + 1 == end, !isFinal { return field }
            if at + 1 < end, bytes[at + 1] == 10 { field.next = at + 2 }
        }
        field.outcome = .lineEnd
        return field
    }
}

/// Walks over a record too long to be kept, a piece at a time.
struct RecordSkipper {
    private enum State { case fieldStart, unquoted, quoted, quoteInQuoted }

    let delimiter: UInt8
    let quote: UInt8
    private var state = State.fieldStart
    private var lastWasReturn = false
    /// Line ends passed, the record's own included.
    private(set) var lines: Int64 = 0
    /// Bytes of the record, its line end not counted.
    private(set) var length = 0
    private(set) var isDone = false

    init(delimiter: UInt8, quote: UInt8) { (self.delimiter, self.quote) = (delimiter, quote) }

    /// Passes over bytes; gives how many belong to the record and its line end. Call again until `isDone`, or nothing follows.
    mutating func skip(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        for at in 0..<count {
            let byte = bytes[at]
            if isEnding {
                isDone = true
                return byte == 10 ? at + 1 : at
            }
            if step(byte) {
                isDone = true
                return at + 1
            }
        }
        return count
    }

    /// A carriage return ended the record; a line feed may still belong to it.
    var isEnding: Bool { lastWasReturn && state != .quoted }

    /// True when a line feed ends the record.
    private mutating func step(_ byte: UInt8) -> Bool {
        if state == .quoted {
            if byte == quote { state = .quoteInQuoted }
            if byte == 13 || byte == 10 && !lastWasReturn { lines += 1 }
            lastWasReturn = byte == 13
            length += 1
            return false
        }
        switch byte {
        case 10, 13:
            lines += 1
            lastWasReturn = byte == 13
            state = .fieldStart
            return byte == 10
        case quote where quote != delimiter && (state == .fieldStart || state == .quoteInQuoted): state = .quoted
        case delimiter: state = .fieldStart
        default: state = .unquoted
        }
        lastWasReturn = false
        length += 1
        return false
    }
}

/// Room for the text of a field whose doubled quotes are made single.
struct UnescapedText {
    private var bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    private var capacity = 64

    func deallocate() { bytes.deallocate() }

    /// The text of a field of the record found last; good until the next call.
    mutating func text(of field: Int, _ scanner: RecordScanner) -> UnsafeBufferPointer<UInt8> {
        let first = scanner.starts[field], end = scanner.ends[field]
        guard scanner.hasEscapes, scanner.isEscaped[field] else {
            return UnsafeBufferPointer(start: scanner.base + first, count: end - first)
        }
        if end - first > capacity {
            bytes.deallocate()
            capacity = max(end - first, capacity * 2)
            bytes = .allocate(capacity: capacity)
        }
        var at = first, count = 0
        while at < end {
            bytes[count] = scanner.base[at]
            count += 1
            at += scanner.base[at] == scanner.quote ? 2 : 1
        }
        return UnsafeBufferPointer(start: bytes, count: count)
    }
}
