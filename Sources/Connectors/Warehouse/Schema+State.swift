package import Foundation

extension WarehouseSchema {
    /// A sum over each part of a stage's state: SQLite finds a page that is no page, not a bit that flipped within a value. NULL for parts that
    /// an older program wrote.
    static let stateSums = "ALTER TABLE pipeline_state ADD COLUMN sum TEXT;"
}

/// What `pipeline_state.sum` holds of a part: the SHA-256 over its key and its bytes, in hex.
package enum StateSum {
    package static func of(_ data: Data, job: String, kind: String, sequence: Int64) -> String {
        FeedDigest.combined([job, kind, "\(sequence)", FeedDigest(of: data).hex])
    }
}
