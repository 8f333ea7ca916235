/// Walks over a record too long to be kept, a piece at a time.
struct RecordSkipper {
    private enum State { case fieldStart, unquoted, quoted, quoteInQuoted }

    private let rules: FieldRules
    private var state = State.fieldStart
    private var lastWasReturn = false
    private var isEscaping = false
    /// Line ends passed, the record's own included.
    private(set) var lines: Int64 = 0
    private(set) var isDone = false

    init(rules: FieldRules) { self.rules = rules }

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
    var isEnding: Bool { lastWasReturn && state == .fieldStart }

    /// What was passed ends inside quotes.
    var isQuoted: Bool { state == .quoted }

    /// True when a line feed ends the record.
    private mutating func step(_ byte: UInt8) -> Bool {
        if state == .quoted || isEscaping {
            if isEscaping {
                isEscaping = false
                if state != .quoted { state = .unquoted }
            } else if byte == rules.quote {
                state = .quoteInQuoted
            } else {
                isEscaping = rules.hasBackslash && byte == 92
            }
            if byte == 13 || byte == 10 && !lastWasReturn { lines += 1 }
            lastWasReturn = byte == 13
            return false
        }
        switch byte {
        case 10, 13:
            // After an escaped carriage return this line feed still ends the record, but on the same line.
            if byte == 13 || !lastWasReturn { lines += 1 }
            lastWasReturn = byte == 13
            state = .fieldStart
            return byte == 10
        case rules.quote where rules.hasQuotes && (state == .fieldStart || state == .quoteInQuoted): state = .quoted
        case 32 where rules.isLenient && rules.delimiter != 32 && state == .fieldStart: break
        case 92 where rules.hasBackslash: isEscaping = true
        default: state = rules.isDelimiter(byte) ? .fieldStart : .unquoted
        }
        lastWasReturn = false
        return false
    }
}
