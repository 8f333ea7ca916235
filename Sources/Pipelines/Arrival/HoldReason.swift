import GRDB
public import Records

/// Why a run's results stay invisible until a person accepts it.
public enum HoldReason: Hashable, Sendable {
    /// Rejects of a feed passed its limit.
    case rejects(FeedRows)
    /// A file breaks off: how many rows are missing is not known.
    case brokenFile(String)
    /// What a file states of itself is not what its rows give.
    case control(String)

    /// As the error that ends `pipeline run` with exit code 65.
    ///
    /// - Parameter namesFeed: the run read more than one.
    public func failure(of record: RunRecord, namesFeed: Bool = false) -> Failure {
        switch self {
        case .rejects(let feed):
            .runHeld(
                job: record.job, feed: namesFeed ? feed.feed : nil, run: record.id, rejected: feed.rows.rejected, read: feed.rows.read,
                limit: feed.rejectLimit)
        case .brokenFile(let name): .runHeldBroken(job: record.job, run: record.id, file: name)
        case .control(let name): .runHeldControl(job: record.job, run: record.id, file: name)
        }
    }

    /// Reasons that lie in the files a run has read, and review items for files that broke off.
    ///
    /// In the run's last transaction, from what is written: the same for a run that was killed and went on.
    static func inFiles(of record: RunRecord, job: Job, holidays: Holidays, in database: Database) throws -> [HoldReason] {
        var reasons: [HoldReason] = []
        let broken = try Row.fetchAll(
            database,
            sql: """
                SELECT feed, file, min(line) AS line, min("row") AS "row", min(found) AS found FROM pipeline_rejects
                WHERE run = ? AND code = ? GROUP BY feed, file ORDER BY feed, file
                """, arguments: [record.id, Reject.Code.malformed.rawValue])
        for row in broken {
            let (feed, file): (String, String) = (row["feed"], row["file"])
            guard job.feeds.first(where: { $0.name == feed })?.arrival.holdsBrokenFiles ?? true else { continue }
            reasons.append(.brokenFile(file))
            let digest = try String.fetchOne(
                database, sql: "SELECT digest FROM pipeline_files WHERE run = ? AND feed = ? AND name = ?",
                arguments: [record.id, feed, file])
            let (line, number): (Int64, Int64) = (row["line"], row["row"])
            let item = DeliveryItem.make(
                .broken, job: job, feed: feed, subject: String((digest ?? file).prefix(12)), run: record.id, clock: record.clock,
                suggested: ReviewChoices.reject,
                reasons: [
                    "\(file) breaks off: \(row["found"] as String)",
                    "\(number - 1) records came before the break; how many are missing is not known",
                    "run \(record.id) is held until `runs accept` or `runs discard`",
                ],
                fields: [NamedText("file", file), NamedText("digest", digest), NamedText("line", String(line))], holidays: holidays)
            try ReviewStore(database).insertOnce([item])
        }
        let controls = try String.fetchAll(
            database,
            sql: """
                SELECT DISTINCT f.name FROM pipeline_files f
                JOIN pipeline_deliveries d ON d.job = f.job AND d.feed = f.feed AND d.digest = f.digest AND d.holds
                WHERE f.run = ? AND f.run NOT IN (SELECT run FROM pipeline_selections) ORDER BY f.name
                """, arguments: [record.id])
        return reasons + controls.map { .control($0) }
    }
}
