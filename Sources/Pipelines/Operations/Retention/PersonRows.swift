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
            database,
            sql: """
                SELECT key, fields FROM pipeline_review_items
                WHERE job = ? AND kind = 'row' AND (instr(fields, ?) > 0 OR instr(fields, ?) > 0)
                """, arguments: [job.name, value, NameSearch.inJSON(value)])
        while let row = try items.next() {
            let fields = try row.json("fields", table: "pipeline_review_items")
            if fields[column]?.string == value { keys.insert(row["key"]) }
        }
    }

    /// - Returns: decisions that are gone.
    func delete(
        keys: Set<String>, in database: Database, _ rows: inout [String: Int], rewritten: inout [String: Int]
    ) throws -> [Int64] {
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
            if database.changesCount > 0 { rewritten["pipeline_labels", default: 0] += database.changesCount }
        }
        for table in own {
            try database.execute(
                sql: "DELETE FROM \(ResultTable.quoted(table)) WHERE CAST(\(ResultTable.quoted(column)) AS TEXT) = ?", arguments: [value])
            count(table)
        }
        return decisions
    }

    /// Takes the name out of what stays: rejects, lists, others' items, reasons, prompts. Each row counts once.
    ///
    /// - Returns: decisions whose reason was rewritten.
    func rewrite(in database: Database, deleted: inout [String: Int], rewritten: inout [String: Int]) throws -> [Int64] {
        try takeRejects(in: database, deleted: &deleted, rewritten: &rewritten)
        try database.execute(sql: "DELETE FROM pipeline_lists WHERE job = ? AND entry = ?", arguments: [job.name, value])
        if database.changesCount > 0 { deleted["pipeline_lists", default: 0] += database.changesCount }
        try rewriteItems(in: database, &rewritten)
        let search = NameSearch(value)
        try rewrite(
            "pipeline_ledger", ["prompt", "answer", "failure"], where: "1", [:], in: database, &rewritten
        ) { _, text in
            // A mark in a number's place would leave no JSON.
            JSONValue(parsing: text) == nil
                ? search.replaced(in: text, by: Erasure.mark) : search.replaced(inStringsOf: text, by: Erasure.mark)
        }
        try rewrite(
            "pipeline_drafts", ["text"], where: "item IN (SELECT id FROM pipeline_review_items WHERE job = :job)", ["job": job.name],
            in: database, &rewritten
        ) { _, text in search.replaced(in: text, by: Erasure.mark) }
        let reasons = try rewrite(
            "pipeline_decisions", ["reason"], where: "item IN (SELECT id FROM pipeline_review_items WHERE job = :job)", ["job": job.name],
            in: database, &rewritten
        ) { _, text in search.replaced(in: text, by: Erasure.mark) }
        return reasons
    }

    private func takeRejects(in database: Database, deleted: inout [String: Int], rewritten: inout [String: Int]) throws {
        let named = NamedRejects(job, in: database)
        let numbers = try named.numbers(naming: value)
        let holds = try HoldStore(database).active(job: job.name)
        if let held = try named.held(numbers, by: holds).min(), let hold = holds.first { throw Failure.eraseHeldReject(held, hold) }
        let newest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM pipeline_rejects") ?? 0
        for number in numbers where number < newest {
            try database.runCached("DELETE FROM pipeline_rejects WHERE id = ?", [number])
            deleted["pipeline_rejects", default: 0] += 1
        }
        // Numbers go on after the newest: it stays, without its content.
        guard numbers.last == newest else { return }
        try database.execute(
            sql: "UPDATE pipeline_rejects SET raw = CAST(:mark AS BLOB), found = :mark WHERE id = :id",
            arguments: ["mark": Erasure.mark, "id": newest])
        rewritten["pipeline_rejects", default: 0] += 1
    }

    /// Values as the JSON of a whole text: a part of a longer name is somebody else's. Reasons are sentences.
    private func rewriteItems(in database: Database, _ rewritten: inout [String: Int]) throws {
        let (quoted, mark) = (JSONValue.text(value).json, JSONValue.text(Erasure.mark).json)
        let search = NameSearch(value)
        try rewrite(
            "pipeline_review_items", ["evidence", "fields", "reasons"], where: "job = :job", ["job": job.name], in: database, &rewritten
        ) { column, text in
            let whole = text.contains(quoted) ? text.replacing(quoted, with: mark) : nil
            guard column == "reasons" else { return whole }
            return search.replaced(in: whole ?? text, by: Erasure.mark) ?? whole
        }
    }

    /// - Parameter change: a column's name and text to its new text; nil = as it is.
    /// - Returns: numbers of the rows that changed.
    @discardableResult
    private func rewrite(
        _ table: String, _ columns: [String], where condition: String, _ arguments: StatementArguments, in database: Database,
        _ rewritten: inout [String: Int], _ change: (String, String) -> String?
    ) throws -> [Int64] {
        // JSON has it with quotes and backslashes written out.
        let holds = columns.map { "instr(\($0), :value) > 0 OR instr(\($0), :escaped) > 0" }.joined(separator: " OR ")
        let rows = try Row.fetchAll(
            database, sql: "SELECT id, \(columns.joined(separator: ", ")) FROM \(table) WHERE \(condition) AND (\(holds)) ORDER BY id",
            arguments: arguments + ["value": value, "escaped": NameSearch.inJSON(value)])
        var changed: [Int64] = []
        for row in rows {
            var isChanged = false
            for column in columns {
                guard let text = row[column] as String?, let new = change(column, text) else { continue }
                try database.runCached("UPDATE \(table) SET \(column) = ? WHERE id = ?", [new, row["id"] as Int64])
                isChanged = true
            }
            if isChanged { changed.append(row["id"]) }
        }
        if !changed.isEmpty { rewritten[table, default: 0] += changed.count }
        return changed
    }
}
