import Connectors
package import GRDB
import GRDBSQLite
package import Records

/// A job's result table: typed key columns, a version, and what was decided; made when missing, written through cached statements.
///
/// Rows are appended on (key, version); `<table>_current` shows the newest version of each key whose run is not held or discarded.
package struct ResultTable: Sendable {
    package let name: String
    package let job: String
    /// Fields of the key, in order.
    package let key: [Field]
    /// Further columns with what a finishing stage gives, in order.
    package let values: [Field]

    package init(name: String, job: String, key: [Field], values: [Field] = []) {
        (self.name, self.job, self.key, self.values) = (name, job, key, values)
    }

    static func sqlType(_ type: ColumnType) -> String {
        switch type {
        case .int64, .bool, .money: "INTEGER"
        case .float64: "REAL"
        case .string, .timestamp, .decimal, .date: "TEXT"
        }
    }

    package static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    var keyList: String { key.map { Self.quoted($0.name) }.joined(separator: ", ") }

    /// Columns after the key, in order.
    package static let columns = ["version", "run", "event_time", "score", "outcome", "cause", "late", "record", "features"]

    /// - Throws: another job owns a table of this name, or the table has another layout.
    package func create(in database: Database) throws {
        let layout = (key + values).map { "\($0.name) \(Self.sqlType($0.type))" }.joined(separator: ", ")
        if let row = try Row.fetchOne(database, sql: "SELECT * FROM pipeline_results WHERE name = ?", arguments: [name]) {
            let (owner, found): (String, String) = (row["job"], row["columns"])
            guard owner == job, (row["feed"] as String?) == nil else { throw Failure.resultTableTaken(name, by: owner) }
            guard found == layout else { throw Failure.resultTableLayout(name, found: found, expected: layout) }
            if (row["definition"] as String?) == nil { try DefinitionSum.keep(name, in: database) }
            return
        }
        guard try !database.tableExists(name) else { throw Failure.resultTableTaken(name, by: nil) }
        let columns = key.map { "\(Self.quoted($0.name)) \(Self.sqlType($0.type)) NOT NULL" }.joined(separator: ", ")
        let further = values.map { "\(Self.quoted($0.name)) \(Self.sqlType($0.type)), " }.joined()
        try database.execute(
            sql: """
                CREATE TABLE \(Self.quoted(name)) (
                    \(columns), version INTEGER NOT NULL, run INTEGER NOT NULL, event_time TEXT NOT NULL,
                    score REAL, outcome TEXT NOT NULL, cause TEXT, late INTEGER NOT NULL, record INTEGER NOT NULL, features BLOB,
                    \(further)PRIMARY KEY (\(keyList), version)
                ) STRICT, WITHOUT ROWID
                """)
        try database.execute(sql: Self.currentView(of: name, key: key.map(\.name)))
        try database.execute(
            sql: "INSERT INTO pipeline_results (name, job, columns) VALUES (?, ?, ?)", arguments: [name, job, layout])
        try DefinitionSum.keep(name, in: database)
    }

    /// The statement that makes `<table>_current`: the newest version of each key, of runs neither held nor discarded.
    static func currentView(of name: String, key: [String]) -> String {
        let match = key.map { "newer.\(quoted($0)) = result.\(quoted($0))" }.joined(separator: " AND ")
        let visible = "run NOT IN (SELECT id FROM pipeline_runs WHERE status IN ('held', 'discarded'))"
        return """
            CREATE VIEW \(quoted(name + "_current")) AS SELECT * FROM \(quoted(name)) AS result
            WHERE \(visible)
            AND NOT EXISTS (
                SELECT 1 FROM \(quoted(name)) AS newer WHERE \(match) AND newer.version > result.version
                AND newer.\(visible)
            )
            """
    }

    /// Appends `rows` rows in one statement. `?1` is the run; then a row's key, version, event time, score, outcome, cause, whether it is
    /// late, its record, with `features` those, and the further values.
    func insertSQL(rows: Int, features: Bool) -> String {
        var place = 1
        let values = (0..<rows).map { _ in
            func next() -> String {
                place += 1
                return "?\(place)"
            }
            let before = (0...key.count).map { _ in next() }
            let after = (0..<(features ? 7 : 6)).map { _ in next() }
            let further = self.values.map { _ in next() }
            return "(\((before + ["?1"] + after + (features ? [] : ["NULL"]) + further).joined(separator: ", ")))"
        }
        let columns = [keyList] + Self.columns + self.values.map { Self.quoted($0.name) }
        return "INSERT INTO \(Self.quoted(name)) (\(columns.joined(separator: ", "))) VALUES \(values.joined(separator: ", "))"
    }

    /// Newest version and record hash of a key from runs before `run`, or nil.
    func lookupSQL(before run: Int64) -> String {
        let match = key.map { "\(Self.quoted($0.name)) = ?" }.joined(separator: " AND ")
        return """
            SELECT version, record FROM \(Self.quoted(name)) WHERE \(match) AND run < \(run)
            AND run NOT IN (SELECT id FROM pipeline_runs WHERE status = 'discarded') ORDER BY version DESC LIMIT 1
            """
    }

    /// Key and subject of every row of earlier runs that no later row took the place of or took back (`?1` = the mark). Rows of a held run may
    /// come to stand, and what it took back may stand again, so neither counts against the other.
    func standingSQL(before run: Int64, _ withdrawal: (column: String, mark: String, subject: String)) -> String {
        let match = key.map { "newer.\(Self.quoted($0.name)) = result.\(Self.quoted($0.name))" }.joined(separator: " AND ")
        func isOf(_ row: String, not states: String) -> String {
            "\(row).run < \(run) AND \(row).run NOT IN (SELECT id FROM pipeline_runs WHERE status IN (\(states)))"
        }
        return """
            SELECT \(keyList), \(Self.quoted(withdrawal.subject)) FROM \(Self.quoted(name)) AS result
            WHERE \(isOf("result", not: "'discarded'")) AND \(Self.quoted(withdrawal.column)) <> ?1
            AND NOT EXISTS (
                SELECT 1 FROM \(Self.quoted(name)) AS newer WHERE \(match) AND newer.version > result.version
                AND \(isOf("newer", not: "'held', 'discarded'"))
            )
            ORDER BY \(keyList), result.version
            """
    }

    /// A key value of a row for binding by GRDB; for single rows, not for loops.
    static func value(_ column: Records.Column, _ row: Int) -> DatabaseValue {
        guard column.isValid(row) else { return .null }
        switch column.type {
        case .int64, .bool, .money: return column.integers[row].databaseValue
        case .float64: return column.doubles[row].databaseValue
        case .string, .timestamp, .decimal, .date: return (column.text(row) ?? "").databaseValue
        }
    }
}
