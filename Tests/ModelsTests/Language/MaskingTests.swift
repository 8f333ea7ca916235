import Models
import PipelineTesting
import Testing

@Suite("masking") struct MaskingTests {
    private let scanner = SensitiveScanner()

    private func found(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return scanner.spans(in: bytes).map { "\($0.kind.rawValue) \(String(decoding: bytes[$0.range], as: UTF8.self))" }
    }

    @Test(
        "what must not leave is found with its exact ends",
        arguments: [
            ("メールはikedayoko@example.netです。", ["EMAIL ikedayoko@example.net"]),
            ("write to 'Jo.O'Neil+x@mail.example.co.uk'.", ["EMAIL Jo.O'Neil+x@mail.example.co.uk"]),
            ("電話０９０－１２３４－５６７８まで", ["PHONE ０９０－１２３４－５６７８"]),
            ("call +44 (0)20 7946 0958 today", ["PHONE +44 (0)20 7946 0958"]),
            ("Fax: 345-899-3560x4587", ["PHONE 345-899-3560x4587"]),
            ("TEL03-1234-5678", ["PHONE 03-1234-5678"]),
            ("IBAN de89 3704 0044 0532 0130 00!", ["IBAN de89 3704 0044 0532 0130 00"]),
            ("card 4111 1111 1111 1111 12/27", ["CARD 4111 1111 1111 1111"]),
            ("my card 675984103431?", ["CARD 675984103431"]),
            ("pay with 4030874397740603788 now", ["CARD 4030874397740603788"]),
            ("個人番号 7310 4148 1964", ["MY_NUMBER 7310 4148 1964"]),
            ("ssn 054-28-6917, host 10.0.0.255", ["SSN 054-28-6917", "IP 10.0.0.255"]),
            ("from 2001:db8::8a2e:370:7334 and ::ffff:192.0.2.1", ["IP 2001:db8::8a2e:370:7334", "IP ::ffff:192.0.2.1"]),
            ("Passport TR1234567 was stolen", ["PASSPORT TR1234567"]),
            ("key AKIAIOSFODNN7EXAMPLE", ["SECRET AKIAIOSFODNN7EXAMPLE"]),
            ("password: hunter2!, thanks", ["SECRET hunter2!"]),
        ])
    func finds(_ text: String, _ expected: [String]) { #expect(found(text) == expected) }

    @Test(
        "what only looks like it stays",
        arguments: [
            "注文番号 960573400433 です", "on 2000-04-16 11:34:35", "order 218167840137", "version 1.2.3.400", "at 12:30:45, std::vector",
            "card 4111 1111 1111 1112", "GB00HXDO88167774656119", "¥1,980 for 12 pieces", "my password is wrong", "ISBN 9783161484100",
            "ssn 666-12-3456", "mail me @ noon", "user@localhost", "ratio 3:2:1",
        ])
    func passes(_ text: String) { #expect(found(text) == []) }

    @Test("names from reference columns are found as whole words, in kanji anywhere")
    func names() {
        let scanner = SensitiveScanner(names: ["佐藤 香織", "Ann Lee", "Lee", "X"])
        func found(_ text: String) -> [String] {
            let bytes = Array(text.utf8)
            return scanner.spans(in: bytes).map { String(decoding: bytes[$0.range], as: UTF8.self) }
        }
        #expect(found("Ask ANN LEE or lee, not Leeds or Annette.") == ["ANN LEE", "lee"])
        #expect(found("担当は佐藤香織様、佐藤 香織です") == ["佐藤香織", "佐藤 香織"])
        #expect(found("X marks the spot") == [])
    }

    @Test("one value has one pseudonym, the answer gets its value back, and a text cannot smuggle a pseudonym in")
    func pseudonyms() {
        var mask = OutboundMask(scanner: scanner)
        let text = "call +44 20 7946 0958 or +44-20-7946-0958, not <PHONE_1>"
        let masked = mask.masked(text)
        #expect(masked == "call <PHONE_1> or <PHONE_1>, not <TOKEN_1>")
        #expect(
            mask.restored("I called <PHONE_1>; <PHONE_2> and <TOKEN_1> are not ours.")
                == "I called +44 20 7946 0958; <PHONE_2> and <PHONE_1> are not ours.")
        #expect(mask.masked(column: "Ann Lee", isPersonal: true) == "<FIELD_1>")
        #expect(mask.masked(column: "Ann Lee", isPersonal: false) == "Ann Lee")
    }

    // MARK: Canaries

    private static let pieces = [
        "hello", "送って", "the card", "電話", "，", " ", "\n", "“quoted”", "№", "x=1;", "naïve", "🙂", "0", "-", "(", "call me at",
    ]

    private static func canary(_ random: inout SeededGenerator) -> String {
        func digits(_ count: Int) -> String { (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined() }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return "user\(digits(4))@mail\(digits(2)).example.org"
        case 1: return "+81 90 \(digits(4)) \(digits(4))"
        case 2: return "090-\(digits(4))-\(digits(4))"
        case 3: return "AKIA\(digits(16))"
        case 4: return "192.0.2.\(Int.random(in: 0...255, using: &random))"
        case 5: return "123-45-\(Int.random(in: 1_000...9_999, using: &random))"
        case 6: return "DE89370400440532013000"
        default:
            let body = "4" + digits(14)
            return (0...9).map { body + String($0) }.first { isLuhn($0) } ?? body
        }
    }

    private static func isLuhn(_ number: String) -> Bool {
        let sum = number.utf8.reversed().enumerated().reduce(0) { sum, entry in
            let digit = Int(entry.element) - 48
            return sum + (entry.offset % 2 == 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2)
        }
        return sum % 10 == 0
    }

    @Test("no canary is left in 20,000 random texts, and every text comes back as it was")
    func canaries() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let canary = Self.canary(&random)
            let width = Int.random(in: 0...4, using: &random)
            let before = (0..<width).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined(separator: " ")
            let after = (0..<width).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined(separator: " ")
            let text = "\(before) , \(canary) , \(after)"
            var mask = OutboundMask(scanner: scanner)
            let masked = mask.masked(text)
            #expect(!masked.contains(canary), "left in: \(masked)")
            #expect(mask.restored(masked) == text)
        }
    }

    @Test("the canary check finds a mask that does nothing")
    func canaryControl() {
        var random = SeededGenerator(seed: 11)
        let canary = Self.canary(&random)
        #expect("x , \(canary)".contains(canary))
    }

    @Test("any bytes at all are scanned without harm, and spans are in order and apart")
    func randomBytes() {
        var random = SeededGenerator(seed: 5)
        let alphabet: [UInt8] = Array("09@.:-+( )/x<>PHONE_1eyJAKIA".utf8) + [0xEF, 0xBC, 0x90, 0xE2, 0x80, 0x8B, 0xC3, 0xFF, 0x80, 0xF0]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            var end = 0
            for span in scanner.spans(in: bytes) {
                #expect(span.range.lowerBound >= end && span.range.upperBound <= bytes.count && !span.range.isEmpty)
                end = span.range.upperBound
            }
        }
    }
}
