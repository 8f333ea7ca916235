import Records

extension CSVReader {
    /// Learns where the columns are. False when the stream is damaged before the first record ends.
    func open() throws(Failure) -> Bool {
        try skipByteOrderMark()
        for _ in 0..<dialect.skip {
            if scanner.isFinal, !scanner.isBroken, scanner.start == scanner.end { throw .csvHeaderMissing(input.name) }
            if try skipLine() == nil { return false }
        }
        guard try readFirstRecord() else { return false }
        if dialect.hasHeader {
            for _ in 0..<dialect.skipAfterHeader where try skipLine() == nil { return false }
        }
        return true
    }

    private func skipByteOrderMark() throws(Failure) {
        while scanner.end < 3, !scanner.isFinal { try refill() }
        let bytes = scanner.base
        if scanner.end >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { scanner.drop(3) }
    }

    private func readFirstRecord() throws(Failure) -> Bool {
        while true {
            var result = scanner.rules.allowsFastScan ? scanner.scan() : scanner.skipBlankLines()
            if result == .record {
                if dialect.note(scanner.record, isFinal: true) != .none { continue }
            } else if result == .quoted {
                let note = dialect.note(scanner.rest, isFinal: scanner.isFinal)
                if note == .comment || note == .trailer {
                    if try skipLine() == nil { return false }
                    continue
                }
                result = note == .unknown ? .more : scanner.scanCareful()
            }
            if result == .unclosedQuote, dialect.rules.isLenient {
                scanner.goBack(line: scanner.recordLine)
                result = scanner.scanCareful(literally: true)
            }
            switch result {
            case .more:
                if scanner.isBroken { return false }
                // The same limit as for records, without a reject to give: nothing can be read.
                if scanner.end - scanner.start > Self.recordLimit + 2 {
                    guard dialect.note(scanner.rest, isFinal: true) != .none else { throw .csvHeaderTooLong(input.name) }
                    if try skipLine() == nil { return false }
                } else {
                    try refill()
                }
            case .end: throw .csvHeaderMissing(input.name)
            case .textAfterQuote, .strayQuote, .unclosedQuote: throw .csvHeaderQuoting(input.name)
            case .record, .quoted:
                if scanner.fieldCount > 64, fieldCount == 0 {
                    // Once more, with room for every field; blank lines before it stay skipped.
                    fieldCount = scanner.fieldCount
                    scanner.reserveFields(fieldCount)
                    scanner.goBack(line: scanner.recordLine)
                    continue
                }
                fieldCount = scanner.fieldCount
                try findColumns()
                return true
            }
        }
    }

    private func findColumns() throws(Failure) {
        let fields = (0..<fieldCount).map { Array(unescaped.text(of: $0, scanner)) }
        if dialect.hasHeader, fields.contains(where: { $0.contains(0) }) { throw .csvZeroBytes(input.name) }
        let names = CSVHeader(fields: fields, hasNames: dialect.hasHeader, file: input.name, delimiter: dialect.rules.delimiter)
        for (index, column) in builder.columns.enumerated() {
            fieldOfColumn[index] = try names.field(of: column, padded: dialect.padsShort)
            // Without a header the first record may be a short one.
            if fieldOfColumn[index] >= fieldCount { fieldCount = fieldOfColumn[index] + 1 }
        }
        if dialect.skipsRepeatedHeader { header = Array(scanner.record) }
        if !dialect.hasHeader { scanner.goBack(line: scanner.recordLine) }
        scanner.reserveFields(fieldCount)
    }

    /// Passes over the line at hand, of any length; its first 64 KiB, or nil where the stream breaks off in it.
    func skipLine() throws(Failure) -> [UInt8]? {
        let line = scanner.line, offset = input.rawOffset(ofDecoded: scanner.streamOffset + Int64(scanner.start))
        var kept: [UInt8] = []
        while true {
            let rest = scanner.rest
            let end = rest.firstIndex { $0 == 10 || $0 == 13 } ?? rest.count
            kept += rest.prefix(min(end, 1 << 16 - kept.count))
            scanner.drop(end)
            if end < rest.count {
                if rest[end] == 13, end + 1 == rest.count, !scanner.isFinal { try refill() }
                let isPair = scanner.rest[0] == 13 && scanner.rest.count > 1 && scanner.rest[1] == 10
                scanner.drop(isPair ? 2 : 1)
                scanner.line += 1
                return kept
            }
            if scanner.isFinal {
                guard scanner.isBroken else {
                    scanner.line += 1
                    return kept
                }
                brokenLine = (line, offset, kept)
                return nil
            }
            try refill()
        }
    }
}
