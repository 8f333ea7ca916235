/// Finds what must not leave the machine: one pass over the bytes, no regular expressions, no allocation for a text without a finding.
///
/// Digits, `@`, `:` and starts of words are looked at; everything else is passed over. What numbers are is told by their check digits,
/// their form and the words nearby (``ContextWords``).
public struct SensitiveScanner: Sendable {
    let names: NameIndex
    let words = ContextWords()
    let secrets = SecretForms()

    /// - Parameter names: of people, from reference columns; found as whole words.
    public init(names: some Sequence<String> = EmptyCollection<String>()) { self.names = NameIndex(names) }

    /// What is sensitive in a text, in order, without overlaps. Ranges are offsets into `bytes`.
    public func spans(in bytes: [UInt8], range: Range<Int>? = nil) -> [SensitiveSpan] {
        let range = range ?? 0..<bytes.count
        guard let folded = FoldedText(bytes, range) else { return scan(bytes, range) }
        return scan(folded.bytes, 0..<folded.bytes.count).map { span in
            let (first, last) = (Int(folded.offsets[span.range.lowerBound]), span.range.upperBound)
            // Up to the end of the last character, not to the start of the next one: what was dropped in between stays outside.
            let start = Int(folded.offsets[last - 1])
            let lead = bytes[start]
            let width = lead < 0x80 || lead & 0xC0 == 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            return SensitiveSpan(kind: span.kind, range: first..<min(start + width, Int(folded.offsets[last])))
        }
    }

    public func spans(in text: String) -> [SensitiveSpan] { spans(in: Array(text.utf8)) }

    // MARK: The pass

    private func scan(_ bytes: [UInt8], _ range: Range<Int>) -> [SensitiveSpan] {
        var pass = ScanPass(bytes: bytes, range: range, scanner: self)
        pass.run()
        return pass.found
    }
}

/// The state of one pass.
struct ScanPass {
    let bytes: [UInt8]
    let range: Range<Int>
    let scanner: SensitiveScanner
    var found: [SensitiveSpan] = []
    var numbers = NumberRun()

    init(bytes: [UInt8], range: Range<Int>, scanner: SensitiveScanner) {
        (self.bytes, self.range, self.scanner) = (bytes, range, scanner)
    }

    enum Class: UInt8 { case other, digit, letter, at, colon, high, open }

    static let classes: [Class] = (0..<256).map { byte in
        switch UInt8(byte) {
        case 48...57: .digit
        case 65...90, 97...122: .letter
        case 64: .at
        case 58: .colon
        case 60: .open
        case 0xC3...0xFF: .high
        default: .other
        }
    }

    mutating func run() {
        let classes = Self.classes
        let end = range.upperBound
        let looksAtWords = !scanner.names.isEmpty
        var at = range.lowerBound
        while at < end {
            switch classes[Int(bytes[at])] {
            case .other: at += 1
            case .digit: at = number(at)
            case .at: at = email(at)
            case .colon: at = addressV6(at)
            case .open: at = token(at)
            case .letter:
                if let stop = word(at, names: looksAtWords) {
                    at = stop
                } else {
                    at += 1
                    while at < end, classes[Int(bytes[at])] == .letter { at += 1 }
                }
            case .high:
                if looksAtWords, let stop = scanner.names.match(at: at, to: end, in: bytes) {
                    add(.name, at..<stop)
                    at = stop
                } else {
                    at += bytes[at] >= 0xF0 ? 4 : bytes[at] >= 0xE0 ? 3 : 2
                    // Letters with accents are parts of words.
                    if bytes[min(at, end) - 1] & 0xC0 == 0x80, at < end, bytes[at - 2] >= 0xC3, bytes[at - 2] <= 0xC9 {
                        while at < end, classes[Int(bytes[at])] == .letter { at += 1 }
                    }
                }
            }
        }
    }

    /// Adds a finding; one that reaches back over earlier ones takes their place.
    mutating func add(_ kind: SensitiveKind, _ range: Range<Int>) {
        var range = range
        while let last = found.last, last.range.upperBound > range.lowerBound {
            range = min(last.range.lowerBound, range.lowerBound)..<max(last.range.upperBound, range.upperBound)
            found.removeLast()
        }
        found.append(SensitiveSpan(kind: kind, range: range))
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 32) &- 97 < 26 }

    /// The start of a word: a name, or something that begins like a secret.
    private mutating func word(_ at: Int, names: Bool) -> Int? {
        if let (range, kind) = scanner.secrets.match(at: at, from: self.range.lowerBound, to: self.range.upperBound, in: bytes) {
            add(kind, range)
            return range.upperBound
        }
        guard names, let stop = scanner.names.match(at: at, to: range.upperBound, in: bytes) else { return nil }
        add(.name, at..<stop)
        return stop
    }

    // MARK: E-mail

    private static let local: [Bool] = (0..<256).map { byte in
        isAlphanumeric(UInt8(byte)) || "!#$%&*+/?^_|~.-'".utf8.contains(UInt8(byte))
    }

    private mutating func email(_ at: Int) -> Int {
        var start = at
        while start > range.lowerBound, at - start < 65 {
            if Self.local[Int(bytes[start - 1])] {
                start -= 1
            } else if start > range.lowerBound + 1, bytes[start - 1] & 0xC0 == 0x80, bytes[start - 2] >= 0xC3, bytes[start - 2] <= 0xC9 {
                start -= 2
            } else {
                break
            }
        }
        while start < at, !Self.isAlphanumeric(bytes[start]), bytes[start] < 0x80, bytes[start] != 95, bytes[start] != 43 { start += 1 }
        var (end, dot) = (at + 1, -1)
        while end < range.upperBound {
            let byte = bytes[end]
            if byte == 46 {
                guard end + 1 < range.upperBound, Self.isDomain(bytes[end + 1]), end > at + 1 else { break }
                dot = end
            } else if !Self.isDomain(byte) {
                break
            }
            end += 1
        }
        while end > at + 1, bytes[end - 1] == 45 { end -= 1 }
        guard start < at, dot > at, end - dot > 2, !bytes[(dot + 1)..<end].contains(where: { NumberRun.isDigit($0) }) else { return at + 1 }
        add(.email, start..<end)
        return end
    }

    private static func isDomain(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == 45 || byte >= 0xC3 && byte <= 0xC9 || byte & 0xC0 == 0x80
    }

    // MARK: IPv6

    private mutating func addressV6(_ at: Int) -> Int {
        func belongs(_ byte: UInt8) -> Bool { NumberRun.isDigit(byte) || (byte | 32) &- 97 < 6 || byte == 58 || byte == 46 }
        var (start, end) = (at, at + 1)
        while start > range.lowerBound, at - start < 5, belongs(bytes[start - 1]) { start -= 1 }
        while end < range.upperBound, end - start < 46, belongs(bytes[end]) { end += 1 }
        while end > at + 1, bytes[end - 1] == 46 || bytes[end - 1] == 58 && bytes[end - 2] != 58 { end -= 1 }
        if start > range.lowerBound, Self.isAlphanumeric(bytes[start - 1]) { return at + 1 }
        if end < range.upperBound, Self.isAlphanumeric(bytes[end]) { return at + 1 }
        guard AddressV6.isAddress(bytes[start..<end]) else { return at + 1 }
        add(.ip, start..<end)
        return end
    }

    // MARK: Pseudonyms in the text itself

    private mutating func token(_ at: Int) -> Int {
        guard let end = Pseudonym.end(of: bytes, at, to: range.upperBound) else { return at + 1 }
        add(.pseudonym, at..<end)
        return end
    }
}
