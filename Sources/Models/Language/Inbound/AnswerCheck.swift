/// What a language model may say: declared fields, with nothing in them that the evidence does not hold.
///
/// An answer is data from outside, as a feed is: it never decides, and what breaks a rule is dropped and named, not repaired.
public struct AnswerCheck: Sendable {
    public enum FieldKind: Hashable, Sendable {
        /// One of these texts, letter for letter.
        case choice([String])
        /// A number that stands in the evidence.
        case number
        /// Free text whose sentences each cite a field of the evidence, as `[amount]`; at most so many characters.
        case summary(Int)
    }

    /// Something that was dropped.
    public struct Dropped: Hashable, Sendable {
        public enum Reason: String, Sendable {
            case undeclaredField = "undeclared-field"
            case notAChoice = "not-a-choice"
            case numberNotInEvidence = "number-not-in-evidence"
            case noCitation = "no-citation"
            case tooLong = "too-long"
        }
        public var field: String
        public var reason: Reason
    }

    public struct Accepted: Hashable, Sendable {
        public var values: [String: String]
        public var dropped: [Dropped]
    }

    private let fields: [String: FieldKind]
    private let evidence: [String: String]
    private let numbers: Set<String>

    /// - Parameter evidence: what is stored about the row, by the name that an answer cites.
    public init(fields: [String: FieldKind], evidence: [String: String]) {
        (self.fields, self.evidence) = (fields, evidence)
        numbers = Set(evidence.values.flatMap(Self.numbers))
    }

    public func accepted(_ answer: [String: String]) -> Accepted {
        var accepted = Accepted(values: [:], dropped: [])
        for name in answer.keys.sorted() {
            let value = answer[name] ?? ""
            switch fields[name] {
            case nil: accepted.dropped.append(Dropped(field: name, reason: .undeclaredField))
            case .choice(let choices)?:
                if choices.contains(value) {
                    accepted.values[name] = value
                } else {
                    accepted.dropped.append(Dropped(field: name, reason: .notAChoice))
                }
            case .number?:
                let found = Self.numbers(in: value)
                if found.count == 1, numbers.contains(found[0]), Self.isNumber(value) {
                    accepted.values[name] = value
                } else {
                    accepted.dropped.append(Dropped(field: name, reason: .numberNotInEvidence))
                }
            case .summary(let most)?:
                var kept: [String] = []
                var length = 0
                for sentence in Sentences.split(value) {
                    if let reason = fault(of: sentence) {
                        accepted.dropped.append(Dropped(field: name, reason: reason))
                    } else if length + sentence.count > most {
                        accepted.dropped.append(Dropped(field: name, reason: .tooLong))
                    } else {
                        kept.append(sentence)
                        length += sentence.count + 1
                    }
                }
                if !kept.isEmpty { accepted.values[name] = kept.joined(separator: " ") }
            }
        }
        return accepted
    }

    /// Why a sentence cannot stand; nil = it can.
    private func fault(of sentence: String) -> Dropped.Reason? {
        let cited = Self.citations(in: sentence)
        guard !cited.isEmpty, cited.allSatisfy({ evidence[$0] != nil }) else { return .noCitation }
        let known = Set(cited.flatMap { Self.numbers(in: evidence[$0] ?? "") })
        var plain = sentence
        for name in cited { plain = plain.split(separator: "[\(name)]", omittingEmptySubsequences: false).joined(separator: " ") }
        // A citation alone says nothing, and would stand for a sentence that was dropped.
        guard plain.contains(where: \.isLetter) else { return .noCitation }
        return Self.numbers(in: plain).allSatisfy(known.contains) ? nil : .numberNotInEvidence
    }

    /// Names in square brackets.
    package static func citations(in sentence: String) -> [String] {
        var (names, current): ([String], String?) = ([], nil)
        for character in sentence {
            switch character {
            case "[": current = ""
            case "]":
                if let name = current { names.append(name) }
                current = nil
            default: current?.append(character)
            }
        }
        return names
    }

    private static func isNumber(_ text: String) -> Bool { text.allSatisfy { $0.isNumber || ",.+-−－．，".contains($0) } }

    /// Numbers of a text as digits with one decimal point, without thousands separators and needless zeros; digits of any script count.
    static func numbers(in text: String) -> [String] {
        var (numbers, current): ([String], String) = ([], "")
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            if let digit = character.wholeNumberValue, character.isNumber {
                current += String(digit)
            } else if !current.isEmpty, ".,．，".contains(character), index + 1 < characters.count, characters[index + 1].isNumber {
                // A comma before exactly three digits parts thousands; anything else is a decimal point.
                let digits = characters[(index + 1)...].prefix { $0.isNumber }.count
                if ",，".contains(character), digits == 3 { continue }
                current += current.contains(".") ? " " : "."
            } else {
                if !current.isEmpty { numbers += current.split(separator: " ").map { canonical(String($0)) } }
                current = ""
            }
        }
        if !current.isEmpty { numbers += current.split(separator: " ").map { canonical(String($0)) } }
        return numbers
    }

    private static func canonical(_ number: String) -> String {
        var text = number[...]
        while text.first == "0", text.dropFirst().first?.isNumber == true { text.removeFirst() }
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return String(text)
    }
}
