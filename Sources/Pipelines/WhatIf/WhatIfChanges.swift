import Connectors
import Foundation
public import Records

/// Writes the rows that changed as CSV, old and new side by side; texts are safe to open in a spreadsheet.
public final class WhatIfChanges {
    private let handle: FileHandle
    private let path: String
    private var writer = CSVWriter(.init(encoding: .utf8))
    private let currency: Currency
    /// Rows written.
    public private(set) var count = 0

    /// - Parameter path: a file that is made, or written anew.
    /// - Throws: it cannot be written.
    public init(path: String, of job: Job) throws(Failure) {
        let scoring = try job.scored()
        guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path) else {
            throw .whatIfFile(path, cause: String(cString: strerror(errno)))
        }
        (self.handle, self.path, currency) = (handle, path, scoring.policyCurrency)
        let columns = [
            "version", "event_time", "label", "outcome_before", "outcome_after", "cause_before", "cause_after", "score_before",
            "score_after",
            "saved_if_positive", "saved_if_negative", "currency", "reasons_before", "reasons_after",
        ]
        for name in scoring.main.key + columns { writer.value(name) }
        writer.endRecord()
    }

    public func write(_ change: WhatIfChange) throws(Failure) {
        for part in change.key { writer.text(part) }
        writer.value(String(change.version))
        writer.value(change.eventTime.iso8601)
        writer.value(change.label ?? "unknown")
        for text in [change.outcomeBefore, change.outcomeAfter, change.causeBefore, change.causeAfter] { writer.text(text) }
        for number in [change.scoreBefore, change.scoreAfter] { writer.value("\(number)") }
        for minor in [change.savedIfPositive, change.savedIfNegative] {
            writer.value(Money(minor: Int64(exactly: minor.rounded()) ?? 0, currency: currency).amountText)
        }
        writer.value(currency.code)
        writer.text(change.reasonsBefore.joined(separator: "; "))
        writer.text(change.reasonsAfter.joined(separator: "; "))
        writer.endRecord()
        count += 1
        if writer.count > 1 << 20 { try flush() }
    }

    /// Writes what is left.
    public func close() throws(Failure) {
        try flush()
        try? handle.close()
    }

    private func flush() throws(Failure) {
        do {
            try handle.write(contentsOf: Data(writer.take()))
        } catch {
            throw .whatIfFile(path, cause: error.localizedDescription)
        }
    }
}

extension Failure {
    static func whatIfFile(_ path: String, cause: String) -> Failure {
        Failure(
            .usage, code: "whatif.file", what: "the file cannot be written", place: path, found: cause,
            expected: "a path that this account may write")
    }
}
