import Records

/// The text of a CSV file as the scanner reads it: unpacked, in UTF-8, and without the lines at the end that are no rows.
///
/// Offsets called decoded count bytes of that text; raw ones, as in positions and rejects, bytes of the uncompressed file.
final class CSVInput {
    private let source: DecodedSource
    private let tailHolder: TailHolder?

    /// - Throws: a file that is missing, unreadable, a folder or empty, or has the byte order mark of another encoding.
    init(_ file: FeedFile, encoding: TextEncoding, tailLines: Int, bufferBytes: Int) throws(Failure) {
        source = try DecodedSource(file, encoding: encoding, bufferBytes: bufferBytes)
        tailHolder = tailLines > 0 ? TailHolder(lines: tailLines) : nil
    }

    var name: String { source.name }
    var damage: ByteSource.Damage? { source.damage }
    var encoding: TextEncoding { source.encoding }
    /// The lines left out, once the end was reached.
    var tail: [[UInt8]] { tailHolder?.tail ?? [] }
    /// What is read next may lie behind ``offset``: going on is a matter of reading on.
    var holdsBack: Bool { tailHolder != nil }

    /// Bytes written to the start of `buffer` (which is not empty), 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        if let tailHolder { return try tailHolder.read(into: buffer, from: self) }
        return try source.read(into: buffer)
    }

    /// The same with the last lines.
    func readAll(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int { try source.read(into: buffer) }

    // MARK: Places

    /// Decoded offset of what the source gives next.
    var offset: Int64 { source.offset }
    func rawOffset(ofDecoded decoded: Int64) -> Int64 { source.rawOffset(ofDecoded: decoded) }
    func decodedOffset(ofRaw raw: Int64) -> Int64? { source.decodedOffset(ofRaw: raw) }
    /// What of the text before `decoded` will not be asked for any more.
    func forget(before decoded: Int64) { source.forget(before: decoded) }

    /// Goes on at a raw offset; ``offset`` then says where that is. Not where ``holdsBack``.
    /// - Returns: false when the stream is damaged before it.
    /// - Throws: a file that ends before it although it is whole.
    func skip(to raw: Int64) throws(Failure) -> Bool { try source.skip(to: raw) }

    /// The bytes of a record as they stand in the file, at most its first 64 KiB.
    func rawRecord(from decoded: Int64, _ record: UnsafeBufferPointer<UInt8>) -> [UInt8] { source.rawRecord(from: decoded, record) }

    /// The first bytes of a text that cannot be decoded, in words.
    func undecodable(from decoded: Int64, in text: UnsafeBufferPointer<UInt8>) -> String? {
        source.firstUndecodable(from: decoded, in: text)?.shown
    }
}
