import Foundation
import Pipelines
import Records
import Testing

@Suite struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        body(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("texts are written as JSONValue writes them, every byte below 128 and more included")
    func texts() {
        let ascii = (0..<128).map { String(UnicodeScalar(UInt8($0))) }.joined()
        for text in ["", "plain", "日本 \"quoted\"\n", "é\u{1F}\u{7F}\\", ascii, String(repeating: "\"", count: 5_000)] {
            #expect(written { $0.text(text) } == JSONValue.text(text).json)
        }
    }

    @Test("evidence is written with its commas, empty tables and rows included")
    func evidence() {
        let tables = [
            Evidence(title: "one", columns: ["a", "b"], rows: [["1", "2"], [], ["3"]]), Evidence(title: "", columns: [], rows: []),
        ]
        #expect(
            written { $0.evidence(tables) }
                == #"[{"title":"one","columns":["a","b"],"rows":[["1","2"],[],["3"]]},{"title":"","columns":[],"rows":[]}]"#)
        #expect(written { $0.evidence([]) } == "[]")
    }

    @Test("times, money and numbers are written as their own descriptions")
    func values() throws {
        for time in [0, -1, 1_533_731_696_000_000, 1_533_731_696_000_001, -62_135_596_800_000_000, 253_402_300_799_999_999] as [Int64] {
            #expect(written { $0.text(Timestamp(microseconds: time)) } == "\"\(Timestamp(microseconds: time).iso8601)\"")
        }
        for code in ["EUR", "JPY", "BHD"] {
            let currency = try #require(Currency(code))
            for minor in [0, 1, -1, 5, 99, 100, -12_345, .max, .min] as [Int64] {
                let money = Money(minor: minor, currency: currency)
                #expect(written { $0.text(money) } == "\"\(money.description)\"")
            }
        }
        for number in [0, 7, -7, 10, .max, .min] as [Int64] { #expect(written { $0.text(number) } == "\"\(number)\"") }
    }

    @Test("members and missing values")
    func objects() {
        let text = written { json in
            json.beginObject()
            json.name("a")
            json.null()
            json.name("b\"")
            json.beginArray()
            json.endArray()
            json.endObject()
        }
        #expect(text == #"{"a":null,"b\"":[]}"#)
    }
}
