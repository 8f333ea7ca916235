package import Crypto

/// Bytes to hash: each value as a tag, its length in eight bytes (little-endian) and its bytes, so that no two lists of values share an
/// encoding.
package struct CanonicalEncoding {
    package private(set) var bytes: [UInt8] = []

    /// - Parameter domain: what is encoded, so that different things never hash alike.
    package init(domain: String) { append(domain) }

    package mutating func append(_ text: String) { append(tag: UInt8(ascii: "t"), Array(text.utf8)) }

    package mutating func append(_ number: Int64) {
        append(tag: UInt8(ascii: "i"), withUnsafeBytes(of: number.littleEndian) { Array($0) })
    }

    /// Nil has a tag of its own.
    package mutating func append(_ number: Int64?) {
        if let number { append(number) } else { append(tag: UInt8(ascii: "n"), []) }
    }

    private mutating func append(tag: UInt8, _ value: [UInt8]) {
        bytes.append(tag)
        withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: value)
    }

    /// Lower-case hex.
    package var sha256: String { SHA256.hash(data: bytes).hexadecimal }
}

extension Digest {
    /// Lower-case hex, two digits a byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
