import CInline

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds records and their fields in a buffer. Plain pointers and numbers only: the reader's loop works on a copy in registers.
///
/// For the next reader of this file: `RecordIndex` finds most records, many at once; the others come here. `scan` is the fast way for one.
/// It walks over bit masks of 64 bytes, a bit where a delimiter, quote or line end stands; at a quoted field with a line end inside, or
/// anything else unusual, it gives up, and `scanCareful` reads that record byte by byte. Both leave the fields in `starts` and `ends`. When the buffer ends inside a record both say `.more` and have changed nothing
/// but skipped blank lines, so the record is scanned again from its start once more bytes are there. Dialects that the fast way does not
/// know (`FieldRules.allowsFastScan`) go through `skipBlankLines` and `scanCareful` alone.
struct RecordScanner {
    enum Result {
        /// A record: `fieldCount` fields, `recordStart..<recordEnd`, and `start` is already behind it.
        case record
        /// The record at `start` is one for `scanCareful`.
        case quoted
        /// The record at `start` is not whole in the buffer.
        case more
        /// No record is left.
        case end
        /// As `.record`, with text after a closing quote.
        case textAfterQuote
        /// As `.record`, with a quote inside an unquoted field where that is a fault.
        case strayQuote
        /// A quote that is never closed: the record is all that is left.
        case unclosedQuote
    }

    /// Zeros behind the last byte, so that masks can be taken of whole blocks.
    static let padding = 64

    let rules: FieldRules
    private let delimiter: UInt8
    private let quote: UInt8
    private let looksAtAllQuotes: Bool
    private(set) var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// The next record, and the end of what was read.
    var start = 0
    private(set) var end = 0
    /// Offset in the stream of `base[0]`, and line number at `start`.
    var streamOffset: Int64 = 0
    var line: Int64 = 1
    /// No byte will follow; `isBroken`: because the stream is damaged, so that what is left is no record.
    var isFinal = false
    var isBroken = false
    /// A NUL byte was among those read: records must be looked at for it.
    private(set) var hasSeenZero = false

    // The record found last.
    var recordStart = 0
    var recordEnd = 0
    var recordLine: Int64 = 1
    var fieldCount = 0
    /// Fields in the buffer; only the first `fieldCapacity` are kept.
    private(set) var starts: UnsafeMutablePointer<Int>
    private(set) var ends: UnsafeMutablePointer<Int>
    /// The record has a field whose text is not what stands there; then `shapes` says which.
    var hasEscapes = false
    private(set) var shapes: UnsafeMutablePointer<CarefulRecord.Shape>
    private(set) var fieldCapacity = 0

    // The mask at hand: bits not yet handled of the 64 bytes from `block`.
    private var block = 0
    private var mask: UInt64 = 0

    /// To be ended by `deallocate()`.
    init(rules: FieldRules) {
        self.rules = rules
        (delimiter, quote, looksAtAllQuotes) = (rules.delimiter, rules.quote, rules.looksAtAllQuotes)
        capacity = 0
        base = .allocate(capacity: Self.padding)
        base.initialize(repeating: 0, count: Self.padding)
        starts = .allocate(capacity: 0)
        ends = .allocate(capacity: 0)
        shapes = .allocate(capacity: 0)
        reserveFields(64)
    }

    func deallocate() {
        base.deallocate()
        starts.deallocate()
        ends.deallocate()
        shapes.deallocate()
    }

    /// Keeps at least so many fields of a record; forgets the present one's.
    mutating func reserveFields(_ count: Int) {
        guard count > fieldCapacity else { return }
        starts.deallocate()
        ends.deallocate()
        shapes.deallocate()
        fieldCapacity = count
        starts = .allocate(capacity: count)
        ends = .allocate(capacity: count)
        shapes = .allocate(capacity: count)
        shapes.initialize(repeating: .plain, count: count)
    }

    // MARK: The buffer

    /// Moves what is left to the front and gives room for `count` bytes, to be told by `didRead`.
    mutating func room(for count: Int) -> UnsafeMutableRawBufferPointer {
        let left = end - start
        if left + count > capacity {
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: max(left + count, capacity * 2) + Self.padding)
            larger.update(from: base + start, count: left)
            base.deallocate()
            capacity = max(left + count, capacity * 2)
            base = larger
        } else if start > 0 {
            base.update(from: base + start, count: left)
        }
        streamOffset += Int64(start)
        (start, end) = (0, left)
        return UnsafeMutableRawBufferPointer(start: base + left, count: count)
    }

    mutating func didRead(_ count: Int) {
        if !hasSeenZero, memchr(base + end, 0, count) != nil { hasSeenZero = true }
        end += count
        (base + end).update(repeating: 0, count: Self.padding)
        restartMask()
    }

    /// Takes away bytes of this value at the end, all of them.
    mutating func trimEnd(_ byte: UInt8) {
        while end > start, base[end - 1] == byte {
            end -= 1
            base[end] = 0
        }
        restartMask()
    }

    /// Takes `count` bytes from the front, as no part of a record.
    mutating func drop(_ count: Int) {
        start += count
        restartMask()
    }

    /// Forgets the buffer; the next byte read has this offset in the stream.
    mutating func restart(at offset: Int64) {
        (start, end, streamOffset) = (0, 0, offset)
        base.update(repeating: 0, count: Self.padding)
        restartMask()
    }

    /// Back to the start of the record found last.
    mutating func goBack(line: Int64) {
        (start, self.line) = (recordStart, line)
        restartMask()
    }

    /// The record found last, and all bytes not yet taken.
    var record: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base + recordStart, count: recordEnd - recordStart) }
    var rest: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base + start, count: end - start) }

    mutating func restartMask() {
        block = start
        mask = Self.mask(base + start, delimiter, quote)
    }

    /// A bit for each of 64 bytes: set where a delimiter, a quote, a line feed or a carriage return stands.
    @inline(__always)
    private static func mask(_ bytes: UnsafePointer<UInt8>, _ delimiter: UInt8, _ quote: UInt8) -> UInt64 {
        byteMasksTogether(bytes, delimiter, quote)
    }

    /// Goes on behind records that were found in another way.
    @inline(__always)
    mutating func pass(_ records: Int, to place: Int) {
        line += Int64(records)
        start = place
        restartMask()
    }

    // MARK: The fast way

    /// The next record; blank lines before it are skipped.
    @inline(__always)
    mutating func scan() -> Result {
        var fields = 0
        var fieldStart = start
        hasEscapes = false
        while true {
            while mask == 0 {
                if block + 64 >= end { return lastRecord(fields, fieldStart) }
                block += 64
                mask = Self.mask(base + block, delimiter, quote)
            }
            let at = block + mask.trailingZeroBitCount
            let byte = base[at]
            if byte == delimiter {
                mask &= mask &- 1
                if fields < fieldCapacity {
                    starts[fields] = fieldStart
                    ends[fields] = at
                }
                fields += 1
                fieldStart = at + 1
                continue
            }
            if byte == quote {
                mask &= mask &- 1
                if looksAtAllQuotes { return .quoted }
                // RFC 4180 has no quotes inside unquoted fields; they stand for themselves.
                guard at == fieldStart else { continue }
                let close = passQuoted(fields)
                if close < 0 { return .quoted }
                if fields < fieldCapacity {
                    starts[fields] = fieldStart + 1
                    ends[fields] = close
                }
                if base[close + 1] != delimiter { return finishQuoted(fields, close) }
                fields += 1
                fieldStart = close + 2
                continue
            }
            var next = at + 1
            if byte == 13 {
                if next == end {
                    if !isFinal { return needMore() }
                } else if base[next] == 10 {
                    next += 1
                    skipLineFeed(at + 1)
                }
            }
            mask &= mask &- 1
            if at == start {
                line += 1
                start = next
                fieldStart = next
                continue
            }
            finish(fields, fieldStart, at, next)
            line += 1
            return .record
        }
    }

    /// Passes over a quoted field and the delimiter behind it; gives its closing quote. Negative where a closer look is needed: a line end
    /// inside, something behind the closing quote that is neither delimiter nor line end, or the end of the buffer.
    ///
    /// Never inlined: the loop around it is the one that counts where nothing is quoted.
    @inline(never)
    private mutating func passQuoted(_ field: Int) -> Int {
        var (block, mask) = (self.block, self.mask)
        while true {
            while mask == 0 {
                if block + 64 >= end { return -1 }
                block += 64
                mask = Self.mask(base + block, delimiter, quote)
            }
            let at = block + mask.trailingZeroBitCount
            let byte = base[at]
            if byte == delimiter {
                mask &= mask &- 1
                continue
            }
            guard byte == quote, at + 1 < end else { return -1 }
            mask &= mask &- 1
            let next = base[at + 1]
            if next == 10 || next == 13 {
                (self.block, self.mask) = (block, mask)
                return at
            }
            guard next == delimiter || next == quote else { return -1 }
            // The delimiter, or the second quote of a pair, is the next hit.
            if mask == 0 {
                block += 64
                mask = Self.mask(base + block, delimiter, quote)
            }
            mask &= mask &- 1
            if next == delimiter {
                (self.block, self.mask) = (block, mask)
                return at
            }
            noteDoubled(field)
        }
    }

    private mutating func noteDoubled(_ field: Int) {
        // Until now no field of the record had any.
        if !hasEscapes { shapes.update(repeating: .plain, count: fieldCapacity) }
        hasEscapes = true
        if field < fieldCapacity { shapes[field] = .quoted }
    }

    /// A record whose last field ends with the quote at `close`, before a line end.
    @inline(never)
    private mutating func finishQuoted(_ fields: Int, _ close: Int) -> Result {
        let at = close + 1
        var next = at + 1
        if base[at] == 13 {
            if next == end {
                if !isFinal { return needMore() }
            } else if base[next] == 10 {
                next += 1
            }
        }
        (fieldCount, recordStart, recordEnd, recordLine) = (fields + 1, start, at, line)
        start = next
        line += 1
        restartMask()
        return .record
    }

    /// The line feed of a pair is not a line end of its own: takes its bit away, leaving that of the carriage return or any.
    @inline(__always)
    private mutating func skipLineFeed(_ at: Int) {
        if at < block + 64 {
            mask &= ~(1 << UInt64(at - block))
        } else {
            block += 64
            // The caller takes the lowest bit away: this is the line feed's own.
            mask = Self.mask(base + block, delimiter, quote) | 1
        }
    }

    @inline(__always)
    private mutating func finish(_ fields: Int, _ fieldStart: Int, _ at: Int, _ next: Int) {
        if fields < fieldCapacity {
            starts[fields] = fieldStart
            ends[fields] = at
        }
        (fieldCount, recordStart, recordEnd, recordLine) = (fields + 1, start, at, line)
        start = next
    }

    mutating func needMore() -> Result {
        restartMask()
        return .more
    }

    /// The buffer has no line end any more.
    private mutating func lastRecord(_ fields: Int, _ fieldStart: Int) -> Result {
        guard isFinal, !isBroken else { return needMore() }
        if start == end { return .end }
        finish(fields, fieldStart, end, end)
        line += 1
        restartMask()
        return .record
    }

    // MARK: The careful way

    /// Takes away blank lines; `.quoted` where a record begins after them.
    mutating func skipBlankLines() -> Result {
        while true {
            var at = start
            if rules.isBlankSeparated { while at < end, rules.isDelimiter(base[at]) { at += 1 } }
            if at == end {
                guard isFinal, !isBroken else { return needMore() }
                start = end
                return .end
            }
            // A longer line would be a record too long wherever the buffer is cut.
            guard base[at] == 10 || base[at] == 13, at - start <= CSVReader.recordLimit else { return .quoted }
            var next = at + 1
            if base[at] == 13 {
                if next == end, !isFinal { return needMore() }
                if next < end, base[next] == 10 { next += 1 }
            }
            line += 1
            start = next
        }
    }
}
