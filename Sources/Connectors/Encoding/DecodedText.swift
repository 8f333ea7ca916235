extension TextEncoding {
    /// Bytes as text, whole; what is no character becomes U+FFFD.
    package func text(of bytes: [UInt8]) -> String {
        guard self != .utf8 else { return String(decoding: bytes, as: UTF8.self) }
        var decoder = TextDecoder(self)
        let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count * 3 + 16)
        defer { room.deallocate() }
        var text: [UInt8] = [], at = 0
        bytes.withUnsafeBufferPointer { source in
            while at < source.count {
                let step = decoder.decode(UnsafeBufferPointer(rebasing: source[at...]), into: room)
                text += room[..<step.made]
                at += step.taken
                if step.stop == .undecodable {
                    at += max(step.undecodable, 1)
                    text += "\u{FFFD}".utf8
                } else if step.stop == .incomplete {
                    break
                }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
