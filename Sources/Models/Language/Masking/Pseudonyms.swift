/// How a masked value is written: `<PHONE_2>`.
enum Pseudonym {
    private static let kinds: [[UInt8]] = SensitiveKind.allCases.map { Array($0.rawValue.utf8) }

    /// End of a text at `at` that looks like a pseudonym, whoever wrote it.
    static func end(of bytes: [UInt8], _ at: Int, to end: Int) -> Int? {
        guard at < end, bytes[at] == 60 else { return nil }
        for kind in kinds where at + kind.count + 3 < end {
            guard bytes[(at + 1)...].prefix(kind.count).elementsEqual(kind), bytes[at + 1 + kind.count] == 95 else { continue }
            var stop = at + kind.count + 2
            while stop < end, NumberRun.isDigit(bytes[stop]) { stop += 1 }
            if stop > at + kind.count + 2, stop < end, bytes[stop] == 62 { return stop + 1 }
        }
        return nil
    }
}

/// The values that were masked in one exchange, and what stands for them. The same value has the same pseudonym throughout; the answer
/// is given its values back. Numbers count from 1 in order of appearance, so that the same exchange is masked to the same bytes.
public struct Pseudonyms: Sendable {
    private var byValue: [String: String] = [:]
    private var byPseudonym: [String: String] = [:]
    private var counts: [SensitiveKind: Int] = [:]

    public init() {}

    public var count: Int { byPseudonym.count }

    /// What stands for a value. Numbers in other groups, addresses and names in another case are one value.
    public mutating func pseudonym(for value: String, _ kind: SensitiveKind) -> String {
        let key = kind.rawValue + "\u{1F}" + Self.identity(of: value, kind)
        if let known = byValue[key] { return known }
        counts[kind, default: 0] += 1
        let pseudonym = "<\(kind.rawValue)_\(counts[kind, default: 0])>"
        byValue[key] = pseudonym
        byPseudonym[pseudonym] = value
        return pseudonym
    }

    private static func identity(of value: String, _ kind: SensitiveKind) -> String {
        switch kind {
        case .phone, .card, .ssn, .myNumber: String(value.filter { $0.isASCII && $0.isNumber || $0 == "+" || $0 == "x" })
        case .iban, .passport: value.uppercased().filter { $0 != " " && $0 != "-" }
        case .email, .ip, .name: value.lowercased()
        case .secret, .field, .pseudonym: value
        }
    }

    /// An answer with the values put back; pseudonyms that were never given out stay as they are.
    public func restored(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var (result, at): ([UInt8], Int) = ([], 0)
        result.reserveCapacity(bytes.count)
        while at < bytes.count {
            if let end = Pseudonym.end(of: bytes, at, to: bytes.count),
                let value = byPseudonym[String(decoding: bytes[at..<end], as: UTF8.self)]
            {
                result.append(contentsOf: value.utf8)
                at = end
            } else {
                result.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Masks what goes out: personal columns as a whole, then everything the scanner finds in the rest.
public struct OutboundMask: Sendable {
    private let scanner: SensitiveScanner
    public private(set) var pseudonyms = Pseudonyms()

    public init(scanner: SensitiveScanner) { self.scanner = scanner }

    /// A text with everything sensitive in it replaced.
    public mutating func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let spans = scanner.spans(in: bytes)
        guard !spans.isEmpty else { return text }
        var (result, at): ([UInt8], Int) = ([], 0)
        result.reserveCapacity(bytes.count)
        for span in spans {
            result.append(contentsOf: bytes[at..<span.range.lowerBound])
            let value = String(decoding: bytes[span.range], as: UTF8.self)
            result.append(contentsOf: pseudonyms.pseudonym(for: value, span.kind).utf8)
            at = span.range.upperBound
        }
        result.append(contentsOf: bytes[at...])
        return String(decoding: result, as: UTF8.self)
    }

    /// The value of a column. One that is marked personal never leaves in the clear, whatever it looks like.
    public mutating func masked(column value: String, isPersonal: Bool) -> String {
        isPersonal ? (value.isEmpty ? "" : pseudonyms.pseudonym(for: value, .field)) : masked(value)
    }

    /// Puts the values back into an answer.
    public func restored(_ answer: String) -> String { pseudonyms.restored(answer) }
}
