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

@Suite("a database of every layout there was") struct LayoutTests {
    /// The tables of a database, as their statements without white space.
    private func schema(_ path: String) throws -> [String] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read {
            try String.fetchAll(
                $0,
                sql: "SELECT name || ' ' || sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'grdb_migrations' ORDER BY name")
        }
    }

    private func fresh(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("layout-\(UUID().uuidString).db").path
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        try body(path)
    }

    @Test(
        "is opened, keeps its rows, and then is as one made today; the backup before it is of the old layout",
        arguments: 1...WarehouseSchema.migrations.count)
    func opens(_ count: Int) throws {
        try fresh { path in
            let old = try DatabaseQueue(path: path)
            try old.writeWithoutTransaction { database in
                try database.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
                for (name, sql) in WarehouseSchema.migrations.prefix(count) {
                    try database.execute(sql: sql)
                    try database.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [name])
                }
                try database.execute(
                    sql: """
                        PRAGMA application_id = \(0x7069_7065); PRAGMA user_version = \(count);
                        INSERT INTO pipeline_jobs VALUES ('d', 'bank', 'job.yaml', 'version: 1', 'p');
                        INSERT INTO pipeline_runs (id, job, clock, seed, status, job_digest, policy_digest, input_digest, list_digest, versions)
                        VALUES (7, 'bank', 0, 1, 'done', 'd', 'p', 'i', 'l', '{}')
                        """)
            }
            try old.close()
            let copy = try WarehouseBackup.makeUnmigrated(of: path, to: path + ".backup")
            defer { for suffix in ["", ".sha256"] { try? FileManager.default.removeItem(atPath: path + ".backup" + suffix) } }
            let warehouse = try Warehouse(path: path)
            #expect(try warehouse.read { try RunStore($0).run(7).job } == "bank")
            #expect(try warehouse.read { try AuditChain($0).verify().entries } == 0)
            warehouse.close()
            try fresh { new in
                try Warehouse(path: new).close()
                #expect(try schema(path) == schema(new))
            }
            #expect(try WarehouseBackup.layout(of: copy.path) == Int32(count))
        }
    }

    @Test("one of a newer program is refused and left as it is")
    func newer() throws {
        try fresh { path in
            try Warehouse(path: path).close()
            let queue = try DatabaseQueue(path: path)
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = \(Warehouse.schemaVersion + 1)") }
            try queue.close()
            let before = FileManager.default.contents(atPath: path)
            for access in [Warehouse.Access.read, .write] {
                #expect { try Warehouse(path: path, access: access) } throws: { ($0 as? Failure)?.code == "database.newer" }
            }
            #expect(FileManager.default.contents(atPath: path) == before)
        }
    }
}
