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
    private let calls = Mutex<[String: Int]>([:])
    private let delay: Duration

    var prompts: [Prompt] { seen.withLock { $0 } }
    /// Prompts that reached each model.
    var asked: [String: Int] { calls.withLock { $0 } }

    /// - Parameter delay: what an answer takes.
    init(
        _ samples: [(text: String, intent: String)], ledger warehouse: Warehouse, failure: Failure? = nil, delay: Duration = .zero
    ) {
        self.delay = delay
        intents = Dictionary(samples.map { ($0.text, $0.intent) }, uniquingKeysWith: { first, _ in first })
        self.failure = failure
        ledger = Ledger(
            store: WarehouseLedger(warehouse), budget: "support", caps: LedgerCaps(), owner: "test 1 1", now: { Messages.clock })
    }

    func completer(for model: AskedModel) throws(Failure) -> any Completer {
        LedgeredModel(Asked(oracle: self, model: model.bareName), ledger: ledger, facts: .local(model.bareName), pause: {})
    }

    private func answer(_ prompt: Prompt, of model: String) async throws(Failure) -> String {
        seen.withLock { $0.append(prompt) }
        calls.withLock { $0[model, default: 0] += 1 }
        if delay > .zero { try? await Task.sleep(for: delay) }
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
                text: try await oracle.answer(prompt, of: model), ending: .finished, promptTokens: 20, answerTokens: 3, invokedModel: model)
        }
    }
}

/// Counts what a run asks of each model, whether the ledger answers or the model does.
private final class Counting: ModelSupplier {
    private let base: Oracle
    private let calls = Mutex<[String: Int]>([:])

    var asked: [String: Int] { calls.withLock { $0 } }

    init(_ base: Oracle) { self.base = base }

    func completer(for model: AskedModel) throws(Failure) -> any Completer {
        Counted(base: try base.completer(for: model), name: model.bareName, supplier: self)
    }

    private struct Counted: Completer {
        let base: any Completer
        let name: String
        let supplier: Counting
        var family: String { base.family }
        var model: String { base.model }
        var destination: String { base.destination }

        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            supplier.calls.withLock { $0[name, default: 0] += 1 }
            return try await base.completion(of: prompt)
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
        let counting: Counting
        static let canary = "C1186"

        /// - Parameter more: parameters of the stage besides.
        init(asksInTraining: Bool, failure: Failure? = nil, more: String = "") throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "opinion-\(UUID())").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var text = try String(contentsOfFile: "\(Messages.root)/jobs/support.yaml", encoding: .utf8)
            text = text.replacing("../sample-data/support/messages.csv", with: "messages.csv")
                .replacing("../sample-data/", with: "\(Messages.root)/sample-data/")
                .replacing("languages: en ja,", with: "languages: en ja, ask: \"test:small test:large\", ask-above: 0.01,\(more)")
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
            counting = Counting(oracle)
            options.models = counting
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

    /// Keeps as many of the threads that tasks run on busy as the machine has processors, until told, or for five minutes.
    private final class BusyThreads: Sendable {
        private let isOver = Atomic(false)
        private let gaveUp = Atomic(false)

        init() {
            let begun = ContinuousClock.now
            for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
                Task.detached { [self] in
                    while !isOver.load(ordering: .relaxed) {
                        if ContinuousClock.now - begun > .seconds(300) { gaveUp.store(true, ordering: .relaxed) }
                        if gaveUp.load(ordering: .relaxed) { break }
                    }
                }
            }
        }

        /// Whether they were busy all the time.
        func end() -> Bool {
            let wereBusy = !gaveUp.load(ordering: .relaxed)
            isOver.store(true, ordering: .relaxed)
            return wereBusy
        }
    }

    @Test("come although all threads that tasks run on are busy")
    func busy() throws {
        let threads = BusyThreads()
        defer { _ = threads.end() }
        let bank = try Bank(asksInTraining: true)
        defer { bank.remove() }
        #expect(!bank.oracle.prompts.isEmpty)
        #expect(threads.end())
    }

    @Test("that do not come leave the run as it is without them, and the items say so")
    func failing() throws {
        let failure = Failure(.failed, code: "remote.unreachable", what: "nobody is there")
        let bank = try Bank(asksInTraining: false, failure: failure, more: " ask-when: unsure,")
        defer { bank.remove() }
        let items = try bank.warehouse.read { try ReviewStore($0).list(filter: .open, now: Messages.clock, limit: 2_000) }
        let asked = items.compactMap { $0.item.evidence.first { $0.title == "what other models say" } }
        #expect(!asked.isEmpty && asked.allSatisfy { $0.rows.map { $0[1] } == ["no answer", "no answer"] })
        let run = try bank.warehouse.read { try RunStore($0).last(job: "support", statuses: [.done]) }
        #expect(run != nil && bank.oracle.prompts.count % 2 == 0)
        #expect(try bank.replayed().difference == nil)
    }

    @Test("are asked for only where they can change the outcome: fewer calls, the same outcomes")
    func decisive() throws {
        func outcomes(_ bank: Bank) throws -> [String] {
            try bank.warehouse.read { database in
                try String.fetchAll(database, sql: "SELECT outcome || coalesce(cause, '') FROM support_messages_current ORDER BY id")
            }
        }
        let decisive = try Bank(asksInTraining: true)
        defer { decisive.remove() }
        let always = try Bank(asksInTraining: true, more: " ask-when: unsure,")
        defer { always.remove() }
        #expect(try outcomes(decisive) == outcomes(always))
        let needed = decisive.counting.asked, all = always.counting.asked
        #expect((needed["small"] ?? 0) > 0 && (needed["small"] ?? 0) <= (all["small"] ?? 0), "\(needed) of \(all)")
        // The dearer one is asked where the cheaper one did not agree, and nowhere else.
        #expect((all["large"] ?? 0) < (all["small"] ?? 0))
        // A model that the job's own has learnt nothing of can change nothing.
        let untrained = try Bank(asksInTraining: false)
        defer { untrained.remove() }
        #expect(untrained.counting.asked.isEmpty)
        let curious = try Bank(asksInTraining: false, more: " ask-when: unsure,")
        defer { curious.remove() }
        #expect((curious.counting.asked["small"] ?? 0) > 0)
        #expect(try outcomes(untrained) == outcomes(curious))
        #expect(try decisive.replayed().difference == nil)
    }

    @Test("of a model whose agreement would not count, and of one there is no time left for, are not asked for; the item says so")
    func limits() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "limits-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let warehouse = try Warehouse(path: "\(folder)/pipeline.db")
        defer { warehouse.close() }
        let samples = try Messages.samples()
        func asked(_ more: [String: ParameterValue], delay: Duration = .zero) throws -> (Oracle, [[String]]) {
            let stage = try Messages.stage(more.merging(["ask": .text("test:small test:large")]) { own, _ in own })
            try stage.prepare(try Messages.learned(Array(samples.prefix(300))))
            // Knows no message: each answer is "none of these", and the next model is asked.
            let oracle = Oracle([], ledger: warehouse, delay: delay)
            try stage.take(oracle)
            var features = try stage.consume(Messages.stream([("Is there a fee when my card is used abroad in a shop \(more.count)", nil)]))
            #expect(stage.askable == [0])
            stage.ask([0], at: [0], in: &features)
            #expect(Array(features.row(0))[4] == 1)
            return (oracle, stage.evidence(forRow: 0).first { $0.title == "what other models say" }?.rows ?? [])
        }
        let (plain, both) = try asked(["ask-above": .number(0)])
        #expect(plain.asked == ["small": 1, "large": 1] && both.map { $0[1] } == ["none of these", "none of these"])
        let (doubtful, one) = try asked(["ask-above": .number(0), "ask-until": .text("0 1"), "ask-patience": .number(5)])
        #expect(doubtful.asked == ["large": 1] && one.map { $0[0] } == ["test:large"])
        #expect(doubtful.prompts.map(\.timeLimit) == [.seconds(5)])
        let (slow, late) = try asked(["ask-above": .number(0), "ask-within": .number(1)], delay: .milliseconds(1_100))
        #expect(slow.asked == ["small": 1] && late == [["test:small", "none of these"], ["test:large", "no answer"]])
        #expect(throws: Failure.self) { try Messages.stage(["ask": .text("test:a"), "ask-until": .text("0.1 0.2")]) }
        #expect(throws: Failure.self) { try Messages.stage(["ask": .text("test:a"), "ask-until": .text("much")]) }
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
