import Records

extension CSVReader {
    func reject(_ scanner: RecordScanner, _ number: Int64, _ fault: ValueFault, _ column: Int) -> Reject {
        let field = fieldOfColumn[column]
        let text = UnsafeBufferPointer(start: scanner.base + scanner.starts[field], count: scanner.ends[field] - scanner.starts[field])
        return reject(scanner, number, fault, column, text)
    }

    func reject(
        _ scanner: RecordScanner, _ number: Int64, _ fault: ValueFault, _ column: Int, _ text: UnsafeBufferPointer<UInt8>
    ) -> Reject {
        let place = scanner.streamOffset + Int64(scanner.recordStart)
        var reject = builder.reject(
            fault, column: column, text: text, file: input.name, line: scanner.recordLine, offset: input.rawOffset(ofDecoded: place),
            row: number, raw: UnsafeBufferPointer(start: nil, count: 0))
        reject.raw = input.rawRecord(from: place, scanner.record)
        if fault == .encoding {
            let start = scanner.starts[fieldOfColumn[column]], end = scanner.ends[fieldOfColumn[column]]
            let field = UnsafeBufferPointer(start: scanner.base + start, count: end - start)
            if !builder.columns[column].field.isPersonal,
                let found = input.undecodable(from: scanner.streamOffset + Int64(start), in: field)
            {
                reject.found = found
            }
            reject.expected = "text in \(input.encoding == .utf8 ? "UTF-8" : input.encoding.rawValue)"
        }
        return reject
    }

    /// A record with the wrong shape.
    func reject(_ scanner: RecordScanner, _ number: Int64, _ result: RecordScanner.Result) -> Reject {
        if result != .unclosedQuote, scanner.recordEnd - scanner.recordStart > Self.recordLimit {
            return reject(scanner, number, .tooLong, "more than 1 MiB", "a record of at most 1 MiB")
        }
        switch result {
        case .unclosedQuote:
            return reject(scanner, number, .malformed, Self.openQuote.found, Self.openQuote.expected)
        case .textAfterQuote:
            return reject(
                scanner, number, .quoting, "text after a closing quote", "a delimiter or a line end after a closing quote")
        case .strayQuote:
            return reject(
                scanner, number, .quoting, "a quote inside an unquoted field", "quotes around the whole field, doubled inside it")
        default:
            let model = dialect.hasHeader ? "the header" : "the first record"
            return reject(
                scanner, number, .fieldCount, Self.fields(scanner.fieldCount), "\(Self.fields(fieldCount)) as in \(model)")
        }
    }

    func rejectZero(_ scanner: RecordScanner, _ number: Int64) -> Reject {
        reject(scanner, number, .encoding, "a NUL byte", "text")
    }

    private func reject(_ scanner: RecordScanner, _ number: Int64, _ code: Reject.Code, _ found: String, _ expected: String) -> Reject {
        let place = scanner.streamOffset + Int64(scanner.recordStart)
        return Reject(
            file: input.name, line: scanner.recordLine, offset: input.rawOffset(ofDecoded: place), row: number, column: nil,
            code: code, found: found, expected: expected, raw: input.rawRecord(from: place, scanner.record))
    }

    private static func fields(_ count: Int) -> String { count == 1 ? "1 field" : "\(count) fields" }

    /// The quote takes with it what is left of the file: as with any that breaks off, how many records that were is not known.
    private static let openQuote = ByteSource.Damage(
        found: "a quote that is not closed", expected: "a closing quote before the file ends")

    /// What is left of a damaged stream, as one reject; the reader then ends.
    func malformed() -> Reject {
        row += 1
        let rest = scanner.rest
        let place = scanner.streamOffset + Int64(scanner.start)
        let begin = brokenLine ?? (scanner.line, input.rawOffset(ofDecoded: place), input.rawRecord(from: place, rest))
        let reject = Reject(
            file: input.name, line: begin.line, offset: begin.offset, row: row, column: nil,
            code: .malformed, found: input.damage?.found ?? "", expected: input.damage?.expected ?? "", raw: begin.raw)
        scanner.drop(rest.count)
        return reject
    }

    /// Passes over a record of more than 1 MiB without keeping it.
    func skipLongRecord(_ rules: FieldRules) throws(Failure) -> Reject {
        var skipper = RecordSkipper(rules: rules)
        let place = scanner.streamOffset + Int64(scanner.start), line = scanner.line
        let raw = input.rawRecord(from: place, scanner.rest), offset = input.rawOffset(ofDecoded: place)
        while true {
            scanner.drop(skipper.skip(scanner.base + scanner.start, scanner.end - scanner.start))
            if skipper.isDone || scanner.isFinal { break }
            try refill()
        }
        row += 1
        var reject = Reject(
            file: input.name, line: line, offset: offset, row: row, column: nil, code: .tooLong, found: "more than 1 MiB",
            expected: "a record of at most 1 MiB", raw: raw)
        if !skipper.isDone, !skipper.isEnding {
            scanner.line += 1
            if input.damage != nil || skipper.isQuoted {
                isEnded = input.damage != nil || isEnded
                let damage = input.damage ?? Self.openQuote
                (reject.code, reject.found, reject.expected) = (.malformed, damage.found, damage.expected)
            }
        }
        scanner.line += skipper.lines
        return reject
    }
}
