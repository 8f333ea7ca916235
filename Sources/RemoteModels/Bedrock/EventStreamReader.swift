import Records

/// Frames of `application/vnd.amazon.eventstream` (AWS "event stream encoding"): lengths, checksum, headers, payload, checksum.
///
/// Takes bytes cut anywhere; every frame's two CRC-32 are checked.
struct EventStreamReader: Sendable {
    struct Event: Hashable, Sendable {
        /// `:event-type`; empty for an exception.
        var name: String
        /// `:exception-type` or `:error-code`.
        var exception: String?
        var payload: [UInt8]
    }

    private var bytes: [UInt8] = []
    /// Of one frame; AWS allows 16 MiB of payload.
    private static let longestFrame = 24 << 20

    var isAtBoundary: Bool { bytes.isEmpty }

    mutating func events(from part: [UInt8], place: String) throws(Failure) -> [Event] {
        bytes += part
        var events: [Event] = [], at = 0
        while bytes.count - at >= 16 {
            let total = Int(integer(at))
            guard total >= 16, total <= Self.longestFrame, Self.checksum(bytes[at..<at + 8]) == integer(at + 8) else {
                throw .answerMalformed(place: place, found: "a frame with a wrong head", expected: "frames of an event stream")
            }
            guard bytes.count - at >= total else { break }
            let headers = Int(integer(at + 4)), end = at + total
            guard headers <= total - 16, Self.checksum(bytes[at..<end - 4]) == integer(end - 4),
                let event = event(headers: at + 12..<at + 12 + headers, payload: at + 12 + headers..<end - 4)
            else { throw .answerMalformed(place: place, found: "a frame with a wrong checksum", expected: "frames of an event stream") }
            events.append(event)
            at = end
        }
        bytes.removeFirst(at)
        return events
    }

    private func integer(_ at: Int) -> UInt32 { bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } }

    private func event(headers: Range<Int>, payload: Range<Int>) -> Event? {
        var fields: [String: String] = [:], at = headers.lowerBound
        while at < headers.upperBound {
            let length = Int(bytes[at])
            guard at + 2 + length <= headers.upperBound else { return nil }
            let name = String(decoding: bytes[at + 1..<at + 1 + length], as: UTF8.self)
            let kind = bytes[at + 1 + length]
            at += 2 + length
            // Sizes of the value types 0 to 9; 6 and 7 carry a length of two bytes.
            let fixed: [UInt8: Int] = [0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16]
            if let size = fixed[kind] {
                at += size
            } else if kind == 6 || kind == 7 {
                guard at + 2 <= headers.upperBound else { return nil }
                let size = Int(bytes[at]) << 8 | Int(bytes[at + 1])
                guard at + 2 + size <= headers.upperBound else { return nil }
                if kind == 7 { fields[name] = String(decoding: bytes[at + 2..<at + 2 + size], as: UTF8.self) }
                at += 2 + size
            } else {
                return nil
            }
            guard at <= headers.upperBound else { return nil }
        }
        let exception = fields[":message-type"] == "event" ? nil : fields[":exception-type"] ?? fields[":error-code"] ?? "unknown"
        return Event(name: fields[":event-type"] ?? "", exception: exception, payload: Array(bytes[payload]))
    }

    // MARK: CRC-32 (IEEE 802.3)

    private static let table: [UInt32] = (0..<256).map { place in
        (0..<8).reduce(UInt32(place)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    }
}
