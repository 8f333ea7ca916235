/// A sample read in one encoding: what is out of place, and how usual the rest is.
struct EncodingReading {
    let encoding: TextEncoding
    /// Characters that are not ASCII.
    private(set) var characters = 0
    private(set) var highBytes = 0
    /// Bytes or pairs that are no character.
    private(set) var faults = 0
    private(set) var kana = 0
    private(set) var kanji = 0
    private(set) var accented = 0
    private var weight = 0.0

    init(_ sample: UnsafeBufferPointer<UInt8>, _ encoding: TextEncoding, isWhole: Bool) {
        self.encoding = encoding
        highBytes = sample.count { $0 >= 0x80 }
        var decoder = TextDecoder(encoding)
        let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: sample.count * 3 + 16)
        defer { room.deallocate() }
        var text: [UInt8] = [], at = 0
        while at < sample.count {
            let step = decoder.decode(UnsafeBufferPointer(rebasing: sample[at...]), into: room)
            text += room[..<step.made]
            at += step.taken
            if step.stop == .undecodable {
                at += step.undecodable
                faults += 1
                text.append(UInt8(ascii: "\n"))
            } else if step.stop == .incomplete {
                if isWhole { faults += 1 }
                break
            }
        }
        let isWestern = encoding == .windows1252 || encoding == .latin1 || encoding == .latin9
        let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value))
        for (index, value) in scalars.enumerated() where value >= 0x80 {
            characters += 1
            let before = index > 0 ? scalars[index - 1] : 10, after = index + 1 < scalars.count ? scalars[index + 1] : 10
            weight += isWestern ? western(value, before, after) : japanese(value, before, after)
        }
    }

    /// 0 to 1: how usual the characters are, less for bytes out of place.
    var score: Double {
        guard characters > 0 else { return 0 }
        let share = Double(faults) / Double(faults + characters)
        return weight / Double(characters) * max(0, 1 - 5 * share)
    }

    var shown: String {
        var parts: [String] = []
        if kana > 0 { parts.append("\(kana) kana") }
        if kanji > 0 { parts.append("\(kanji) usual kanji") }
        if accented > 0 {
            parts.append(accented == 1 ? "1 letter with an accent among letters" : "\(accented) letters with accents among letters")
        }
        let usual = parts.isEmpty ? "" : ", \(parts.joined(separator: " and "))"
        let wrong = faults == 0 ? "no byte out of place" : "\(faults) \(faults == 1 ? "place" : "places") that are no character"
        return "\(characters) \(characters == 1 ? "character" : "characters") beyond ASCII\(usual), \(wrong)"
    }

    // MARK: How usual a character is

    private mutating func japanese(_ value: UInt32, _ before: UInt32, _ after: UInt32) -> Double {
        switch value {
        case 0x3041...0x3096, 0x30A1...0x30FC:
            kana += 1
            return 1
        case 0xFF61...0xFF9F:
            // In runs; alone among letters it is an accented letter of Latin-1 read wrongly.
            guard (0xFF61...0xFF9F).contains(before) || (0xFF61...0xFF9F).contains(after) else { return 0.1 }
            kana += 1
            // Two bytes in EUC-JP, so hardly by chance; in CP932 they are one byte each, as the letters of Latin-1 are.
            return encoding == .eucJP ? 0.9 : 0.6
        case 0xE000...0xF8FF, 0x80...0x9F: return 0
        case 0x3001...0x301F, 0xFF01...0xFF5E, 0xFFE5: return 0.8
        default:
            guard value < 0x10000, Self.usualKanji[Int(value)] else { return 0.1 }
            kanji += 1
            return 0.8
        }
    }

    /// JIS level 1: rows 16 to 47.
    private static let usualKanji: [Bool] = {
        var result = [Bool](repeating: false, count: 1 << 16)
        for index in (16 * 94)..<(48 * 94) { result[Int(JapaneseRows.jisX0208[index])] = true }
        return result
    }()

    private mutating func western(_ value: UInt32, _ before: UInt32, _ after: UInt32) -> Double {
        func isLetter(_ value: UInt32) -> Bool { value >= 65 && value <= 90 || value >= 97 && value <= 122 }
        func isAccented(_ value: UInt32) -> Bool {
            value >= 0xC0 && value <= 0x17E && value != 0xD7 && value != 0xF7
        }
        if isAccented(value) {
            let isAlone = !isLetter(before) && !isLetter(after)
            let isCrowded = isAccented(before) && isAccented(after)
            if isCrowded || isAlone && (before >= 0x80 || after >= 0x80) { return 0.1 }
            accented += 1
            // Capitals with accents in the middle of small letters are rare.
            if value >= 0xC0, value <= 0xDE, before >= 97, before <= 122 { return 0.3 }
            return isAlone ? 0.5 : 1
        }
        switch value {
        // € … quotation marks, dashes; no-break space, §, «, °, ², ³, ´, µ, ·, ».
        case 0x20AC, 0x2026, 0x201A, 0x201C...0x201E, 0x2018...0x2019, 0x2013...0x2014, 0xA0, 0xA3, 0xA7, 0xA9, 0xAB, 0xAE, 0xB0,
            0xB2...0xB5,
            0xB7, 0xBB:
            return before >= 0x80 && after >= 0x80 ? 0.1 : 0.8
        default: return 0.1
        }
    }
}
