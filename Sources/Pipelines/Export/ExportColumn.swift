import Connectors
import GRDB
public import Records

/// A column of an export and how its stored values are written.
struct ExportColumn: Hashable {
    enum Kind: Hashable {
        /// A number, or text that is no person's.
        case value
        case text
        case bool
        /// ISO 8601 text in UTC.
        case time
        /// Scaled integers, such as minor units of money.
        case scaled(Int)
    }

    var name: String
    var kind: Kind

    /// The columns of a table that can be written, in its order: all but features, which are bytes, and the content hash.
    static func all(of table: ExportTable, in database: Database) throws -> [ExportColumn] {
        let own = try database.columns(in: table.name).filter { !["record", "features"].contains($0.name) }
        return own.map { column in
            if let type = table.layout?.columns.first(where: { $0.name == column.name })?.columnType {
                return ExportColumn(name: column.name, kind: Kind(type))
            }
            switch (column.name, column.type) {
            case ("event_time", _): return ExportColumn(name: column.name, kind: .time)
            case ("late", _): return ExportColumn(name: column.name, kind: .bool)
            case (_, "TEXT"): return ExportColumn(name: column.name, kind: .text)
            default: return ExportColumn(name: column.name, kind: .value)
            }
        }
    }
}

extension ExportColumn.Kind {
    init(_ type: ColumnType) {
        switch type {
        case .int64, .float64, .decimal, .date: self = .value
        case .bool: self = .bool
        case .string: self = .text
        case .timestamp: self = .time
        case .money(let currency): self = .scaled(currency.exponent)
        }
    }
}

/// A table that a job wrote: its scores, or the rows of a feed.
struct ExportTable {
    let name: String
    let job: String
    let key: [String]
    /// Nil = scores.
    let layout: TableLayout?

    /// - Parameters:
    ///   - name: of the table, or of its `_current` view; nil = the only table of the job.
    ///   - job: nil = any.
    /// - Throws: no such table, or more than one to choose from.
    init(named name: String?, job: String?, in database: Database) throws {
        let rows = try Row.fetchAll(
            database, sql: "SELECT name, job, feed, columns FROM pipeline_results WHERE ?1 IS NULL OR job = ?1 ORDER BY name",
            arguments: [job])
        let names = rows.map { $0["name"] as String }
        if let job, rows.isEmpty {
            throw Failure.jobWithoutResults(
                job, jobs: try String.fetchAll(database, sql: "SELECT DISTINCT job FROM pipeline_results ORDER BY job"))
        }
        let wanted = name.map { $0.hasSuffix("_current") ? String($0.dropLast(8)) : $0 }
        guard let row = wanted == nil ? (rows.count == 1 ? rows.first : nil) : rows.first(where: { $0["name"] == wanted }) else {
            throw Failure.exportTable(wanted, tables: names)
        }
        self.name = row["name"]
        self.job = row["job"]
        layout = (row["feed"] as String?) == nil ? nil : try TableLayout(json: row["columns"])
        key = try database.primaryKey(self.name).columns.filter { $0 != "version" }
    }
}

extension RunStore {
    /// Tables that jobs made, by name.
    public func tableNames() throws(Failure) -> [String] {
        try database.worded { try String.fetchAll(database, sql: "SELECT name FROM pipeline_results ORDER BY name") }
    }
}
