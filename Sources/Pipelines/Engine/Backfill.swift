public import Connectors
import GRDB
public import Records

/// Scores a past period again with everything said: which rows, with what was known when, and by which policy. What was said is kept with
/// the run: its bounds, its clock and its policy's digest.
public struct Backfill: Sendable {
    public let from: Timestamp
    public let to: Timestamp
    /// Champion, labels and lists are those known then; not before the job's last run, which a replay would otherwise mix up.
    public let asOf: Timestamp
    /// Digest of the policy, or its first eight digits or more.
    public let policy: String

    /// - Throws: a period that is empty; a digest that is none.
    public init(from: Timestamp, to: Timestamp, asOf: Timestamp, policy: String) throws(Failure) {
        guard from < to else { throw .backfillPeriod(from, to) }
        guard policy.utf8.count >= 8, policy.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            throw .backfillDigest(policy)
        }
        (self.from, self.to, self.asOf, self.policy) = (from, to, asOf, policy)
    }

    /// - Throws: the job file has another policy; a run after `asOf`; what `Rescorer.rescore` throws.
    public func run(_ job: Job, in warehouse: Warehouse, environment: Environment) throws(Failure) -> RescoreReport {
        guard job.policyDigest.hasPrefix(policy) else { throw .backfillPolicy(job, asked: policy) }
        if let last = try warehouse.read({ try RunStore($0).list(job: job.name, limit: 1).first }), last.clock > asOf {
            throw .backfillEarly(asOf, last: last)
        }
        var then = environment
        let asOf = asOf
        then.now = { asOf }
        return try Rescorer(warehouse: warehouse, environment: then).rescore(job, from: from, to: to)
    }
}

extension Failure {
    static func backfillPeriod(_ from: Timestamp, _ to: Timestamp) -> Failure {
        Failure(
            .usage, code: "backfill.period", what: "the period is empty", found: "\(from.iso8601) to \(to.iso8601)",
            expected: "--from before --to", remedy: "--to is the time to stop before.")
    }

    static func backfillDigest(_ text: String) -> Failure {
        Failure(
            .usage, code: "backfill.digest", what: "this is no policy's digest", found: "'\(text)'", expected: "eight hex digits or more",
            remedy: "`pipeline runs show` has it, and a wrong one is answered with the job file's.")
    }

    static func backfillPolicy(_ job: Job, asked: String) -> Failure {
        Failure(
            .usage, code: "backfill.policy", what: "the job file has another policy", place: job.path,
            found: String(job.policyDigest.prefix(16)),
            expected: asked, remedy: "Look at it, then name it: --policy \(job.policyDigest.prefix(16))")
    }

    static func backfillEarly(_ asOf: Timestamp, last: RunRecord) -> Failure {
        Failure(
            .usage, code: "backfill.early", what: "the job has run after that time", place: "run \(last.id)", found: asOf.iso8601,
            expected: "\(last.clock.iso8601) or later", remedy: "What was known at an earlier time is what `pipeline replay --as-of` shows."
        )
    }
}
