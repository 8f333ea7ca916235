/// A word of at most 16 bytes of ASCII, packed so that words compare as their texts do and no text is made of each.
package struct PlainWord: Hashable, Sendable, Comparable {
    package static let mostBytes = 16

    /// The first eight bytes and the next, the first byte highest; zeros after the end.
    private(set) var high: UInt64 = 0
    private(set) var low: UInt64 = 0
    /// Of all bytes given, also those that did not fit.
    package private(set) var count = 0

    package init() {}

    /// Nil for other than 1 to 16 bytes of ASCII without zeros.
    package init?(_ text: some StringProtocol) {
        for byte in text.utf8 {
            guard byte > 0, byte < 0x80 else { return nil }
            append(byte)
        }
        guard count > 0, fits else { return nil }
    }

    package var fits: Bool { count <= Self.mostBytes }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        if count < 8 {
            high |= UInt64(byte) << UInt64(56 - 8 * count)
        } else if count < Self.mostBytes {
            low |= UInt64(byte) << UInt64(120 - 8 * count)
        }
        count += 1
    }

    @inline(__always)
    package static func < (a: PlainWord, b: PlainWord) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }

    @inline(__always)
    package static func == (a: PlainWord, b: PlainWord) -> Bool { a.high == b.high && a.low == b.low }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }

    package var text: String {
        var bytes: [UInt8] = []
        for place in 0..<min(count, Self.mostBytes) {
            let shift = UInt64(56 - 8 * (place % 8))
            bytes.append(UInt8(truncatingIfNeeded: (place < 8 ? high : low) >> shift))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Numbers of words, found without a text and without a hasher.
package struct PlainWordTable: Sendable {
    /// A power of two, half empty.
    private let words: [PlainWord]
    /// 0 = free, else the value plus 1.
    private let values: [UInt32]

    /// - Parameter pairs: of equal words the last counts; words that are not plain are left out, as no plain text has them.
    package init(_ pairs: some Sequence<(word: String, value: UInt32)>) {
        var own: [(word: PlainWord, value: UInt32)] = []
        for pair in pairs { if let word = PlainWord(pair.word) { own.append((word, pair.value)) } }
        var size = 16
        while size < own.count * 2 { size *= 2 }
        var (words, values) = ([PlainWord](repeating: PlainWord(), count: size), [UInt32](repeating: 0, count: size))
        for pair in own {
            var at = Self.place(of: pair.word) & (size - 1)
            while values[at] != 0, words[at] != pair.word { at = (at + 1) & (size - 1) }
            (words[at], values[at]) = (pair.word, pair.value + 1)
        }
        (self.words, self.values) = (words, values)
    }

    /// Each word's value is 0.
    package init(_ words: some Sequence<String>) { self.init(words.map { (word: $0, value: 0) }) }

    @inline(__always)
    private static func place(of word: PlainWord) -> Int {
        let (high, low): (UInt64, UInt64) = (word.high &* 0x9e37_79b9_7f4a_7c15, word.low &* 0xd6e8_feb8_6659_fd93)
        let hash = high ^ low
        return Int(truncatingIfNeeded: hash ^ (hash >> 32))
    }

    /// Nil for a word that is not in it, and for one that is too long.
    package func value(of word: PlainWord) -> UInt32? {
        guard word.fits else { return nil }
        let mask = words.count - 1
        var at = Self.place(of: word) & mask
        while values[at] != 0 {
            if words[at] == word { return values[at] - 1 }
            at = (at + 1) & mask
        }
        return nil
    }
}

/// Texts of ASCII alone, as bytes: most are, and of them no character needs a look into tables.
package enum PlainText {
    /// What `body` makes of the bytes; nil where the text has others than ASCII.
    package static func read<Value>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value? {
        var text = text
        return text.withUTF8 { bytes in isPlain(bytes) ? body(bytes) : nil }
    }

    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var all: UInt8 = 0
        for byte in bytes { all |= byte }
        return all < 0x80
    }

    @inline(__always)
    package static func lower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }
    @inline(__always)
    package static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 }
    @inline(__always)
    package static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    /// As Unicode has it: tab to carriage return, and the blank.
    @inline(__always)
    package static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte &- 9 < 5 }
}
