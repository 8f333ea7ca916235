import Records

/// What encoding a document is to be read in.
struct XMLEncodings {
    /// Decoded here, with places in the file known; nil = libxml2 reads the declaration and decodes.
    let encoding: TextEncoding?

    /// Looks at the start of the file: the byte order mark, then the XML declaration.
    ///
    /// Encodings that ``TextEncoding`` has are decoded here: the same on every system, and Shift_JIS and EUC-JP in what Japanese systems
    /// mean by them. All others are left to libxml2.
    init(of file: FeedFile) throws(Failure) {
        let source = try ByteSource(file, bufferBytes: 512)
        var head: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 1)
        defer { room.deallocate() }
        while head.count < 512 {
            let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<(512 - head.count)]))
            if count == 0 { break }
            head += room[..<count]
        }
        encoding = Self.encoding(head)
    }

    static func encoding(_ head: [UInt8]) -> TextEncoding? {
        if let mark = head.withUnsafeBufferPointer({ TextEncoding.byteOrderMark($0) }) {
            return mark.encoding == .utf8 ? nil : mark.encoding
        }
        if head.starts(with: [0x3C, 0, 0x3F, 0]) { return .utf16LE }
        if head.starts(with: [0, 0x3C, 0, 0x3F]) { return .utf16BE }
        guard let name = declared(head), let encoding = TextEncoding(name: name) else { return nil }
        // A declaration that can be read byte by byte is not in UTF-16, whatever it says.
        return [.utf8, .utf16, .utf16LE, .utf16BE].contains(encoding) ? nil : encoding
    }

    /// The encoding that the XML declaration names, where the document starts with one in a superset of ASCII.
    private static func declared(_ head: [UInt8]) -> String? {
        guard head.starts(with: "<?xml".utf8), let end = head.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        let declaration = String(decoding: head[..<end], as: UTF8.self)
        guard let key = declaration.firstRange(of: "encoding") else { return nil }
        let value = declaration[key.upperBound...].drop { $0 == " " || $0 == "=" || $0.isNewline || $0 == "\t" }
        guard let quote = value.first, quote == "\"" || quote == "'" else { return nil }
        return String(value.dropFirst().prefix { $0 != quote })
    }
}
