import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Testing

@Suite struct WarehouseLedgerTests {
    private func file() -> String { FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString).db").path }

    private func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

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
                        key: "k", budget: "job", owner: "o", model: "m", destination: "d", reserved: .zero,
                        reservedAt: Timestamp(seconds: 1),
                        prompt: "{}"))
                throw Failure(.failed, code: "test", what: "stopped")
            }
        }
        #expect(try warehouse.read { try LedgerRows($0).all() }.isEmpty)
    }
}

@Suite struct CostReportTests {
    private func entry(_ state: LedgerEntry.State, _ model: String, money: Int64, day: Int, isDuplicate: Bool = false) -> LedgerEntry {
        let completion = Completion(
            text: "", ending: .finished, promptTokens: 1_000, answerTokens: 100, invokedModel: model, attempts: 1)
        return LedgerEntry(
            key: "k", budget: "job", owner: "o", model: model, destination: "bedrock:ap-northeast-1", state: state,
            reserved: LedgerAmounts(money: 9), used: LedgerAmounts(money: money, tokens: 1_100, energy: 1_000_000),
            reservedAt: Timestamp(.init(year: 2026, month: 11, day: day)), prompt: "{}",
            answer: state == .settled ? completion.recorded : nil,
            isDuplicate: isDuplicate)
    }

    @Test("calls are summed by month and model, energy and carbon are ranges, and the saving is against the dearest model used")
    func lines() throws {
        let (small, large) = ("meta.llama4-scout-17b-instruct-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0")
        let report = CostReport([
            entry(.settled, small, money: 236_000, day: 1), entry(.lost, small, money: 9, day: 2),
            entry(.settled, small, money: 236_000, day: 3, isDuplicate: true), entry(.settled, large, money: 4_500_000, day: 4),
            entry(.open, small, money: 0, day: 5),
        ])
        #expect(report.lines.map(\.model) == [large, small])
        let line = report.lines[1]
        #expect(line.month == "2026-11" && line.calls == 3 && line.lost == 1 && line.duplicates == 1 && line.used.money == 472_009)
        // Two answers of 1,000 and 100 tokens at 3 and 15 dollars a million.
        #expect(line.atDearest == 2 * 4_500_000)
        #expect(abs(line.energy.lowerBound - 1.2) < 1e-9 && abs(line.energy.upperBound - 7.5) < 1e-9)
        #expect(abs(line.carbon.upperBound - 7.5 * 0.47726) < 1e-9)
        let billed = try report.reconciled(bill: "month,model,usd\n2026-11,\(large),0.005\n", path: "bill.csv")
        #expect(billed[0].difference == 500_000)
        #expect(throws: Failure.self) { try report.reconciled(bill: "month,usd\n", path: "bill.csv") }
        #expect(throws: Failure.self) { try report.reconciled(bill: "month,model,usd\n2026-11,x,many\n", path: "bill.csv") }
    }
}
