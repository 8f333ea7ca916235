public import Records
import Synchronization

/// A ledger that lives as long as the process: for tests.
public final class MemoryLedgerStore: LedgerStore {
    private let entries = Mutex<[LedgerEntry]>([])

    public init() {}

    public var all: [LedgerEntry] { entries.withLock { $0 } }

    public func transaction<Value: Sendable>(_ work: (any LedgerTransaction) throws(Failure) -> Value) throws(Failure) -> Value {
        // The lock's own throws cannot be typed: the outcome travels as a value.
        let outcome: Result<Value, Failure> = entries.withLock { entries in
            let transaction = Transaction(entries)
            do throws(Failure) {
                let value = try work(transaction)
                entries = transaction.entries
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private final class Transaction: LedgerTransaction {
        var entries: [LedgerEntry]

        init(_ entries: [LedgerEntry]) { self.entries = entries }

        func counted(budget: String) -> LedgerAmounts { entries.filter { $0.budget == budget }.reduce(.zero) { $0 + $1.counted } }
        func settled(key: String) -> LedgerEntry? { entries.first { $0.key == key && $0.state == .settled } }
        func entry(key: String, in state: LedgerEntry.State) -> LedgerEntry? { entries.first { $0.key == key && $0.state == state } }
        func entry(_ id: Int64) -> LedgerEntry? { entries.indices.contains(Int(id) - 1) ? entries[Int(id) - 1] : nil }
        func open() -> [LedgerEntry] { entries.filter { $0.state == .open } }

        func insert(_ entry: LedgerEntry) -> Int64 {
            var entry = entry
            entry.id = Int64(entries.count + 1)
            entries.append(entry)
            return entry.id
        }

        func update(_ entry: LedgerEntry) { entries[Int(entry.id) - 1] = entry }
    }
}
