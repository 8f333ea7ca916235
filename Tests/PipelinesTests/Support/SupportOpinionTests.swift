import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Synchronization
import Testing

/// A supplier whose model knows the intent of every sample message, or never answers; it keeps what it was sent.
private final class Oracle: ModelSupplier {
    private let intents: [String: String]
    private let failure: Failure?
    private let ledger: Ledger
    private let seen = Mutex<[Prompt]>([])

    var prompts: [Prompt] { seen.withLock { $0 } }

    init(_ samples: [(text: String, intent: String)], ledger warehouse: Warehouse, failure: Failure? = nil) {
        intents = Dictionary(samples.map { ($0.text, $0.intent) }, uniquingKeysWith: { first, _ in first })
        self.failure = failure
        ledger = Ledger(
            store: WarehouseLedger(warehouse), budget: "support", caps: LedgerCaps(), owner: "test 1 1", now: { Messages.clock })
    }

    func completer(for model: AskedModel) throws(Failure) -> any Completer {
        LedgeredModel(Asked(oracle: self, model: model.bareName), ledger: ledger, facts: .local(model.bareName), pause: {})
    }

    private func answer(_ prompt: Prompt) throws(Failure) -> String {
        seen.withLock { $0.append(prompt) }
        if let failure { throw failure }
        let text = prompt.messages.last?.text ?? ""
        return intents[text] ?? intents[text + "."] ?? prompt.choices.last ?? ""
    }

    private struct Asked: Completer {
        let family = "test", destination = "here"
        let oracle: Oracle
        let model: String

        init(oracle: Oracle, model: String) { (self.oracle, self.model) = (oracle, model) }

        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            Completion(
                text: try oracle.answer(prompt), ending: .finished, promptTokens: 20, answerTokens: 3, invokedModel: model)
        }
    }
}

@Suite("Second opinions on messages", .serialized) struct SupportOpinionTests {
    /// The shipped job that asks a model, its feed with a canary in some messages, trained and run.
    private struct Bank {
        let folder: String
        let job: Job
        let warehouse: Warehouse
        let ledger: Warehouse
        var oracle: Oracle
        let trained: TrainingReport
        static let canary = "C1186"

        init(asksInTraining: Bool, failure: Failure? = nil) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "opinion-\(UUID())").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var text = try String(contentsOfFile: "\(Messages.root)/jobs/support.yaml", encoding: .utf8)
            text = text.replacing("../sample-data/support/messages.csv", with: "messages.csv")
                .replacing("../sample-data/", with: "\(Messages.root)/sample-data/")
                .replacing("languages: en ja,", with: "languages: en ja, ask: \"test:small test:large\", ask-above: 0.01,")
            // The customer's own number and an address stand in some of the messages too.
            let lines = try String(contentsOfFile: "\(Messages.root)/sample-data/support/messages.csv", encoding: .utf8)
                .split(separator: "\n")
            let edited = lines.enumerated().map { number, line -> String in
                let cells = line.split(separator: ",", maxSplits: 3, omittingEmptySubsequences: false)
                guard number > 0, number % 40 == 1, cells.count == 4, !cells[3].hasPrefix("\"") else { return String(line) }
                return "\(cells[0]),\(cells[1]),\(Self.canary),my number is \(Self.canary) and canary@example.com \(cells[3])"
            }
            try edited.joined(separator: "\n").write(toFile: "\(folder)/messages.csv", atomically: true, encoding: .utf8)
            job = try Job.load(bytes: Array(text.utf8), path: "\(folder)/job.yaml")
            warehouse = try Warehouse(path: "\(folder)/pipeline.db")
            ledger = try Warehouse(path: "\(folder)/pipeline.db")
            oracle = Oracle(try Messages.samples(), ledger: ledger, failure: failure)
            var trainer = Trainer(warehouse: warehouse, environment: .fixed(Messages.clock))
            if asksInTraining { trainer.models = oracle }
            trained = try trainer.train(job)
            var options = RunOptions()
            options.models = oracle
            _ = try Runner(warehouse: warehouse, environment: .fixed(Messages.clock), options: options).run(job)
        }

        func remove() {
            warehouse.close()
            ledger.close()
            try? FileManager.default.removeItem(atPath: folder)
        }

        func replayed() throws -> ReplayReport {
            let scratch = "\(folder)/scratch-\(UUID())"
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
            return try Replayer(warehouse: warehouse, environment: .fixed(Messages.clock)).replay(
                job, asOf: .distantFuture, in: scratch)
        }
    }

    @Test("are asked for masked, in order, count in what is promised, and replay from the ledger to the bit")
    func asked() throws {
        let bank = try Bank(asksInTraining: true)
        defer { bank.remove() }
        let prompts = bank.oracle.prompts
        #expect(!prompts.isEmpty)
        for prompt in prompts {
            #expect(!prompt.recorded.contains(Bank.canary) && !prompt.recorded.contains("canary@example.com"))
            #expect(prompt.messages.last?.role == .data)
        }
        // What was masked is there, so that the canaries were on their way.
        #expect(prompts.contains { $0.recorded.contains("<FIELD_1>") && $0.recorded.contains("<EMAIL_1>") })
        let rates = try [true, false].map { asks in
            if asks { return bank.trained.version.card.fitting?.automatic?.automationRate ?? 0 }
            let plain = try Bank(asksInTraining: false)
            defer { plain.remove() }
            return plain.trained.version.card.fitting?.automatic?.automationRate ?? 0
        }
        #expect(rates[0] > rates[1], "\(rates)")
        #expect(try bank.replayed().difference == nil)
        try bank.warehouse.write { try $0.execute(sql: "DELETE FROM pipeline_ledger") }
        #expect(try bank.replayed().difference != nil)
    }

    @Test("that do not come leave the run as it is without them, and the items say so")
    func failing() throws {
        let failure = Failure(.failed, code: "remote.unreachable", what: "nobody is there")
        let bank = try Bank(asksInTraining: false, failure: failure)
        defer { bank.remove() }
        let items = try bank.warehouse.read { try ReviewStore($0).list(filter: .open, now: Messages.clock, limit: 2_000) }
        let asked = items.compactMap { $0.item.evidence.first { $0.title == "what other models say" } }
        #expect(!asked.isEmpty && asked.allSatisfy { $0.rows.map { $0[1] } == ["no answer", "no answer"] })
        let run = try bank.warehouse.read { try RunStore($0).last(job: "support", statuses: [.done]) }
        #expect(run != nil && bank.oracle.prompts.count % 2 == 0)
        #expect(try bank.replayed().difference == nil)
    }

    @Test("a personal message column, and a model outside the regions allowed, are refused")
    func refused() throws {
        let personal = Schema([Field("message", .string, personal: true), Field("intent", .string, optional: true)])
        #expect(throws: Failure.self) {
            try SupportStage(configuration: Messages.configuration(["ask": .text("test:a")]), schema: personal)
        }
        func stage(_ model: String) throws {
            _ = try Messages.stage([
                "ask": .text(model), "ask-region": .text("ap-northeast-1"), "ask-regions": .text("ap-northeast-1 ap-northeast-3"),
            ])
        }
        try stage("bedrock:jp.anthropic.claude-haiku-4-5-20251001-v1:0")
        #expect(throws: Failure.self) { try stage("bedrock:global.anthropic.claude-haiku-4-5-20251001-v1:0") }
        #expect(throws: Failure.self) { try stage("bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0") }
    }
}
