/// The careful ways of scanning: byte by byte, for records that the fast way gives up on and dialects that it does not know.
extension RecordScanner {
    /// The record at `start`, byte by byte: fields in quotes may hold delimiters, line ends and doubled quotes.
    /// - Parameter literally: quotes mean nothing.
    @inline(never)
    mutating func scanCareful(literally: Bool = false) -> Result {
        if rules.isBlankSeparated, !literally, scanBlanks() { return .record }
        var machine = CarefulRecord(rules: literally ? rules.literal : rules)
        var fields = 0
        var at = start
        if rules.isBlankSeparated { while at < end, rules.isDelimiter(base[at]) { at += 1 } }
        hasEscapes = false
        while true {
            let field = machine.field(base, at, end, isFinal: isFinal)
            switch field.outcome {
            case .more: return needMore()
            case .unclosed:
                if isBroken { return needMore() }
                (fieldCount, recordStart, recordEnd, recordLine) = (fields + 1, start, end, line)
                line += machine.lines + 1
                start = end
                restartMask()
                return .unclosedQuote
            case .delimiter, .lineEnd, .end: break
            }
            if case .end = field.outcome, isBroken { return needMore() }
            if fields < fieldCapacity { (starts[fields], ends[fields], shapes[fields]) = (field.start, field.end, field.shape) }
            hasEscapes = hasEscapes || field.shape != .plain
            fields += 1
            at = field.next
            if case .delimiter = field.outcome { continue }
            (fieldCount, recordStart, recordEnd, recordLine) = (fields, start, field.recordEnd, line)
            line += machine.lines + 1
            start = at
            restartMask()
            if machine.hasTextAfterQuote { return .textAfterQuote }
            return machine.hasStrayQuote ? .strayQuote : .record
        }
    }

    /// A record whose fields are separated by blanks, without a quote at the start of any. False where it is another, or not whole in the
    /// buffer: nothing is changed then.
    private mutating func scanBlanks() -> Bool {
        guard !rules.hasBackslash, !rules.looksAtAllQuotes else { return false }
        let (end, quote) = (end, rules.hasQuotes ? rules.quote : 10)
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == rules.delimiter }
        func isEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }
        var (at, fields) = (start, 0)
        while at < end, isBlank(base[at]) { at += 1 }
        while at < end, base[at] != quote || isEnd(base[at]) {
            let first = at
            while at < end, !isBlank(base[at]), !isEnd(base[at]) { at += 1 }
            let last = at
            while at < end, isBlank(base[at]) { at += 1 }
            guard at < end else { return false }
            if fields < fieldCapacity { (starts[fields], ends[fields], shapes[fields]) = (first, last, .plain) }
            fields += 1
            guard isEnd(base[at]) else { continue }
            var next = at + 1
            if base[at] == 13 {
                guard next < end else { return false }
                if base[next] == 10 { next += 1 }
            }
            hasEscapes = false
            (fieldCount, recordStart, recordEnd, recordLine) = (fields, start, at, line)
            line += 1
            start = next
            restartMask()
            return true
        }
        return false
    }
}
