import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("a database of the first layout") struct MigrationTests {
    @Test("is brought up to date by whoever opens it, with its items, claims and decisions", arguments: [Warehouse.Access.write, .read])
    func fromVersion1(_ access: Warehouse.Access) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("old-\(UUID().uuidString).db").path
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let old = try DatabaseQueue(path: path)
        try old.writeWithoutTransaction { database in
            try database.execute(sql: WarehouseSchema.version1)
            try database.execute(
                sql: """
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('1: spine');
                    PRAGMA application_id = \(0x7069_7065); PRAGMA user_version = 1;
                    INSERT INTO pipeline_jobs VALUES ('d', 'bank', 'job.yaml', 'version: 1', 'p');
                    INSERT INTO pipeline_runs (id, job, clock, seed, status, job_digest, policy_digest, input_digest, list_digest, versions)
                    VALUES (1, 'bank', 0, 1, 'done', 'd', 'p', 'i', 'l', '{}');
                    INSERT INTO pipeline_review_items VALUES (7, 1, 'bank', 'fraud', 'k', 1, 0, 0.5, 100, 'EUR', 'cost', 'hold', 'hold', 0, NULL,
                        '[]', '[]', '{}', 0, 9, 'hold');
                    INSERT INTO pipeline_claims VALUES (7, 'ann', 'desk', 0, 9);
                    INSERT INTO pipeline_decisions VALUES (1, 7, 'hold', 1, 'why', 'ann', 'desk', 5, NULL, NULL);
                    """)
        }
        try old.close()
        let warehouse = try Warehouse(path: path, access: access)
        defer { warehouse.close() }
        try warehouse.read { database in
            let entry = try ReviewStore(database).show(7)
            #expect(entry.item.kind == .row && entry.item.value.minor == 100 && entry.state.decision?.outcome == "hold")
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            #expect(try Int32.fetchOne(database, sql: "PRAGMA user_version") == Warehouse.schemaVersion)
            #expect(
                try String.fetchOne(database, sql: "SELECT sql FROM sqlite_master WHERE name = 'pipeline_decisions'")?
                    .contains("REFERENCES pipeline_review_items") == true)
        }
    }
}
