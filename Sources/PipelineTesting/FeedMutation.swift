/// Damages a document in the ways that disks, transfers, editors and scripts do: the same seed gives the same damage.
///
/// ```swift
/// let mutation = FeedMutation(of: Array("id,name\n1,a\n".utf8), seed: 7, tokens: FeedMutation.csvTokens)
/// mutation.bytes       // the damaged document
/// mutation.steps       // what was done, to be shown when a check fails: ["doubled 3..<9", "inserted \"\\0\" at 4"]
/// ```
public struct FeedMutation: Sendable {
    public let bytes: [UInt8]
    /// What was done, in order, in words; offsets are those at that step.
    public let steps: [String]

    /// What CSV readers trip over.
    public static let csvTokens: [[UInt8]] =
        [
            "\"", "\"\"", "'", "\\", ",", ";", "\t", "|", " ", "#", "\n", "\r", "\r\n", "\0", "\u{1A}", "\u{FEFF}", "\u{85}", "T,",
        ].map { Array($0.utf8) } + [
            [0xFF], [0x80], [0x81, 0x5C], [0xFE, 0xFF], [0xFF, 0xFE], [0x1B, 0x24, 0x42], [0x1B, 0x28, 0x42], [0x8F],
        ]

    /// What XML readers trip over.
    public static let xmlTokens: [[UInt8]] =
        [
            "<", ">", "</", "/>", "&", ";", "&#0;", "&#x110000;", "&amp", "&lt;", "<![CDATA[", "]]>", "<!--", "-->", "<?", "?>",
            "<!DOCTYPE a [",
            "\"", "'", "=", ":", "xmlns=\"\"", "\n", "\r", "\0", "\u{FEFF}", "\u{FFFE}", "<a>", "</a>",
        ].map { Array($0.utf8) } + [[0xFF], [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80]]

    /// - Parameters:
    ///   - seed: decides everything.
    ///   - tokens: texts that are inserted among others; may be empty.
    ///   - most: changes made at most, 1 or more.
    public init(of document: [UInt8], seed: UInt64, tokens: [[UInt8]], most: Int = 4) {
        var damage = Damage(bytes: document, tokens: tokens, generator: SeededGenerator(seed: seed))
        for _ in 0..<Int.random(in: 1...max(1, most), using: &damage.generator) { damage.step() }
        (bytes, steps) = (damage.bytes, damage.steps)
    }
}

/// A document under the hammer.
private struct Damage {
    var bytes: [UInt8]
    let tokens: [[UInt8]]
    var generator: SeededGenerator
    var steps: [String] = []

    mutating func step() {
        guard !bytes.isEmpty else {
            insert([UInt8.random(in: 0...255, using: &generator)])
            return
        }
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: flip()
        case 1: set()
        case 2: remove()
        case 3: cut()
        case 4: double()
        case 5: swap()
        case 6: copyLine()
        default: insert(tokens.randomElement(using: &generator) ?? [0])
        }
    }

    private mutating func place() -> Int { Int.random(in: 0..<bytes.count, using: &generator) }

    /// A part of the document: mostly short, now and then of any length.
    private mutating func span() -> Range<Int> {
        let start = place()
        let most = Int.random(in: 0..<4, using: &generator) == 0 ? bytes.count - start : min(bytes.count - start, 16)
        return start..<start + Int.random(in: 1...most, using: &generator)
    }

    private mutating func flip() {
        let at = place(), bit = Int.random(in: 0..<8, using: &generator)
        bytes[at] ^= 1 << UInt8(bit)
        steps.append("flipped bit \(bit) at \(at)")
    }

    private mutating func set() {
        let at = place(), value = UInt8.random(in: 0...255, using: &generator)
        bytes[at] = value
        steps.append("set \(value) at \(at)")
    }

    private mutating func remove() {
        let part = span()
        bytes.removeSubrange(part)
        steps.append("removed \(part)")
    }

    private mutating func cut() {
        let at = place()
        bytes.removeSubrange(at...)
        steps.append("cut at \(at)")
    }

    private mutating func double() {
        let part = span()
        bytes.insert(contentsOf: Array(bytes[part]), at: part.upperBound)
        steps.append("doubled \(part)")
    }

    /// Two neighboring parts change places.
    private mutating func swap() {
        let part = span()
        guard part.upperBound < bytes.count else { return flip() }
        let end = Int.random(in: part.upperBound + 1...bytes.count, using: &generator)
        let turned = Array(bytes[part.upperBound..<end]) + Array(bytes[part])
        bytes.replaceSubrange(part.lowerBound..<end, with: turned)
        steps.append("swapped \(part) and \(part.upperBound..<end)")
    }

    /// A line appears once more, somewhere.
    private mutating func copyLine() {
        let at = place()
        let start = bytes[..<at].lastIndex(of: 10).map { $0 + 1 } ?? 0
        let end = bytes[at...].firstIndex(of: 10).map { $0 + 1 } ?? bytes.count
        let target = Int.random(in: 0...bytes.count, using: &generator)
        bytes.insert(contentsOf: Array(bytes[start..<end]), at: target)
        steps.append("copied \(start)..<\(end) to \(target)")
    }

    private mutating func insert(_ token: [UInt8]) {
        let at = Int.random(in: 0...bytes.count, using: &generator)
        bytes.insert(contentsOf: token, at: at)
        steps.append("inserted \(String(decoding: token, as: UTF8.self).debugDescription) at \(at)")
    }
}
