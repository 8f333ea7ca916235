import Connectors
import Foundation
import Records
import Testing

func normalized(_ text: String, _ names: String...) -> String? {
    guard let normalization = TextNormalization(names) else { return nil }
    var result = Array("old".utf8)
    Array(text.utf8).withUnsafeBufferPointer { normalization.normalize($0, into: &result) }
    return String(decoding: result, as: UTF8.self)
}

/// Swift compares texts by canonical equivalence; bytes are what a key is made of.
func same(_ one: String?, _ other: String) -> Bool { one.map { Array($0.utf8) } == Array(other.utf8) }

@Suite struct TextNormalizationTests {
    @Test(
        "each normalization does what its name says, and nothing else",
        arguments: [
            (["half-width-kana"], "ｶﾞｷﾞﾊﾟﾊﾞｳﾞﾜﾞｦﾞｱﾞﾟ｡｢ｰ｣､･ﾝﾞabcＡ㈱", "ガギパバヴヷヺア゛゜。「ー」、・ン゛abcＡ㈱"),
            (["half-width-kana"], "ﾄﾞﾅﾞﾁﾞﾂﾟ", "ドナ゛ヂツ゜"),
            (["wave-dash"], "１０～２０〜－", "１０〜２０〜－"), (["fullwidth-tilde"], "１０～２０〜−", "１０～２０～−"),
            (["jis-symbols"], "～∥－￠￡￢―あ", "〜‖−¢£¬—あ"), (["microsoft-symbols"], "〜‖−¢£¬—あ", "～∥－￠￡￢―あ"),
            (["nfkc"], "ＡＢ１２㈱ｶﾞ①e\u{301}", "AB12(株)ガ1é"),
            (["nfkc", "half-width-kana", "wave-dash"], "ｱﾞ～１", "ア \u{3099}〜1"), (["wave-dash", "nfkc"], "～", "〜"),
            (["nfkc"], "株式会社、東京都（本社）", "株式会社、東京都(本社)"), (["nfkc"], "plain", "plain"), (["nfkc"], "", ""),
        ] as [([String], String, String)])
    func steps(_ names: [String], _ text: String, _ expected: String) throws {
        let normalization = try #require(TextNormalization(names))
        var result: [UInt8] = []
        Array(text.utf8).withUnsafeBufferPointer { normalization.normalize($0, into: &result) }
        #expect(result == Array(expected.utf8), "\(String(decoding: result, as: UTF8.self))")
    }

    @Test("unknown names and both sides of a pair are refused")
    func refused() {
        #expect(TextNormalization(["nfc"]) == nil && TextNormalization(["wave-dash", "fullwidth-tilde"]) == nil)
        #expect(TextNormalization(["jis-symbols", "fullwidth-tilde"]) == nil && TextNormalization(["wave-dash", "jis-symbols"]) != nil)
        #expect(TextNormalization([])?.isNone == true)
    }

    @Test("NFKC is what Python's unicodedata says for every character, alone and after a kana")
    func nfkc() {
        var text: [UInt8] = []
        for value in 0x80...0x2FFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value), let age = scalar.properties.age, age <= (14, 0) else { continue }
            if scalar.properties.generalCategory == .unassigned { continue }
            text += Array((normalized("カ" + String(scalar), "nfkc") ?? "").utf8) + [10]
        }
        #expect(FeedDigest(of: text).hex == "2341386c7336ffa00669aab3a87f090a9897976dadd3353fe0c31de9d7637a32")
    }

    @Test("what passes the quick check for NFKC is not changed by it, for every character")
    func quickCheck() {
        for value in 0x80...0xFFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            // After a kana, a combining voicing mark would join.
            let text = "か" + String(scalar)
            let expected = text.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
            if !same(normalized(text, "nfkc"), expected) { Issue.record("U+\(String(value, radix: 16))") }
        }
    }

    @Test("a column's texts are normalised, its null markers are recognised before, and ill-formed text is a reject")
    func column() throws {
        let column = FeedColumn(
            field: Field("c", .string, optional: true), source: "c", nulls: ["ﾅｼ"],
            normalize: try #require(TextNormalization(["half-width-kana"])))
        let builder = try BatchBuilder(columns: [column], capacity: 4)
        for (row, text) in [Array("ｶﾞｽ".utf8), Array("ﾅｼ".utf8), Array("ascii".utf8)].enumerated() {
            #expect(text.withUnsafeBufferPointer { builder.set(0, $0) } == .none)
            builder.commitRow(number: Int64(row))
        }
        #expect([0x41, 0xFF].withUnsafeBufferPointer { builder.set(0, $0) } == .encoding)
        let batch = builder.finish()
        #expect((0..<3).map { batch.columns[0].text($0) } == ["ガス", nil, "ascii"])
    }
}
