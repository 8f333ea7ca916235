/// JSON as stored in the warehouse and sent to models: members of objects keep their order, numbers keep their text.
///
/// Foundation's coders keep neither, and the audit chain hashes the text: so it is written here, the same on every platform.
public indirect enum JSONValue: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: JSONValue

        public init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }
    }

    case null
    case bool(Bool)
    /// The number's text, as JSON allows it.
    case number(String)
    case text(String)
    case array([JSONValue])
    case object([Member])

    /// Null for nil.
    public static func integer(_ value: (some BinaryInteger)?) -> JSONValue { value.map { .number(String($0)) } ?? .null }

    /// The shortest text that reads back as the same number; null for nil and for what JSON cannot hold (NaN, infinities).
    public static func real(_ value: Double?) -> JSONValue { value.flatMap { $0.isFinite ? .number("\($0)") : nil } ?? .null }

    /// Null for nil.
    public static func optional(_ value: String?) -> JSONValue { value.map { .text($0) } ?? .null }

    /// Null for nil.
    public static func optional(_ value: Bool?) -> JSONValue { value.map { .bool($0) } ?? .null }

    /// The first member of that name, when this is an object that has it.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var string: String? { if case .text(let value) = self { value } else { nil } }
    public var integer: Int64? { if case .number(let value) = self { Int64(value) } else { nil } }
    /// Nil also for a number beyond a Double.
    public var real: Double? { if case .number(let value) = self { Double(value).flatMap { $0.isFinite ? $0 : nil } } else { nil } }
    public var boolean: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var elements: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// Without white space, members in their order.
    public var json: String {
        var bytes: [UInt8] = []
        write(to: &bytes, sorted: false)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Without white space, the members of every object sorted by the bytes of their names: equal values have equal texts.
    public var canonical: String {
        var bytes: [UInt8] = []
        write(to: &bytes, sorted: true)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(to bytes: inout [UInt8], sorted: Bool) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .text(let text): JSONValue.write(text, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes, sorted: sorted)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            let ordered = sorted ? members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : members
            for (index, member) in ordered.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONValue.write(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes, sorted: sorted)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Escapes what RFC 8259 demands (quote, backslash, control characters) and nothing else.
    private static func write(_ text: String, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20: bytes.append(contentsOf: "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
