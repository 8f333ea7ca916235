public import Records

/// One thing that is wrong, or doubtful, in a job file: where, what stood there, what was expected, what to do.
public struct JobFinding: Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Sendable {
        case error, warning
    }

    public var severity: Severity
    /// Stable, never translated: `job.unknown-key`.
    public var code: String
    /// From 1; 0 where the file itself is at fault.
    public var line: Int
    /// From 1, in Unicode scalars, as editors count.
    public var column: Int
    /// `feeds.transactions.columns.time.type`; empty for the whole file.
    public var keyPath: String
    /// What is wrong, lower case, without a full stop.
    public var what: String
    public var found: String
    public var expected: String
    /// A whole sentence.
    public var remedy: String

    /// `error: <what> (<key path>): <found>, expected <expected>. <remedy>`, without the file's place.
    public var description: String { "\(severity.rawValue): \(sentence)" }

    var sentence: String {
        Failure(.job, code: code, what: what, place: keyPath, found: found, expected: expected, remedy: remedy).description
    }

    /// `jobs/fraud.yaml:12:9: error: …`, as compilers print and editors jump to.
    public func text(in path: String) -> String { line == 0 ? "\(path): \(self)" : "\(path):\(line):\(column): \(self)" }
}

/// Everything that is wrong with a job file, in the order of the lines.
public struct JobProblems: Error, Sendable, CustomStringConvertible {
    /// As typed.
    public let path: String
    /// Warnings included; at least one is an error.
    public let findings: [JobFinding]

    public init(path: String, findings: [JobFinding]) { (self.path, self.findings) = (path, findings) }

    /// One line a finding.
    public var description: String { findings.map { $0.text(in: path) }.joined(separator: "\n") }

    /// The same as the project's one error: exit code 78, every finding a line of its cause.
    public var failure: Failure {
        let errors = findings.count { $0.severity == .error }
        return Failure(
            .job, code: "job.invalid", what: "the job file is wrong", place: path, found: errors == 1 ? "1 error" : "\(errors) errors",
            remedy: "Nothing was touched.", cause: description)
    }
}

/// Gathers findings while a file is walked; one thread.
final class JobFindings {
    private(set) var all: [JobFinding] = []
    /// First scalars of keys that were renamed to get past a duplicate (see `JobSyntax`), by line and column.
    var renamed: [JobPlace: Unicode.Scalar] = [:]

    /// The file's lines, for findings inside a value.
    var source: [[Unicode.Scalar]] = []

    /// Where the value at each key path stands, for findings made after the walk.
    var places: [String: JobPlace] = [:]

    var errorCount: Int { all.count { $0.severity == .error } }
    var hasErrors: Bool { all.contains { $0.severity == .error } }

    func add(_ message: JobFinding.Message, at place: JobPlace, path: String) {
        all.append(
            JobFinding(
                severity: message.severity, code: message.code, line: place.line, column: place.column, keyPath: path, what: message.what,
                found: message.found, expected: message.expected, remedy: message.remedy))
    }

    /// By place; findings at one place stay in the order they were made.
    var sorted: [JobFinding] {
        all.enumerated().sorted {
            ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
        }.map(\.element)
    }
}

/// A line and column from 1.
struct JobPlace: Hashable {
    var line: Int
    var column: Int

    static let file = JobPlace(line: 0, column: 0)
    static let start = JobPlace(line: 1, column: 1)
}
