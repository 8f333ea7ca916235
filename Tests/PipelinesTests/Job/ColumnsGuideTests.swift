import Connectors
import Foundation
import Pipelines
import Records
import Testing

/// `docs/guides/columns.md`, run.
@Suite("the guide to columns") struct ColumnsGuideTests {
    struct Line: CustomTestStringConvertible, Sendable {
        let text: String
        let declaration: String
        /// Nil: a reject.
        let value: String?
        var testDescription: String { "\(text) as \(declaration)" }
    }

    private static func guide() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/guides/columns.md"), encoding: .utf8)
    }

    private static func lines() throws -> [Line] {
        try guide().split(separator: "\n").compactMap { line in
            guard line.hasPrefix("| `") else { return nil }
            let cells = line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
            guard cells.count == 3 else { return nil }
            func code(_ text: String) -> String { String(text.dropFirst().dropLast()) }
            let value = cells[2] == "reject" ? nil : cells[2] == "missing" ? "missing" : code(cells[2])
            return Line(text: code(cells[0]), declaration: code(cells[1]), value: value)
        }
    }

    /// The value that a column with a declaration reads; nil for a fault.
    private func value(_ text: String, _ declaration: String) throws -> String? {
        let note = #"note:        { type: string, optional: true, nulls: ["NA", "-"] }"#
        // One job has one currency.
        let currency = ["JPY", "CHF"].first { declaration.contains("currency: \($0)") } ?? "EUR"
        let job = JobSamples.whole(note, "note:        " + declaration).replacing(" EUR", with: " \(currency)")
        let column = try #require(try JobSamples.load(job).feeds[0].columns.last)
        let builder = try BatchBuilder(columns: [column], capacity: 1)
        var text = text
        guard text.withUTF8({ builder.set(0, $0) }) == .none else { return nil }
        builder.commitRow(number: 1)
        return builder.finish().columns[0].text(0) ?? "missing"
    }

    @Test("says of every line what is then read")
    func table() throws {
        let lines = try Self.lines()
        #expect(lines.count > 60)
        for line in lines {
            let value = try value(line.text, line.declaration)
            #expect(value == line.value, "\(line.testDescription)")
        }
    }

    @Test("would be found out if a line were wrong")
    func control() throws {
        #expect(try value("1,234", "{ type: int64, grouping: \".\" , decimal-point: \",\" }") == nil)
        #expect(try value("1.234", "{ type: int64, grouping: \".\" , decimal-point: \",\" }") == "1234")
    }

    @Test("has a column with sign and currency elsewhere that reads so")
    func block() throws {
        let guide = try Self.guide()
        let start = try #require(guide.range(of: "```yaml\n")),
            end = try #require(guide.range(of: "```\n", range: start.upperBound..<guide.endIndex))
        let block = guide[start.upperBound..<end.lowerBound].split(separator: "\n").map { "      \($0)\n" }.joined()
        let job = JobSamples.whole("      amount:      { from: TX_AMOUNT, type: money, currency: EUR }\n", block)
        let column = try #require(try JobSamples.load(job).feeds[0].columns.first { $0.field.name == "amount" })
        #expect(column.source == "Amt" && column.currencySource == "Amt/@Ccy")
        #expect(column.sign == SignSource(source: "CdtDbtInd", negative: ["DBIT"], positive: ["CRDT"]))
    }
}
