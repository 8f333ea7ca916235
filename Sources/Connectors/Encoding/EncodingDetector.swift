/// Guesses the encoding of a text from some of its first bytes, and says why. Always a guess: `encoding:` in the job file overrides it.
///
/// In this order: a byte order mark; zero bytes, which only UTF-16 has; escape sequences of ISO-2022-JP; ASCII alone; well-formed UTF-8. What
/// is left is read as CP932, EUC-JP and Windows-1252 or Latin-1, and the reading wins that has the fewest bytes out of place and the most
/// usual characters (kana and JIS level 1 kanji; letters with accents among other letters).
package enum EncodingDetector {
    package struct Guess: Sendable {
        package let encoding: TextEncoding
        /// Why, a phrase each, the strongest first.
        package let evidence: [String]
        /// 0 to 1: 1 is certain, below 0.7 a person should look.
        package let confidence: Double
    }

    /// - Parameters:
    ///   - sample: the first bytes of the text, gzip undone; a few thousand are enough.
    ///   - isWhole: nothing follows, so that a character cut off at the end is an error.
    package static func detect(_ sample: [UInt8], isWhole: Bool = false) -> Guess {
        sample.withUnsafeBufferPointer { detect($0, isWhole) }
    }

    private static func detect(_ sample: UnsafeBufferPointer<UInt8>, _ isWhole: Bool) -> Guess {
        if let mark = TextEncoding.byteOrderMark(sample) {
            let bytes = sample[..<mark.length].map { String($0, radix: 16, uppercase: true) }.joined(separator: " ")
            return Guess(encoding: mark.encoding, evidence: ["it starts with the byte order mark \(bytes)"], confidence: 1)
        }
        if let guess = byZeros(sample) ?? byEscapes(sample) { return guess }
        let high = sample.count { $0 >= 0x80 }
        if high == 0 { return Guess(encoding: .utf8, evidence: ["\(bytes(sample.count)) of ASCII alone"], confidence: 0.95) }
        return byUTF8(sample, isWhole) ?? byReading(sample, isWhole, high: high)
    }

    // MARK: Certain signs

    /// ASCII in UTF-16 has a zero in every pair, always on the same side; no other encoding has zeros in text.
    private static func byZeros(_ sample: UnsafeBufferPointer<UInt8>) -> Guess? {
        var zeros = (even: 0, odd: 0)
        for (index, byte) in sample.enumerated() where byte == 0 {
            if index % 2 == 0 { zeros.even += 1 } else { zeros.odd += 1 }
        }
        let most = max(zeros.even, zeros.odd)
        guard most > 0, most * 50 >= sample.count, most > 8 * min(zeros.even, zeros.odd) else { return nil }
        let encoding: TextEncoding = zeros.odd > zeros.even ? .utf16LE : .utf16BE
        let reading = EncodingReading(sample, encoding, isWhole: false)
        guard reading.faults == 0 else { return nil }
        return Guess(
            encoding: encoding,
            evidence: [
                "\(most) of \(sample.count / 2) pairs of bytes have a zero \(encoding == .utf16LE ? "second" : "first")",
                "no surrogate is alone",
            ],
            confidence: 0.99)
    }

    private static func byEscapes(_ sample: UnsafeBufferPointer<UInt8>) -> Guess? {
        var escapes = 0
        for index in sample.indices.dropLast(2) where sample[index] == 0x1B {
            let pair = (sample[index + 1], sample[index + 2])
            if pair.0 == UInt8(ascii: "$"), "@B(".utf8.contains(pair.1) { escapes += 1 }
            if pair.0 == UInt8(ascii: "("), "BJI".utf8.contains(pair.1) { escapes += 1 }
        }
        guard escapes > 0, !sample.contains(where: { $0 >= 0x80 }) else { return nil }
        return Guess(
            encoding: .iso2022JP,
            evidence: ["\(escapes) escape \(escapes == 1 ? "sequence" : "sequences") that select Japanese characters", "no byte above 7F"],
            confidence: 0.99)
    }

    private static func byUTF8(_ sample: UnsafeBufferPointer<UInt8>, _ isWhole: Bool) -> Guess? {
        let reading = EncodingReading(sample, .utf8, isWhole: isWhole)
        let count = reading.characters
        guard reading.faults == 0, count > 0 else { return nil }
        let text =
            count == 1 ? "1 character of several bytes, well-formed UTF-8" : "\(count) characters of several bytes, all well-formed UTF-8"
        // Two half-width kana of CP932 may look like one character of UTF-8; hardly ever several in a row do.
        return Guess(encoding: .utf8, evidence: [text], confidence: reading.highBytes > 2 * count || count > 3 ? 0.99 : 0.8)
    }

    // MARK: Readings compared

    private static func byReading(_ sample: UnsafeBufferPointer<UInt8>, _ isWhole: Bool, high: Int) -> Guess {
        let western = western(sample)
        let readings = [TextEncoding.cp932, .eucJP, western.encoding].map { EncodingReading(sample, $0, isWhole: isWhole) }
        var best = readings[0]
        for reading in readings.dropFirst() where reading.score > best.score { best = reading }
        let others = readings.filter { $0.encoding != best.encoding }
        let rival = others.map(\.score).max() ?? 0
        var evidence = [best.shown]
        if best.encoding == western.encoding { evidence += western.evidence }
        for other in others { evidence.append("as \(other.encoding.rawValue): \(other.shown)") }
        // The more characters, the surer; a rival near the best takes that away.
        let lead = best.score > 0 ? (best.score - rival) / best.score : 0
        let confidence = min(0.98, max(0.1, lead * Double(best.characters + 1) / Double(best.characters + 2)))
        return Guess(encoding: best.encoding, evidence: evidence, confidence: (confidence * 100).rounded() / 100)
    }

    private static func western(_ sample: UnsafeBufferPointer<UInt8>) -> (encoding: TextEncoding, evidence: [String]) {
        var known = 0, unknown = 0, euros = 0
        for (index, byte) in sample.enumerated() where byte >= 0x80 {
            if byte < 0xA0 {
                if CharacterTables.windows1252Upper[Int(byte) - 0x80] == 0 { unknown += 1 } else { known += 1 }
            }
            func isDigit(_ place: Int) -> Bool { sample.indices.contains(place) && sample[place] >= 48 && sample[place] <= 57 }
            if byte == 0xA4, isDigit(index - 1) || isDigit(index + 1) || index > 1 && sample[index - 1] == 32 && isDigit(index - 2) {
                euros += 1
            }
        }
        if known > 0, unknown == 0 {
            return (.windows1252, ["\(bytes(known)) of 80 to 9F, which only Windows-1252 has as characters"])
        }
        if euros > 0 { return (.latin9, ["A4 beside a number, the euro sign of ISO-8859-15"]) }
        if unknown > 0 { return (.latin1, ["\(bytes(unknown)) that Windows-1252 does not have"]) }
        return (.latin1, ["no byte of 80 to 9F, so Windows-1252 would read the same"])
    }

    static func bytes(_ count: Int) -> String { count == 1 ? "1 byte" : "\(count) bytes" }
}
