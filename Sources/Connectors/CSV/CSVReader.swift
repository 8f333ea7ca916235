import Records

/// Reads CSV block by block. The rules are those of ``CSVFormat``; finding records is `RecordScanner`'s part, values are `BatchBuilder`'s.
final class CSVReader: FeedReader {
    /// Longer records are rejects: memory stays bounded.
    static let recordLimit = 1 << 20

    private let source: ByteSource
    private let dialect: CSVDialect
    private let builder: BatchBuilder
    private let blockRows: Int
    private let bufferBytes: Int
    private var scanner: RecordScanner
    /// Fields of a whole record, and the field of each column; unknown when the stream breaks off in the first record.
    private var fieldCount = 0
    private let fieldOfColumn: UnsafeMutablePointer<Int>
    private var row: Int64
    private var isEnded = false
    /// Text of a field with doubled quotes, made single.
    private var unescaped = UnescapedText()

    init(
        _ file: FeedFile, _ columns: [FeedColumn], _ dialect: CSVDialect, from position: FeedPosition, blockRows: Int, bufferBytes: Int
    ) throws(Failure) {
        builder = try BatchBuilder(columns: columns, capacity: blockRows)
        source = try ByteSource(file, bufferBytes: bufferBytes)
        (self.dialect, self.blockRows, self.bufferBytes) = (dialect, blockRows, max(bufferBytes, 1))
        scanner = RecordScanner(delimiter: dialect.delimiter, quote: dialect.quote)
        fieldOfColumn = .allocate(capacity: columns.count)
        fieldOfColumn.initialize(repeating: 0, count: columns.count)
        row = position.row
        let isWhole = try readFirstRecord()
        if position.offset > 0 { try goOn(from: position) }
        if !isWhole, position.offset > 0 { isEnded = true }
    }

    deinit {
        scanner.deallocate()
        fieldOfColumn.deallocate()
        unescaped.deallocate()
    }

    // MARK: Opening

    /// Learns where the columns are. False when the stream is damaged before the first record ends.
    private func readFirstRecord() throws(Failure) -> Bool {
        try skipByteOrderMark()
        while true {
            var result = scanner.scan()
            if case .quoted = result { result = scanner.scanQuoted() }
            switch result {
            case .more:
                if scanner.isBroken { return false }
                // The same limit as for records, without a reject to give: nothing can be read.
                if scanner.end - scanner.start > Self.recordLimit + 2 { throw .csvHeaderTooLong(source.name) }
                try refill()
            case .end: throw .csvHeaderMissing(source.name)
            case .textAfterQuote, .unclosedQuote: throw .csvHeaderQuoting(source.name)
            case .record, .quoted:
                if scanner.fieldCount > 64, fieldCount == 0 {
                    // Once more, with room for every field; blank lines before it stay skipped.
                    fieldCount = scanner.fieldCount
                    scanner.reserveFields(fieldCount)
                    scanner.goBack(line: scanner.recordLine)
                    continue
                }
                fieldCount = scanner.fieldCount
                let fields = (0..<fieldCount).map { Array(unescaped.text(of: $0, scanner)) }
                let header = CSVHeader(fields: fields, hasNames: dialect.hasHeader, file: source.name)
                for (index, column) in builder.columns.enumerated() { fieldOfColumn[index] = try header.field(of: column) }
                if !dialect.hasHeader { scanner.goBack(line: scanner.recordLine) }
                return true
            }
        }
    }

    private func skipByteOrderMark() throws(Failure) {
        while scanner.end < 3, !scanner.isFinal { try refill() }
        let bytes = scanner.base
        if scanner.end >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { scanner.drop(3) }
        if scanner.end >= 2, bytes[0] == 0xFF && bytes[1] == 0xFE || bytes[0] == 0xFE && bytes[1] == 0xFF { throw .csvUTF16(source.name) }
    }

    private func goOn(from position: FeedPosition) throws(Failure) {
        let ahead = position.offset - scanner.streamOffset
        if ahead >= 0, ahead <= Int64(scanner.end) {
            scanner.drop(Int(ahead) - scanner.start)
        } else {
            // A position one behind the bytes of a damaged stream is where its reject left off: nothing follows.
            if try !source.skip(to: position.offset) { isEnded = true }
            scanner.restart(at: position.offset)
        }
        scanner.line = position.line
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
            case .more:
                if scanner.isBroken {
                    rejects.append(malformed())
                } else if scanner.end - scanner.start > Self.recordLimit + 2 {
                    rejects.append(try skipLongRecord())
                } else {
                    try refill()
                }
            }
        }
        if row == first { return nil }
        let end = FeedPosition(
            offset: scanner.streamOffset + Int64(scanner.start) + (hasReportedDamage ? 1 : 0), row: row, line: scanner.line)
        return FeedBlock(batch: builder.finish(), rejects: rejects, end: end)
    }

    private var hasReportedDamage: Bool { isEnded && scanner.isBroken }

    private enum Stop { case blockFull, more, end }

    /// The loop over records: until the block is full or the buffer has no whole record.
    private func scanRecords(_ scanner: inout RecordScanner, _ number: inout Int64, _ limit: Int64, _ rejects: inout [Reject]) -> Stop {
        let builders = builder.builders, columnCount = builder.columns.count, fieldOfColumn = fieldOfColumn, fieldCount = fieldCount
        records: while number < limit {
            var result = scanner.scan()
            if result == .quoted { result = scanner.scanQuoted() }
            switch result {
            case .more: return .more
            case .end: return .end
            case .record where scanner.fieldCount == fieldCount && scanner.recordEnd - scanner.recordStart <= Self.recordLimit:
                number += 1
                if scanner.hasEscapes {
                    if let reject = setEscaped(scanner, number) {
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
                number += 1
                rejects.append(reject(scanner, number, result))
            }
        }
        return .blockFull
    }

    private func refill() throws(Failure) {
        let room = scanner.room(for: bufferBytes)
        let count = try source.read(into: room)
        if count == 0 {
            scanner.isFinal = true
            scanner.isBroken = source.damage != nil
        }
        scanner.didRead(count)
    }

    // MARK: Fields with doubled quotes

    /// Sets the columns of a record some of whose fields have doubled quotes.
    private func setEscaped(_ scanner: RecordScanner, _ number: Int64) -> Reject? {
        for column in builder.columns.indices {
            let text = unescaped.text(of: fieldOfColumn[column], scanner)
            let fault = builder.set(column, text)
            if fault != .none { return reject(scanner, number, fault, column, text) }
        }
        return nil
    }

    // MARK: Rejects

    private func reject(_ scanner: RecordScanner, _ number: Int64, _ fault: ValueFault, _ column: Int) -> Reject {
        let field = fieldOfColumn[column]
        let text = UnsafeBufferPointer(start: scanner.base + scanner.starts[field], count: scanner.ends[field] - scanner.starts[field])
        return reject(scanner, number, fault, column, text)
    }

    private func reject(
        _ scanner: RecordScanner, _ number: Int64, _ fault: ValueFault, _ column: Int, _ text: UnsafeBufferPointer<UInt8>
    ) -> Reject {
        builder.reject(
            fault, column: column, text: text, file: source.name, line: scanner.recordLine,
            offset: scanner.streamOffset + Int64(scanner.recordStart), row: number, raw: scanner.record)
    }

    /// A record with the wrong shape.
    private func reject(_ scanner: RecordScanner, _ number: Int64, _ result: RecordScanner.Result) -> Reject {
        let length = scanner.recordEnd - scanner.recordStart
        let (code, found, expected): (Reject.Code, String, String)
        if length > Self.recordLimit {
            (code, found, expected) = (.tooLong, "more than 1 MiB", "a record of at most 1 MiB")
        } else if result == .unclosedQuote {
            (code, found, expected) = (.quoting, "a quote that is not closed", "a closing quote before the file ends")
        } else if result == .textAfterQuote {
            (code, found, expected) = (.quoting, "text after a closing quote", "a delimiter or a line end after a closing quote")
        } else {
            let model = dialect.hasHeader ? "the header" : "the first record"
            (code, found, expected) = (
                .fieldCount, Self.fields(scanner.fieldCount), "\(Self.fields(fieldCount)) as in \(model)"
            )
        }
        return Reject(
            file: source.name, line: scanner.recordLine, offset: scanner.streamOffset + Int64(scanner.recordStart), row: number,
            column: nil,
            code: code, found: found, expected: expected, raw: Reject.kept(scanner.record))
    }

    private static func fields(_ count: Int) -> String { count == 1 ? "1 field" : "\(count) fields" }

    /// What is left of a damaged stream, as one reject; the reader then ends.
    private func malformed() -> Reject {
        isEnded = true
        row += 1
        let rest = scanner.rest
        let reject = Reject(
            file: source.name, line: scanner.line, offset: scanner.streamOffset + Int64(scanner.start), row: row, column: nil,
            code: .malformed, found: source.damage?.found ?? "", expected: source.damage?.expected ?? "", raw: Reject.kept(rest))
        scanner.drop(rest.count)
        return reject
    }

    /// Passes over a record of more than 1 MiB without keeping it.
    private func skipLongRecord() throws(Failure) -> Reject {
        var skipper = RecordSkipper(delimiter: dialect.delimiter, quote: dialect.quote)
        let raw = Reject.kept(scanner.rest)
        let offset = scanner.streamOffset + Int64(scanner.start), line = scanner.line
        while true {
            scanner.drop(skipper.skip(scanner.base + scanner.start, scanner.end - scanner.start))
            if skipper.isDone || scanner.isFinal { break }
            try refill()
        }
        row += 1
        var reject = Reject(
            file: source.name, line: line, offset: offset, row: row, column: nil, code: .tooLong, found: "more than 1 MiB",
            expected: "a record of at most 1 MiB", raw: raw)
        if !skipper.isDone, !skipper.isEnding {
            scanner.line += 1
            if let damage = source.damage {
                isEnded = true
                (reject.code, reject.found, reject.expected) = (.malformed, damage.found, damage.expected)
            }
        }
        scanner.line += skipper.lines
        return reject
    }
}
