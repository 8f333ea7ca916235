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
        #expect(line.saved == line.atDearest - 472_009 && report.lines[0].saved == 0 && report.dearest == large)
    }

    private func bill(_ text: String) throws -> BillFile {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("bill-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try BillFile(path: path, text: text)
    }

    @Test("a bill is set beside the ledger, whatever it calls months, models and dollars; what one of the two lacks is a line too")
    func bills() throws {
        let (small, large) = ("us.meta.llama4-scout-17b-instruct-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0")
        let report = CostReport([entry(.settled, small, money: 236_000, day: 1), entry(.settled, large, money: 4_500_000, day: 4)])
        let billed = report.reconciled(
            try bill(
                """
                Date,Item,Cost
                2026-11-03,Claude Sonnet 4.5 input tokens,0.003
                2026-11-04,"Claude Sonnet 4.5, output tokens",$0.002
                2026-11-04,meta.llama4-scout-17b-instruct-v1:0,0.000236
                2026-11-04,Claude Sonnet 4,1.5
                2026-10-01,"Llama 4 Scout 17B",0.1

                """))
        #expect(billed.map(\.month) == ["2026-10", "2026-11", "2026-11", "2026-11"])
        #expect(billed.map(\.model) == [small, "Claude Sonnet 4", large, small])
        #expect(billed.map(\.difference) == [100_000_000, 1_500_000_000, 500_000, 0])
        #expect(billed[2].billLines == 2)
        #expect(throws: Failure.self) { try bill("month,usd\n2026-11,1\n") }
        #expect(throws: Failure.self) { try bill("month,model,usd\n2026-11,x,many\n") }
        #expect(throws: Failure.self) { try bill("month,model,usd\nNovember,x,1\n") }
    }

    @Test(
        "the words of a bill mean the model they tell most closely, and no other",
        arguments: [
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
            ("USE1-NovaLite-input-tokens", "amazon.nova-lite-v1:0"), ("Claude 3.5 Haiku", "anthropic.claude-3-5-haiku-20241022-v1:0"),
            ("Claude Haiku 4.5", "anthropic.claude-haiku-4-5-20251001-v1:0"),
            ("Claude Sonnet 4", "anthropic.claude-sonnet-4-20250514-v1:0"),
            ("Claude Sonnet 4.6", "anthropic.claude-sonnet-4-6"), ("Titan Embed Text V2", "amazon.titan-embed-text-v2:0"),
            ("Claude Opus 9", nil), ("Nova", nil),
        ])
    func names(_ billed: String, model: String?) {
        #expect(ModelNames.match(billed, among: ModelRegistry.bundled.models.map(\.model)) == model)
    }
}

@Suite struct TransferRegisterTests {
    private func entry(_ destination: String, _ model: String, day: Int) -> LedgerEntry {
        LedgerEntry(
            key: "k\(day)", budget: "job", owner: "o", model: model, destination: destination, state: .failed, reserved: .zero,
            reservedAt: Timestamp(.init(year: 2026, month: 11, day: day)), prompt: "{}")
    }

    @Test("every call to another's machine is in the register, with country, recipient and basis; one abroad without a basis is named")
    func lines() {
        let entries = [
            entry("bedrock:us-east-1", "amazon.nova-lite-v1:0", day: 3), entry("bedrock:us-east-1", "amazon.nova-lite-v1:0", day: 1),
            entry("bedrock:ap-northeast-1", "amazon.nova-lite-v1:0", day: 2), entry("127.0.0.1:8080", "smollm2", day: 2),
            entry("api.example.com", "gpt", day: 4), entry("here", "recorded", day: 5),
        ]
        let register = TransferRegister(entries, basis: ["US": "consent"]) { $0.hasPrefix("127.") }
        #expect(register.lines.map(\.entry.country) == ["JP", "US", "unknown"] && register.lines.map(\.entry.calls) == [1, 2, 1])
        #expect(register.lines[1].entry.basis == "consent" && register.lines[1].first < register.lines[1].last)
        #expect(register.withoutBasis(home: "JP").map(\.destination) == ["api.example.com"])
        #expect(TransferRegister(entries, basis: ["*": "contract"]) { _ in false }.withoutBasis(home: "JP").isEmpty)
    }
}

@Suite struct RetiringModelsTests {
    static let now = Timestamp(.init(year: 2027, month: 2, day: 1))

    @Test("models that end within the days are named, the soonest first; unknown ones too, but not routers")
    func endings() {
        let uses = [
            "us.meta.llama4-scout-17b-instruct-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-lite-v1:0", "meta.lama4",
        ]
        .map { RetiringModels.Use(job: "j", model: $0) }
        let router = RetiringModels.Use(job: "j", model: "arn:aws:bedrock:us-east-1:1:default-prompt-router/meta.llama:1")
        let checked = RetiringModels(uses + [router], at: Self.now, days: 90)
        #expect(checked.endings.map(\.daysLeft) == [57, 66] && checked.unknown.map(\.model) == ["meta.lama4"])
        #expect(RetiringModels(uses, at: Self.now, days: 30).endings.isEmpty)
    }

    @Test("each opens one item that a person accepts, however often it is checked")
    func items() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ending-\(UUID().uuidString).db").path
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let warehouse = try Warehouse(path: path)
        defer { warehouse.close() }
        let checked = RetiringModels(
            [RetiringModels.Use(job: "support", model: "us.meta.llama4-scout-17b-instruct-v1:0")], at: Self.now, days: 90)
        let first = try warehouse.write(durable: true) { try checked.open(in: $0, at: Self.now) }
        let second = try warehouse.write(durable: true) { try checked.open(in: $0, at: Self.now) }
        #expect(first == 1 && second == 0)
        let item = try #require(try warehouse.read { try ReviewItem.fetchAll($0, sql: "SELECT * FROM pipeline_review_items") }.first)
        #expect(item.queue == "models" && item.kind == .control && item.job == "support" && item.reasons[0].contains("2027-03-30"))
        let choices = try warehouse.read { try ReviewChoices.of(item, in: $0) }
        #expect(choices.outcomes == ["accept", "reject", "wait"])
    }
}
