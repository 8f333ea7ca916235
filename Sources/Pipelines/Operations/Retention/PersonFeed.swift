import Connectors
import Foundation
import GRDB
import Records

/// A person's rows in the feed files that a job has read and that are still there: only they tell whose row a score is.
enum PersonFeed {
    /// Keys of rows of the main feed whose column has the value.
    ///
    /// - Throws: a file that is there and cannot be read.
    static func keys(job: Job, column: String, value: String, in warehouse: Warehouse) throws(Failure) -> Set<String> {
        guard let main = job.feeds.first(where: { $0.role == .main }), main.columns.contains(where: { $0.field.name == column }) else {
            return []
        }
        let paths = try warehouse.read { database in
            try Row.fetchAll(
                database, sql: "SELECT DISTINCT name, path FROM pipeline_files WHERE job = ? AND feed = ? ORDER BY name",
                arguments: [job.name, main.name]
            ).map { (name: $0["name"] as String, path: $0["path"] as String) }
        }
        var keys: Set<String> = []
        for (name, path) in paths {
            let file = FeedFile(path: job.resolved(path), name: name)
            // Archived elsewhere, or cleaned already.
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            let reader = BlockReader(feed: main, files: [file], blockRows: 8_192)
            while let block = try reader.next() {
                let batch = block.block.batch
                guard let place = batch.schema.fields.firstIndex(where: { $0.name == column }) else { break }
                let key = main.key.compactMap { name in batch.schema.fields.firstIndex { $0.name == name } }
                for row in 0..<batch.count where batch.columns[place].text(row) == value {
                    keys.insert(RecordKey.text(of: batch, columns: key, row: row))
                }
            }
        }
        return keys
    }
}
