import Connectors
import GRDB
import Records

/// Labels and earlier results from the warehouse, as of the run's start: what others write meanwhile is not seen.
final class WarehouseMemory: RunMemory {
    private let warehouse: Warehouse
    private let record: RunRecord
    /// Labels up to this identifier were visible to the job's run before.
    private let labelsBefore: Int64
    private let table: ResultTable
    private let keyColumns: [Int]
    private let lookup: String
    /// Where people decide: a run that is recomputed elsewhere heeds what they decided here.
    private let deciding: Warehouse

    init(
        warehouse: Warehouse, record: RunRecord, labelsBefore: Int64, table: ResultTable, keyColumns: [Int], deciding: Warehouse? = nil
    ) {
        (self.warehouse, self.record, self.labelsBefore) = (warehouse, record, labelsBefore)
        self.deciding = deciding ?? warehouse
        (self.table, self.keyColumns) = (table, keyColumns)
        lookup = table.lookupSQL(before: record.id)
    }

    func labels(after: Int64, through: Int64) throws(Failure) -> [LabelEvent] {
        guard record.labelsUntil > 0 else { return [] }
        return try events("known > ? AND known <= ? AND id <= ?", [after, through, record.labelsUntil])
    }

    func belatedLabels(through: Int64) throws(Failure) -> [LabelEvent] {
        guard record.labelsUntil > labelsBefore else { return [] }
        return try events("known <= ? AND id > ? AND id <= ?", [through, labelsBefore, record.labelsUntil])
    }

    private func events(_ condition: String, _ arguments: StatementArguments) throws(Failure) -> [LabelEvent] {
        let sql = "SELECT key, positive, known FROM pipeline_labels WHERE job = ? AND \(condition) ORDER BY known, id"
        let all: StatementArguments = [record.job] + arguments
        return try warehouse.read { database in
            try Row.fetchAll(database.cachedStatement(sql: sql), arguments: all).map {
                LabelEvent(key: RecordKey.hash($0["key"]), isPositive: $0["positive"], known: Timestamp(microseconds: $0["known"]))
            }
        }
    }

    func earlierVersion(of batch: RecordBatch, row: Int) throws(Failure) -> (version: Int64, record: UInt64)? {
        let key = keyColumns.map { ResultTable.value(batch.columns[$0], row) }
        return try warehouse.read { database in
            let found = try Row.fetchOne(database.cachedStatement(sql: lookup), arguments: StatementArguments(key))
            return found.map { row in
                let record: Int64 = row["record"]
                return (row["version"], UInt64(bitPattern: record))
            }
        }
    }

    /// Strictly before: what is decided while a run works is the next run's, and every run sees the same however often it is started.
    func decisions(about column: String, before time: Int64) throws(Failure) -> [StageDecision] {
        let job = record.job
        return try deciding.read { try ReviewStore($0).decisions(ofJob: job, about: column, before: time) }
    }

    func standing(_ withdrawal: (column: String, mark: String, subject: String)) throws(Failure) -> [StandingResult] {
        let sql = table.standingSQL(before: record.id, withdrawal), count = keyColumns.count
        return try warehouse.read { database in
            try Row.fetchAll(database, sql: sql, arguments: [withdrawal.mark]).map { row in
                StandingResult(
                    key: (0..<count).map { String.fromDatabaseValue(row[$0]) ?? "\(row[$0] as Int64)" }, subject: row[count] ?? "")
            }
        }
    }
}
