import Connectors
import GRDB
import Records

/// Where the database speaks of a person.
struct PersonRows {
    let job: Job
    let value: String
    /// Of scored rows.
    private(set) var keys: Set<String> = []
    /// Tables whose keys are those of scored rows. A key of any other table names something else, whatever it looks like.
    private let keyed: [RetainedTable]
    /// Tables that have the column themselves.
    private var own: [String] = []
    private let column: String

    /// Finds the keys: rows of tables with the column, and items that show it.
    init(job: Job, column: String, value: String, in database: Database) throws {
        (self.job, self.column, self.value) = (job, column, value)
        let tables = try RetainedTable.all(of: job, in: database), main = job.feeds.first { $0.role == .main }
        keyed = tables.filter { table in
            table.hasScores || job.feeds.contains { $0.table == table.name && $0.files == main?.files && $0.key == main?.key }
        }
        for table in tables where try database.columns(in: table.name).contains(where: { $0.name == column }) {
            own.append(table.name)
            guard keyed.contains(where: { $0.name == table.name }) else { continue }
            keys.formUnion(
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT DISTINCT \(table.keyText("r")) FROM \(ResultTable.quoted(table.name)) r
                        WHERE CAST(r.\(ResultTable.quoted(column)) AS TEXT) = ?
                        """, arguments: [value]))
        }
        // What a stage gives about people has their names under columns of its own; a feed's column means what it means there.
        let known = ["event_time", "outcome", "cause"] + (main?.columns.map(\.field.name) ?? [])
        for table in tables where table.hasScores {
            let texts = try database.columns(in: table.name).filter { $0.type == "TEXT" && !known.contains($0.name) }
            for text in texts {
                keys.formUnion(
                    try String.fetchAll(
                        database,
                        sql:
                            "SELECT DISTINCT \(table.keyText("r")) FROM \(ResultTable.quoted(table.name)) r WHERE r.\(ResultTable.quoted(text.name)) = ?",
                        arguments: [value]))
            }
        }
        let items = try Row.fetchCursor(
            database, sql: "SELECT key, fields FROM pipeline_review_items WHERE job = ? AND kind = 'row' AND instr(fields, ?) > 0",
            arguments: [job.name, value])
        while let row = try items.next() {
            let fields = try row.json("fields", table: "pipeline_review_items")
            if fields[column]?.string == value { keys.insert(row["key"]) }
        }
    }

    /// - Returns: decisions that are gone.
    func delete(keys: Set<String>, in database: Database, _ rows: inout [String: Int]) throws -> [Int64] {
        func count(_ table: String) {
            if database.changesCount > 0 { rows[table, default: 0] += database.changesCount }
        }
        var decisions: [Int64] = []
        for key in keys.sorted() {
            let items = try Int64.fetchAll(
                database, sql: "SELECT id FROM pipeline_review_items WHERE job = ? AND kind = 'row' AND key = ?",
                arguments: [job.name, key])
            let gone = try ReviewRemoval.delete(items: items, in: database)
            rows.merge(gone.rows, uniquingKeysWith: +)
            decisions += gone.decisions
            for table in keyed {
                try database.execute(
                    sql: "DELETE FROM \(ResultTable.quoted(table.name)) AS r WHERE \(table.keyText("r")) = ?", arguments: [key])
                count(table.name)
            }
            for table in ["pipeline_challenger_scores", "pipeline_suppressed"] {
                try database.execute(sql: "DELETE FROM \(table) WHERE job = ? AND key = ?", arguments: [job.name, key])
                count(table)
            }
            // The newest label's number must not be given again.
            try database.execute(
                sql: "DELETE FROM pipeline_labels WHERE job = ? AND key = ? AND id < (SELECT max(id) FROM pipeline_labels)",
                arguments: [job.name, key])
            count("pipeline_labels")
            try database.execute(
                sql: "UPDATE pipeline_labels SET key = ? WHERE job = ? AND key = ?", arguments: [Erasure.mark, job.name, key])
            count("pipeline_labels")
        }
        for table in own {
            try database.execute(
                sql: "DELETE FROM \(ResultTable.quoted(table)) WHERE CAST(\(ResultTable.quoted(column)) AS TEXT) = ?", arguments: [value])
            count(table)
        }
        return decisions
    }

    /// Takes the name out of what stays: rejects, lists, others' items, reasons, prompts.
    ///
    /// - Returns: decisions whose reason was rewritten.
    func rewrite(in database: Database, _ rows: inout [String: Int]) throws -> [Int64] {
        func run(_ table: String, _ sql: String, _ arguments: StatementArguments) throws {
            try database.execute(sql: sql, arguments: arguments)
            if database.changesCount > 0 { rows[table, default: 0] += database.changesCount }
        }
        let runs = "run IN (SELECT id FROM pipeline_runs WHERE job = :job)"
        let holds = "(instr(raw, CAST(:value AS BLOB)) > 0 OR instr(found, :value) > 0)"
        let values: StatementArguments = ["job": job.name, "value": value]
        try run(
            "pipeline_rejects",
            "DELETE FROM pipeline_rejects WHERE \(runs) AND \(holds) AND id < (SELECT max(id) FROM pipeline_rejects)", values)
        try run(
            "pipeline_rejects", "UPDATE pipeline_rejects SET raw = CAST(:mark AS BLOB), found = :mark WHERE \(runs) AND \(holds)",
            ["job": job.name, "value": value, "mark": Erasure.mark])
        try run("pipeline_lists", "DELETE FROM pipeline_lists WHERE job = :job AND entry = :value", values)
        // As the JSON of a whole text: a part of a longer name is somebody else's.
        let (quoted, mark) = (JSONValue.text(value).json, JSONValue.text(Erasure.mark).json)
        for column in ["evidence", "fields", "reasons"] {
            try run(
                "pipeline_review_items",
                """
                UPDATE pipeline_review_items SET \(column) = replace(\(column), :quoted, :mark)
                WHERE job = :job AND instr(\(column), :quoted) > 0
                """, ["job": job.name, "quoted": quoted, "mark": mark])
        }
        for column in ["prompt", "answer", "failure"] {
            try run(
                "pipeline_ledger",
                "UPDATE pipeline_ledger SET \(column) = replace(\(column), :value, :mark) WHERE instr(\(column), :value) > 0",
                ["value": value, "mark": Erasure.mark])
        }
        let reasons = try Int64.fetchAll(
            database,
            sql: """
                SELECT d.id FROM pipeline_decisions d JOIN pipeline_review_items i ON i.id = d.item
                WHERE i.job = ? AND instr(d.reason, ?) > 0 ORDER BY d.id
                """, arguments: [job.name, value])
        for id in reasons {
            try run(
                "pipeline_decisions", "UPDATE pipeline_decisions SET reason = replace(reason, ?, ?) WHERE id = ?",
                [value, Erasure.mark, id])
        }
        return reasons
    }
}
