import Connectors
import Foundation
import Records

/// Reads texts of one record after another through a `BatchBuilder`; what a test sees of a column's values and faults.
struct ColumnText {
    /// The value as text, `missing`, or the fault's name.
    static func value(_ text: String, _ column: FeedColumn) throws -> String? {
        try values([[text]], [column])[0][0]
    }

    /// - Parameter records: for each record, the text of every one of the builder's columns; nil = no such field.
    static func values(_ records: [[String?]], _ columns: [FeedColumn]) throws -> [[String]] {
        let builder = try BatchBuilder(columns: columns, capacity: max(1, records.count))
        var results: [[String]?] = []
        for (row, record) in records.enumerated() {
            var fault = ValueFault.none
            for (column, text) in record.enumerated() where fault == .none {
                fault =
                    text.map { text in Array(text.utf8).withUnsafeBufferPointer { builder.set(column, $0) } } ?? builder.setMissing(column)
            }
            if fault == .none { builder.commitRow(number: Int64(row + 1)) }
            results.append(fault == .none ? nil : ["\(fault)"])
        }
        let batch = builder.finish()
        var next = 0
        return results.map { fault in
            if let fault { return fault }
            next += 1
            return batch.columns.map { $0.text(next - 1) ?? "missing" }
        }
    }

    /// The reject of the first fault in a record.
    static func reject(_ record: [String], _ columns: [FeedColumn]) throws -> Reject? {
        let builder = try BatchBuilder(columns: columns, capacity: 1)
        for (column, text) in record.enumerated() {
            let reject: Reject? = Array(text.utf8).withUnsafeBufferPointer { text in
                let fault = builder.set(column, text)
                if fault == .none { return nil }
                return builder.reject(fault, column: column, text: text, file: "f", line: 1, offset: 0, row: 1, raw: text)
            }
            if let reject { return reject }
        }
        return nil
    }

    /// Lines of a file in `Tests/Fixtures/columns`, split at tabs, without the header.
    static func fixture(_ name: String) throws -> [[String]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: folder.appendingPathComponent("Fixtures/columns/\(name)"), encoding: .utf8)
        return text.split(separator: "\n").dropFirst().map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    static func spelling(_ change: (inout Spelling) -> Void) -> Spelling {
        var spelling = Spelling()
        change(&spelling)
        return spelling
    }
}
