import Foundation
package import Records

/// Wording of what can be wrong with a file that is being written.
extension Failure {
    /// - Parameter code: the operating system's error number.
    package static func outputUnwritable(_ path: String, _ code: Int32) -> Failure {
        let isFull = code == ENOSPC || code == EDQUOT
        return Failure(
            isFull ? .tryAgain : .failed, code: isFull ? "output.disk-full" : "output.unwritable",
            what: isFull ? "the disk is full" : "the file cannot be written", place: path,
            expected: isFull ? "room for the file" : "an existing folder that this account may write",
            remedy: isFull ? "Free space, then start the same command again." : "Create the folder or change its permissions.",
            cause: String(cString: strerror(code)))
    }
}
