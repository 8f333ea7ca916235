/// One way of cutting a text into n-grams; a model looks at several.
public struct TextView: Hashable, Sendable, Codable {
    public enum Kind: Int, Sendable, Codable {
        /// Words; a character of Chinese or Japanese is a word.
        case words
        /// Words without their usual English endings.
        case stems
        /// Characters inside a word, with the blank before and after it.
        case wordCharacters
        /// Characters across words.
        case characters
        /// Two words within `most` of each other, in order.
        case pairs
        /// What a ``SentenceEncoder`` makes of the whole text: `most` numbers, which stand beside the n-grams.
        case meaning
    }
    public var kind: Kind
    /// Of the n-grams, 1 or more.
    public var least: Int
    public var most: Int
    /// Beside the other views, above 0: each view's values have length 1 before.
    public var weight: Double
    /// N-grams of fewer training texts are left out.
    public var minimumTexts: Int

    public init(_ kind: Kind, _ lengths: ClosedRange<Int>, weight: Double = 1, minimumTexts: Int = 1) {
        (self.kind, least, most, self.weight, self.minimumTexts) = (kind, lengths.lowerBound, lengths.upperBound, weight, minimumTexts)
    }
}

/// The n-grams of a text as 64-bit hashes, view after view. Keeps its memory from text to text.
struct TextGrams {
    private(set) var hashes: [UInt64] = []
    /// End of each view in `hashes`.
    private(set) var ends: [Int] = []
    private var scalars = TextScalars()
    private var words: [UInt64] = []
    private var stems: [UInt64] = []
    /// Ranges of the words in the scalars.
    private var bounds: [(start: Int, end: Int)] = []

    init() {}

    mutating func read(_ text: [UInt8], _ views: [TextView]) {
        scalars.read(text)
        hashes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        cut()
        for view in views {
            switch view.kind {
            case .words: grams(words, view, seed: 0x51)
            case .stems: grams(stems, view, seed: 0x52)
            case .pairs: pairs(view)
            case .wordCharacters: wordCharacters(view)
            case .characters: characters(view)
            case .meaning: break
            }
            ends.append(hashes.count)
        }
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ value: UInt64) -> UInt64 {
        let z = (hash ^ value) &* 0x9e37_79b9_7f4a_7c15
        return z ^ (z >> 29)
    }

    @inline(__always)
    private static func finished(_ hash: UInt64) -> UInt64 {
        let z = (hash ^ (hash >> 32)) &* 0xd6e8_feb8_6659_fd93
        return z ^ (z >> 32)
    }

    /// Words and signs, as hashes; a word of a script without blanks is one character.
    private mutating func cut() {
        words.removeAll(keepingCapacity: true)
        stems.removeAll(keepingCapacity: true)
        bounds.removeAll(keepingCapacity: true)
        let values = scalars.values
        var at = 0
        while at < values.count {
            let start = at
            switch TextScalars.kind(values[at]) {
            case .blank:
                at += 1
                continue
            case .word:
                while at < values.count, case .word = TextScalars.kind(values[at]) { at += 1 }
            case .joined: at += 1
            case .sign:
                at += 1
                // Most signs say nothing; these tell a question from a cry, and which money it is about.
                guard [33, 36, 37, 43, 63, 0xA3, 0xA5, 0x20AC].contains(values[start]) else { continue }
            }
            var hash: UInt64 = 0
            for index in start..<at { hash = Self.mix(hash, UInt64(values[index])) }
            words.append(hash)
            bounds.append((start, at))
            var stem: UInt64 = 0
            for index in start..<Stem.end(values, start, at) { stem = Self.mix(stem, UInt64(values[index])) }
            stems.append(stem)
        }
    }

    private mutating func grams(_ words: [UInt64], _ view: TextView, seed: UInt64) {
        for start in words.indices {
            var hash = seed
            for length in 1...view.most {
                guard start + length <= words.count else { break }
                hash = Self.mix(hash, words[start + length - 1])
                if length >= view.least { hashes.append(Self.finished(hash)) }
            }
        }
    }

    private mutating func pairs(_ view: TextView) {
        for first in stems.indices {
            // As far as a sentence goes: the pairs of a long text would be its square.
            for second in (first + 1)..<max(min(first + 1 + view.most, stems.count), first + 1) {
                hashes.append(Self.finished(Self.mix(Self.mix(0x53, stems[first]), stems[second])))
            }
        }
    }

    private mutating func wordCharacters(_ view: TextView) {
        var index = 0
        let values = scalars.values
        while index < bounds.count {
            var (start, end) = bounds[index]
            index += 1
            // Everything between two blanks is one stretch, as signs and joined characters belong to it.
            while start > 0, values[start - 1] != 32 { start -= 1 }
            while end < values.count, values[end] != 32 { end += 1 }
            while index < bounds.count, bounds[index].start < end { index += 1 }
            stretch(start, end, view)
        }
    }

    private mutating func stretch(_ start: Int, _ end: Int, _ view: TextView) {
        let values = scalars.values
        for first in (start - 1)...end {
            var hash: UInt64 = 0x54
            for length in 1...view.most {
                let at = first + length - 1
                guard at <= end else { break }
                hash = Self.mix(hash, at < start || at == end ? 32 : UInt64(values[at]))
                if length >= view.least { hashes.append(Self.finished(hash)) }
            }
        }
    }

    private mutating func characters(_ view: TextView) {
        let values = scalars.values
        guard !values.isEmpty else { return }
        for first in -1...values.count {
            var hash: UInt64 = 0x55
            for length in 1...view.most {
                let at = first + length - 1
                guard at <= values.count else { break }
                hash = Self.mix(hash, at < 0 || at == values.count ? 32 : UInt64(values[at]))
                if length >= view.least { hashes.append(Self.finished(hash)) }
            }
        }
    }
}

/// The end of an English word without its ending: plain, and the same for training and scoring.
enum Stem {
    private static let endings: [[UInt32]] = ["ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "er"].map {
        Array($0.unicodeScalars.map(\.value))
    }

    private static let plainEndings: [[UInt8]] = endings.map { $0.map { UInt8($0) } }

    /// The same of ASCII in any case.
    static func end(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        guard end - start >= 4, mayEnd(UInt32(PlainText.lower(bytes[end - 1]))) else { return end }
        for ending in plainEndings where end - start >= ending.count + 3 {
            var matches = true
            for index in ending.indices where PlainText.lower(bytes[end - ending.count + index]) != ending[index] { matches = false }
            if matches { return end - ending.count }
        }
        return end
    }

    /// Whether any ending has this last letter: most words have none.
    private static func mayEnd(_ last: UInt32) -> Bool { last == 115 || last == 103 || last == 100 || last == 121 || last == 114 }

    static func end(_ values: [UInt32], _ start: Int, _ end: Int) -> Int {
        guard end - start >= 4, mayEnd(values[end - 1]) else { return end }
        for ending in endings where end - start >= ending.count + 3 {
            var matches = true
            for index in ending.indices where values[end - ending.count + index] != ending[index] { matches = false }
            if matches { return end - ending.count }
        }
        return end
    }
}
