package import Records

/// The text of a feed file in UTF-8, whatever its encoding: the shape of ``ByteSource``, with a way back from every place in the text to
/// the bytes of the file.
///
/// There are two kinds of offset: *decoded* ones count bytes of the UTF-8 that ``read(into:)`` gives, *raw* ones bytes of the uncompressed
/// file. Positions and rejects hold raw ones. For UTF-8 they are the same, and bytes pass through unchecked, at no cost.
///
/// What cannot be decoded is given as the byte 0xFF, which no UTF-8 has: so any text with it fails the check for UTF-8 that all texts go
/// through, and ``firstUndecodable(from:in:)`` says where and what it was.
///
/// A reader goes on at a raw offset with ``decodedOffset(ofRaw:)`` while the text is still in its buffer, else with ``skip(to:)``.
/// It calls ``forget(before:)`` now and then; what is not forgotten is kept in memory.
package final class DecodedSource {
    package let name: String
    /// As declared, or as the byte order mark says.
    package let encoding: TextEncoding
    /// Decoded offset of the byte that ``read(into:)`` gives next. After ``skip(to:)`` it goes on from any number, never back.
    package private(set) var offset: Int64 = 0

    private let source: ByteSource
    /// UTF-8 is not decoded: bytes read to see the byte order mark, then those of the source.
    private let passesThrough: Bool
    private var head: [UInt8]
    private let pieceBytes: Int

    private var decoder: TextDecoder
    private var pieces: PieceQueue
    private var faults: [Undecodable] = []
    private var isEnded = false
    /// Decoded bytes that did not fit into the reader's buffer.
    private var spill: [UInt8] = []
    private var spilled = 0

    /// - Parameters:
    ///   - encoding: as declared; nil = as the byte order mark says, UTF-8 without one.
    ///   - bufferBytes: size of the pieces of the file that are decoded at once.
    /// - Throws: as ``ByteSource``, and a byte order mark of another encoding than the declared one.
    package init(_ file: FeedFile, encoding declared: TextEncoding?, bufferBytes: Int) throws(Failure) {
        source = try ByteSource(file, bufferBytes: bufferBytes)
        name = source.name
        head = try Self.head(of: source)
        pieceBytes = max(bufferBytes, 1)
        let mark = head.withUnsafeBufferPointer { TextEncoding.byteOrderMark($0) }
        let (encoding, skipped) = try Self.encoding(declared, mark, head, name)
        self.encoding = encoding
        passesThrough = encoding == .utf8
        decoder = TextDecoder(encoding)
        pieces = PieceQueue()
        if !passesThrough {
            head.removeFirst(skipped)
            pieces.append(head, rawOffset: Int64(skipped), decoder: decoder)
            head = []
        }
    }

    deinit { pieces.deallocate() }

    /// The encoding, and how many bytes of mark to leave out; those of UTF-8 are left to the reader.
    private static func encoding(
        _ declared: TextEncoding?, _ mark: (encoding: TextEncoding, length: Int)?, _ head: [UInt8], _ name: String
    ) throws(Failure) -> (TextEncoding, Int) {
        if let mark {
            if mark.encoding == .utf8, declared == nil || declared == .utf8 { return (.utf8, 0) }
            if mark.encoding != .utf8, declared == nil || declared == .utf16 || declared == mark.encoding { return mark }
            throw .feedEncodingMark(name, declared: declared ?? .utf8, mark: mark.encoding)
        }
        guard declared == .utf16 else { return (declared ?? .utf8, 0) }
        return (head.count >= 2 && head[0] == 0 && head[1] != 0 ? .utf16BE : .utf16LE, 0)
    }

    /// The first four bytes, or all there are.
    private static func head(of source: ByteSource) throws(Failure) -> [UInt8] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
        defer { room.deallocate() }
        var count = 0
        while count < 4 {
            let more = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
            if more == 0 { break }
            count += more
        }
        return Array(room[..<count])
    }

    package var isCompressed: Bool { source.isCompressed }
    /// Set once no byte follows because the stream is damaged there.
    package var damage: ByteSource.Damage? { source.damage }

    // MARK: Reading

    /// Bytes written to the start of `buffer` (which is not empty), 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        let count: Int
        if passesThrough {
            if head.isEmpty {
                count = try source.read(into: buffer)
            } else {
                count = min(head.count, buffer.count)
                buffer.copyBytes(from: head[..<count])
                head.removeFirst(count)
            }
        } else if spilled < spill.count || buffer.count < 16 {
            count = try readSpilled(into: buffer)
        } else {
            count = try decode(into: buffer.bindMemory(to: UInt8.self))
        }
        offset += Int64(count)
        return count
    }

    /// For buffers that may be smaller than a character.
    private func readSpilled(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        if spilled == spill.count {
            let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64)
            defer { room.deallocate() }
            spill = Array(room[..<(try decode(into: room))])
            spilled = 0
        }
        let count = min(spill.count - spilled, buffer.count)
        buffer.copyBytes(from: spill[spilled..<(spilled + count)])
        spilled += count
        return count
    }

    /// Decodes some of what follows; 0 at the end. The room is larger than a character.
    private func decode(into room: UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Int {
        var made = 0
        while true {
            let input = pieces.untaken
            let step = decoder.decode(input, into: UnsafeMutableBufferPointer(rebasing: room[made...]))
            pieces.take(step.taken, made: step.made)
            made += step.made
            switch step.stop {
            case .outputFull: return made
            case .inputEnd, .incomplete:
                if made > 0 { return made }
                if try !fill() {
                    let left = pieces.untaken.count
                    if left == 0 { return 0 }
                    takeUndecodable(left)
                    room[0] = 0xFF
                    return 1
                }
            case .undecodable:
                if made == room.count { return made }
                takeUndecodable(step.undecodable)
                room[made] = 0xFF
                made += 1
            }
        }
    }

    private func takeUndecodable(_ count: Int) {
        if let base = pieces.untaken.baseAddress {
            faults.append(Undecodable(decodedOffset: pieces.decodedEnd, rawOffset: pieces.rawPlace, base, count: count))
        }
        pieces.take(count, made: 1)
    }

    /// Reads the next piece, with what is left of the last one before it. False at the end.
    private func fill() throws(Failure) -> Bool {
        if isEnded { return false }
        let room = pieces.room(for: pieceBytes)
        let count = try source.read(into: room)
        isEnded = count == 0
        pieces.didRead(count, decoder: decoder)
        return !isEnded
    }

    // MARK: Places

    /// Raw offset of a place in the text, exact wherever buffers are cut; inside a character, that of its start.
    /// - Parameter decoded: not before what was forgotten, and not behind ``offset``.
    package func rawOffset(ofDecoded decoded: Int64) -> Int64 {
        passesThrough ? decoded : pieces.rawOffset(ofDecoded: decoded)
    }

    /// Decoded offset of a raw one; nil when it is not in the part of the file that was decoded and not forgotten.
    package func decodedOffset(ofRaw raw: Int64) -> Int64? {
        if passesThrough { return raw <= offset ? raw : nil }
        return pieces.decodedOffset(ofRaw: raw)
    }

    /// What of the text before `decoded` will not be asked for any more.
    package func forget(before decoded: Int64) {
        if passesThrough { return }
        pieces.forget(before: decoded)
        if let first = faults.first, first.decodedOffset < decoded { faults.removeAll { $0.decodedOffset < decoded } }
    }

    /// The first bytes of a record that cannot be decoded.
    /// - Parameters:
    ///   - decoded: offset of the record.
    ///   - record: its text as read.
    package func firstUndecodable(from decoded: Int64, in record: UnsafeBufferPointer<UInt8>) -> Undecodable? {
        if !passesThrough {
            var low = 0, high = faults.count
            while low < high {
                let middle = (low + high) / 2
                if faults[middle].decodedOffset < decoded { low = middle + 1 } else { high = middle }
            }
            return low < faults.count && faults[low].decodedOffset < decoded + Int64(record.count) ? faults[low] : nil
        }
        guard let base = record.baseAddress else { return nil }
        var at = 0
        while at < record.count {
            let (length, isWhole) = DecodingCursor.sequence(base + at, record.count - at)
            if !isWhole {
                let place = decoded + Int64(at)
                return Undecodable(
                    decodedOffset: place, rawOffset: place, base + at, count: length < 0 ? record.count - at : length)
            }
            at += length
        }
        return nil
    }

    /// The bytes of a record as they stand in the file, at most its first 64 KiB.
    package func rawRecord(from decoded: Int64, _ record: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        if passesThrough { return Reject.kept(record) }
        let start = pieces.rawOffset(ofDecoded: decoded)
        return pieces.bytes(start..<pieces.rawOffset(ofDecoded: decoded + Int64(record.count)), most: 1 << 16)
    }

    // MARK: Going on

    /// Goes on at a raw offset that is not before what was read into the reader's buffer; ``offset`` says where that is in the text.
    ///
    /// - Returns: false when the stream is damaged before `raw`.
    /// - Throws: a file that ends before `raw` although it is whole: it is not the file that was read before.
    package func skip(to raw: Int64) throws(Failure) -> Bool {
        if passesThrough {
            if raw <= offset + Int64(head.count) {
                head.removeFirst(Int(max(raw - offset, 0)))
            } else {
                head = []
                if try !source.skip(to: raw) { return false }
            }
            offset = raw
            return true
        }
        if let ahead = pieces.decodedOffset(ofRaw: raw), ahead >= offset {
            // Decoded already, and not yet read.
            spilled += Int(ahead - offset)
            offset = ahead
            return true
        }
        (spill, spilled) = ([], 0)
        if !decoder.isStateful, raw > source.offset {
            if try !source.skip(to: raw) { return false }
            faults = []
            pieces.restart(rawOffset: raw, decoder: decoder)
        } else if try !decodeOn(to: raw) {
            return false
        }
        offset = pieces.decodedEnd
        return true
    }

    /// Decodes up to a raw offset: the only way to the state of a stateful encoding there.
    private func decodeOn(to raw: Int64) throws(Failure) -> Bool {
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 14)
        defer { scratch.deallocate() }
        while pieces.rawPlace < raw {
            let ahead = pieces.untaken
            let input = UnsafeBufferPointer(rebasing: ahead.prefix(Int(min(Int64(ahead.count), raw - pieces.rawPlace))))
            let step = decoder.decode(input, into: scratch)
            pieces.take(step.taken, made: step.made)
            if step.stop == .undecodable { pieces.take(step.undecodable, made: 1) }
            if step.stop == .inputEnd || step.stop == .incomplete {
                if input.count < ahead.count { break }
                forget(before: pieces.decodedEnd)
                if try !fill() {
                    if pieces.rawEnd >= raw {
                        // The file ends inside a character, which was passed over as one.
                        pieces.take(pieces.untaken.count, made: 1)
                        break
                    }
                    if damage != nil { return false }
                    throw .feedFileShorter(name, offset: raw, found: pieces.rawEnd)
                }
            }
        }
        return true
    }
}
