import Foundation
import Records

/// The days on which nobody works, as a run knew them: stored with the run, so that a replay has the same due times.
struct Holidays: Hashable, Sendable {
    /// Days since 1970, sorted.
    var days: [Int] = []

    var set: Set<Int> { Set(days) }

    /// `2026-01-01,2026-01-12`; nil for none.
    var text: String? {
        days.isEmpty
            ? nil : days.map { String(Timestamp(microseconds: Int64($0) * 86_400_000_000).iso8601.prefix(10)) }.joined(separator: ",")
    }

    /// As `text` has it.
    init(stored text: String?) {
        days = (text ?? "").split(separator: ",").compactMap { Timestamp(iso8601: String($0))?.day }
    }

    /// The job's file as it is now: a date `yyyy-MM-dd` first on each line, anything after a comma; a header, blank lines and lines that
    /// begin with `#` are skipped.
    ///
    /// - Throws: a file that is not there, a line without a date.
    init(of job: Job) throws(Failure) {
        guard let path = job.holidays else { return }
        guard let data = FileManager.default.contents(atPath: job.resolved(path)) else { throw .holidaysMissing(path) }
        var found: Set<Int> = []
        let lines = String(decoding: data, as: UTF8.self).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() {
            var field = line.split(separator: ",", omittingEmptySubsequences: false)[0]
            if field.first == "\u{FEFF}" { field = field.dropFirst() }
            let text = String(field.filter { !$0.isWhitespace && $0 != "\"" })
            if text.isEmpty || text.hasPrefix("#") { continue }
            if text.utf8.count == 10, let day = Timestamp(iso8601: text)?.day {
                found.insert(day)
            } else if number > 0 {
                throw .holidayLine(path, line: number + 1, found: text)
            }
        }
        days = found.sorted()
    }
}

extension Failure {
    static func holidaysMissing(_ path: String) -> Failure {
        Failure(
            .failed, code: "calendar.holidays-missing", what: "the file with the holidays is not there", place: path,
            expected: "a CSV file with a date a line", remedy: "Put it there, or correct `calendar.holidays` in the job file.")
    }

    static func holidayLine(_ path: String, line: Int, found: String) -> Failure {
        Failure(
            .failed, code: "calendar.holiday-line", what: "a line of the holidays is no date", place: "\(path):\(line)",
            found: "'\(found.prefix(40))'", expected: "a date such as 2026-01-01",
            remedy: "Correct the line, or begin it with # to leave it out.")
    }
}
