import GRDB
import Records

/// When machines failed, by the reports known at the clock; what persons decided is no report.
struct FailureEnds {
    /// Event times of the last readings before a failure, by machine.
    private(set) var times: [String: Set<Int64>] = [:]

    var count: Int { times.values.reduce(0) { $0 + $1.count } }

    /// - Parameter unit: the column that names the machine, one of the key.
    init(_ source: ReportSource, unit: String) throws {
        guard let place = source.key.firstIndex(of: unit) else { return }
        let match = source.key.map { "\(ResultTable.quoted($0)) = ?" }.joined(separator: " AND ")
        let lookup = try source.database.cachedStatement(sql: "SELECT event_time \(source.rows) AND \(match)")
        let labels = try Row.fetchCursor(
            source.database,
            sql: """
                SELECT key FROM pipeline_labels AS own WHERE job = ?1 AND positive = 1 AND known <= ?2 AND decision IS NULL
                AND NOT EXISTS (
                    SELECT 1 FROM pipeline_labels AS newer WHERE newer.job = ?1 AND newer.key = own.key AND newer.known <= ?2
                    AND newer.decision IS NULL AND (newer.known, newer.id) > (own.known, own.id)
                ) ORDER BY id
                """, arguments: [source.job.name, source.now.microseconds])
        while let row = try labels.next() {
            let parts = (row["key"] as String).split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == source.key.count,
                let text = try String.fetchOne(lookup, arguments: StatementArguments(parts)), let time = Timestamp(iso8601: text)
            else { continue }
            times[parts[place], default: []].insert(time.microseconds)
        }
    }
}
