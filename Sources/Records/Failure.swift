/// The one error of the project: what went wrong, where, what stood there, what was expected and what to do.
///
/// Every module words its failures in one file of static functions (`Failure+Connectors.swift`, ...), with golden tests of the texts.
/// No personal data in any field.
public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Decides the exit code (sysexits).
    public enum Kind: Int32, Sendable {
        /// The run failed; nothing half-written, the checkpoint stands.
        case failed = 1
        /// A replay or an audit found a difference.
        case difference = 3
        /// The command line is wrong; nothing was touched.
        case usage = 64
        /// Rejects passed the job's limit; the run is held.
        case held = 65
        /// Try again later: stopped, locked, not ready, disk full.
        case tryAgain = 75
        /// The job file is wrong; nothing was touched.
        case job = 78
    }

    public var kind: Kind
    /// Stable, never translated: `feed.file-missing`, `job.unknown-key`.
    public var code: String
    /// What happened, lower case, without a full stop.
    public var what: String
    /// File, file:line:column, table or field; empty where there is none.
    public var place: String
    public var found: String
    public var expected: String
    /// A whole sentence.
    public var remedy: String
    /// The text of the error underneath, if any.
    public var cause: String

    public init(
        _ kind: Kind, code: String, what: String, place: String = "", found: String = "", expected: String = "", remedy: String = "",
        cause: String = ""
    ) {
        (self.kind, self.code, self.what, self.place) = (kind, code, what, place)
        (self.found, self.expected, self.remedy, self.cause) = (found, expected, remedy, cause)
    }

    /// `<what> (<where>): <found>, expected <expected>. <what to do>`, with the empty parts left out.
    public var description: String {
        var text = what
        if !place.isEmpty { text += " (\(place))" }
        switch (found.isEmpty, expected.isEmpty) {
        case (false, false): text += ": \(found), expected \(expected)"
        case (false, true): text += ": \(found)"
        case (true, false): text += ": expected \(expected)"
        case (true, true): break
        }
        text += "."
        if !remedy.isEmpty { text += " \(remedy)" }
        if !cause.isEmpty { text += " [\(cause)]" }
        return text
    }
}
