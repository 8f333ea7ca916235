import Foundation
package import Records
import Synchronization

/// Standard output for data, standard error for everything else; written through file descriptors.
///
/// A closed pipe (`pipeline runs list | head -1`) ends the writing, not the command: its exit code stays its own.
package struct Console: Sendable {
    package var output: Terminal
    package var errors: Terminal
    package var isQuiet: Bool

    package init(variables: [String: String], isQuiet: Bool = false) {
        output = Terminal(descriptor: 1, variables: variables)
        errors = Terminal(descriptor: 2, variables: variables)
        self.isQuiet = isQuiet
    }

    /// Data.
    package func write(_ text: String) throws(Failure) {
        let code = Self.write(text, to: 1)
        if code != 0, code != EPIPE { throw .outputNotWritten(cause: String(cString: strerror(code))) }
    }

    /// What happened and what to do next, for people; nothing when quiet.
    package func note(_ text: String) {
        if !isQuiet { _ = Self.write(text + "\n", to: 2) }
    }

    /// Errors are printed even when quiet.
    package static func error(_ text: String) { _ = write(text + "\n", to: 2) }

    /// 0, or `errno`.
    static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0, errno == EINTR { continue }
                if count < 0 { return errno }
                done += count
            }
            return 0
        }
    }
}

extension Failure {
    static func outputNotWritten(cause: String) -> Failure {
        Failure(
            .failed, code: "output.not-written", what: "standard output cannot be written", found: cause,
            remedy: "What the command was to do is done; only its text is lost. Make room, then list it again.")
    }
}
