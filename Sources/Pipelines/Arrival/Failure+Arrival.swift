import Connectors
import Records

/// Wording of what can be wrong with deliveries.
extension Failure {
    /// - Parameter waiting: files and reasons, in the order of their names; at least one.
    static func feedNotReady(_ feed: String, waiting: [Readiness.Waiting]) -> Failure {
        let first = waiting[0]
        let more = waiting.count == 1 ? "" : ", and \(waiting.count - 1) more \(waiting.count == 2 ? "file waits" : "files wait")"
        return Failure(
            .tryAgain, code: "feed.not-ready", what: "the feed is not ready", place: first.file.name, found: first.reason + more,
            expected: "whole files, as `ready` of feed '\(feed)' says",
            remedy: "Start the same command again later; nothing was touched.")
    }

    static func fileChangedWhileRead(_ name: String) -> Failure {
        Failure(
            .tryAgain, code: "feed.file-changed-while-read", what: "a feed file changed while it was read", place: name,
            found: "other bytes than when reading began", expected: "a file that nobody writes to",
            remedy: "Nothing since the last chunk was kept. Start the same command again once the file is whole, "
                + "and give the feed `ready: { stable-for: 5m }` or a marker.")
    }
}

extension Failure {
    static func runHeldBroken(job: String, run: Int64, file: String) -> Failure {
        Failure(
            .held, code: "run.held-broken-file", what: "a file breaks off; run \(run) of '\(job)' is held", place: file,
            found: "an unknown number of rows is missing", expected: "a whole file",
            remedy:
                "`pipeline rejects list --run \(run)` shows where. Then `pipeline runs discard \(run)` and run again with the whole file, "
                + "or `pipeline runs accept \(run)`.")
    }

    static func runHeldControl(job: String, run: Int64, file: String) -> Failure {
        Failure(
            .held, code: "run.held-control", what: "control figures do not agree; run \(run) of '\(job)' is held", place: file,
            found: "figures that the file's rows do not give", expected: "the figures it states",
            remedy:
                "`pipeline review list --kind control` shows them. Then `pipeline runs accept \(run)` or `pipeline runs discard \(run)`.")
    }
}

extension Failure {
    static func deliveryFrozen(_ name: String, job: String) -> Failure {
        Failure(
            .failed, code: "delivery.frozen", what: "the contract of a feed of '\(job)' refuses a file, and there is no other to read",
            place: name, found: "columns, types or values that the feed did not have so far", expected: "what `contract: freeze` keeps",
            remedy: "`pipeline review list --kind schema` shows it. Decide the item, or correct the file or the job file.")
    }
}
