/// A text as the characters that models of text see: lower case, full-width letters and digits as plain ones, one blank for any blanks,
/// one apostrophe for all; nothing invisible.
struct TextScalars {
    /// Characters in U+0020... order of the text; never two blanks in a row, none at the ends.
    private(set) var values: [UInt32] = []

    init() {}

    /// Takes a text in; the memory is used again.
    mutating func read(_ text: String.UTF8View) { text.withContiguousStorageIfAvailable { read($0) } ?? read(Array(text)) }

    mutating func read(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { read($0) } }

    mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) {
        values.removeAll(keepingCapacity: true)
        var at = 0
        while at < bytes.count {
            let lead = bytes[at]
            if lead < 0x80 {
                add(UInt32(lead >= 65 && lead <= 90 ? lead | 32 : lead))
                at += 1
                continue
            }
            let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
            guard at + length <= bytes.count, lead >= 0xC2 else {
                at += 1
                continue
            }
            var value = UInt32(lead) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
            for index in 1..<length { value = value << 6 | UInt32(bytes[at + index] & 0x3F) }
            add(Self.folded(value))
            at += length
        }
        if values.last == 32 { values.removeLast() }
    }

    private mutating func add(_ value: UInt32) {
        if value <= 32 {
            if let last = values.last, last != 32 { values.append(32) }
        } else {
            values.append(value)
        }
    }

    private static func folded(_ value: UInt32) -> UInt32 {
        switch value {
        case 0xA0, 0x2000...0x200A, 0x202F, 0x3000, 0x85, 0x2028, 0x2029: return 32
        case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F, 0xFEFF: return 0x200B
        case 0x2018, 0x2019, 0x02BC, 0x0060, 0x00B4: return 39
        case 0x201C, 0x201D: return 34
        case 0x2010...0x2015, 0x2212: return 45
        case 0xFF21...0xFF3A: return value - 0xFEE0 + 32
        case 0xFF01...0xFF5E: return value - 0xFEE0
        case 0xC0...0xD6, 0xD8...0xDE: return value + 32
        case 0x100...0x17F: return value % 2 == 0 && !(0x138...0x148).contains(value) && value < 0x178 ? value + 1 : value
        case 0x391...0x3A9: return value + 32
        case 0x410...0x42F: return value + 32
        case 0x400...0x40F: return value + 80
        default: return value
        }
    }

    enum Kind { case blank, word, joined, sign }

    /// What a character is to a word: part of one, a word alone (kanji and kana, which no blanks part), or neither.
    static func kind(_ value: UInt32) -> Kind {
        switch value {
        case 32, 0x200B: .blank
        case 48...57, 97...122, 0xAA, 0xB5, 0xBA, 0xDF...0x2FF, 0x370...0x1FFF: .word
        case 0x3005...0x3007, 0x3041...0x30FF, 0x3400...0x9FFF, 0xAC00...0xD7AF, 0xF900...0xFAFF, 0xFF66...0xFF9D, 0x20000...0x3FFFF:
            .joined
        default: .sign
        }
    }
}
