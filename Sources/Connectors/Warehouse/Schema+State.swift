package import Foundation
package import GRDB

extension WarehouseSchema {
    /// A sum over each part of a stage's state: SQLite finds a page that is no page, not a bit that flipped within a value. NULL for parts that
    /// an older program wrote.
    static let stateSums = "ALTER TABLE pipeline_state ADD COLUMN sum TEXT;"

    /// A sum over the definition of each table that a job made, and of its view; NULL until a run has looked at it.
    static let definitionSums = "ALTER TABLE pipeline_results ADD COLUMN definition TEXT;"
}

/// What `pipeline_results.definition` holds: the SHA-256 over what SQLite keeps as the definitions of a table and of its view, in hex.
package enum DefinitionSum {
    package static func of(_ table: String, in database: Database) throws -> String {
        let parts = try String.fetchAll(
            database, sql: "SELECT coalesce(sql, '') FROM sqlite_master WHERE name IN (?1, ?1 || '_current') ORDER BY type, name",
            arguments: [table])
        return FeedDigest.combined([table, "\(parts.count)"] + parts.map { FeedDigest(of: Data($0.utf8)).hex })
    }

    /// Keeps the sum of a table as it stands.
    package static func keep(_ table: String, in database: Database) throws {
        try database.execute(
            sql: "UPDATE pipeline_results SET definition = ? WHERE name = ?", arguments: [try of(table, in: database), table])
    }
}

/// What `pipeline_state.sum` holds of a part: the SHA-256 over its key and its bytes, in hex.
package enum StateSum {
    package static func of(_ data: Data, job: String, kind: String, sequence: Int64) -> String {
        FeedDigest.combined([job, kind, "\(sequence)", FeedDigest(of: data).hex])
    }
}
