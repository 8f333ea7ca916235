import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Testing

@Suite struct WarehouseLedgerTests {
    private func file() -> String { FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString).db").path }

    private func remove(_ path: String) { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }

    static let facts = ModelFacts(
        model: "m", maker: "test", context: 1_000, answerLimit: 100, promptPrice: 200, answerPrice: 900, licence: "none", parameters: 8,
        source: "test", read: "2026-11-29")

    private func request(_ text: String) -> Ledger.Request {
        let prompt = Prompt(
            instructions: "", messages: [.init(role: .data, text: text)], tokenLimit: 10, timeLimit: .seconds(1), seed: 1)
        return Ledger.Request(prompt: prompt, model: "m", destination: "d", amounts: LedgerAmounts(money: 100, tokens: 50, energy: 7))
    }

    private func ledger(_ warehouse: Warehouse, _ owner: String, money: Int64? = nil) -> Ledger {
        Ledger(
            store: WarehouseLedger(warehouse), budget: "job", caps: LedgerCaps(money: money), owner: owner, now: { Timestamp(seconds: 5) })
    }

    static let completion = Completion(text: "駅", ending: .finished, promptTokens: 3, answerTokens: 1, invokedModel: "m", attempts: 1)

    @Test("what is settled is there in the next process, and what was open is lost and counted as a duplicate when asked again")
    func nextProcess() throws {
        let path = file()
        defer { remove(path) }
        let first = try Warehouse(path: path)
        guard case .reserved(let settled) = try ledger(first, "one").begin(request("a")) else { return }
        try ledger(first, "one").settle(settled, Self.completion, used: LedgerAmounts(money: 40, tokens: 4, energy: 1))
        guard case .reserved = try ledger(first, "one").begin(request("b")) else { return }
        first.close()
        let second = try Warehouse(path: path)
        defer { second.close() }
        #expect(try ledger(second, "two").recover() == 1)
        #expect(try ledger(second, "two").begin(request("a")) == .answered(Self.completion))
        guard case .reserved(let again) = try ledger(second, "two").begin(request("b")) else { return }
        let entries = try second.read { try LedgerRows($0).all() }
        #expect(entries.map(\.state) == [.settled, .lost, .open] && entries.map(\.isDuplicate) == [false, false, true])
        #expect(entries.last?.id == again && entries[1].used == LedgerAmounts(money: 100, tokens: 50, energy: 7))
        #expect(try second.read { try LedgerRows($0).counted(budget: "job") }.money == 240)
    }

    @Test("parallel tasks on two connections never pass the cap between them")
    func parallel() async throws {
        let path = file()
        defer { remove(path) }
        let warehouses = [try Warehouse(path: path), try Warehouse(path: path)]
        defer { for warehouse in warehouses { warehouse.close() } }
        let granted = await withTaskGroup(of: Int.self) { group in
            for task in 0..<40 {
                let ledger = ledger(warehouses[task % 2], "process \(task % 2)", money: 1_000)
                let request = request("question \(task)")
                group.addTask { if case .reserved = try? ledger.begin(request) { 1 } else { 0 } }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == 10)
        #expect(try warehouses[0].read { try LedgerRows($0).counted(budget: "job") }.money == 1_000)
    }

    @Test("a transaction that throws leaves nothing behind")
    func atomic() throws {
        let path = file()
        defer { remove(path) }
        let warehouse = try Warehouse(path: path)
        defer { warehouse.close() }
        #expect(throws: Failure.self) {
            try WarehouseLedger(warehouse).transaction { transaction throws(Failure) in
                _ = try transaction.insert(
                    LedgerEntry(
                        key: "k", budget: "job", owner: "o", model: "m", destination: "d", reserved: .zero, reservedAt: Timestamp(seconds: 1),
                        prompt: "{}"))
                throw Failure(.failed, code: "test", what: "stopped")
            }
        }
        #expect(try warehouse.read { try LedgerRows($0).all() }.isEmpty)
    }
}
