/// Looks up texts given once: open addressing over their bytes, no String a look-up.
struct TextTable {
    private let texts: [[UInt8]]
    private let slots: [Int32]

    init(_ texts: [String]) {
        self.texts = texts.map { Array($0.utf8) }
        var size = 8
        while size < texts.count * 2 { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        for (index, text) in self.texts.enumerated() {
            var at = text.withUnsafeBufferPointer { Self.hash($0.baseAddress, $0.count) } & (size - 1)
            while slots[at] >= 0 { at = (at + 1) & (size - 1) }
            slots[at] = Int32(index)
        }
        self.slots = slots
    }

    /// Index of the text as given; the first where it was given twice.
    func index(of text: UnsafePointer<UInt8>, _ count: Int) -> Int? {
        var at = Self.hash(text, count) & (slots.count - 1)
        while slots[at] >= 0 {
            let candidate = texts[Int(slots[at])]
            if candidate.count == count, (0..<count).allSatisfy({ candidate[$0] == text[$0] }) { return Int(slots[at]) }
            at = (at + 1) & (slots.count - 1)
        }
        return nil
    }

    /// FNV-1a.
    private static func hash(_ text: UnsafePointer<UInt8>?, _ count: Int) -> Int {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        if let text { for index in 0..<count { value = (value ^ UInt64(text[index])) &* 0x0000_0100_0000_01b3 } }
        return Int(truncatingIfNeeded: (value ^ value >> 32) & 0x7fff_ffff)
    }
}
