import CInline

/// Finds many usual records at once: each of the same number of fields, ended by a line feed, quotes only around whole fields and no line
/// end between them. Where one is not like that it stops before it, and `RecordScanner` goes on.
///
/// For the next reader of this file: 64 bytes are looked at together, as bit masks. A prefix sum modulo two over the quotes gives the bytes
/// inside quotes (Langdale and Lemire 2019); delimiters there are none. The sum is right only where quotes stand around whole fields, so
/// every quote that opens must follow a delimiter, a line feed or a quote that closes (then both are a doubled quote), and what follows one
/// that closes must be a delimiter, a line end or a quote that opens; bytes of which that is not true are given up as a whole.
struct RecordIndex {
    /// Fields a record.
    private let fields: Int
    /// Records found at once, at most.
    let capacity: Int
    private let delimiter: UInt8
    private let quote: UInt8
    /// Zero when nothing is ever quoted.
    private let quoteBits: UInt64
    /// A record of this length, or up to three bytes more, may be the header once more.
    private let headerLength: Int
    /// Where fields end, in the buffer searched, one after another; before the first, the place before the first record.
    private let ends: UnsafeMutablePointer<Int32>
    /// A bit for each byte from `origin`: the second quote of two.
    private let doubled: UnsafeMutablePointer<UInt64>
    private var origin = 0
    /// Records found by the last search.
    private(set) var count = 0

    /// Blocks of 64 bytes searched at once, at most.
    private static let blocks = 2_048

    /// To be ended by ``deallocate()``.
    /// - Parameter header: bytes of the header, where its like is no record.
    init(fields: Int, rules: FieldRules, header: Int?) {
        self.fields = fields
        (delimiter, quote, quoteBits) = (rules.delimiter, rules.quote, rules.hasQuotes ? .max : 0)
        headerLength = header ?? -1_000
        capacity = max(16, min(256, 1 << 14 / fields))
        // A block can have 64 ends beyond those wanted, and eight are written at a time.
        ends = .allocate(capacity: 1 + (capacity + 64) * fields + 128)
        doubled = .allocate(capacity: Self.blocks + 1)
    }

    func deallocate() {
        ends.deallocate()
        doubled.deallocate()
    }

    /// The place behind the first `records` of those found.
    func end(ofFirst records: Int) -> Int { Int(ends[records * fields]) + 1 }

    /// The text of a field of the records found, for a column.
    func run(_ base: UnsafePointer<UInt8>, field: Int) -> FieldRun {
        FieldRun(
            base: base, ends: ends + field, stride: fields, isLast: field == fields - 1, doubled: doubled, origin: origin,
            quote: quoteBits == 0 ? -1 : Int(quote))
    }

    /// Finds up to `limit` records, at most ``capacity``, from `start` on, where a record starts. 64 zeros follow the byte before `last`.
    mutating func find(_ base: UnsafePointer<UInt8>, from start: Int, to last: Int, limit: Int) {
        (count, origin) = (0, start)
        guard last < Int(Int32.max) else { return }
        ends[0] = Int32(truncatingIfNeeded: start &- 1)
        let (found, lines) = findEnds(base, start, last, limit)
        let whole = found >= lines &* fields && isExact(base, lines) ? lines : exactRecords(base, min(lines, found / fields))
        count = usualRecords(base, min(whole, limit))
    }

    /// Writes where fields end, until so many lines have ended; the ends and the lines found.
    private func findEnds(_ base: UnsafePointer<UInt8>, _ start: Int, _ last: Int, _ limit: Int) -> (ends: Int, lines: Int) {
        let doubled = doubled, most = (capacity &+ 64) &* fields
        var target = ends + 1
        var block = start, word = 0, lines = 0
        // Of the byte before the block: whether it is inside quotes, ended a field, or closed one.
        var inside: UInt64 = 0, ended: UInt64 = 1, closed: UInt64 = 0
        while block < last, lines < limit, word < Self.blocks, target - ends < most {
            let masks = byteMasks(base + block, delimiter, quote)
            let quotes = masks.quotes & quoteBits
            var fieldEnds = masks.delimiters | masks.lineFeeds
            doubled[word] = 0
            if quotes | inside | closed != 0 {
                let lineEnds = masks.lineFeeds | masks.returns
                let quoted = Self.prefixParity(quotes) ^ inside
                let opening = quotes & quoted, closing = quotes & ~quoted
                let afterClosing = closing << 1 | closed
                fieldEnds &= ~quoted
                let mayOpen = fieldEnds << 1 | ended | afterClosing
                let isUsual = opening & ~mayOpen | afterClosing & ~(fieldEnds | lineEnds | opening) | lineEnds & quoted == 0
                if !isUsual { break }
                doubled[word] = opening & afterClosing
                inside = 0 &- (quoted >> 63)
                closed = closing >> 63
            }
            if masks.returns != 0 {
                // One that no line feed follows ends a record too.
                let followed = masks.lineFeeds >> 1 | (base[block &+ 64] == 10 ? 1 << 63 : 0)
                if masks.returns & ~followed != 0 { break }
            }
            ended = fieldEnds >> 63
            lines &+= masks.lineFeeds.nonzeroBitCount
            Self.write(fieldEnds, from: block, to: target)
            target += fieldEnds.nonzeroBitCount
            block &+= 64
            word &+= 1
        }
        doubled[word] = 0
        return (target - ends - 1, lines)
    }

    /// Writes the places of bits, eight at a time whether there are as many or not: how many there are is what a processor guesses wrong.
    @inline(__always)
    private static func write(_ bits: UInt64, from block: Int, to target: UnsafeMutablePointer<Int32>) {
        var rest = bits
        var at = target
        repeat {
            for index in 0..<8 {
                at[index] = Int32(truncatingIfNeeded: block &+ rest.trailingZeroBitCount)
                rest &= rest &- 1
            }
            at += 8
        } while rest != 0
    }

    /// Every record's last field, and so no other, is one of those that end with one of so many line feeds.
    private func isExact(_ base: UnsafePointer<UInt8>, _ records: Int) -> Bool {
        var differing: UInt8 = 0
        var end = ends + fields
        for _ in 0..<records {
            differing |= base[Int(end[0])] ^ 10
            end += fields
        }
        return differing == 0
    }

    /// How many records, from the first on, have as many fields as they should.
    private func exactRecords(_ base: UnsafePointer<UInt8>, _ records: Int) -> Int {
        for record in 0..<records {
            for field in 1...fields where (base[Int(ends[record * fields + field])] == 10) != (field == fields) { return record }
        }
        return records
    }

    /// How many of them are neither blank, nor perhaps the header, nor too long.
    private func usualRecords(_ base: UnsafePointer<UInt8>, _ records: Int) -> Int {
        var start = Int(ends[0]) &+ 1
        for record in 0..<records {
            let at = Int(ends[(record &+ 1) &* fields])
            let length = at &- start &- (at > start && base[at &- 1] == 13 ? 1 : 0)
            if length == 0 || length > CSVReader.recordLimit || UInt(bitPattern: length &- headerLength) <= 3 { return record }
            start = at &+ 1
        }
        return records
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
}
