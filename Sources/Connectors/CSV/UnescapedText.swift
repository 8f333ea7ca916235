/// Room for the text of a field whose doubled quotes and escapes are undone.
struct UnescapedText {
    // Nil until needed: a reader that fails to open must leave nothing behind.
    private var room: UnsafeMutablePointer<UInt8>?
    private var capacity = 0

    func deallocate() { room?.deallocate() }

    /// The text of a field of the record found last; good until the next call.
    mutating func text(of field: Int, _ scanner: RecordScanner) -> UnsafeBufferPointer<UInt8> {
        let first = scanner.starts[field], end = scanner.ends[field]
        let plain = UnsafeBufferPointer(start: scanner.base + first, count: end - first)
        guard scanner.hasEscapes, scanner.shapes[field] != .plain else { return plain }
        if plain.count > capacity {
            room?.deallocate()
            capacity = max(plain.count, capacity * 2, 64)
            room = .allocate(capacity: capacity)
        }
        guard let bytes = room else { return plain }
        let count = scanner.shapes[field] == .quoted ? quoted(plain, scanner.rules, bytes) : escaped(plain, bytes)
        return UnsafeBufferPointer(start: bytes, count: count)
    }

    private func quoted(_ text: UnsafeBufferPointer<UInt8>, _ rules: FieldRules, _ bytes: UnsafeMutablePointer<UInt8>) -> Int {
        var at = 0, count = 0
        var isInside = true
        while at < text.count {
            var byte = text[at]
            if rules.hasBackslash, byte == 92, at + 1 < text.count {
                at += 1
                byte = text[at]
            } else if isInside, byte == rules.quote {
                at += 1
                guard at < text.count, text[at] == rules.quote else {
                    isInside = false
                    continue
                }
            }
            bytes[count] = byte
            count += 1
            at += 1
        }
        return count
    }

    private func escaped(_ text: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeMutablePointer<UInt8>) -> Int {
        // The null marker of databases stays what it is, so that `nulls` can name it.
        if text.count == 2, text[1] == UInt8(ascii: "N") {
            (bytes[0], bytes[1]) = (text[0], text[1])
            return 2
        }
        var at = 0, count = 0
        while at < text.count {
            if text[at] == 92, at + 1 < text.count { at += 1 }
            bytes[count] = text[at]
            count += 1
            at += 1
        }
        return count
    }
}
