import Records

/// The declared form of a timestamp or date, compiled once to a few steps. Unicode date pattern letters:
///
/// | letters | read |
/// |---|---|
/// | `yyyy` | four digits |
/// | `yy` | two digits, a year of the hundred that start at the column's `pivot` |
/// | `MM dd HH mm ss` | two digits |
/// | `M d H m s` | one or two digits |
/// | `MMM`, `MMMM` | an English month, `Aug` or `August`, in any case |
/// | `h` or `hh`, with `a` | the hour of a half day, and `AM`, `PM`, `a.m.`, `p.m.`, `午前` or `午後` |
/// | `G`, with `y` or `yy` | a Japanese era, `令和`, `令`, `R` or `㋿`, and its year: one or two digits or `元`, or exactly two digits |
/// | `E` | a weekday in English or Japanese, not looked at further |
/// | `S` to `SSSSSSSSS` | a fraction of exactly so many digits; beyond microseconds cut off |
/// | `XXX` (`XX`, `X`) | `Z`, `+09:00`, `+0900` or `+09` |
/// | `'T'` | the text between the quotes, `''` a quote; all but letters stand for themselves |
package struct TimestampPattern: Sendable {
    struct Step: Sendable {
        enum Kind: UInt8, Sendable {
            case year, month, day, hour, minute, second, fraction, zone, literal
            // Only in patterns that `needsSteps`.
            case shortYear, monthName, fullMonthName, halfDayHour, halfDay, era, eraYear, weekday

            /// What two steps of a pattern must not both be.
            var part: Kind {
                switch self {
                case .shortYear, .eraYear: .year
                case .monthName, .fullMonthName: .month
                case .halfDayHour: .hour
                default: self
                }
            }
        }
        var kind: Kind
        /// Fewest and most digits.
        var least: UInt8 = 0
        var most: UInt8 = 0
        var byte: UInt8 = 0
    }

    let steps: [Step]

    /// Whether it has letters that only ``SpeltTime`` reads.
    var needsSteps: Bool { steps.contains { $0.kind.rawValue > Step.Kind.literal.rawValue } }

    var hasEra: Bool { steps.contains { $0.kind == .era } }

    /// What is wrong with a pattern, as a clause: `has the letter 'Q', which is not one of …`; nil when nothing is.
    /// - Parameter hasPivot: the column says what two digits of a year mean.
    package static func problem(of letters: String, hasPivot: Bool = false) -> String? {
        switch compile(letters) {
        case .failure(let problem): problem.clause
        case .success(let steps):
            !hasPivot && steps.contains { $0.kind == .shortYear } ? "has yy, which needs `pivot`, such as `pivot: 1950`" : nil
        }
    }

    /// Nil when ``problem(of:hasPivot:)`` has something to say.
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
        if steps.contains(where: { $0.kind == .era }) {
            for index in steps.indices where steps[index].kind == .shortYear { steps[index].kind = .eraYear }
        }
        return check(steps)
    }

    private static func check(_ steps: [Step]) -> Result<[Step], Problem> {
        func has(_ kind: Step.Kind) -> Bool { steps.contains { $0.kind == kind } }
        if has(.eraYear), !has(.era) { return .failure(Problem(clause: "has 'y' once, which must be yyyy, or stand with an era G")) }
        if has(.era), !has(.eraYear) { return .failure(Problem(clause: "has an era G without its year y")) }
        if has(.halfDayHour) != has(.halfDay) { return .failure(Problem(clause: "has one of h and a without the other")) }
        for (kind, name) in [(Step.Kind.year, "yyyy"), (.month, "MM"), (.day, "dd")]
        where !steps.contains(where: { $0.kind.part == kind }) {
            return .failure(Problem(clause: "does not have \(name)"))
        }
        for (index, step) in steps.enumerated()
        where step.kind != .literal && steps[..<index].contains(where: { $0.kind.part == step.kind.part }) {
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
            switch run {
            case 1: return .success(Step(kind: .eraYear, least: 1, most: 2))
            case 2: return .success(Step(kind: .shortYear, least: 2, most: 2))
            case 4: return .success(Step(kind: .year, least: 4, most: 4))
            default: return .failure(Problem(clause: "has 'y' \(run) times, which must be yyyy or yy"))
            }
        case "M":
            guard run <= 4 else { return .failure(Problem(clause: "has 'M' \(run) times, which can be at most 4")) }
            return run == 3 ? .success(Step(kind: .monthName)) : run == 4 ? .success(Step(kind: .fullMonthName)) : number(.month)
        case "d": return number(.day)
        case "H": return number(.hour)
        case "h": return number(.halfDayHour)
        case "m": return number(.minute)
        case "s": return number(.second)
        case "a": return .success(Step(kind: .halfDay))
        case "G": return .success(Step(kind: .era))
        case "E": return .success(Step(kind: .weekday))
        case "S":
            guard run <= 9 else { return .failure(Problem(clause: "has 'S' \(run) times, which can be at most 9")) }
            return .success(Step(kind: .fraction, least: UInt8(run), most: UInt8(run)))
        case "X":
            guard run <= 3 else { return .failure(Problem(clause: "has 'X' \(run) times, which can be at most 3")) }
            return .success(Step(kind: .zone))
        default: return .failure(Problem(clause: "has the letter '\(character)', which is not one of G y M d E a h H m s S X"))
        }
    }

    /// 2018-08-08 12:34:56 as a pattern would write it; nil for a pattern with a problem.
    static func example(of letters: String) -> String? {
        guard let pattern = TimestampPattern(letters) else { return nil }
        var bytes: [UInt8] = []
        for step in pattern.steps {
            let text =
                switch step.kind {
                case .year: "2018"
                case .shortYear: "18"
                case .eraYear: "30"
                case .era: letters.unicodeScalars.contains { $0.value > 0x2E80 } ? "平成" : "H"
                case .month, .day: step.least == 1 ? "8" : "08"
                case .monthName: "Aug"
                case .fullMonthName: "August"
                case .weekday: "Wed"
                case .hour, .halfDayHour: "12"
                case .halfDay: "PM"
                case .minute: "34"
                case .second: "56"
                case .fraction: String("789000000".prefix(Int(step.most)))
                case .zone: "Z"
                case .literal: ""
                }
            bytes += Array(text.utf8)
            if step.kind == .literal { bytes.append(step.byte) }
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
