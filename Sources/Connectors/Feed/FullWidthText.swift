/// Full-width forms as ASCII: U+FF01 to U+FF5E, the ideographic space, and the minus sign that converters make of Japanese text.
enum FullWidthText {
    /// Writes the folded text; returns its bytes. The target has room for `count`.
    static func fold(_ text: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutablePointer<UInt8>) -> Int {
        var at = 0, size = 0
        while at < count {
            if at + 2 < count, text[at] >= 0xE2, let byte = ascii(text[at], text[at + 1], text[at + 2]) {
                target[size] = byte
                size += 1
                at += 3
                continue
            }
            if at + 2 < count, text[at] == 0xEF, text[at + 1] == 0xBF, text[at + 2] == 0xA5 {
                // U+FFE5, the full-width yen sign.
                (target[size], target[size + 1]) = (0xC2, 0xA5)
                size += 2
                at += 3
                continue
            }
            target[size] = text[at]
            size += 1
            at += 1
        }
        return size
    }

    private static func ascii(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt8? {
        switch (first, second) {
        case (0xEF, 0xBC) where third >= 0x81 && third <= 0xBF: third - 0x60
        case (0xEF, 0xBD) where third >= 0x80 && third <= 0x9E: third - 0x20
        case (0xE3, 0x80) where third == 0x80: 32
        case (0xE2, 0x88) where third == 0x92: 45
        default: nil
        }
    }

    static func contains(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = text.baseAddress else { return false }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count) { copy in
            copy.baseAddress.map { fold(base, text.count, into: $0) != text.count } ?? false
        }
    }
}
