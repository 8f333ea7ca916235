import CByteMasks

/// Finds many usual records at once: each of the same number of fields, ended by a line feed, quotes only around whole fields and no line
/// end between them. Where one is not like that it stops before it, and `RecordScanner` goes on.
///
/// For the next reader of this file: 64 bytes are looked at together, as bit masks. A prefix sum modulo two over the quotes gives the bytes
/// inside quotes (Langdale and Lemire 2019); delimiters there are none. The sum is right only where quotes stand around whole fields, so
/// every quote that opens must follow a delimiter, a line feed or a quote that closes (then both are a doubled quote), and what follows one
/// that closes must be a delimiter, a line end or a quote that opens; bytes of which that is not true are given up as a whole.
struct RecordIndex {
    /// Where fields end, so many numbers a record: the place before the record, then the end of each field. In the buffer searched.
    let slots: UnsafeMutablePointer<Int32>
    /// Numbers a record in `slots`: one more than it has fields.
    let stride: Int
    /// Records that have a doubled quote: 1, all others 0.
    let doubled: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    /// Where the next record starts.
    private(set) var end = 0

    /// Records found at once, at most.
    let capacity: Int
    private let delimiter: UInt8
    private let quote: UInt8
    /// Zero when nothing is ever quoted.
    private let quoteBits: UInt64
    /// A record of this length, or up to three bytes more, may be the header once more.
    private let headerLength: Int

    /// To be ended by ``deallocate()``.
    /// - Parameter header: bytes of the header, where its like is no record.
    init(fields: Int, rules: FieldRules, header: Int?) {
        (delimiter, quote, quoteBits) = (rules.delimiter, rules.quote, rules.hasQuotes ? .max : 0)
        headerLength = header ?? -1_000
        stride = fields + 1
        capacity = max(16, min(256, 1 << 14 / stride))
        // A record of too many fields is seen at its end: there is room for what 64 bytes can have beyond.
        slots = .allocate(capacity: stride * capacity + 64)
        doubled = .allocate(capacity: capacity)
    }

    func deallocate() {
        slots.deallocate()
        doubled.deallocate()
    }

    /// Finds up to `limit` records, at most ``capacity``, from `start` on, where a record starts. 64 zeros follow the byte before `last`.
    mutating func find(_ base: UnsafePointer<UInt8>, from start: Int, to last: Int, limit: Int) {
        let stride = stride, slots = slots, doubled = doubled
        (count, end) = (0, start)
        guard last < Int(Int32.max) else { return }
        var block = start, found = 0, recordStart = start
        var slot = 1
        slots[0] = Int32(truncatingIfNeeded: start &- 1)
        // Of the byte before the block: whether it is inside quotes, ended a field, or closed one; and a doubled quote in this record.
        var inside: UInt64 = 0, ended: UInt64 = 1, closed: UInt64 = 0
        var isDoubled = false
        blocks: while block < last {
            let masks = byteMasks(base + block, delimiter, quote)
            let quotes = masks.quotes & quoteBits
            let lineEnds = masks.lineFeeds | masks.returns
            var fieldEnds = masks.delimiters | masks.lineFeeds
            var doubledQuotes: UInt64 = 0
            if quotes | inside | closed != 0 {
                let quoted = Self.prefixParity(quotes) ^ inside
                let opening = quotes & quoted, closing = quotes & ~quoted
                let afterClosing = closing << 1 | closed
                fieldEnds &= ~quoted
                let mayOpen = fieldEnds << 1 | ended
                doubledQuotes = opening & afterClosing
                let isUsual =
                    opening & ~(mayOpen | afterClosing) | afterClosing & ~(fieldEnds | lineEnds | opening) | lineEnds & quoted == 0
                if !isUsual { break blocks }
                inside = 0 &- (quoted >> 63)
                closed = closing >> 63
            }
            if masks.returns != 0 {
                // One that no line feed follows ends a record too.
                let followed = masks.lineFeeds >> 1 | (base[block &+ 64] == 10 ? 1 << 63 : 0)
                if masks.returns & ~followed != 0 { break blocks }
            }
            ended = fieldEnds >> 63
            var rest = fieldEnds
            while rest != 0 {
                let bit = rest & (0 &- rest)
                let at = block &+ rest.trailingZeroBitCount
                rest ^= bit
                slots[slot] = Int32(truncatingIfNeeded: at)
                slot &+= 1
                if masks.lineFeeds & bit == 0 { continue }
                if slot != (found &+ 1) &* stride { break blocks }
                let recordEnd = at &- (at > recordStart && base[at &- 1] == 13 ? 1 : 0)
                let length = recordEnd &- recordStart
                // A blank line is no record, and a long one is a reject.
                if length == 0 || length > CSVReader.recordLimit || UInt(bitPattern: length &- headerLength) <= 3 { break blocks }
                slots[slot &- 1] = Int32(truncatingIfNeeded: recordEnd)
                doubled[found] = isDoubled || doubledQuotes & (bit &- 1) != 0 ? 1 : 0
                isDoubled = false
                doubledQuotes &= 0 &- bit
                found &+= 1
                recordStart = at &+ 1
                (count, end) = (found, recordStart)
                if found == limit { return }
                slots[slot] = Int32(truncatingIfNeeded: at)
                slot &+= 1
            }
            // A record that is not ended yet and has more fields than usual is not one of these.
            if slot > (found &+ 1) &* stride { break blocks }
            isDoubled = isDoubled || doubledQuotes != 0
            block &+= 64
        }
    }

    /// Bit i is the parity of bits 0...i.
    @inline(__always)
    private static func prefixParity(_ bits: UInt64) -> UInt64 {
        var result = bits
        result ^= result << 1
        result ^= result << 2
        result ^= result << 4
        result ^= result << 8
        result ^= result << 16
        result ^= result << 32
        return result
    }

    /// The text of a field of the records found, for a column.
    func run(_ base: UnsafePointer<UInt8>, field: Int) -> FieldRun {
        FieldRun(
            base: base, slots: slots + field, stride: stride, doubled: doubled, quote: quoteBits == 0 ? -1 : Int(quote))
    }
}
