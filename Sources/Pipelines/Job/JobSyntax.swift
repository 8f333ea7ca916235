import Yams

/// From a job file's text to YAML nodes, past duplicate keys.
///
/// Yams gives up at a duplicate key and names the place of the first. So that all findings come at once and point to the second, the
/// first one's first scalar is replaced in a copy of the text by a private-use character (no place moves) and the text is read again;
/// `JobMapping` puts the scalar back and reports the second.
enum JobSyntax {
    private static let mostDuplicates = 500

    /// Nil when the text is not YAML; then a finding says so.
    static func compose(_ text: String, findings: JobFindings) -> Node? {
        var scalars: [Unicode.Scalar]?
        var current = text
        while true {
            do {
                guard let node = try Yams.compose(yaml: current, .basic, .default, .utf8) else {
                    findings.add(.emptyFile, at: .start, path: "")
                    return nil
                }
                return node
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let place = JobPlace(line: context.mark.line, column: context.mark.column)
                var copy = scalars ?? Array(text.unicodeScalars)
                guard findings.renamed.count < mostDuplicates, let at = index(of: place, in: copy), isWord(copy[at]),
                    let stranger = Unicode.Scalar(UInt32(0xE000 + findings.renamed.count))
                else {
                    findings.add(.duplicateKey(firstLine: place.line), at: place, path: names.first ?? "")
                    return nil
                }
                findings.renamed[place] = copy[at]
                copy[at] = stranger
                scalars = copy
                current = String(String.UnicodeScalarView(copy))
            } catch {
                report(error, in: current, findings: findings)
                return nil
            }
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar == "_" || (scalar.value >= 48 && scalar.value <= 57)
    }

    /// Index of the scalar at a place, behind a quote if it is one. Lines end as YAML's do: LF, CR, CRLF, NEL, LS or PS.
    static func index(of place: JobPlace, in scalars: [Unicode.Scalar]) -> Int? {
        var line = 1, at = 0
        while line < place.line, at < scalars.count {
            switch scalars[at].value {
            case 0x0D where at + 1 < scalars.count && scalars[at + 1].value == 0x0A: break
            case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: line += 1
            default: break
            }
            at += 1
        }
        at += place.column - 1
        guard at < scalars.count else { return nil }
        if scalars[at] == "\"" || scalars[at] == "'" { at += 1 }
        return at < scalars.count ? at : nil
    }

    private static func report(_ error: any Error, in text: String, findings: JobFindings) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _), YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            findings.add(
                .notYAML(problem: problem, context: context?.text ?? ""), at: JobPlace(line: mark.line, column: mark.column), path: "")
        case YamlError.reader(let problem, let offset, _, _):
            var place = JobPlace.start
            for character in text.prefix(offset ?? 0) {
                if character.isNewline { place = JobPlace(line: place.line + 1, column: 1) } else { place.column += 1 }
            }
            findings.add(.notYAML(problem: problem, context: ""), at: place, path: "")
        default:
            findings.add(.notYAML(problem: "unreadable", context: ""), at: .start, path: "")
        }
    }
}
