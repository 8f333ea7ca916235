import Connectors
import GRDB
import Records

/// The rows of one outbound file, from what its record fixes: results in the order of their keys, then decisions in theirs.
struct OutboundRows {
    /// One line: name and value, in order; nil = missing.
    typealias Line = [(name: String, value: String?)]

    private let outbound: Outbound
    private let table: RetainedTable
    private let database: Database

    init(_ outbound: Outbound, in database: Database) throws {
        (self.outbound, self.database) = (outbound, database)
        table = try Self.table(of: outbound.job, in: database)
    }

    private static func table(of job: String, in database: Database) throws -> RetainedTable {
        let name = try String.fetchOne(
            database, sql: "SELECT name FROM pipeline_results WHERE job = ? AND feed IS NULL", arguments: [job])
        guard let name else {
            throw Failure.storedValue(table: "pipeline_results", column: "name", found: "no row", expected: "the job's results")
        }
        let key = try database.primaryKey(name).columns.filter { $0 != "version" }
        return RetainedTable(name: name, key: key, time: "event_time", hasScores: true)
    }

    func write(to file: GzipWriter, counting outbound: inout Outbound) throws {
        var text = OutboundText(outbound)
        text.begin(columns: ["delivery", "sequence", "kind"] + table.key + Self.columns)
        (outbound.rows, outbound.corrections, outbound.decisions) = (0, 0, 0)
        for statement in [results, decisions] {
            let rows = try Row.fetchCursor(database, sql: statement, arguments: arguments)
            while let row = try rows.next() {
                outbound.rows += 1
                let kind: String = row["kind"]
                if row["corrects"] as Bool { outbound.corrections += 1 }
                if kind == "decision" { outbound.decisions += 1 }
                text.append(line(row, sequence: outbound.rows, kind: row["corrects"] as Bool ? "\(kind)-correction" : kind))
                if text.count >= 1 << 18 { try text.take().withUnsafeBytes { try file.write($0) } }
            }
        }
        text.end(rows: outbound.rows)
        try text.take().withUnsafeBytes { try file.write($0) }
    }

    static let columns = ["version", "run", "event_time", "outcome", "effective", "cause", "score", "decided", "amount"]

    private func line(_ row: Row, sequence: Int64, kind: String) -> Line {
        var line: Line = [("delivery", "\(outbound.number)"), ("sequence", "\(sequence)"), ("kind", kind)]
        for name in table.key + Self.columns {
            let value: DatabaseValue = row[name]
            switch value.storage {
            case .null, .blob: line.append((name, nil))
            case .int64(let number):
                line.append((name, name == "decided" ? Timestamp(microseconds: number).iso8601 : String(number)))
            case .double(let number): line.append((name, "\(number)"))
            case .string(let text): line.append((name, text))
            }
        }
        return line
    }

    private var arguments: StatementArguments {
        [
            "job": outbound.job, "receiver": outbound.receiver, "number": outbound.number, "outbound": outbound.id,
            "from": outbound.auditFrom, "to": outbound.auditTo,
        ]
    }

    /// Runs that the receiver was given before.
    private static let given = """
        (SELECT r.run FROM pipeline_outbound_runs r JOIN pipeline_outbound o ON o.id = r.outbound
            WHERE o.job = :job AND o.receiver = :receiver AND o.number < :number)
        """
    private static let own = "(SELECT run FROM pipeline_outbound_runs WHERE outbound = :outbound)"

    private func keys(_ row: String) -> String { table.key.map { "\(row).\(ResultTable.quoted($0))" }.joined(separator: ", ") }

    private static func match(_ table: RetainedTable) -> String {
        table.key.map { "n.\(ResultTable.quoted($0)) = r.\(ResultTable.quoted($0))" }.joined(separator: " AND ")
    }

    /// The receiver has no newer version of the row, or gets one: what is about an overtaken one must not come after it.
    private static func isNewest(_ table: RetainedTable, among runs: String) -> String {
        "NOT EXISTS (SELECT 1 FROM \(ResultTable.quoted(table.name)) n WHERE \(match(table)) AND n.version > r.version AND (\(runs)))"
    }

    /// Decisions by their first entry: an erasure may have stated one anew in a later one.
    private static let firstEntries = "(SELECT subject, min(id) AS id FROM pipeline_audit WHERE kind = 'decision' GROUP BY subject)"

    /// The newest version of each key in the file's runs, unless the receiver has a newer one already.
    private var results: String {
        let name = ResultTable.quoted(table.name), match = Self.match(table)
        return """
            SELECT 'outcome' AS kind, \(keys("r")), r.version, r.run, r.event_time, r.outcome, r.cause, r.score, NULL AS decided, NULL AS amount,
                coalesce((SELECT i.interim FROM pipeline_review_items i WHERE i.job = :job AND i.kind = 'row'
                    AND i.key = \(table.keyText("r")) AND i.version = r.version), r.outcome) AS effective,
                EXISTS (SELECT 1 FROM \(name) n WHERE \(match) AND n.version < r.version AND n.run IN \(Self.given)) AS corrects
            FROM \(name) r WHERE r.run IN \(Self.own)
            AND \(Self.isNewest(table, among: "n.run IN \(Self.own) OR n.run IN \(Self.given)"))
            AND :from <= :to
            ORDER BY \(keys("r"))
            """
    }

    /// Decisions about rows of runs given before, of the chain's entries in the file's range; about rows of the file's own runs, all by then.
    private var decisions: String {
        let match = "\(table.keyText("r")) = i.key AND r.version = i.version"
        return """
            SELECT 'decision' AS kind, \(keys("r")), r.version, r.run, r.event_time, d.outcome, d.outcome AS effective, 'decision' AS cause,
                r.score, d.decided, m.amount, d.supersedes IS NOT NULL AS corrects
            FROM \(Self.firstEntries) a JOIN pipeline_decisions d ON d.id = a.subject JOIN pipeline_review_items i ON i.id = d.item
            JOIN \(ResultTable.quoted(table.name)) r ON \(match) LEFT JOIN pipeline_amounts m ON m.id = d.id
            WHERE a.id <= :to AND i.job = :job AND i.kind = 'row'
            AND \(Self.isNewest(table, among: "n.run IN \(Self.own) OR n.run IN \(Self.given)"))
            AND (r.run IN \(Self.own) OR a.id > :from AND r.run IN \(Self.given))
            ORDER BY a.id
            """
    }

    /// How many decisions there are about rows of runs that the receiver was given.
    static func decisions(job: String, receiver: String, from: Int64, to: Int64, in database: Database) throws -> Int {
        let table = try Self.table(of: job, in: database)
        return try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM \(firstEntries) a JOIN pipeline_decisions d ON d.id = a.subject
                JOIN pipeline_review_items i ON i.id = d.item
                JOIN \(ResultTable.quoted(table.name)) r ON \(table.keyText("r")) = i.key AND r.version = i.version
                WHERE a.id > :from AND a.id <= :to AND i.job = :job AND i.kind = 'row' AND i.run IN \(given)
                AND \(isNewest(table, among: "n.run IN \(given)"))
                """, arguments: ["from": from, "to": to, "job": job, "receiver": receiver, "number": Int64.max]) ?? 0
    }
}
