/// Names from reference columns, found as whole words in either case; names in kanji and kana wherever they stand.
struct NameIndex: Sendable {
    /// Names by a hash of their first word (Latin) or first two characters (CJK).
    private var byStart: [UInt64: [[UInt8]]] = [:]
    var isEmpty: Bool { byStart.isEmpty }

    /// A Latin name has at least two letters, a CJK name at least two characters; shorter ones would mask half of any text.
    init(_ names: some Sequence<String>) {
        var seen: Set<[UInt8]> = []
        for name in names {
            let whole = Self.lowered(name)
            var forms = [whole]
            // `佐藤 香織` is written without the blank as often as with it.
            if whole.contains(where: { $0 >= 0xE3 }) { forms.append(whole.filter { $0 != 32 }) }
            for form in forms {
                guard form.count >= 2, form[0] < 0xE3 || form.count >= 6, seen.insert(form).inserted else { continue }
                byStart[Self.start(of: form, 0, form.count).hash, default: []].append(form)
            }
        }
        for key in byStart.keys { byStart[key]?.sort { ($1.count, $0.lexicographic) < ($0.count, $1.lexicographic) } }
    }

    private static func lowered(_ name: String) -> [UInt8] {
        name.utf8.map { $0 >= 65 && $0 <= 90 ? $0 | 32 : $0 }.split(separator: 32).joined(separator: [32]).map { $0 }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) >= 97 && (byte | 32) <= 122 || byte >= 0x80 }

    private static func start(of bytes: [UInt8], _ at: Int, _ end: Int) -> (hash: UInt64, next: Int) {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        var index = at
        let stop = bytes[at] >= 0xE3 ? min(end, at + 6) : end
        while index < stop, bytes[at] >= 0xE3 || isLetter(bytes[index]) && bytes[index] < 0xE3 {
            let byte = bytes[index]
            value = (value ^ UInt64(byte >= 65 && byte <= 90 ? byte | 32 : byte)) &* 0x0000_0100_0000_01b3
            index += 1
        }
        return (value, index)
    }

    /// End of the longest name that begins at `at`, the start of a word or of a CJK character.
    func match(at: Int, to end: Int, in bytes: [UInt8]) -> Int? {
        let start = Self.start(of: bytes, at, end)
        guard let names = byStart[start.hash] else { return nil }
        for name in names where at + name.count <= end {
            var index = 0
            while index < name.count {
                let byte = bytes[at + index]
                guard (byte >= 65 && byte <= 90 ? byte | 32 : byte) == name[index] else { break }
                index += 1
            }
            let stop = at + name.count
            guard index == name.count else { continue }
            // A Latin name must not go on; `鈴木` inside a longer word is a name all the same.
            if name[0] >= 0xE3 || stop == end || bytes[stop] >= 0xE2 || !Self.isLetter(bytes[stop]) { return stop }
        }
        return nil
    }
}

extension [UInt8] {
    /// A number that orders names of one length, so that the order of a dictionary does not show.
    fileprivate var lexicographic: UInt64 { reduce(UInt64(0)) { ($0 &* 257) &+ UInt64($1) } }
}
