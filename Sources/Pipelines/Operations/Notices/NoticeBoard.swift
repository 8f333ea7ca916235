public import Connectors
import GRDB
public import Records

/// A way to tell somebody.
public protocol NoticeChannel {
    /// The same at every start, without secrets: what was told there is remembered under it.
    var identity: String { get }

    /// Returns once the other side has taken it.
    ///
    /// - Parameter key: the same for every try of one notice: the receiver can tell a repetition.
    /// - Throws: it was not taken; tried again at the next start.
    func send(_ notice: Notice, key: String) throws(Failure)
}

/// Tells each subject once a channel.
///
/// What is begun is written before it is sent, and what was taken after. A process that dies between sends it again at its next start,
/// under the same key, so that the receiver can leave the repetition out.
public struct NoticeBoard {
    public struct Report: Hashable, Sendable {
        public var sent = 0
        public var known = 0
        /// Why the others were not taken.
        public var failures: [Failure] = []
    }

    let warehouse: Warehouse
    let environment: Environment

    public init(_ warehouse: Warehouse, environment: Environment) { (self.warehouse, self.environment) = (warehouse, environment) }

    /// - Throws: another process sends now.
    public func send(_ notices: [Notice], over channel: some NoticeChannel) throws(Failure) -> Report {
        // No job can have this name.
        let lock = try JobLock(job: "notify!", database: warehouse.path, environment: environment)
        defer { withExtendedLifetime(lock) {} }
        var report = Report()
        let identity = channel.identity
        for notice in notices {
            let isNew = try warehouse.write(durable: true) { database -> Bool in
                try database.runCached(
                    "INSERT OR IGNORE INTO pipeline_notices (channel, subject, made) VALUES (?, ?, ?)",
                    [identity, notice.subject, notice.made.microseconds])
                try database.runCached(
                    "UPDATE pipeline_notices SET attempts = attempts + 1 WHERE channel = ? AND subject = ? AND sent IS NULL",
                    [identity, notice.subject])
                return database.changesCount == 1
            }
            guard isNew else {
                report.known += 1
                continue
            }
            do throws(Failure) {
                try channel.send(notice, key: Self.key(identity, notice.subject))
            } catch {
                report.failures.append(error)
                continue
            }
            let now = environment.now()
            try warehouse.write(durable: true) { database in
                try database.runCached(
                    "UPDATE pipeline_notices SET sent = ? WHERE channel = ? AND subject = ?",
                    [now.microseconds, identity, notice.subject])
            }
            report.sent += 1
        }
        return report
    }

    /// 32 hex digits.
    static func key(_ channel: String, _ subject: String) -> String {
        var encoding = CanonicalEncoding(domain: "pipeline notice 1")
        encoding.append(channel)
        encoding.append(subject)
        return String(encoding.sha256.prefix(32))
    }

    /// A name for a channel whose address is a secret.
    package static func fingerprint(_ text: String) -> String {
        var encoding = CanonicalEncoding(domain: "pipeline channel 1")
        encoding.append(text)
        return String(encoding.sha256.prefix(12))
    }
}
