import CLibXML2

/// Encodings that documents declare by one name and mean by another.
enum XMLEncodings {
    /// What Japanese systems write under the names of JIS is Microsoft's superset: with circled digits, and with the backslash where JIS
    /// has the yen sign.
    private static let meant: [String: [String]] = [
        "shift_jis": ["CP932"], "shift-jis": ["CP932"], "sjis": ["CP932"], "x-sjis": ["CP932"], "windows-31j": ["CP932"],
        "cp932": ["CP932"], "ms932": ["CP932"], "ms_kanji": ["CP932"], "euc-jp": ["EUC-JP-MS", "EUC-JP"],
        "x-euc-jp": ["EUC-JP-MS", "EUC-JP"],
        "cp51932": ["EUC-JP-MS", "EUC-JP"],
    ]

    /// Reads the document in the encoding that is meant, whatever it declares.
    static func override(_ context: xmlParserCtxtPtr, _ start: UnsafeRawBufferPointer) {
        guard let name = declared(start)?.lowercased(), let candidates = meant[name] else { return }
        for candidate in candidates {
            guard let handler = xmlFindCharEncodingHandler(candidate) else { continue }
            xmlCtxtUseOptions(context, context.pointee.options | Int32(XML_PARSE_IGNORE_ENC.rawValue))
            xmlSwitchToEncoding(context, handler)
            return
        }
    }

    /// The encoding that the XML declaration names, where the document starts with one in a superset of ASCII.
    static func declared(_ start: UnsafeRawBufferPointer) -> String? {
        let head = Array(start.prefix(256))
        guard head.starts(with: "<?xml".utf8), let end = head.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        let declaration = String(decoding: head[..<end], as: UTF8.self)
        guard let key = declaration.firstRange(of: "encoding") else { return nil }
        let value = declaration[key.upperBound...].drop { $0 == " " || $0 == "=" || $0.isNewline || $0 == "\t" }
        guard let quote = value.first, quote == "\"" || quote == "'" else { return nil }
        return String(value.dropFirst().prefix { $0 != quote })
    }
}
