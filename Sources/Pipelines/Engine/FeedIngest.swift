import Connectors
import GRDB
import Records

/// Label and list feeds: read whole at a run's start, in its first transaction.
struct FeedIngest {
    let database: Database
    let job: Job
    let run: Int64
    let clock: Timestamp
    let selections: [String: [Int: FileSelection]]

    /// Appends the label facts of the files; returns how many.
    func labels(_ planned: PlannedFiles) throws -> Int64 {
        let feed = planned.feed
        let schema = feed.schema
        let keys = feed.key.compactMap { schema.index(of: $0) }
        let known = feed.knownTime.flatMap { schema.index(of: $0) }
        let value = schema.fields.indices.first { !keys.contains($0) && $0 != known }
        var count: Int64 = 0
        let store = LabelStore(database)
        try read(feed, files: planned.files.map(\.file)) { batch in
            let facts = (0..<batch.count).map { row in
                LabelFact(
                    job: job.name, key: RecordKey.text(of: batch, columns: keys, row: row),
                    isPositive: value.map { batch.columns[$0].integers[row] != 0 } ?? true,
                    known: known.map { Timestamp(microseconds: batch.columns[$0].integers[row]) } ?? clock, run: run)
            }
            try store.insert(facts)
            count += Int64(facts.count)
        }
        return count
    }

    /// Appends the entries of a list feed.
    func list(_ planned: PlannedFiles) throws {
        let feed = planned.feed
        let schema = feed.schema
        let keys = feed.key.compactMap { schema.index(of: $0) }
        let known = feed.knownTime.flatMap { schema.index(of: $0) }
        let store = ListStore(database)
        try read(feed, files: planned.files.map(\.file)) { batch in
            let entries = (0..<batch.count).map { row in
                ListStore.Entry(
                    RecordKey.text(of: batch, columns: keys, row: row),
                    known: known.map { Timestamp(microseconds: batch.columns[$0].integers[row]) } ?? clock)
            }
            try store.insert(entries, job: job.name, list: feed.name, run: run)
        }
    }

    private func read(_ feed: JobFeed, files: [FeedFile], _ body: (RecordBatch) throws -> Void) throws {
        let reader = BlockReader(feed: feed, files: files, blockRows: 8_192, selections: selections[feed.name] ?? [:])
        while let read = try reader.next() {
            try RejectStore(database).insert(read.block.rejects, run: run, feed: feed.name)
            try body(read.block.batch)
        }
    }
}
