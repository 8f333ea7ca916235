/// The pieces of a file that were decoded and may still be asked about: raw bytes, and where each piece starts in the text.
///
/// Places within a piece are found by decoding it again; a lookup goes on where the last one ended, so many lookups in order cost as
/// much as one decoding.
struct PieceQueue {
    private struct Piece {
        var bytes: UnsafeMutablePointer<UInt8>
        var capacity: Int
        var count: Int
        /// Bytes decoded so far.
        var taken = 0
        let rawOffset: Int64
        let decodedOffset: Int64
        /// As it was at the start of the piece.
        let decoder: TextDecoder
    }

    /// Bytes allocated behind a piece: vectors may be loaded beyond its end.
    private static let padding = 16
    /// Most bytes of an unfinished character or escape sequence.
    private static let leftover = 4

    private var pieces: [Piece] = []
    private var spare: (bytes: UnsafeMutablePointer<UInt8>, capacity: Int)?
    /// Decoded offset behind what was decoded.
    private(set) var decodedEnd: Int64 = 0

    // The place found last.
    private struct Place {
        var rawOffset: Int64
        var decodedOffset: Int64
        var decoder: TextDecoder
    }
    private var last: Place?
    private let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4_096)

    func deallocate() {
        for piece in pieces { piece.bytes.deallocate() }
        spare?.bytes.deallocate()
        scratch.deallocate()
    }

    // MARK: Adding

    /// A first piece.
    mutating func append(_ bytes: [UInt8], rawOffset: Int64, decoder: TextDecoder) {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + Self.padding)
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        pieces.append(
            Piece(
                bytes: copy, capacity: bytes.count, count: bytes.count, rawOffset: rawOffset, decodedOffset: decodedEnd, decoder: decoder))
    }

    /// Forgets all pieces; the next one starts at `rawOffset`.
    mutating func restart(rawOffset: Int64, decoder: TextDecoder) {
        for piece in pieces { piece.bytes.deallocate() }
        pieces = []
        last = nil
        append([], rawOffset: rawOffset, decoder: decoder)
    }

    /// Room for the next piece, to be told by ``didRead(_:decoder:)``. What is left of the last one is put before it.
    mutating func room(for count: Int) -> UnsafeMutableRawBufferPointer {
        if spare.map({ $0.capacity < count + Self.leftover }) ?? true {
            spare?.bytes.deallocate()
            let capacity = count + Self.leftover
            spare = (.allocate(capacity: capacity + Self.padding), capacity)
        }
        let left = untaken
        guard let bytes = spare?.bytes else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        if let base = left.baseAddress { bytes.update(from: base, count: left.count) }
        return UnsafeMutableRawBufferPointer(start: bytes + left.count, count: count)
    }

    mutating func didRead(_ count: Int, decoder: TextDecoder) {
        guard count > 0, let next = spare else { return }
        let left = untaken.count
        let place = rawPlace
        if let index = pieces.indices.last { pieces[index].count = pieces[index].taken }
        spare = nil
        pieces.append(
            Piece(
                bytes: next.bytes, capacity: next.capacity, count: left + count, rawOffset: place, decodedOffset: decodedEnd,
                decoder: decoder))
    }

    // MARK: Decoding

    /// What is read and not yet decoded.
    var untaken: UnsafeBufferPointer<UInt8> {
        guard let piece = pieces.last else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: piece.bytes + piece.taken, count: piece.count - piece.taken)
    }

    mutating func take(_ count: Int, made: Int) {
        guard let index = pieces.indices.last else { return }
        pieces[index].taken += count
        decodedEnd += Int64(made)
    }

    /// Raw offset behind what was decoded, and behind what was read.
    var rawPlace: Int64 { pieces.last.map { $0.rawOffset + Int64($0.taken) } ?? 0 }
    var rawEnd: Int64 { pieces.last.map { $0.rawOffset + Int64($0.count) } ?? 0 }

    // MARK: Places

    /// The piece in which the text before `decoded` ends: so a place has the same raw offset wherever pieces are cut.
    private func piece(before decoded: Int64) -> Piece? {
        pieces.last { $0.decodedOffset < decoded } ?? pieces.first
    }

    mutating func rawOffset(ofDecoded decoded: Int64) -> Int64 {
        guard let piece = piece(before: decoded) else { return 0 }
        var place = Place(rawOffset: piece.rawOffset, decodedOffset: piece.decodedOffset, decoder: piece.decoder)
        if let last, last.rawOffset >= piece.rawOffset, last.decodedOffset <= decoded { place = last }
        let end = piece.rawOffset + Int64(piece.taken)
        while place.decodedOffset < decoded, place.rawOffset < end {
            let room = UnsafeMutableBufferPointer(rebasing: scratch.prefix(Int(min(Int64(scratch.count), decoded - place.decodedOffset))))
            if !advance(&place, in: piece, to: end, room) { break }
        }
        last = place
        return place.rawOffset
    }

    func decodedOffset(ofRaw raw: Int64) -> Int64? {
        guard let piece = pieces.last(where: { $0.rawOffset <= raw }), raw <= piece.rawOffset + Int64(piece.taken) else { return nil }
        var place = Place(rawOffset: piece.rawOffset, decodedOffset: piece.decodedOffset, decoder: piece.decoder)
        while place.rawOffset < raw {
            if !advance(&place, in: piece, to: raw, scratch) { break }
        }
        return place.decodedOffset
    }

    /// One step of decoding again, as it was done before. False when there is no way on.
    private func advance(_ place: inout Place, in piece: Piece, to end: Int64, _ room: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        let input = UnsafeBufferPointer(
            start: piece.bytes + Int(place.rawOffset - piece.rawOffset), count: Int(end - place.rawOffset))
        let step = place.decoder.decode(input, into: room)
        place.rawOffset += Int64(step.taken)
        place.decodedOffset += Int64(step.made)
        switch step.stop {
        case .undecodable:
            if step.made == room.count { return true }
            place.rawOffset += Int64(step.undecodable)
            place.decodedOffset += 1
            return true
        case .incomplete:
            // The file's last bytes, which were passed over as one.
            if step.made == room.count { return true }
            place.rawOffset = end
            place.decodedOffset += 1
            return true
        case .inputEnd: return true
        case .outputFull: return step.taken > 0
        }
    }

    /// The bytes of a raw range as far as they are kept, at most `most`.
    func bytes(_ range: Range<Int64>, most: Int) -> [UInt8] {
        var result: [UInt8] = []
        let end = min(range.upperBound, range.lowerBound + Int64(most))
        for piece in pieces {
            let low = max(range.lowerBound, piece.rawOffset), high = min(end, piece.rawOffset + Int64(piece.taken))
            guard low < high else { continue }
            result.append(
                contentsOf: UnsafeBufferPointer(start: piece.bytes + Int(low - piece.rawOffset), count: Int(high - low)))
        }
        return result
    }

    mutating func forget(before decoded: Int64) {
        var count = 0
        while count + 1 < pieces.count, pieces[count + 1].decodedOffset < decoded { count += 1 }
        guard count > 0 else { return }
        for piece in pieces[..<count] {
            // One buffer is kept for the next piece.
            if let kept = spare, kept.capacity >= piece.capacity {
                piece.bytes.deallocate()
            } else {
                spare?.bytes.deallocate()
                spare = (piece.bytes, piece.capacity)
            }
        }
        pieces.removeFirst(count)
        if let place = last, let first = pieces.first, place.rawOffset < first.rawOffset { last = nil }
    }
}
