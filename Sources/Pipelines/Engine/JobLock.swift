import Foundation
import Records

/// One run of a job at a time: an advisory lock on `<database>.<job>.lock`, given back by the system however the process ends. The file
/// names who holds it, or held it last.
final class JobLock {
    private let descriptor: Int32

    /// - Throws: `run.locked` when another process holds it.
    init(job: String, database: String, environment: Environment) throws(Failure) {
        let path = "\(database).\(job).lock"
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                .usage, code: "run.lock-file", what: "the job's lock file cannot be made", place: path,
                found: String(cString: strerror(errno)),
                expected: "a folder this account may write", remedy: "Change its permissions, or name another file with --database.")
        }
        // The descriptor is closed by `deinit`, which runs when an initialised object's initialiser throws, too.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .runLocked(job: job, holder: Self.holder(descriptor)) }
        let text = Array("process \(environment.processIdentifier) on \(environment.host)".utf8.prefix(Self.longest))
        // Who holds it is a courtesy: a full disk must not keep the lock from being taken.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    private static let longest = 200

    /// What the holder wrote; nil when it has not yet.
    private static func holder(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = pread(descriptor, &bytes, longest, 0)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }

    /// Unlocked by word, as closing alone leaves the lock with a child process that is being started at this moment and still has a copy.
    deinit {
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
