package import Records

/// The bytes of a feed file in order, gzip undone where the first two bytes say so. Memory is one buffer, whatever the file's size.
///
/// A gzip stream that breaks off, is corrupt or is followed by something else ends early, with ``damage`` set: the reader delivers what
/// was whole and makes one reject of the rest. Offsets count uncompressed bytes.
package final class ByteSource {
    /// Why a stream ended before its end, as the two texts of a reject.
    package struct Damage: Hashable, Sendable {
        package let found: String
        package let expected: String

        static let brokenOff = Damage(found: "a gzip stream that breaks off", expected: "a whole gzip stream")
        static let trailing = Damage(found: "bytes after the gzip stream that are not gzip", expected: "the end of the file")
        static func corrupt(_ reason: String) -> Damage { Damage(found: "corrupt gzip data (\(reason))", expected: "a sound gzip stream") }
    }

    package let name: String
    /// Offset of the byte that ``read(into:)`` gives next.
    package private(set) var offset: Int64 = 0
    /// Set once no byte follows because the stream is damaged there.
    package var damage: Damage? { ahead?.damage ?? (ahead == nil ? inflated?.damage : nil) }
    package let isCompressed: Bool

    private let file: InputFile
    private let inflated: InflatedStream?
    private let pieceBytes: Int
    private let readsAhead: Bool
    /// Set once the stream is known to be long; it alone then uses `inflated`.
    private var ahead: ReadAhead?

    /// Streams of more bytes are unpacked on a thread of their own.
    private static let longStream: Int64 = 1 << 20

    /// - Parameter readsAhead: long gzip streams are unpacked on a thread of their own, given buffers of 64 KiB or more.
    /// - Throws: a file that is missing, unreadable, a folder or empty.
    package init(_ file: FeedFile, bufferBytes: Int, readsAhead: Bool = true) throws(Failure) {
        name = file.name
        self.file = try InputFile(file)
        var magic: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
        let failureOrCount: Result<Int, Failure> = withUnsafeMutableBytes(of: &magic) { [input = self.file] bytes in
            Result { () throws(Failure) in try input.read(into: bytes, at: 0) }
        }
        guard try failureOrCount.get() > 0 else { throw .feedFileEmpty(file.name) }
        isCompressed = magic.0 == 0x1F && magic.1 == 0x8B
        inflated = isCompressed ? InflatedStream(self.file) : nil
        pieceBytes = min(bufferBytes, 1 << 18)
        self.readsAhead = readsAhead && bufferBytes >= 1 << 16
    }

    /// Bytes written to the start of `buffer` (which is not empty), 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        let count: Int
        if let ahead {
            count = try ahead.read(into: buffer)
        } else if let inflated {
            if readsAhead, offset >= Self.longStream, inflated.damage == nil { ahead = ReadAhead(inflated, pieceBytes: pieceBytes) }
            if let ahead { count = try ahead.read(into: buffer) } else { count = try inflated.read(into: buffer) }
        } else {
            count = try file.read(into: buffer, at: offset)
        }
        offset += Int64(count)
        return count
    }

    /// Leaves out the bytes before `target`, which is not before ``offset``. Compressed files are unpacked up to there.
    ///
    /// - Returns: false when the stream is damaged before `target`.
    /// - Throws: a file that ends before `target` although it is whole: it is not the file that was read before.
    package func skip(to target: Int64) throws(Failure) -> Bool {
        precondition(target >= offset)
        if !isCompressed, target > offset {
            // One byte is looked at to see that the file is long enough.
            let one = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
            defer { one.deallocate() }
            guard try file.read(into: one, at: target - 1) == 1 else { throw .feedFileShorter(name, offset: target, found: try length()) }
            offset = target
            return true
        }
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        while offset < target {
            let wanted = Int(min(Int64(scratch.count), target - offset))
            if try read(into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<wanted])) == 0 {
                if damage != nil { return false }
                throw .feedFileShorter(name, offset: target, found: offset)
            }
        }
        return true
    }

    private func length() throws(Failure) -> Int64 {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        var length = offset
        while true {
            let count = try file.read(into: scratch, at: length)
            if count == 0 { return length }
            length += Int64(count)
        }
    }
}
