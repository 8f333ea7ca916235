import Records

/// The bytes of a CSV file as the scanner reads them: unpacked, and without the lines at the end that are no rows.
final class CSVInput {
    private let source: ByteSource
    private let tailHolder: TailHolder?

    /// - Throws: a file that is missing, unreadable, a folder or empty.
    init(_ file: FeedFile, tailLines: Int, bufferBytes: Int) throws(Failure) {
        source = try ByteSource(file, bufferBytes: bufferBytes)
        tailHolder = tailLines > 0 ? TailHolder(lines: tailLines) : nil
    }

    var name: String { source.name }
    var damage: ByteSource.Damage? { source.damage }
    /// The lines left out, once the end was reached.
    var tail: [[UInt8]] { tailHolder?.tail ?? [] }

    /// Bytes written to the start of `buffer` (which is not empty), 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        if let tailHolder { return try tailHolder.read(into: buffer, from: self) }
        return try source.read(into: buffer)
    }

    /// The same with the last lines.
    func readAll(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int { try source.read(into: buffer) }

    /// Leaves out the bytes before `target`; `offset` bytes were read.
    /// - Returns: false when the stream is damaged before `target`.
    /// - Throws: a file that ends before `target` although it is whole.
    func skip(to target: Int64, from offset: Int64) throws(Failure) -> Bool {
        guard tailHolder != nil else { return try source.skip(to: target) }
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        var offset = offset
        while offset < target {
            let wanted = Int(min(Int64(scratch.count), target - offset))
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<wanted]))
            if count == 0 {
                if damage != nil { return false }
                throw .feedFileShorter(name, offset: target, found: offset)
            }
            offset += Int64(count)
        }
        return true
    }
}
