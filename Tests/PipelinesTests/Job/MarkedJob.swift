import Foundation
import Pipelines
import Testing

/// A job text with marks `⟦1⟧`, `⟦2⟧`, … at the places where findings must point.
struct MarkedJob {
    let text: String
    private var marks: [String: String] = [:]

    init(_ marked: String) {
        var clean = "", line = 1, column = 1
        var rest = marked[...]
        while let scalar = rest.unicodeScalars.first {
            if scalar == "⟦", let close = rest.firstIndex(of: "⟧") {
                marks["\(line):\(column)"] = String(rest[...close])
                rest = rest[rest.index(after: close)...]
                continue
            }
            clean.unicodeScalars.append(scalar)
            if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
            rest = Substring(rest.unicodeScalars.dropFirst())
        }
        text = clean
    }

    /// `⟦1⟧ error: …`, one a finding; the line and column where there is no mark. Marks without a finding come last, alone.
    var findings: [String] {
        let findings = JobSamples.findings(text)
        let lines = findings.map { "\(marks["\($0.line):\($0.column)"] ?? "\($0.line):\($0.column)") \($0)" }
        let used = Set(findings.map { "\($0.line):\($0.column)" })
        return lines + marks.filter { !used.contains($0.key) }.map(\.value).sorted()
    }
}

/// Replaces one text of the whole sample (marks allowed in the new text) and compares all findings with the golden lines.
func expect(_ edits: (old: String, new: String)..., give golden: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    var text = JobSamples.whole
    for (old, new) in edits {
        #expect(text.components(separatedBy: old).count == 2, "'\(old)' is not there exactly once", sourceLocation: sourceLocation)
        text = text.replacing(old, with: new)
    }
    expect(MarkedJob(text), golden, sourceLocation: sourceLocation)
}

func expect(_ job: MarkedJob, _ golden: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    let found = job.findings
    guard found != golden else { return }
    Issue.record("found:\n\(found.joined(separator: "\n"))\nexpected:\n\(golden.joined(separator: "\n"))", sourceLocation: sourceLocation)
}
