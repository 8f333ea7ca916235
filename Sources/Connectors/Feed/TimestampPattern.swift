import Records

/// The declared form of a timestamp, compiled once to a few steps. Unicode date pattern letters:
///
/// | letters | read |
/// |---|---|
/// | `yyyy` | four digits |
/// | `MM dd HH mm ss` | two digits |
/// | `M d H m s` | one or two digits |
/// | `S` to `SSSSSSSSS` | a fraction of exactly so many digits; beyond microseconds cut off |
/// | `XXX` (`XX`, `X`) | `Z`, `+09:00`, `+0900` or `+09` |
/// | `'T'` | the text between the quotes, `''` a quote; all but letters stand for themselves |
package struct TimestampPattern: Sendable {
    struct Step: Sendable {
        enum Kind: UInt8, Sendable { case year, month, day, hour, minute, second, fraction, zone, literal }
        var kind: Kind
        /// Fewest and most digits.
        var least: UInt8 = 0
        var most: UInt8 = 0
        var byte: UInt8 = 0
    }

    let steps: [Step]

    /// What is wrong with a pattern, as a clause: `has the letter 'a', which is not one of y M d H m s S X`; nil when nothing is.
    package static func problem(of letters: String) -> String? {
        if case .failure(let problem) = compile(letters) { problem.clause } else { nil }
    }

    /// Nil when ``problem(of:)`` has something to say.
    init?(_ letters: String) {
        guard case .success(let steps) = Self.compile(letters) else { return nil }
        self.steps = steps
    }

    private struct Problem: Error { let clause: String }

    private static func compile(_ letters: String) -> Result<[Step], Problem> {
        var steps: [Step] = []
        let bytes = Array(letters.utf8)
        var at = 0
        while at < bytes.count {
            let letter = bytes[at]
            if letter == 39 {
                guard let end = quoted(bytes, at, &steps) else { return .failure(Problem(clause: "has a quote that is not closed")) }
                at = end
                continue
            }
            var run = 1
            while at + run < bytes.count, bytes[at + run] == letter { run += 1 }
            let isLetter = letter >= 65 && letter <= 90 || letter >= 97 && letter <= 122
            if isLetter {
                switch step(letter, run) {
                case .success(let step): steps.append(step)
                case .failure(let problem): return .failure(problem)
                }
            } else {
                for _ in 0..<run { steps.append(Step(kind: .literal, byte: letter)) }
            }
            at += run
        }
        for (kind, name) in [(Step.Kind.year, "yyyy"), (.month, "MM"), (.day, "dd")] where !steps.contains(where: { $0.kind == kind }) {
            return .failure(Problem(clause: "does not have \(name)"))
        }
        for (index, step) in steps.enumerated() where step.kind != .literal && steps[..<index].contains(where: { $0.kind == step.kind }) {
            return .failure(Problem(clause: "has the same part twice"))
        }
        return .success(steps)
    }

    private static func quoted(_ bytes: [UInt8], _ start: Int, _ steps: inout [Step]) -> Int? {
        var at = start + 1
        if at < bytes.count, bytes[at] == 39 {
            steps.append(Step(kind: .literal, byte: 39))
            return at + 1
        }
        while at < bytes.count {
            if bytes[at] == 39 {
                guard at + 1 < bytes.count, bytes[at + 1] == 39 else { return at + 1 }
                at += 1
            }
            steps.append(Step(kind: .literal, byte: bytes[at]))
            at += 1
        }
        return nil
    }

    private static func step(_ letter: UInt8, _ run: Int) -> Result<Step, Problem> {
        let character = Character(Unicode.Scalar(letter))
        func number(_ kind: Step.Kind) -> Result<Step, Problem> {
            guard run <= 2 else { return .failure(Problem(clause: "has '\(character)' \(run) times, which can be once or twice")) }
            return .success(Step(kind: kind, least: UInt8(run), most: 2))
        }
        switch character {
        case "y":
            guard run == 4 else { return .failure(Problem(clause: "has 'y' \(run == 1 ? "once" : "\(run) times"), which must be yyyy")) }
            return .success(Step(kind: .year, least: 4, most: 4))
        case "M": return number(.month)
        case "d": return number(.day)
        case "H": return number(.hour)
        case "m": return number(.minute)
        case "s": return number(.second)
        case "S":
            guard run <= 9 else { return .failure(Problem(clause: "has 'S' \(run) times, which can be at most 9")) }
            return .success(Step(kind: .fraction, least: UInt8(run), most: UInt8(run)))
        case "X":
            guard run <= 3 else { return .failure(Problem(clause: "has 'X' \(run) times, which can be at most 3")) }
            return .success(Step(kind: .zone))
        default: return .failure(Problem(clause: "has the letter '\(character)', which is not one of y M d H m s S X"))
        }
    }

    /// 2018-08-08 12:34:56 as a pattern would write it; ISO 8601 for nil.
    package static func example(of letters: String?) -> String {
        guard let letters, let pattern = TimestampPattern(letters) else { return "2018-08-08T12:34:56" }
        var bytes: [UInt8] = []
        for step in pattern.steps {
            switch step.kind {
            case .year: bytes += Array("2018".utf8)
            case .month, .day: bytes += Array((step.least == 1 ? "8" : "08").utf8)
            case .hour: bytes += Array("12".utf8)
            case .minute: bytes += Array("34".utf8)
            case .second: bytes += Array("56".utf8)
            case .fraction: bytes += Array("789000000".utf8.prefix(Int(step.most)))
            case .zone: bytes.append(90)
            case .literal: bytes.append(step.byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The separators at 4, 7, 10, 13 and 16 when the pattern is `yyyy-MM-dd HH:mm:ss` with any separators: read without its steps.
    var separators: (UInt8, UInt8, UInt8, UInt8, UInt8)? {
        let kinds: [Step.Kind] = [.year, .literal, .month, .literal, .day, .literal, .hour, .literal, .minute, .literal, .second]
        guard steps.count == kinds.count, zip(steps, kinds).allSatisfy({ $0.kind == $1 && ($0.kind == .literal || $0.least >= 2) }) else {
            return nil
        }
        return (steps[1].byte, steps[3].byte, steps[5].byte, steps[7].byte, steps[9].byte)
    }
}
