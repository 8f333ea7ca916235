import Records

/// Turns rows into blocks and rejects; keeps the source text of the row under construction.
final class XMLRowSink: XMLRowReceiver {
    private let file: String
    private let builder: BatchBuilder
    private let blockRows: Int
    /// Rows up to this one were read before and are left out.
    let skip: Int64
    // Touched for every row, and never lent out: a check of their accesses would cost more than they do.
    @exclusivity(unchecked) private var row: Int64 = 0
    @exclusivity(unchecked) private var rejects: [Reject] = []
    @exclusivity(unchecked) private var end: FeedPosition
    private var ready: [FeedBlock] = []
    private var given = 0
    var source = XMLSourceText()
    /// Where the document is decoded here: the way back to places in the file.
    @exclusivity(unchecked) var decoded: DecodedSource?
    @exclusivity(unchecked) var hasUndecodable = false

    init(file: String, builder: BatchBuilder, blockRows: Int, from position: FeedPosition) {
        (self.file, self.builder, self.blockRows, skip, end) = (file, builder, blockRows, position.row, position)
    }

    /// Rows read so far, skipped ones included.
    var rows: Int64 { row }

    var next: FeedBlock? {
        guard given < ready.count else { return nil }
        given += 1
        let block = ready[given - 1]
        if given == ready.count {
            ready.removeAll(keepingCapacity: true)
            given = 0
        }
        return block
    }

    override func take(_ fields: UnsafeMutableBufferPointer<XMLField>, _ place: XMLRowPlace) {
        row += 1
        guard row > skip else { return }
        if let reject = set(fields, place) {
            rejects.append(reject)
        } else {
            builder.commitRow(number: row)
        }
        moveOn(to: place)
    }

    override func overflow(_ place: XMLRowPlace) {
        row += 1
        guard row > skip else { return }
        let raw = source.withText(from: place.start, to: place.end) { Reject.kept($0) }
        rejects.append(
            Reject(
                file: file, line: place.line, offset: inFile(place.start), row: row, column: nil, code: .tooLong,
                found: "more exploded elements in one row", expected: "at most 64 MiB of text or 1,048,576 elements", raw: raw))
        moveOn(to: place)
    }

    private func moveOn(to place: XMLRowPlace) {
        // Of exploded rows, several may end at one place.
        end = FeedPosition(offset: max(inFile(place.end), end.offset + 1), row: row, line: place.endLine)
        if builder.count + rejects.count == blockRows { finishBlock() }
    }

    @inline(__always)
    private func inFile(_ offset: Int64) -> Int64 { decoded.map { $0.rawOffset(ofDecoded: offset) } ?? offset }

    /// The reject for a value with bytes that are no text.
    private func undecodable(_ column: Int, _ place: XMLRowPlace) -> Reject {
        source.withText(from: place.start, to: place.end) { raw in
            var reject = builder.reject(
                .encoding, column: column, text: UnsafeBufferPointer(start: nil, count: 0), file: file, line: place.line,
                offset: inFile(place.start), row: row, raw: raw)
            let shown = decoded?.firstUndecodable(from: place.start, in: raw)?.shown
            reject.found = shown ?? "bytes that are no text, in an element around the row"
            reject.expected = "text in \(decoded?.encoding.rawValue ?? "the document's encoding")"
            return reject
        }
    }

    /// Nil when every column has taken its value.
    private func set(_ fields: UnsafeMutableBufferPointer<XMLField>, _ place: XMLRowPlace) -> Reject? {
        for column in fields.indices {
            let text = fields[column].text
            let fault: ValueFault
            if hasUndecodable, text.contains(0x7F) { return undecodable(column, place) }
            if fields[column].isTooLong {
                fault = .tooLong
            } else {
                fault = builder.set(column, text)
            }
            if fault == .none { continue }
            var reject = source.withText(from: place.start, to: place.end) { raw in
                builder.reject(
                    fault, column: column, text: text, file: file, line: place.line, offset: inFile(place.start), row: row, raw: raw)
            }
            if fields[column].isTooLong { reject.expected = "at most 1 MiB of text in a value" }
            return reject
        }
        return nil
    }

    /// The rest of the document cannot be read.
    func breakOff(line: Int64, offset: Int64?, found: String, expected: String) {
        row += 1
        guard row > skip else { return }
        let found = Array(found.utf8).withUnsafeBufferPointer { ValueFault.shown($0) }
        rejects.append(
            Reject(
                file: file, line: line, offset: offset.map(inFile) ?? end.offset, row: row, column: nil, code: .malformed, found: found,
                expected: expected, raw: []))
        // Nothing can be read from here on: any offset after the last row's will do, but the same for every buffer.
        (end.row, end.offset) = (row, end.offset + 1)
        if builder.count + rejects.count == blockRows { finishBlock() }
    }

    func finishBlock() {
        guard builder.count + rejects.count > 0 else { return }
        ready.append(FeedBlock(batch: builder.finish(), rejects: rejects, end: end))
        rejects = []
    }
}

/// The part of the document that a reject may still want to quote: from the start of the row under construction on.
struct XMLSourceText {
    private var bytes: [UInt8] = []
    private var start: Int64 = 0
    /// First 64 KiB of a row that is longer.
    private var head: (start: Int64, bytes: [UInt8])?

    private static let limit = 1 << 16

    mutating func append(_ chunk: UnsafeRawBufferPointer) { bytes.append(contentsOf: chunk) }

    /// Forgets what is before `offset`, and before the row under construction if there is one.
    mutating func forget(before offset: Int64, rowStart: Int64?) {
        if let rowStart {
            if offset - rowStart <= Int64(Self.limit) { return drop(before: rowStart) }
            if head?.start != rowStart, rowStart >= start {
                let first = Int(rowStart - start)
                head = (rowStart, Array(bytes[min(first, bytes.count)..<min(bytes.count, first + Self.limit)]))
            }
        } else {
            head = nil
        }
        drop(before: offset)
    }

    private mutating func drop(before offset: Int64) {
        let count = Int(min(max(0, offset - start), Int64(bytes.count)))
        bytes.removeFirst(count)
        start += Int64(count)
    }

    /// What is not needed any more, as the document is in another encoding.
    mutating func forgetAll() { bytes.removeAll(keepingCapacity: true) }

    func withText<Result>(from first: Int64, to end: Int64, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let head, head.start == first { return head.bytes.withUnsafeBufferPointer(body) }
        return bytes.withUnsafeBufferPointer { all in
            guard first >= start, end > first, end - start <= Int64(all.count) else {
                return body(UnsafeBufferPointer(rebasing: all[0..<0]))
            }
            return body(UnsafeBufferPointer(rebasing: all[Int(first - start)..<Int(end - start)]))
        }
    }
}
