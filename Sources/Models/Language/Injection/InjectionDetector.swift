#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How much a text looks as if it gave orders to a machine. It only ever raises a text to review: nothing is refused or cleared by it.
public struct InjectionDetector: Sendable {
    /// From this score on a text goes to a person.
    public static let threshold = 0.8

    public struct Finding: Hashable, Sendable {
        /// 0 or more; no probability.
        public var score: Double
        /// Kinds of signals, the strongest first.
        public var signals: [String]
        public var raises: Bool { score >= InjectionDetector.threshold }
    }

    private let signals: [InjectionSignal]
    /// Signals by the words they begin with.
    private let starts: [String: [Int]]
    private let sets: [[Set<String>]]
    private let plain: PlainSignals
    private let languages = LanguageGuess()

    public init() {
        signals = InjectionSignal.all
        var starts: [String: [Int]] = [:]
        for (index, signal) in signals.enumerated() { for word in Set(signal.steps[0]) { starts[word, default: []].append(index) } }
        self.starts = starts
        sets = signals.map { $0.steps.map { Set($0) } }
        plain = PlainSignals(signals, marks: InjectionSignal.marks.map(\.text))
    }

    public func finding(in text: String) -> Finding {
        PlainText.read(text) { bytes in
            let found = plain.matches(in: bytes)
            return finding(
                signals: found.signals, marks: found.marks, shouts: plain.shouts(bytes), length: bytes.count,
                isForeign: found.words >= 6 && languages.guess(text).share < 0.1)
        } ?? findingByCharacters(in: text)
    }

    /// The same for a text of any script.
    package func findingByCharacters(in text: String) -> Finding {
        var scalars = TextScalars()
        scalars.read(Array(text.utf8))
        let plain = Self.text(scalars.values)
        let words = plain.split(whereSeparator: { !$0.isPlainLetter && !$0.isPlainNumber && $0 != "'" && $0 != "-" }).map(String.init)
        // Line breaks tell where a speaker's turn begins, so marks are looked for in the text as it was.
        let bytes = Array(("\n" + text.lowercased()).utf8)
        let marks = InjectionSignal.marks.indices.compactMap { index -> (Int, Int)? in
            let count = Self.count(InjectionSignal.marks[index].text, in: bytes, most: 3)
            return count > 0 ? (index, count) : nil
        }
        let shouts =
            Self.mayShout(text)
            && text.split(whereSeparator: { !$0.isPlainLetter && !$0.isPlainNumber }).count(where: {
                $0.count >= 4 && $0.allSatisfy(\.isUppercase)
            }) >= 3
        return finding(
            signals: matches(words).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, marks: marks, shouts: shouts,
            length: text.utf8.count, isForeign: words.count >= 6 && languages.guess(text).share < 0.1)
    }

    /// - Parameters:
    ///   - found: how often each signal occurs, by its index, in order; so `marks`.
    ///   - length: in bytes.
    ///   - isForeign: a language that nobody here reads is where orders hide; a person is to look at it anyway.
    private func finding(
        signals found: [(index: Int, count: Int)], marks: [(index: Int, count: Int)], shouts: Bool, length: Int, isForeign: Bool
    ) -> Finding {
        if found.isEmpty, marks.isEmpty, !shouts, length <= 400, !isForeign { return Finding(score: 0, signals: []) }
        var parts: [String: Double] = [:]
        for (index, count) in found { parts[signals[index].name, default: 0] += signals[index].weight * log2(1 + Double(min(count, 3))) }
        for (index, count) in marks {
            let mark = InjectionSignal.marks[index]
            parts[mark.name, default: 0] += mark.weight * log2(1 + Double(count))
        }
        if shouts { parts["shouting"] = 0.3 }
        for (least, weight) in [(400, 0.35), (900, 0.2), (1_800, 0.2)] where length > least { parts["length", default: 0] += weight }
        if isForeign { parts["language"] = 0.9 }
        let order = parts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return Finding(score: order.reduce(0) { $0 + $1.value }, signals: order.map(\.key))
    }

    /// Three words of four capitals have twelve; capitals beyond ASCII may be any.
    private static func mayShout(_ text: String) -> Bool {
        var capitals = 0
        for byte in text.utf8 {
            if byte >= 0x80 { return true }
            if byte >= 65, byte <= 90 { capitals += 1 }
        }
        return capitals >= 12
    }

    private static func text(_ values: [UInt32]) -> String {
        var text = String.UnicodeScalarView()
        for value in values where value != 0x200B { if let scalar = Unicode.Scalar(value) { text.append(scalar) } }
        return String(text)
    }

    /// How often each signal occurs, by its index.
    private func matches(_ words: [String]) -> [Int: Int] {
        var found: [Int: Int] = [:]
        for (place, word) in words.enumerated() {
            for index in starts[word] ?? [] where goesOn(words, from: place, signal: index, step: 1) { found[index, default: 0] += 1 }
        }
        return found
    }

    private func goesOn(_ words: [String], from place: Int, signal: Int, step: Int) -> Bool {
        guard step < sets[signal].count else { return true }
        let last = min(place + signals[signal].gaps[step - 1], words.count - 1)
        guard place < last else { return false }
        for next in (place + 1)...last where sets[signal][step].contains(words[next]) {
            if goesOn(words, from: next, signal: signal, step: step + 1) { return true }
        }
        return false
    }

    private static func count(_ mark: [UInt8], in bytes: [UInt8], most: Int) -> Int {
        guard bytes.count >= mark.count else { return 0 }
        var (count, at) = (0, 0)
        while at <= bytes.count - mark.count, count < most {
            var index = 0
            while index < mark.count, bytes[at + index] == mark[index] { index += 1 }
            if index == mark.count {
                count += 1
                at += mark.count
            } else {
                at += 1
            }
        }
        return count
    }
}
