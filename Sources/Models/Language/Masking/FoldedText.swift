/// A text in which full-width letters, digits and signs, foreign blanks and dashes are plain ASCII and invisible characters are gone, so
/// that `０９０－１２３４` and a number with a zero-width blank in it are found; and the way back to the places of the text itself.
struct FoldedText {
    var bytes: [UInt8]
    /// For each byte its offset in the text itself, and the end of the text; empty = the text was plain.
    var offsets: [Int32]

    /// Nil for a text without such characters: the usual case, told by one look at each byte.
    init?(_ text: [UInt8], _ range: Range<Int>) {
        guard Self.needsFolding(text, range) else { return nil }
        bytes = []
        offsets = []
        bytes.reserveCapacity(range.count)
        offsets.reserveCapacity(range.count + 1)
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = text[at]
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            let stop = min(at + length, range.upperBound)
            if let folded = Self.fold(text, at, stop) {
                if folded != 0 {
                    bytes.append(folded)
                    offsets.append(Int32(at))
                }
            } else {
                for index in at..<stop {
                    bytes.append(text[index])
                    offsets.append(Int32(index))
                }
            }
            at = stop
        }
        offsets.append(Int32(range.upperBound))
    }

    private static func needsFolding(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        text.withUnsafeBufferPointer { text in
            var at = range.lowerBound
            while at < range.upperBound {
                switch text[at] {
                case 0xEF, 0xE2, 0xC2, 0xE3:
                    // U+30FC stands in words; only the ideographic blank and comma area of U+3000 is of interest here.
                    if text[at] != 0xE3 || at + 2 < range.upperBound && text[at + 1] == 0x80 && text[at + 2] == 0x80 { return true }
                    at += 1
                default: at += 1
                }
            }
            return false
        }
    }

    /// The ASCII byte a character stands for, 0 for one that is not seen, nil for one that stays.
    private static func fold(_ text: [UInt8], _ at: Int, _ stop: Int) -> UInt8? {
        switch (text[at], stop - at) {
        case (0xC2, 2): return text[at + 1] == 0xA0 ? 32 : text[at + 1] == 0xAD ? 0 : nil
        case (0xE2, 3):
            switch (text[at + 1], text[at + 2]) {
            case (0x80, 0x8B...0x8F), (0x80, 0xAA...0xAE), (0x81, 0xA0...0xAF): return 0
            case (0x80, 0x80...0x8A), (0x80, 0xAF), (0x81, 0x9F): return 32
            case (0x80, 0x90...0x95), (0x88, 0x92), (0x81, 0x83): return 45
            default: return nil
            }
        case (0xE3, 3): return text[at + 1] == 0x80 && text[at + 2] == 0x80 ? 32 : nil
        case (0xEF, 3):
            if text[at + 1] == 0xBC, text[at + 2] >= 0x81 { return text[at + 2] - 0x81 + 0x21 }
            if text[at + 1] == 0xBD, text[at + 2] <= 0x9E { return text[at + 2] - 0x80 + 0x60 }
            return text[at + 1] == 0xBB && text[at + 2] == 0xBF ? 0 : nil
        default: return nil
        }
    }
}
