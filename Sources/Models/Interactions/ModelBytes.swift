import Crypto
import Foundation
package import Records

/// Artefacts of recommenders: a line of JSON, blocks of little-endian numbers, and the SHA-256 of all before it.
package struct ModelBytesWriter {
    private var bytes: [UInt8] = []

    package init(family: String) { text("pipeline \(family) 1") }

    package mutating func text(_ text: String) {
        integer(text.utf8.count)
        bytes += Array(text.utf8)
    }

    package mutating func integer(_ value: Int) { withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) } }

    package mutating func number(_ value: Double) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func texts(_ texts: [String]) {
        integer(texts.count)
        for text in texts { self.text(text) }
    }

    package mutating func blob(_ blob: [UInt8]) {
        integer(blob.count)
        bytes += blob
    }

    /// Every platform the package supports is little-endian.
    package mutating func array<Number: BitwiseCopyable>(_ values: [Number]) {
        integer(values.count)
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    package consuming func sealed() -> [UInt8] { bytes + SHA256.hash(data: bytes) }
}

/// Reads what ``ModelBytesWriter`` wrote; the digest is checked first, so what follows is as it was written.
package struct ModelBytesReader {
    private let bytes: [UInt8]
    private let family: String
    private var at = 0
    private let end: Int

    /// - Throws: bytes that are not as they were written, or of another family.
    package init(_ bytes: [UInt8], family: String) throws(Failure) {
        (self.bytes, self.family) = (bytes, family)
        end = bytes.count - SHA256.byteCount
        guard end > 0, bytes[end...].elementsEqual(SHA256.hash(data: bytes[..<end])) else {
            throw .modelBytes(family: family, reason: "\(bytes.count) bytes that are not as they were written")
        }
        guard try text() == "pipeline \(family) 1" else { throw .modelBytes(family: family, reason: "a model of another family") }
    }

    private mutating func take(_ count: Int, of size: Int) throws(Failure) -> Range<Int> {
        guard count >= 0, count <= (end - at) / size else { throw .modelBytes(family: family, reason: "fewer bytes than it names") }
        defer { at += count * size }
        return at..<at + count * size
    }

    package var isAtEnd: Bool { at == end }

    package mutating func integer() throws(Failure) -> Int {
        let range = try take(1, of: 8)
        return Int(bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: range.lowerBound, as: Int64.self)) })
    }

    package mutating func number() throws(Failure) -> Double { Double(bitPattern: UInt64(bitPattern: Int64(try integer()))) }

    package mutating func text() throws(Failure) -> String {
        let count = try integer()
        return String(decoding: bytes[try take(count, of: 1)], as: UTF8.self)
    }

    package mutating func texts() throws(Failure) -> [String] {
        let count = try integer()
        guard count >= 0, count <= (end - at) / 8 else { throw .modelBytes(family: family, reason: "fewer bytes than it names") }
        var texts: [String] = []
        texts.reserveCapacity(count)
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    package mutating func blob() throws(Failure) -> [UInt8] {
        let count = try integer()
        return Array(bytes[try take(count, of: 1)])
    }

    package mutating func array<Number: BitwiseCopyable & Numeric>(of type: Number.Type) throws(Failure) -> [Number] {
        let count = try integer()
        let range = try take(count, of: MemoryLayout<Number>.stride)
        return [Number](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes[range])
            initialized = count
        }
    }
}
