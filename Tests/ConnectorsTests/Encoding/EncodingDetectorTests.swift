import Connectors
import Testing

@Suite struct EncodingDetectorTests {
    /// Made-up texts: short and long, German, French and Japanese.
    static let german = [
        "Straße;Ort\nMühlenweg 3;Köln\n", "Größe", "Zürich", "Name;Betrag\nJörg Müller;12,50\nÄnne Öztürk;-3,00\n",
        "Prüfung für Ärzte: 5 § 12",
    ]
    static let french = ["café", "Numéro;Libellé\n1;Déjà réglé à l'hôtel\n", "Élève 12° à Besançon"]
    static let japanese = [
        "氏名,金額\n", "東京都", "日付,店舗名,売上金額\n2026-01-05,銀座店,12000\n2026-01-05,なんばパークス,8000\n", "円", "カタカナ", "ひらがな", "振込先口座番号",
        "本日の売上は予算を超えた。", "株式会社ソニー能登ポンプ製作所", "備考：（税込）",
    ]
    static let halfWidth = ["ｶﾌﾞｼｷｶﾞｲｼｬ,ﾔﾏﾀﾞ ﾀﾛｳ,ﾄｳｷｮｳ\nﾐﾂｲ,ｽｽﾞｷ ﾊﾅｺ,ｵｵｻｶ\n"]

    private func guess(_ bytes: [UInt8]) -> EncodingDetector.Guess { EncodingDetector.detect(bytes, isWhole: true) }

    private func western(_ text: String, _ encoding: ExportEncoding) -> [UInt8] {
        var encoder = TextEncoder(encoding), result: [UInt8] = []
        #expect(Array(text.utf8).withUnsafeBufferPointer { encoder.encode($0, into: &result) } == 0)
        return result
    }

    /// CP932 pairs moved to EUC; ASCII as it is.
    private func euc(_ text: String) -> [UInt8] {
        var result: [UInt8] = [], cp932 = western(text, .cp932)[...]
        while let first = cp932.popFirst() {
            if first < 0x80 {
                result.append(first)
            } else if first >= 0xA1, first <= 0xDF {
                result += [0x8E, first]
            } else if let second = cp932.popFirst() {
                let lead = Int(first) - (first < 0xA0 ? 0x81 : 0xC1), trail = Int(second)
                let isEven = trail >= 0x9F
                let cell = isEven ? trail - 0x9E : trail - 0x3F - (trail >= 0x80 ? 1 : 0)
                result += [UInt8(0xA0 + lead * 2 + (isEven ? 2 : 1)), UInt8(0xA0 + cell)]
            }
        }
        return result
    }

    @Test("German and French texts are found to be Latin-1, or Windows-1252 where they have its own characters", arguments: german + french)
    func westernTexts(_ text: String) {
        #expect(guess(western(text, .latin1)).encoding == .latin1)
        #expect(guess(western(text + " „5 €“", .windows1252)).encoding == .windows1252)
        #expect(guess(western(text + " 5 €", .latin9)).encoding == .latin9)
    }

    @Test("Japanese texts are found in CP932, EUC-JP, UTF-8 and UTF-16, short ones too", arguments: japanese)
    func japaneseTexts(_ text: String) {
        #expect(decoded(euc(text), .eucJP) == Array(text.utf8))
        #expect(guess(western(text, .cp932)).encoding == .cp932, "\(guess(western(text, .cp932)))")
        #expect(guess(euc(text)).encoding == .eucJP, "\(guess(euc(text)))")
        #expect(guess(Array(text.utf8)).encoding == .utf8)
        let rows = text + ",1\n"
        #expect(guess(rows.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }).encoding == .utf16LE)
        #expect(guess(rows.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }).encoding == .utf16BE)
    }

    @Test("half-width kana are found in CP932", arguments: halfWidth)
    func halfWidthKana(_ text: String) {
        #expect(guess(western(text, .cp932)).encoding == .cp932, "\(guess(western(text, .cp932)))")
        #expect(guess(euc(text)).encoding == .eucJP, "\(guess(euc(text)))")
    }

    @Test("certain signs are certain: byte order marks, escape sequences, ASCII")
    func certain() {
        #expect(guess([0xEF, 0xBB, 0xBF, 65]).encoding == .utf8 && guess([0xEF, 0xBB, 0xBF, 65]).confidence == 1)
        #expect(guess([0xFF, 0xFE, 65, 0]).encoding == .utf16LE && guess([0xFE, 0xFF, 0, 65]).encoding == .utf16BE)
        #expect(guess(Array("a,\u{1B}$B$\"\u{1B}(B\n".utf8)).encoding == .iso2022JP)
        #expect(guess(Array("a,b\n".utf8)).encoding == .utf8 && guess([]).encoding == .utf8)
    }

    @Test("the evidence says what was counted, and a character cut off at the sample's end is no fault")
    func evidence() {
        let bytes = western("氏名,金額\n山田ｱ", .cp932)
        #expect(guess(bytes).evidence.first == "7 characters beyond ASCII, 6 usual kanji, no byte out of place")
        #expect(
            guess(western("Köln", .latin1)).evidence.first
                == "1 character beyond ASCII, 1 letter with an accent among letters, no byte out of place")
        let cut = EncodingDetector.detect(Array(western("東京都", .cp932).dropLast()))
        #expect(cut.encoding == .cp932 && cut.evidence.first?.hasSuffix("no byte out of place") == true)
        #expect(guess(Array("日本".utf8)).evidence == ["2 characters of several bytes, all well-formed UTF-8"])
        #expect(guess(bytes).confidence > 0.7)
    }
}
