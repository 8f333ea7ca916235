import Connectors
package import Records

/// The first records of a CSV file as texts, read with the settings that were detected.
package struct FileHead {
    static let mostRecords = 2_000
    private static let sampleBytes = 1 << 18

    package let dialect: DetectedDialect
    /// Nil for UTF-8.
    package let encoding: (name: String, evidence: String)?
    let hasHeader: Bool
    /// Of the header (`name#2` where a name comes twice), or `1`, `2`, … without one: what `from:` says.
    package let sources: [String]
    /// Records with as many fields as there are columns.
    package let records: [[String]]

    /// - Throws: a file that is missing, empty, no text, or of one column only.
    package init(path: String) throws(Failure) {
        let file = FeedFile(path: path, name: path)
        let raw = try Self.sample(try ByteSource(file, bufferBytes: 1 << 16), mostBytes: 1 << 16)
        let guess = EncodingDetector.detect(raw.bytes, isWhole: raw.isWhole)
        let source = try DecodedSource(file, encoding: guess.encoding == .utf8 ? nil : guess.encoding, bufferBytes: 1 << 16)
        var sample = try Self.sample(source, mostBytes: Self.sampleBytes)
        if sample.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { sample.bytes.removeFirst(3) }
        while sample.isWhole, sample.bytes.last == 0x1A { sample.bytes.removeLast() }
        // A part may end inside a character.
        let lines =
            sample.isWhole ? sample.bytes : Array(sample.bytes[..<(sample.bytes.lastIndex(of: 10).map { $0 + 1 } ?? sample.bytes.count)])
        guard let text = Self.repaired(lines) else { throw .scaffoldNotText(path) }
        dialect = DetectedDialect(text, isWhole: sample.isWhole)
        guard dialect.fields > 1 else { throw .scaffoldOneColumn(path) }
        encoding = guess.encoding == .utf8 ? nil : (guess.encoding.rawValue, guess.evidence.joined(separator: "; "))
        hasHeader = dialect[name: "header"]?.value == "true"
        var options = dialect.options
        if guess.encoding != .utf8 { options["encoding"] = .text(guess.encoding.rawValue) }
        let rows = try Self.records(file, options, fields: dialect.fields)
        var body = rows
        if hasHeader { body.removeFirst(min(body.count, dialect[name: "skip-after-header"] == nil ? 1 : 2)) }
        sources = hasHeader ? Self.sources(rows.first ?? []) : (1...dialect.fields).map(String.init)
        records = hasHeader ? body.filter { $0 != rows[0] } : body
    }

    /// UTF-8 with U+FFFD for what is none; nil where that is more than one character in a hundred, or there are NUL bytes.
    private static func repaired(_ bytes: [UInt8]) -> [UInt8]? {
        if bytes.contains(0) { return nil }
        if String(validating: bytes, as: UTF8.self) != nil { return bytes }
        let text = String(decoding: bytes, as: UTF8.self)
        let faults = text.unicodeScalars.count { $0 == "\u{FFFD}" }
        return faults * 100 <= text.unicodeScalars.count ? Array(text.utf8) : nil
    }

    private static func sample(_ source: ByteSource, mostBytes: Int) throws(Failure) -> (bytes: [UInt8], isWhole: Bool) {
        try sample(mostBytes) { (buffer) throws(Failure) in try source.read(into: buffer) }
    }

    private static func sample(_ source: DecodedSource, mostBytes: Int) throws(Failure) -> (bytes: [UInt8], isWhole: Bool) {
        try sample(mostBytes) { (buffer) throws(Failure) in try source.read(into: buffer) }
    }

    private static func sample(
        _ mostBytes: Int, _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> (bytes: [UInt8], isWhole: Bool) {
        var bytes: [UInt8] = []
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { piece.deallocate() }
        while bytes.count < mostBytes {
            let count = try read(piece)
            if count == 0 { return (bytes, true) }
            bytes.append(contentsOf: piece[..<count])
        }
        return (bytes, false)
    }

    /// All fields as texts, the header's too, as the feed reader itself reads them.
    private static func records(_ file: FeedFile, _ detected: [String: ParameterValue], fields: Int) throws(Failure) -> [[String]] {
        var options = detected
        options["header"] = .bool(false)
        options["skip-after-header"] = nil
        // The first record says how many fields there are; with a delimiter more in every row it has one less.
        if options["ragged"] != nil { options["ragged"] = .text("pad-and-cut") }
        let columns = (1...fields).map { FeedColumn(field: Field("\($0)", .string, optional: true), source: "\($0)") }
        let reader = try CSVFormat.reader(
            of: file, columns: columns, options: options, from: .start, blockRows: mostRecords + 2, bufferBytes: 1 << 16)
        guard let batch = try reader.next()?.batch else { return [] }
        return (0..<batch.count).map { row in batch.columns.map { $0.text(row) ?? "" } }
    }

    private static func sources(_ names: [String]) -> [String] {
        var seen: [String: Int] = [:]
        return names.map { name in
            guard names.count(where: { $0 == name }) > 1 else { return name }
            seen[name, default: 0] += 1
            return "\(name)#\(seen[name] ?? 1)"
        }
    }
}
