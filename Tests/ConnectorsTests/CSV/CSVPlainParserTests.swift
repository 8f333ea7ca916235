import Connectors
import PipelineTesting
import Records
import Testing

/// The rules of `CSVFormat` once more, one character at a time and with nothing clever: what the fast reader is compared with.
private struct PlainParser {
    /// A record's fields; nil fields: text after a closing quote, or a quote that is never closed.
    var records: [[[UInt8]]?] = []

    init(_ bytes: [UInt8]) {
        var fields: [[UInt8]] = []
        var field: [UInt8] = []
        var isQuoted = false, wasQuoted = false, isBad = false, isEmpty = true
        var at = 0
        func peek() -> UInt8? { at + 1 < bytes.count ? bytes[at + 1] : nil }
        func endField() {
            fields.append(field)
            (field, wasQuoted) = ([], false)
        }
        func endRecord() {
            endField()
            records.append(isBad ? nil : fields)
            (fields, isBad, isEmpty) = ([], false, true)
        }
        while at < bytes.count {
            let byte = bytes[at]
            if isQuoted {
                if byte == 34, peek() == 34 {
                    field.append(34)
                    at += 1
                } else if byte == 34 {
                    (isQuoted, wasQuoted) = (false, true)
                } else {
                    field.append(byte)
                }
            } else if byte == 34, field.isEmpty, !wasQuoted {
                (isQuoted, isEmpty) = (true, false)
            } else if byte == 44 {
                endField()
                isEmpty = false
            } else if byte == 10 || byte == 13 {
                if byte == 13, peek() == 10 { at += 1 }
                if !isEmpty { endRecord() }
            } else {
                if wasQuoted { isBad = true }
                field.append(byte)
                isEmpty = false
            }
            at += 1
        }
        if isQuoted { isBad = true }
        if !isEmpty { endRecord() }
    }
}

@Suite struct CSVPlainParserTests {
    @Test("the fast reader gives what a plain parser gives, on random records", arguments: 1...6 as ClosedRange<UInt64>)
    func agrees(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<150 {
            // Few characters, so that each meets each; long plain runs now and then, to cross blocks of 64 bytes.
            let alphabet: [[UInt8]] = [
                [44], [44], [34], [34], [10], [13], [13, 10], [97], [98], [0xC3, 0xA9], Array(repeating: 120, count: 30),
            ]
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                body += alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            let bytes = Array("p,q,r\n".utf8) + body
            let plain = PlainParser(bytes).records.dropFirst()
            let blockRows = Int.random(in: 1...5, using: &generator), bufferBytes = Int.random(in: 1...90, using: &generator)
            let fast = try readCSV(bytes, columns: textColumns("p", "q", "r"), blockRows: blockRows, bufferBytes: bufferBytes)
            let expected = plain.compactMap { record in
                record.flatMap { $0.count == 3 ? $0.map { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) } : nil }
            }
            let shown = "seed \(seed), round \(round), buffer \(bufferBytes): \(String(decoding: body, as: UTF8.self).debugDescription)"
            #expect(fast.rows == expected, "\(shown)")
            #expect(fast.rejects.count == plain.count - expected.count, "\(shown)")
        }
    }

    @Test("the comparison notices a parser that splits at quoted delimiters")
    func negativeControl() throws {
        let bytes = Array("p,q,r\n1,\"2,3\",4\n".utf8)
        let naive = bytes.split(separator: 10).dropFirst().map { $0.split(separator: 44).count }
        #expect(naive != PlainParser(bytes).records.dropFirst().map { $0?.count ?? 0 })
    }
}
