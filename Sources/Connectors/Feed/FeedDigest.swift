import Crypto
public import Records

/// How a file is known: the SHA-256 of its bytes as stored (compressed files are not unpacked), in lower-case hex.
public struct FeedDigest: Hashable, Sendable {
    public let hex: String
    public let bytes: Int64

    /// Reads the whole file once, in pieces of 256 KiB.
    /// - Throws: a file that is missing, unreadable or a folder.
    public init(of file: FeedFile) throws(Failure) {
        let input = try InputFile(file)
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try input.read(into: buffer, at: offset)
            if count == 0 { break }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
        (hex, bytes) = (Self.hex(hash.finalize()), offset)
    }

    public init(of bytes: some Sequence<UInt8>) {
        let all = Array(bytes)
        (hex, self.bytes) = (Self.hex(SHA256.hash(data: all)), Int64(all.count))
    }

    /// One digest for several, in their order: the SHA-256 of their hex texts, a line each.
    public static func combined(_ digests: some Sequence<String>) -> String {
        var hash = SHA256()
        for digest in digests { hash.update(data: Array((digest + "\n").utf8)) }
        return hex(hash.finalize())
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        var text: [UInt8] = []
        let digits = Array("0123456789abcdef".utf8)
        for byte in digest { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
