/// A value of Universal Binary JSON, draft 12 (ubjson.org), as far as libxgboost writes it.
///
/// Advice to the next reader: numbers are big-endian; a container may announce one type for all its elements (`$`) and their count
/// (`#`), and then has no closing mark. Typed arrays become `floats` or `integers`, all others `array`.
package enum UniversalBinaryJSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case float(Double)
    case string(String)
    case array([UniversalBinaryJSON])
    case floats([Float])
    case integers([Int64])
    case object([String: UniversalBinaryJSON])

    /// Bytes that are not a document, and where.
    package struct Malformed: Error, Hashable {
        package let offset: Int
    }

    /// Reads one value that takes up all of `bytes`.
    package init(_ bytes: [UInt8]) throws(Malformed) {
        var reader = Reader(bytes: bytes)
        self = try reader.value(depth: 0)
        guard reader.offset == bytes.count else { throw Malformed(offset: reader.offset) }
    }

    package subscript(_ key: String) -> UniversalBinaryJSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// An array of numbers of any width; nil for anything else.
    package var floatArray: [Float]? {
        switch self {
        case .floats(let values): values
        case .array(let values) where values.isEmpty: []
        default: nil
        }
    }

    package var integerArray: [Int64]? {
        switch self {
        case .integers(let values): return values
        case .array(let values):
            var numbers: [Int64] = []
            for value in values {
                guard case .integer(let number) = value else { return nil }
                numbers.append(number)
            }
            return numbers
        default: return nil
        }
    }

    package var stringArray: [String]? {
        guard case .array(let values) = self else { return nil }
        let texts = values.compactMap(\.string)
        return texts.count == values.count ? texts : nil
    }
}

private struct Reader {
    let bytes: [UInt8]
    var offset = 0

    /// Deeper nesting is no model; bounds the recursion.
    static let deepest = 64

    var malformed: UniversalBinaryJSON.Malformed { .init(offset: offset) }

    mutating func byte() throws(UniversalBinaryJSON.Malformed) -> UInt8 {
        guard offset < bytes.count else { throw malformed }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func bigEndian(_ width: Int) throws(UniversalBinaryJSON.Malformed) -> UInt64 {
        guard bytes.count - offset >= width else { throw malformed }
        var value: UInt64 = 0
        for _ in 0..<width {
            value = value << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return value
    }

    static func width(_ mark: UInt8) -> Int? {
        switch mark {
        case UInt8(ascii: "i"), UInt8(ascii: "U"): 1
        case UInt8(ascii: "I"): 2
        case UInt8(ascii: "l"), UInt8(ascii: "d"): 4
        case UInt8(ascii: "L"), UInt8(ascii: "D"): 8
        default: nil
        }
    }

    mutating func integer(_ mark: UInt8) throws(UniversalBinaryJSON.Malformed) -> Int64 {
        switch mark {
        case UInt8(ascii: "i"): return Int64(Int8(truncatingIfNeeded: try bigEndian(1)))
        case UInt8(ascii: "U"): return Int64(try bigEndian(1))
        case UInt8(ascii: "I"): return Int64(Int16(truncatingIfNeeded: try bigEndian(2)))
        case UInt8(ascii: "l"): return Int64(Int32(truncatingIfNeeded: try bigEndian(4)))
        case UInt8(ascii: "L"): return Int64(truncatingIfNeeded: try bigEndian(8))
        default: throw malformed
        }
    }

    mutating func count() throws(UniversalBinaryJSON.Malformed) -> Int {
        let count = try integer(try byte())
        // No element is shorter than a byte: a longer count would only reserve memory.
        guard count >= 0, count <= bytes.count - offset else { throw malformed }
        return Int(count)
    }

    mutating func text() throws(UniversalBinaryJSON.Malformed) -> String {
        let length = try count()
        offset += length
        return String(decoding: bytes[(offset - length)..<offset], as: UTF8.self)
    }

    mutating func value(depth: Int) throws(UniversalBinaryJSON.Malformed) -> UniversalBinaryJSON {
        try value(marked: try byte(), depth: depth)
    }

    mutating func value(marked mark: UInt8, depth: Int) throws(UniversalBinaryJSON.Malformed) -> UniversalBinaryJSON {
        guard depth < Self.deepest else { throw malformed }
        switch mark {
        case UInt8(ascii: "Z"): return .null
        case UInt8(ascii: "T"): return .bool(true)
        case UInt8(ascii: "F"): return .bool(false)
        case UInt8(ascii: "d"): return .float(Double(Float(bitPattern: UInt32(try bigEndian(4)))))
        case UInt8(ascii: "D"): return .float(Double(bitPattern: try bigEndian(8)))
        case UInt8(ascii: "S"): return .string(try text())
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        default: return .integer(try integer(mark))
        }
    }

    /// The optional `$type` and `#count` at a container's start.
    mutating func head() throws(UniversalBinaryJSON.Malformed) -> (type: UInt8?, count: Int?) {
        var type: UInt8?
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "$") {
            offset += 1
            type = try byte()
        }
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "#") else {
            guard type == nil else { throw malformed }
            return (nil, nil)
        }
        offset += 1
        return (type, try count())
    }

    mutating func object(depth: Int) throws(UniversalBinaryJSON.Malformed) -> UniversalBinaryJSON {
        let (type, count) = try head()
        var members: [String: UniversalBinaryJSON] = [:]
        while count.map({ members.count < $0 }) ?? (offset < bytes.count && bytes[offset] != UInt8(ascii: "}")) {
            let key = try text()
            let mark = if let type { type } else { try byte() }
            guard members.updateValue(try value(marked: mark, depth: depth + 1), forKey: key) == nil else { throw malformed }
        }
        if count == nil { _ = try byte() }
        return .object(members)
    }

    mutating func array(depth: Int) throws(UniversalBinaryJSON.Malformed) -> UniversalBinaryJSON {
        let (type, count) = try head()
        if let type, let count, let width = Self.width(type) {
            guard (bytes.count - offset) / width >= count else { throw malformed }
            if type == UInt8(ascii: "d") || type == UInt8(ascii: "D") { return try floats(count, width: width) }
            var numbers: [Int64] = []
            numbers.reserveCapacity(count)
            for _ in 0..<count { numbers.append(try integer(type)) }
            return .integers(numbers)
        }
        var values: [UniversalBinaryJSON] = []
        while count.map({ values.count < $0 }) ?? (offset < bytes.count && bytes[offset] != UInt8(ascii: "]")) {
            let mark = if let type { type } else { try byte() }
            values.append(try value(marked: mark, depth: depth + 1))
        }
        if count == nil { _ = try byte() }
        return .array(values)
    }

    mutating func floats(_ count: Int, width: Int) throws(UniversalBinaryJSON.Malformed) -> UniversalBinaryJSON {
        var numbers: [Float] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count {
            let bits = try bigEndian(width)
            numbers.append(width == 4 ? Float(bitPattern: UInt32(bits)) : Float(Double(bitPattern: bits)))
        }
        return .floats(numbers)
    }
}
