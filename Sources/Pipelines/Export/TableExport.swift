public import Connectors
import Foundation
import GRDB
import GRDBSQLite
public import Records

/// Writes a table that a job made to a file, row by row, in the order of its key: equal tables give equal files.
///
/// Times are written as ISO 8601 in a zone, money with its decimals. The file appears under its name only when it is whole.
public struct TableExport: Sendable {
    /// Which rows.
    public enum Selection: Hashable, Sendable {
        /// The newest version of each key, of runs neither held nor discarded.
        case current
        /// As `current`, of runs whose clock is at or before a time.
        case asOf(Timestamp)
        /// Every row that a run wrote, whatever became of the run.
        case run(Int64)
    }

    public enum Format: String, CaseIterable, Sendable {
        case csv, json
        /// A JSON object a line.
        case jsonl
    }

    /// Name of the table; nil = the job's only one.
    public var table: String?
    /// Nil = whichever job the table is of.
    public var job: String?
    public var selection = Selection.current
    public var format = Format.csv
    /// IANA name of the zone of times.
    public var zone = "UTC"
    /// Columns, in the order to be written; nil = all.
    public var columns: [String]?
    /// CSV only.
    package var encoding = ExportEncoding.utf8
    /// CSV only: rewriting of texts, such as `microsoft-symbols` for programs that know only Microsoft's CP932.
    package var normalize = TextNormalization.none
    /// CSV only: an ASCII character that is no quote.
    public var delimiter: UInt8 = UInt8(ascii: ",")
    /// CSV only: whether a text that a spreadsheet would run as a formula gets an apostrophe before it.
    public var guardsFormulas = true

    public init(table: String?, job: String?) { (self.table, self.job) = (table, job) }

    /// What was written.
    public struct Report: Hashable, Sendable {
        public var table: String
        public var rows: Int64 = 0
        /// Characters that the encoding lacks; each is written as its code point, `U+1F600`.
        public var lacking = 0
        /// Texts that got an apostrophe.
        public var guarded = 0
        /// Of the file, compressed as it is.
        public var bytes: Int64 = 0
    }

    /// - Parameters:
    ///   - path: gzipped where it ends in `.gz`.
    ///   - overwrites: whether a file of that name may be replaced.
    /// - Throws: no such table, column, run or zone; a file that is there already or cannot be written.
    public func write(to path: String, overwrites: Bool, from warehouse: Warehouse) throws(Failure) -> Report {
        if !overwrites, FileManager.default.fileExists(atPath: path) { throw .exportExists(path) }
        guard format == .csv || encoding == .utf8 else { throw .exportEncoding(encoding.rawValue, format: format.rawValue) }
        guard let zone = Zone(zone) else { throw .exportZone(zone) }
        return try warehouse.read { database in
            let table = try ExportTable(named: table, job: job, in: database)
            let columns = try chosen(of: table, in: database)
            let (sql, arguments) = try query(of: table, columns: columns, in: database)
            let statement = try database.makeStatement(sql: sql)
            try statement.setArguments(arguments)
            let file = try GzipWriter(path: path, encoding: path.hasSuffix(".gz") ? .gzip(level: 6) : .plain)
            var report = Report(table: table.name)
            switch format {
            case .csv:
                var configuration = CSVWriter.Configuration(encoding: encoding)
                (configuration.delimiter, configuration.guardsFormulas) = (delimiter, guardsFormulas)
                var rows = CSVExport(configuration, columns: columns, zone: zone, normalize: normalize)
                try copy(statement, database, to: file, &report, rows: &rows)
            case .json, .jsonl:
                var rows = JSONExport(columns: columns, zone: zone, isArray: format == .json)
                try copy(statement, database, to: file, &report, rows: &rows)
            }
            try file.finish()
            report.bytes = file.fileBytes
            return report
        }
    }

    private func chosen(of table: ExportTable, in database: Database) throws -> [ExportColumn] {
        let all = try ExportColumn.all(of: table, in: database)
        guard let names = columns else { return all }
        return try names.map { name in
            guard let column = all.first(where: { $0.name == name }) else {
                throw Failure.exportColumn(name, table: table.name, columns: all.map(\.name))
            }
            return column
        }
    }

    private func query(of table: ExportTable, columns: [ExportColumn], in database: Database) throws -> (String, StatementArguments) {
        let name = ResultTable.quoted(table.name)
        let list = columns.map { "result.\(ResultTable.quoted($0.name))" }.joined(separator: ", ")
        let order = (table.key + ["version"]).map { "result.\(ResultTable.quoted($0))" }.joined(separator: ", ")
        let visible: String, arguments: StatementArguments
        switch selection {
        case .run(let run):
            guard try RunStore(database).run(run).job == table.job else { throw Failure.exportRun(run, job: table.job) }
            return ("SELECT \(list) FROM \(name) AS result WHERE result.run = ? ORDER BY \(order)", [run])
        case .current:
            (visible, arguments) = ("NOT IN (SELECT id FROM pipeline_runs WHERE status IN ('held', 'discarded'))", [])
        case .asOf(let time):
            visible = "IN (SELECT id FROM pipeline_runs WHERE clock <= ?1 AND status NOT IN ('held', 'discarded'))"
            arguments = [time.microseconds]
        }
        let match = table.key.map { "newer.\(ResultTable.quoted($0)) = result.\(ResultTable.quoted($0))" }.joined(separator: " AND ")
        return (
            """
            SELECT \(list) FROM \(name) AS result WHERE result.run \(visible) AND NOT EXISTS (
                SELECT 1 FROM \(name) AS newer WHERE \(match) AND newer.version > result.version AND newer.run \(visible))
            ORDER BY \(order)
            """, arguments
        )
    }

    private func copy(
        _ statement: Statement, _ database: Database, to file: GzipWriter, _ report: inout Report, rows: inout some ExportRows
    ) throws {
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        rows.begin()
        while true {
            let code = sqlite3_step(handle)
            if code == SQLITE_DONE { break }
            guard code == SQLITE_ROW else {
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
            }
            rows.append(handle)
            report.rows += 1
            if rows.count >= 1 << 18 { try rows.take().withUnsafeBytes { try file.write($0) } }
        }
        rows.end()
        try rows.take().withUnsafeBytes { try file.write($0) }
        (report.lacking, report.guarded) = (rows.lacking, rows.guarded)
    }
}
