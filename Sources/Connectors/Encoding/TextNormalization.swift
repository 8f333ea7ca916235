import Foundation

/// Declared rewriting of a column's texts, so that one word written in several ways is one word.
///
/// Steps are applied in a fixed order whatever the order of the names: symbols, then half-width kana, then NFKC. Nothing else is changed.
///
/// - `wave-dash`: U+FF5E (as CP932 is read) becomes the wave dash U+301C; `fullwidth-tilde` is the other way round;
/// - `jis-symbols`: the seven characters of JIS X 0208 that Microsoft maps differently become JIS's: U+FF5E, U+2225, U+FF0D, U+FFE0,
///   U+FFE1, U+FFE2 and U+2015 become U+301C, U+2016, U+2212, U+00A2, U+00A3, U+00AC and U+2014; `microsoft-symbols` is the other way round;
/// - `half-width-kana`: half-width kana and their punctuation become full-width, voicing marks joined to the kana before them;
/// - `nfkc`: Unicode's compatibility composition (UAX 15). It makes full-width letters and digits ASCII, and what the other steps left as
///   U+FF5E a tilde.
public struct TextNormalization: Hashable, Sendable {
    private struct Steps: OptionSet, Hashable {
        let rawValue: UInt8
        static let nfkc = Steps(rawValue: 1)
        static let kana = Steps(rawValue: 2)
        static let waveDash = Steps(rawValue: 4)
        static let fullwidthTilde = Steps(rawValue: 8)
        static let jisSymbols = Steps(rawValue: 16)
        static let microsoftSymbols = Steps(rawValue: 32)
    }

    /// As in the job file.
    public static let names = ["nfkc", "half-width-kana", "wave-dash", "fullwidth-tilde", "jis-symbols", "microsoft-symbols"]

    /// Changes nothing.
    public static let none = TextNormalization(steps: [])

    private let steps: Steps

    private init(steps: Steps) { self.steps = steps }

    /// nil for a name that is not one of ``names``, and for two that contradict each other.
    public init?(_ names: [String]) {
        var steps: Steps = []
        for name in names {
            guard let index = Self.names.firstIndex(of: name) else { return nil }
            steps.insert(Steps(rawValue: 1 << UInt8(index)))
        }
        let toJIS: Steps = [.waveDash, .jisSymbols], toMicrosoft: Steps = [.fullwidthTilde, .microsoftSymbols]
        if !steps.isDisjoint(with: toJIS), !steps.isDisjoint(with: toMicrosoft) { return nil }
        self.steps = steps
    }

    public var isNone: Bool { steps.isEmpty }

    /// Puts the normalised text in the place of what `result` holds.
    /// - Parameter text: well-formed UTF-8.
    package func normalize(_ text: UnsafeBufferPointer<UInt8>, into result: inout [UInt8]) {
        result.removeAll(keepingCapacity: true)
        if steps == .nfkc || steps.isEmpty || !text.contains(where: { $0 >= 0x80 }) {
            result.append(contentsOf: text)
        } else {
            replaceCharacters(text, into: &result)
        }
        if steps.contains(.nfkc), result.withUnsafeBufferPointer({ !Self.isCertainlyNFKC($0) }) {
            result = Array(Self.nfkc(String(decoding: result, as: UTF8.self)).utf8)
        }
    }

    /// Foundation's compatibility composition leaves half-width kana and their voicing marks apart, so it is done in two steps.
    private static func nfkc(_ text: String) -> String {
        text.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
    }

    private func replaceCharacters(_ text: UnsafeBufferPointer<UInt8>, into result: inout [UInt8]) {
        var at = 0
        while at < text.count {
            let (value, length) = Self.scalar(text, at)
            if value >= 0xFF61, value <= 0xFF9F, steps.contains(.kana) {
                let next = at + 3 < text.count ? Self.scalar(text, at + 3).value : 0
                let (kana, isJoined) = Self.fullWidth(value, before: next)
                Self.append(kana, to: &result)
                at += isJoined ? 6 : 3
                continue
            }
            let other = value < 0x80 ? value : symbol(value)
            if other == value {
                for index in at..<(at + length) { result.append(text[index]) }
            } else {
                Self.append(other, to: &result)
            }
            at += length
        }
    }

    // MARK: Symbols

    private func symbol(_ value: UInt32) -> UInt32 {
        switch value {
        case 0xFF5E: return steps.isDisjoint(with: [.waveDash, .jisSymbols]) ? value : 0x301C
        case 0x301C: return steps.isDisjoint(with: [.fullwidthTilde, .microsoftSymbols]) ? value : 0xFF5E
        case 0x2225, 0xFF0D, 0xFFE0...0xFFE2, 0x2015:
            guard steps.contains(.jisSymbols), let pair = Self.pairs.first(where: { $0.microsoft == value }) else { return value }
            return pair.jis
        case 0x2016, 0x2212, 0xA2, 0xA3, 0xAC, 0x2014:
            guard steps.contains(.microsoftSymbols), let pair = Self.pairs.first(where: { $0.jis == value }) else { return value }
            return pair.microsoft
        default: return value
        }
    }

    private static let pairs: [(jis: UInt32, microsoft: UInt32)] = [
        (0x2016, 0x2225), (0x2212, 0xFF0D), (0xA2, 0xFFE0), (0xA3, 0xFFE1), (0xAC, 0xFFE2), (0x2014, 0x2015),
    ]

    // MARK: Kana

    /// Of U+FF61 to U+FF9F.
    private static let fullWidthKana: [UInt32] =
        "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜".unicodeScalars.map(\.value)

    /// The full-width kana, and whether it took a half-width voicing mark that follows.
    private static func fullWidth(_ value: UInt32, before next: UInt32) -> (kana: UInt32, isJoined: Bool) {
        let kana = fullWidthKana[Int(value - 0xFF61)]
        if next == 0xFF9E {
            switch kana {
            // か-row to と-row: the voiced kana comes next; so it does in the は-row.
            case 0x30AB...0x30C8 where value >= 0xFF76 && value <= 0xFF84, 0x30CF, 0x30D2, 0x30D5, 0x30D8, 0x30DB: return (kana + 1, true)
            case 0x30A6: return (0x30F4, true)
            case 0x30EF: return (0x30F7, true)
            case 0x30F2: return (0x30FA, true)
            default: break
            }
        }
        if next == 0xFF9F, [0x30CF, 0x30D2, 0x30D5, 0x30D8, 0x30DB].contains(kana) { return (kana + 2, true) }
        return (kana, false)
    }

    // MARK: UTF-8

    private static func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> (value: UInt32, length: Int) {
        let first = UInt32(text[at])
        if first < 0x80 { return (first, 1) }
        let second = UInt32(text[at + 1] & 0x3F)
        if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
        let third = UInt32(text[at + 2] & 0x3F)
        if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
        return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(text[at + 3] & 0x3F), 4)
    }

    /// Of a scalar below U+10000.
    private static func append(_ value: UInt32, to result: inout [UInt8]) {
        let entry = CharacterTables.entry(value)
        for index in 0..<(entry >> 24) { result.append(UInt8(truncatingIfNeeded: entry >> (index * 8))) }
    }

    /// True for texts of ASCII, hiragana, katakana and common ideographs alone, which NFKC never changes: most texts, at little cost.
    private static func isCertainlyNFKC(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        while at < text.count {
            if text[at] < 0x80 {
                at += 1
                continue
            }
            let (value, length) = scalar(text, at)
            switch value {
            case 0x3001...0x3003, 0x3005...0x3011, 0x3041...0x3096, 0x30A1...0x30FE, 0x4E00...0x9FFF: at += length
            default: return false
            }
        }
        return true
    }
}
