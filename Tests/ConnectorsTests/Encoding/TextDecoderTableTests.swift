import Connectors
import Testing

/// Decodes bytes that are a whole file; nil when any of them cannot be decoded.
func decoded(_ bytes: [UInt8], _ encoding: TextEncoding) -> [UInt8]? {
    let result = decodedWithFaults(bytes, encoding)
    return result.faults == 0 ? result.text : nil
}

/// The text, with 0xFF for what cannot be decoded, and how often.
func decodedWithFaults(_ bytes: [UInt8], _ encoding: TextEncoding) -> (text: [UInt8], faults: Int) {
    var decoder = TextDecoder(encoding)
    var text: [UInt8] = [], faults = 0
    let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count * 3, 64))
    defer { room.deallocate() }
    bytes.withUnsafeBufferPointer { all in
        var at = 0
        while at < all.count {
            let step = decoder.decode(UnsafeBufferPointer(rebasing: all[at...]), into: room)
            text += room[..<step.made]
            at += step.taken
            guard step.stop == .undecodable || step.stop == .incomplete else { continue }
            faults += 1
            text.append(0xFF)
            at = step.stop == .incomplete ? all.count : at + step.undecodable
        }
    }
    return (text, faults)
}

@Suite struct TextDecoderTableTests {
    /// As `scripts/encoding-digests.py` writes it: a line for each code.
    private static func digest(_ codes: [[UInt8]], _ encoding: TextEncoding, prefix: [UInt8] = []) -> String {
        var text: [UInt8] = []
        let digits = Array("0123456789abcdef".utf8)
        for code in codes {
            for byte in code { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
            text.append(32)
            text += decoded(prefix + code, encoding) ?? [45]
            text.append(10)
        }
        return FeedDigest(of: text).hex
    }

    private static let singles = (0..<256).map { [UInt8($0)] }
    private static let pairs = (0x80..<0x100).flatMap { first in (0..<256).map { [UInt8(first), UInt8($0)] } }
    private static let plane = (0xA1..<0xFF).flatMap { first in (0xA1..<0xFF).map { [UInt8(first), UInt8($0)] } }
    private static let triples = plane.map { [0x8F] + $0 }

    @Test(
        "every single byte means what Python's codecs say",
        arguments: [
            (.latin1, "a8c86f3300c9aadad33172fc56e7b01a8702d5308ac8e7751997b3d1e7c0743f"),
            (.latin9, "3195474a128196d76f0bd8b8862ec1605d307446e9df08d4c87155eabed974fa"),
            (.windows1252, "c340662d59326607cb06048bdbef7ad2817877b5ba5787f300c38fc9bfc72e05"),
            (.cp932, "bb563fdfd53887b071614f260686eb5a042e70f10e6bd25be584fe7bc8adb95d"),
        ] as [(TextEncoding, String)])
    func singleBytes(_ encoding: TextEncoding, _ digest: String) {
        #expect(Self.digest(Self.singles, encoding) == digest)
    }

    @Test("every pair of CP932 means what Python's codec says, the four private bytes left out")
    func cp932Pairs() {
        #expect(Self.digest(Self.pairs, .cp932) == "3612a3959d936ec2795dd76cf11d96a9fe99f79fdfe291f3864ab669447c3793")
    }

    @Test("every pair and triple of EUC-JP means what Python's codec says, in Microsoft's mapping and with NEC's rows")
    func eucJP() {
        #expect(Self.digest(Self.pairs, .eucJP) == "285376dc04d3f5e6fe2846582ddd4cab69ac7c8439f6a084d9a031986596e786")
        #expect(Self.digest(Self.triples, .eucJP) == "d9fb9694eeb7755312bab173562762be1a2650cc65715569d3d55e17549759eb")
    }

    @Test("every pair and triple of eucJP-ms means what glibc's iconv says")
    func eucJPMS() {
        #expect(Self.digest(Self.plane, .eucJPMS) == "dad48771e510f6dc769b4c50b4380341fd78b5b06f2160ee8f373b1a0c464906")
        #expect(Self.digest(Self.triples, .eucJPMS) == "5addc7f47355d26e9201adc17704931766a1266e48ae0293ae142c4142c14ae1")
    }

    @Test("every pair of ISO-2022-JP means the same as in EUC-JP")
    func iso2022JP() {
        let sevenBit = { (escape: [UInt8]) in
            var text: [UInt8] = []
            let digits = Array("0123456789abcdef".utf8)
            for code in Self.plane {
                for byte in code { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
                text.append(32)
                text += decoded(escape + code.map { $0 & 0x7F }, .iso2022JP) ?? [45]
                text.append(10)
            }
            return FeedDigest(of: text).hex
        }
        let jisX0208 = "5154cb3a838e25f5de76404e7824736c35c52883a29125748dd5f420cd99dd83"
        #expect(sevenBit(Array("\u{1B}$B".utf8)) == jisX0208)
        #expect(sevenBit(Array("\u{1B}$@".utf8)) == jisX0208)
        #expect(sevenBit(Array("\u{1B}$(D".utf8)) == "8b565f2b56f01d56938cf2fc59838bd39a8355549997aa3e86c6f3f01c8c0d83")
    }

    @Test("one changed character of a table is found")
    func negativeControl() {
        let broken = Self.pairs.map { $0 == [0x81, 0x60] ? [0x81, 0x61] : $0 }
        #expect(Self.digest(broken, .cp932) != "3612a3959d936ec2795dd76cf11d96a9fe99f79fdfe291f3864ab669447c3793")
    }

    @Test("UTF-16 gives every character there is, and only those")
    func utf16() {
        var little: [UInt8] = [], big: [UInt8] = [], expected: [UInt8] = []
        for value in 0...0x10FFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for unit in UTF16.encode(scalar) ?? UTF16.EncodedScalar() {
                little += [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
                big += [UInt8(unit >> 8), UInt8(truncatingIfNeeded: unit)]
            }
            expected += UTF8.encode(scalar) ?? UTF8.EncodedScalar()
        }
        #expect(decoded(little, .utf16LE) == expected)
        #expect(decoded(big, .utf16BE) == expected)
        #expect(decoded(expected, .utf8) == expected)
        for unit in 0xD800...0xDFFF as ClosedRange<UInt16> {
            let bytes = [UInt8(unit >> 8), UInt8(truncatingIfNeeded: unit), 0, 65]
            #expect(decodedWithFaults(bytes, .utf16BE) == ([0xFF, 65], 1))
        }
    }

    @Test("escape sequences, kana sets and line ends of ISO-2022-JP")
    func escapes() {
        func text(_ bytes: String) -> String? { decoded(Array(bytes.utf8), .iso2022JP).map { String(decoding: $0, as: UTF8.self) } }
        #expect(text("a\u{1B}$B$\"\u{1B}(Bb") == "aあb")
        #expect(text("\u{1B}(I1\u{1B}(J\\~\u{1B}(B\\~") == "ｱ¥‾\\~")
        #expect(text("\u{1B}$B$\"\n$\",\u{1B}$B$$\r\n!") == "あ\n$\",い\r\n!")
        #expect(text("\u{1B}$B$") == nil && text("\u{1B}$") == nil && text("\u{1B}%B") == nil && text("a\u{0E}") == nil)
        #expect(decodedWithFaults(Array("\u{1B}$(Q,,,,\n,".utf8), .iso2022JP) == ([0xFF, 0xFF, 0xFF, 10, 44], 3))
    }

    @Test("names and other names of encodings are understood in any case")
    func names() {
        #expect(TextEncoding(name: "Shift_JIS") == .cp932 && TextEncoding(name: "CP932") == .cp932)
        #expect(TextEncoding(name: "UTF-16LE") == .utf16LE && TextEncoding(name: "latin1") == .latin1)
        #expect(TextEncoding(name: "eucJP") == .eucJP && TextEncoding(name: "utf-7") == nil)
        for encoding in TextEncoding.allCases { #expect(TextEncoding(name: encoding.rawValue) == encoding) }
    }
}
