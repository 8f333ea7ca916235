import Connectors
import Testing

@Suite struct TextEncoderTests {
    private func encoded(_ text: String, _ encoding: ExportEncoding, _ substitute: TextEncoder.Substitute = .codePoint) -> ([UInt8], Int) {
        var encoder = TextEncoder(encoding, substitute: substitute)
        var result: [UInt8] = []
        let lacking = Array(text.utf8).withUnsafeBufferPointer { encoder.encode($0, into: &result) }
        return (result, lacking)
    }

    @Test("every character of the basic plane is written in CP932 as Microsoft writes it, or counted as lacking")
    func cp932() {
        var text: [UInt8] = []
        let digits = Array("0123456789abcdef".utf8)
        func hex(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).reversed().map { digits[value >> ($0 * 4) & 15] } }
        for value in 0x80..<0x10000 {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            let (bytes, lacking) = encoded(String(scalar), .cp932)
            text += hex(value, 4) + [32] + (lacking == 0 ? bytes.flatMap { hex(Int($0), 2) } : [45]) + [10]
        }
        #expect(FeedDigest(of: text).hex == "aeabc33488e3fe0b4f606d79127f88c278ca0b67faa86a3001664268204c8a6b")
    }

    @Test(
        "what an encoding holds comes back as it was",
        arguments: [(ExportEncoding.cp932, TextEncoding.cp932), (.windows1252, .windows1252), (.latin1, .latin1), (.latin9, .latin9)])
    func roundTrip(_ export: ExportEncoding, _ encoding: TextEncoding) {
        for value in 0..<0x10000 as Range<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(scalar)
            let (bytes, lacking) = encoded(text, export)
            if lacking == 0, decoded(bytes, encoding) != Array(text.utf8) { Issue.record("U+\(String(value, radix: 16))") }
        }
    }

    @Test("what is lacking is never written as something alike: it is seen, and counted")
    func lacking() {
        #expect(encoded("a〜é😀b", .cp932) == (Array("aU+301CU+00E9U+1F600b".utf8), 3))
        #expect(encoded("a〜é😀b", .cp932, .questionMark) == (Array("a???b".utf8), 3))
        #expect(encoded("€ｱ", .windows1252) == ([0x80] + Array("U+FF71".utf8), 1))
        #expect(encoded("€", .latin9) == ([0xA4], 0) && encoded("€", .latin1).1 == 1)
        #expect(encoded("〜é😀", .utf8WithMark) == (Array("〜é😀".utf8), 0))
        var encoder = TextEncoder(.cp932), result: [UInt8] = []
        #expect([0x41, 0xE3, 0x81].withUnsafeBufferPointer { encoder.encode($0, into: &result) } == 1)
        #expect(result == Array("AU+FFFD".utf8))
    }
}
