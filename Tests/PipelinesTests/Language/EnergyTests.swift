import Foundation
import Models
import Pipelines
import Records
import Synchronization
import Testing

@Suite("Energy that this machine measures") struct EnergyTests {
    /// A folder like Linux's powercap: two packages, and a part of one that must not be counted again.
    private struct Fake {
        let root = FileManager.default.temporaryDirectory.appending(path: "powercap-\(UUID())").path

        init(range: UInt64 = 1_000_000_000) throws {
            for name in ["intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0", "dtpm"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
                try "\(range)\n".write(toFile: "\(root)/\(name)/max_energy_range_uj", atomically: false, encoding: .utf8)
                try set(name, 0)
            }
        }

        func set(_ name: String, _ value: UInt64) throws {
            try "\(value)\n".write(toFile: "\(root)/\(name)/energy_uj", atomically: false, encoding: .utf8)
        }

        func remove() { try? FileManager.default.removeItem(atPath: root) }
    }

    @Test("packages are added up, their parts are not, and a counter that began again goes on")
    func counters() throws {
        let fake = try Fake(range: 1_000)
        defer { fake.remove() }
        try fake.set("intel-rapl:0", 900)
        let meter = try #require(PowercapMeter(root: fake.root))
        #expect(meter.microjoules() == 0)
        try fake.set("intel-rapl:0", 950)
        try fake.set("intel-rapl:1", 7)
        try fake.set("intel-rapl:0:0", 500)
        #expect(meter.microjoules() == 57)
        try fake.set("intel-rapl:0", 20)
        #expect(meter.microjoules() == 57 + 70)
        try FileManager.default.removeItem(atPath: "\(fake.root)/intel-rapl:1/energy_uj")
        #expect(meter.microjoules() == nil)
        #expect(PowercapMeter(root: "/nowhere") == nil)
        var environment = Records.Environment.fixed(Timestamp(.init(year: 2026, month: 5, day: 1)))
        environment.variables["PIPELINE_POWERCAP"] = "/nowhere"
        #expect(PowercapMeter(environment: environment) == nil)
    }

    /// Uses energy while it answers.
    private struct Burning: Completer {
        let family = "test", model = "m", destination = "127.0.0.1:1"
        let fake: Fake
        let spent: @Sendable () -> UInt64

        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            do { try fake.set("intel-rapl:0", spent()) } catch {}
            return Completion(text: "yes", ending: .finished, promptTokens: 20, answerTokens: 30, invokedModel: model)
        }
    }

    private static func line(_ account: EnergyAccount?, fake: Fake, facts: ModelFacts = .local("m")) async throws -> CostReport.Line {
        let store = MemoryLedgerStore(), spent = Mutex<UInt64>(0)
        let ledger = Ledger(
            store: store, budget: "job", caps: LedgerCaps(), owner: "host 1 1", now: { Timestamp(.init(year: 2026, month: 5, day: 1)) })
        let base = Burning(fake: fake) {
            spent.withLock { sum in
                sum += 7_200_000
                return sum
            }
        }
        let model = LedgeredModel(base, ledger: ledger, facts: facts, energy: account, pause: {})
        for question in ["a", "b"] {
            _ = try await model.completion(
                of: Prompt(
                    instructions: "", messages: [.init(role: .task, text: question)], tokenLimit: 30, timeLimit: .seconds(5), seed: 1))
        }
        return try #require(CostReport(store.all).lines.first)
    }

    @Test(
        "of a model on this machine it is in the ledger and the report as measured; without counters, or of another machine, as estimated")
    func report() async throws {
        let fake = try Fake()
        defer { fake.remove() }
        let account = EnergyAccount(try #require(PowercapMeter(root: fake.root)))
        let measured = try await Self.line(account, fake: fake)
        // 7.2 J a call are 2 mWh.
        #expect(measured.used.energy == 4_000 && measured.measuredEnergy == 4_000 && measured.energySource == "RAPL")
        #expect(abs(measured.energy.lowerBound - 0.0024) < 1e-9 && abs(measured.energy.upperBound - 0.0056) < 1e-9)
        let estimated = try await Self.line(nil, fake: fake)
        #expect(estimated.energySource == "estimate" && estimated.used.energy != 4_000 && estimated.measuredEnergy == 0)
        let remote = try #require(ModelRegistry.bundled.models.first { $0.place == .remote })
        #expect(try await Self.line(account, fake: fake, facts: remote).energySource == "estimate")
    }
}
