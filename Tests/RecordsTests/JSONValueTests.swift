import Foundation
import Records
import Testing

@Suite struct JSONValueTests {
    @Test("JSON keeps the order of members and the text of numbers")
    func order() throws {
        let text = #"{"b":1.50,"a":[true,null,"x"],"c":{"z":-1e3,"y":""}}"#
        let value = try #require(JSONValue(parsing: text))
        #expect(value.json == text)
        #expect(value.canonical == #"{"a":[true,null,"x"],"b":1.50,"c":{"y":"","z":-1e3}}"#)
    }

    @Test("text of any kind comes back as it was, and Foundation reads the same")
    func escapes() throws {
        let text = "quote \" backslash \\ line\n tab\t null\u{0} bell\u{7} 日本 😀 /"
        let json = JSONValue.array([.text(text)]).json
        #expect(JSONValue(parsing: json) == .array([.text(text)]))
        #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [text])
        #expect(JSONValue(parsing: #" [ "\u65e5\ud83d\ude00\/\b\f" ] "#) == .array([.text("日😀/\u{8}\u{c}")]))
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "-", "tru", "\"", "\"\n\"", "[1] 2", "{a:1}", "\"\\ud83d\"", "\"\\u12g4\"", "nan",
            String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
        ])
    func refused(_ text: String) { #expect(JSONValue(parsing: text) == nil) }

    @Test("numbers that JSON cannot hold are null")
    func numbers() {
        #expect(JSONValue.real(.nan).json == "null")
        #expect(JSONValue.real(0.1).json == "0.1")
        #expect(JSONValue.integer(Int64.min).json == "-9223372036854775808")
        #expect(JSONValue.integer(nil as Int?).json == "null")
    }
}
