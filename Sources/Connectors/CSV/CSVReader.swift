import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads CSV block by block. The rules are those of ``CSVFormat``; finding records is `RecordScanner`'s part, values are `BatchBuilder`'s.
final class CSVReader: FeedReader {
    /// Longer records are rejects: memory stays bounded.
    static let recordLimit = 1 << 20

    let input: CSVInput
    let dialect: CSVDialect
    let builder: BatchBuilder
    private let blockRows: Int
    private let bufferBytes: Int
    var scanner: RecordScanner
    /// Fields of a whole record, and the field of each column; unknown when the stream breaks off in the first record.
    var fieldCount = 0
    let fieldOfColumn: UnsafeMutablePointer<Int>
    private var index: RecordIndex?
    /// The header as it stands in the file, when its like is skipped.
    var header: [UInt8]?
    var row: Int64
    var isEnded = false
    /// Text of a field with doubled quotes or escapes, which are undone.
    var unescaped = UnescapedText()
    /// Where a line began in which the stream broke off while it was passed over.
    var brokenLine: (line: Int64, offset: Int64, raw: [UInt8])?
    private var trailerLines: [[UInt8]] = []

    init(
        _ file: FeedFile, _ columns: [FeedColumn], _ dialect: CSVDialect, from position: FeedPosition, blockRows: Int, bufferBytes: Int
    ) throws(Failure) {
        builder = try BatchBuilder(columns: columns, capacity: blockRows)
        input = try CSVInput(file, encoding: dialect.encoding, tailLines: dialect.trailerLines, bufferBytes: bufferBytes)
        (self.dialect, self.blockRows, self.bufferBytes) = (dialect, blockRows, max(bufferBytes, 1))
        scanner = RecordScanner(rules: dialect.rules)
        // The builder's columns: it asks for more than the feed's own.
        fieldOfColumn = .allocate(capacity: builder.columns.count)
        fieldOfColumn.initialize(repeating: 0, count: builder.columns.count)
        row = position.row
        let isWhole = try open()
        if position.offset > 0 { try goOn(from: position) }
        if !isWhole, position.offset > 0 { isEnded = true }
        if dialect.rules.allowsFastScan, !dialect.hasNotes, fieldCount > 0 {
            index = RecordIndex(fields: fieldCount, rules: dialect.rules, header: header?.count)
        }
    }

    deinit {
        scanner.deallocate()
        index?.deallocate()
        fieldOfColumn.deallocate()
        unescaped.deallocate()
    }

    /// The lines met so far that are no rows but tell about them; all of them after the last block.
    var trailer: [[UInt8]] { (trailerLines + input.tail).suffix(100) }

    private func goOn(from position: FeedPosition) throws(Failure) {
        scanner.line = position.line
        while true {
            let end = scanner.streamOffset + Int64(scanner.end)
            if let place = input.decodedOffset(ofRaw: position.offset), place <= end {
                scanner.drop(Int(place - scanner.streamOffset) - scanner.start)
                return
            }
            // A position one behind the bytes of a damaged stream is where its reject left off: nothing follows.
            if !input.holdsBack {
                if try !input.skip(to: position.offset) { isEnded = true }
                return scanner.restart(at: input.offset)
            }
            if scanner.isFinal {
                isEnded = true
                if input.damage != nil { return }
                throw .feedFileShorter(input.name, offset: position.offset, found: input.rawOffset(ofDecoded: end))
            }
            scanner.drop(scanner.end - scanner.start)
            try refill()
        }
    }

    // MARK: Reading

    func next() throws(Failure) -> FeedBlock? {
        if isEnded { return nil }
        let first = row
        var rejects: [Reject] = []
        while row - first < Int64(blockRows), !isEnded {
            // A copy in registers: the loop below reads no field of this object.
            var local = scanner, number = row
            let stop = scanRecords(&local, &number, first + Int64(blockRows), &rejects)
            (scanner, row) = (local, number)
            switch stop {
            case .blockFull: break
            case .end: isEnded = true
            case .line: try passLine()
            case .more: try goOnReading(&rejects)
            }
        }
        if row == first { return nil }
        let end = FeedPosition(
            offset: input.rawOffset(ofDecoded: scanner.streamOffset + Int64(scanner.start)) + (hasReportedDamage ? 1 : 0), row: row,
            line: scanner.line)
        return FeedBlock(batch: builder.finish(), rejects: rejects, end: end)
    }

    private var hasReportedDamage: Bool { isEnded && scanner.isBroken }

    private enum Stop { case blockFull, more, end, line }

    /// The loop over records: until the block is full or the buffer has no whole record.
    private func scanRecords(_ scanner: inout RecordScanner, _ number: inout Int64, _ limit: Int64, _ rejects: inout [Reject]) -> Stop {
        let builders = builder.builders, columnCount = builder.columns.count, fieldOfColumn = fieldOfColumn
        let isFast = scanner.rules.allowsFastScan, hasNotes = dialect.hasNotes
        // Where records must be looked at for more than their fields, none is usual.
        let usualCount = hasNotes || scanner.hasSeenZero ? -1 : fieldCount
        let headerLength = header?.count ?? -1_000
        // Records to take one by one before many are tried again, and how many then.
        let most = index?.capacity ?? 0
        var single = usualCount > 0 && most > 0 ? 0 : Int.max, many = most, patience = 1
        records: while number < limit {
            if single == 0 {
                let wanted = Int(min(limit - number, Int64(many)))
                let taken = takeMany(&scanner, &number, wanted)
                (single, many) = (taken == wanted ? 0 : patience, taken == wanted ? min(many * 2, most) : 16)
                patience = taken > 8 ? 1 : min(patience * 2, 64)
                continue records
            }
            single &-= 1
            var result = isFast ? scanner.scan() : scanner.skipBlankLines()
            if result == .quoted {
                if hasNotes {
                    switch dialect.note(scanner.rest, isFinal: scanner.isFinal) {
                    case .unknown: return .more
                    case .comment, .trailer: return .line
                    case .none: break
                    }
                }
                result = scanner.scanCareful()
            }
            let length = scanner.recordEnd &- scanner.recordStart
            switch result {
            case .more: return .more
            case .end: return .end
            case .record where scanner.fieldCount == usualCount && length <= Self.recordLimit:
                if UInt(bitPattern: length &- headerLength) <= 3, isHeader(scanner.record) { continue records }
                number += 1
                if scanner.hasEscapes {
                    if let reject = setCarefully(scanner, number) {
                        rejects.append(reject)
                        continue records
                    }
                } else {
                    let base = scanner.base, starts = scanner.starts, ends = scanner.ends
                    let current = builder.count
                    for column in 0..<columnCount {
                        let field = fieldOfColumn[column]
                        let start = starts[field]
                        let fault = builders[column].set(current, base + start, ends[field] - start)
                        if fault != .none {
                            rejects.append(reject(scanner, number, fault, column))
                            continue records
                        }
                    }
                }
                builder.commitRow(number: number)
            default:
                takeUnusual(&scanner, &number, result, &rejects)
            }
        }
        return .blockFull
    }

    /// Records that are as most are, up to `wanted` of them; says how many. The next one is then unlike them, faulty, or not whole.
    @inline(never)
    private func takeMany(_ scanner: inout RecordScanner, _ number: inout Int64, _ wanted: Int) -> Int {
        guard var index else { return 0 }
        index.find(scanner.base, from: scanner.start, to: scanner.end, limit: wanted)
        let builders = builder.builders, row = builder.count
        var good = index.count
        for column in 0..<builder.columns.count where good > 0 {
            good = builders[column].set(row, index.run(scanner.base, field: fieldOfColumn[column]), good)
        }
        self.index = index
        guard good > 0 else { return 0 }
        builder.commitRows(good, first: number + 1)
        number += Int64(good)
        scanner.pass(good, to: index.end(ofFirst: good))
        return good
    }

    /// A record that is not one of the usual number of fields, or one of a dialect with more to look at.
    @inline(never)
    private func takeUnusual(
        _ scanner: inout RecordScanner, _ number: inout Int64, _ found: RecordScanner.Result, _ rejects: inout [Reject]
    ) {
        var result = found
        if dialect.rules.isLenient, result == .unclosedQuote || scanner.recordEnd - scanner.recordStart > Self.recordLimit {
            // The quote stands for itself.
            scanner.goBack(line: scanner.recordLine)
            result = scanner.scanCareful(literally: true)
        }
        let record = scanner.record
        if result == .record {
            switch dialect.note(record, isFinal: true) {
            case .comment: return
            case .trailer: return keepTrailer(Array(record.prefix(1 << 16)))
            case .none, .unknown: break
            }
            if let header, record.count == header.count || record.count == header.count + 3, isHeader(record) { return }
        }
        number += 1
        let count = scanner.fieldCount
        guard result == .record, record.count <= Self.recordLimit,
            count == fieldCount || (count < fieldCount ? dialect.padsShort : dialect.cutsLong)
        else {
            rejects.append(reject(scanner, number, result))
            return
        }
        if scanner.hasSeenZero, memchr(scanner.base + scanner.recordStart, 0, record.count) != nil {
            rejects.append(rejectZero(scanner, number))
        } else if let reject = setCarefully(scanner, number) {
            rejects.append(reject)
        } else {
            builder.commitRow(number: number)
        }
    }

    /// Sets the columns of a record which may have fewer fields than usual, and fields whose text is not what stands there.
    @inline(never)
    private func setCarefully(_ scanner: RecordScanner, _ number: Int64) -> Reject? {
        let builders = builder.builders, current = builder.count
        for column in builder.columns.indices {
            let field = fieldOfColumn[column]
            if field >= scanner.fieldCount {
                let fault = builder.setMissing(column)
                if fault != .none { return reject(scanner, number, fault, column, UnsafeBufferPointer(start: scanner.base, count: 0)) }
            } else if scanner.hasEscapes, scanner.shapes[field] != .plain {
                let text = unescaped.text(of: field, scanner)
                let fault = builder.set(column, text)
                if fault != .none { return reject(scanner, number, fault, column, text) }
            } else {
                let start = scanner.starts[field]
                let fault = builders[column].set(current, scanner.base + start, scanner.ends[field] - start)
                if fault != .none { return reject(scanner, number, fault, column) }
            }
        }
        return nil
    }

    /// A record that equals the header, but for a byte order mark.
    private func isHeader(_ record: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let header, let base = record.baseAddress else { return false }
        if record.count == header.count { return memcmp(base, header, header.count) == 0 }
        return record.count == header.count + 3 && base[0] == 0xEF && base[1] == 0xBB && base[2] == 0xBF
            && memcmp(base + 3, header, header.count) == 0
    }

    // MARK: The buffer

    /// The record at hand is not whole.
    private func goOnReading(_ rejects: inout [Reject]) throws(Failure) {
        if scanner.isBroken {
            isEnded = true
            rejects.append(malformed())
        } else if scanner.end - scanner.start <= Self.recordLimit + 2 {
            try refill()
        } else if dialect.note(scanner.rest, isFinal: true) != .none {
            try passLine()
        } else if dialect.rules.isLenient {
            let result = scanner.scanCareful(literally: true)
            if result == .more {
                rejects.append(try skipLongRecord(dialect.rules.literal))
            } else {
                takeUnusual(&scanner, &row, result, &rejects)
            }
        } else {
            rejects.append(try skipLongRecord(dialect.rules))
        }
    }

    func refill() throws(Failure) {
        input.forget(before: scanner.streamOffset + Int64(scanner.start))
        let room = scanner.room(for: bufferBytes)
        let count = try input.read(into: room)
        scanner.didRead(count)
        guard count == 0 else { return }
        scanner.isFinal = true
        scanner.isBroken = input.damage != nil
        // Ctrl-Z ended files once, and some programs still write it.
        if !scanner.isBroken { scanner.trimEnd(0x1A) }
    }

    /// Passes over a line that is no row.
    private func passLine() throws(Failure) {
        let isTrailer = dialect.note(scanner.rest, isFinal: true) == .trailer
        if let line = try skipLine(), isTrailer { keepTrailer(line) }
    }

    private func keepTrailer(_ line: [UInt8]) {
        trailerLines.append(line)
        if trailerLines.count > 200 { trailerLines.removeFirst(100) }
    }
}
