public import Connectors
import GRDB
import Records

extension Explanation {
    /// Adds the lines of landed rows whose files are still there as they were read.
    ///
    /// Batches carry record numbers only, so the file is read once more.
    public mutating func addLines(from warehouse: Warehouse) {
        for index in versions.indices {
            guard let origin = versions[index].origin, let table = versions[index].table, let run = versions[index].run?.id else {
                continue
            }
            versions[index].origin?.line = try? Self.line(of: origin, table: table, run: run, in: warehouse)
        }
    }

    private static func line(of origin: Origin, table: String, run: Int64, in warehouse: Warehouse) throws(Failure) -> Int64? {
        let (job, files) = try warehouse.read { database in
            let runs = RunStore(database)
            return (try runs.job(ofRun: run), try runs.files(run: run))
        }
        guard let feed = job.feeds.first(where: { $0.table == table }),
            let stored = files.first(where: { $0.feed == feed.name && $0.name == origin.file })
        else { return nil }
        let file = FeedFile(path: job.resolved(stored.path), name: stored.name)
        guard try FeedDigest(of: file).hex == stored.digest else { return nil }
        return try RecordLocator([StreamedFile(feed: feed, file: file)]).record(origin.row, inFile: 0, from: .start)?.line
    }
}
