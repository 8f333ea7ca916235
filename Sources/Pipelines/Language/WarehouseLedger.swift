public import Connectors
package import GRDB
public import Models
public import Records

/// The ledger in the warehouse: one short transaction a step, on disk before it returns, since money hangs on it.
public struct WarehouseLedger: LedgerStore {
    private let warehouse: Warehouse

    public init(_ warehouse: Warehouse) { self.warehouse = warehouse }

    public func transaction<Value: Sendable>(_ work: (any LedgerTransaction) throws(Failure) -> Value) throws(Failure) -> Value {
        try warehouse.write(durable: true) { database in try work(LedgerRows(database)) }
    }
}

/// Rows of `pipeline_ledger`, over an open transaction.
package struct LedgerRows: LedgerTransaction {
    private let database: Database

    package init(_ database: Database) { self.database = database }

    package func counted(budget: String) throws(Failure) -> LedgerAmounts {
        try database.worded {
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT sum(CASE state WHEN 'open' THEN reserved_money ELSE used_money END) AS money,
                            sum(CASE state WHEN 'open' THEN reserved_tokens ELSE used_tokens END) AS tokens,
                            sum(CASE state WHEN 'open' THEN reserved_energy ELSE used_energy END) AS energy
                        FROM pipeline_ledger WHERE budget = ?
                        """), arguments: [budget])
            return LedgerAmounts(money: row?["money"] ?? 0, tokens: row?["tokens"] ?? 0, energy: row?["energy"] ?? 0)
        }
    }

    package func settled(key: String) throws(Failure) -> LedgerEntry? { try entry(key: key, in: .settled) }

    package func entry(key: String, in state: LedgerEntry.State) throws(Failure) -> LedgerEntry? {
        try fetch("key = ? AND state = ? ORDER BY id LIMIT 1", [key, state.rawValue]).first
    }

    package func entry(_ id: Int64) throws(Failure) -> LedgerEntry? { try fetch("id = ?", [id]).first }

    package func open() throws(Failure) -> [LedgerEntry] { try fetch("state = 'open' ORDER BY id", []) }

    /// All, in the order of their ids.
    package func all() throws(Failure) -> [LedgerEntry] { try fetch("1 ORDER BY id", []) }

    package func insert(_ entry: LedgerEntry) throws(Failure) -> Int64 {
        try database.worded {
            try database.runCached(
                """
                INSERT INTO pipeline_ledger (key, budget, owner, model, destination, state, reserved_money, reserved_tokens, reserved_energy,
                    used_money, used_tokens, used_energy, reserved_at, settled_at, prompt, answer, failure, duplicate)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    entry.key, entry.budget, entry.owner, entry.model, entry.destination, entry.state.rawValue, entry.reserved.money,
                    entry.reserved.tokens, entry.reserved.energy, entry.used.money, entry.used.tokens, entry.used.energy,
                    entry.reservedAt.microseconds, entry.settledAt?.microseconds, entry.prompt, entry.answer, entry.failure,
                    entry.isDuplicate,
                ])
            return database.lastInsertedRowID
        }
    }

    package func update(_ entry: LedgerEntry) throws(Failure) {
        try database.worded {
            try database.runCached(
                """
                UPDATE pipeline_ledger SET state = ?, reserved_money = ?, reserved_tokens = ?, reserved_energy = ?,
                    used_money = ?, used_tokens = ?, used_energy = ?, settled_at = ?, answer = ?, failure = ?
                WHERE id = ?
                """,
                [
                    entry.state.rawValue, entry.reserved.money, entry.reserved.tokens, entry.reserved.energy, entry.used.money,
                    entry.used.tokens, entry.used.energy, entry.settledAt?.microseconds,
                    entry.answer,
                    entry.failure, entry.id,
                ])
        }
    }

    private func fetch(_ condition: String, _ arguments: StatementArguments) throws(Failure) -> [LedgerEntry] {
        try database.worded {
            try Row.fetchAll(database.cachedStatement(sql: "SELECT * FROM pipeline_ledger WHERE \(condition)"), arguments: arguments)
                .map { row in
                    guard let state = LedgerEntry.State(rawValue: row["state"]) else {
                        throw Failure.storedValue(
                            table: "pipeline_ledger", column: "state", found: row["state"], expected: "open, settled, failed or lost")
                    }
                    return LedgerEntry(
                        id: row["id"], key: row["key"], budget: row["budget"], owner: row["owner"], model: row["model"],
                        destination: row["destination"], state: state,
                        reserved: LedgerAmounts(
                            money: row["reserved_money"], tokens: row["reserved_tokens"], energy: row["reserved_energy"]),
                        used: LedgerAmounts(money: row["used_money"], tokens: row["used_tokens"], energy: row["used_energy"]),
                        reservedAt: row.timestamp("reserved_at"), settledAt: row.optionalTimestamp("settled_at"), prompt: row["prompt"],
                        answer: row["answer"], failure: row["failure"], isDuplicate: row["duplicate"])
                }
        }
    }
}
