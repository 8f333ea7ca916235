import Connectors
package import GRDB
package import Records

/// The table of a feed with `role: table`: the feed's columns, typed, and where each row came from; made when missing.
///
/// Rows are appended on (key, version); `<table>_current` shows the newest version of each key whose run is not held or discarded.
/// Every column but the key may be NULL: whether a value must be there is the feed's to judge, and may change from one day to the next.
package struct LandingTable: Sendable {
    /// Columns after the feed's own, in order: version of the key, the run that wrote it, file and record number (from 1), content hash.
    package static let provenance = ["version", "run", "file", "row", "record"]

    package let name: String
    package let job: String
    package let feed: String
    package let fields: [Field]
    /// Names of the key's columns; `file` and `row` where the feed has no key.
    package let key: [String]

    package init(name: String, job: String, feed: String, fields: [Field], key: [String]) {
        (self.name, self.job, self.feed, self.fields) = (name, job, feed, fields)
        self.key = key.isEmpty ? ["file", "row"] : key
    }

    /// Nil for a feed without a table.
    init?(_ feed: JobFeed, job: String) {
        guard let table = feed.table else { return nil }
        self.init(name: table, job: job, feed: feed.name, fields: feed.schema.fields, key: feed.key)
    }

    /// The feed's columns and the table's own.
    var columnNames: [String] { fields.map(\.name) + Self.provenance }

    private var layout: TableLayout { TableLayout(columns: fields.map { .init($0.name, $0.type) }, key: key) }

    /// Makes the table and its view, or adds the columns it lacks; what a job no longer has stays, and is NULL in new rows.
    ///
    /// - Throws: another job owns a table of this name, or the table has another key, or another type in one of its columns.
    package func create(in database: Database) throws {
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM pipeline_results WHERE name = ?", arguments: [name])
        else {
            guard try !database.tableExists(name) else { throw Failure.resultTableTaken(name, by: nil) }
            return try createNew(in: database)
        }
        let owner: String = row["job"]
        guard owner == job, (row["feed"] as String?) != nil else { throw Failure.resultTableTaken(name, by: owner) }
        var isChanged = (row["definition"] as String?) == nil
        var stored = try TableLayout(json: row["columns"])
        guard stored.key == key else {
            throw Failure.tableKey(name, found: stored.key.joined(separator: ", "), expected: key.joined(separator: ", "))
        }
        for column in layout.columns {
            if let known = stored.columns.first(where: { $0.name == column.name }) {
                guard known.type == column.type else {
                    throw Failure.tableColumn(name, column.name, found: known.type, expected: column.type)
                }
            } else {
                let type = ResultTable.sqlType(column.columnType)
                try database.execute(
                    sql: "ALTER TABLE \(ResultTable.quoted(name)) ADD COLUMN \(ResultTable.quoted(column.name)) \(type)")
                stored.columns.append(column)
                isChanged = true
            }
        }
        try database.execute(
            sql: "UPDATE pipeline_results SET feed = ?, columns = ? WHERE name = ?", arguments: [feed, stored.json, name])
        if isChanged { try DefinitionSum.keep(name, in: database) }
    }

    private func createNew(in database: Database) throws {
        let own = fields.map { "\(ResultTable.quoted($0.name)) \(ResultTable.sqlType($0.type))\(key.contains($0.name) ? " NOT NULL" : "")" }
        try database.execute(
            sql: """
                CREATE TABLE \(ResultTable.quoted(name)) (
                    \(own.joined(separator: ", ")), version INTEGER NOT NULL, run INTEGER NOT NULL, file TEXT NOT NULL,
                    row INTEGER NOT NULL, record INTEGER NOT NULL,
                    PRIMARY KEY (\(key.map(ResultTable.quoted).joined(separator: ", ")), version)
                ) STRICT, WITHOUT ROWID
                """)
        try database.execute(sql: ResultTable.currentView(of: name, key: key))
        try database.execute(
            sql: "INSERT INTO pipeline_results (name, job, feed, columns) VALUES (?, ?, ?, ?)", arguments: [name, job, feed, layout.json])
        try DefinitionSum.keep(name, in: database)
    }

    /// Appends `rows` rows in one statement. `?1` is the run and `?2` the file; then a row's fields, version, row number and record.
    func insertSQL(rows: Int) -> String {
        let values = (0..<rows).map { row in
            let first = 3 + row * (fields.count + 3)
            let own = (first..<(first + fields.count + 1)).map { "?\($0)" }
            return "(\(own.joined(separator: ", ")), ?1, ?2, ?\(first + fields.count + 1), ?\(first + fields.count + 2))"
        }
        return """
            INSERT INTO \(ResultTable.quoted(name)) (\(columnNames.map(ResultTable.quoted).joined(separator: ", ")))
            VALUES \(values.joined(separator: ", "))
            """
    }

    /// Version, record hash, run and file of a key's newest version.
    var newestSQL: String {
        let match = key.map { "\(ResultTable.quoted($0)) = ?" }.joined(separator: " AND ")
        return "SELECT version, record, run, file FROM \(ResultTable.quoted(name)) WHERE \(match) ORDER BY version DESC LIMIT 1"
    }
}
