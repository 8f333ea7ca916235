import Foundation
import Records

/// One run of a job at a time: an advisory lock on `<database>.<job>.lock`, given back by the system however the process ends.
final class JobLock {
    private let descriptor: Int32

    /// - Throws: `run.locked` when another process holds it.
    init(job: String, database: String) throws(Failure) {
        let path = "\(database).\(job).lock"
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                .usage, code: "run.lock-file", what: "the job's lock file cannot be made", place: path,
                found: String(cString: strerror(errno)),
                expected: "a folder this account may write", remedy: "Change its permissions, or name another file with --database.")
        }
        // The descriptor is closed by `deinit`, which runs when an initialised object's initialiser throws, too.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .runLocked(job: job, database: database) }
    }

    deinit { close(descriptor) }
}
