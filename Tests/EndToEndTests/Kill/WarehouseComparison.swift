import GRDB

/// Compares two databases inside SQLite, a table at a time: the same answer as comparing their dumps, without making text of every row.
enum WarehouseComparison {
    static func firstDifference(_ left: String, _ right: String, leavingOut: Set<String> = ["pipeline_attempts"]) throws -> String? {
        let queue = try DatabaseQueue(path: left)
        return try queue.inDatabase { database in
            try database.execute(sql: "ATTACH ? AS other", arguments: [right])
            let schema = "SELECT name, sql FROM %.sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
            let (mine, theirs) = try (
                Row.fetchAll(database, sql: schema.replacing("%.", with: "main.")),
                Row.fetchAll(database, sql: schema.replacing("%.", with: "other."))
            )
            guard mine == theirs else { return "the schema" }
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            for table in tables where !leavingOut.contains(table) {
                if let found = try difference(table, in: database) { return found }
            }
            return nil
        }
    }

    private static func difference(_ table: String, in database: Database) throws -> String? {
        let columns = try database.columns(in: table)
        let keys = columns.filter { $0.primaryKeyIndex > 0 }.map { "\"\($0.name)\"" }
        let match = (keys.isEmpty ? ["rowid"] : keys).map { "a.\($0) = b.\($0)" }.joined(separator: " AND ")
        let same = columns.map { "a.\"\($0.name)\" IS b.\"\($0.name)\"" }.joined(separator: " AND ")
        let counts = try ["main", "other"].map { try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0).\"\(table)\"") ?? 0 }
        let equal = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM main.\"\(table)\" AS a JOIN other.\"\(table)\" AS b ON \(match) WHERE \(same)")
        if counts[0] == counts[1], equal == counts[0] { return nil }
        return "\(table): \(counts[0]) rows <> \(counts[1]) rows, \(equal ?? 0) of them equal"
    }
}
