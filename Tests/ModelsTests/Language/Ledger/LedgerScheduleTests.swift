import Models
import Records
import Synchronization
import Testing

/// One program that asks models through the ledger, as far as the network is concerned: parallel tasks, interleaved by chance, and a process that may
/// end at any point. The provider keeps its own books.
struct LedgerWorld {
    /// What a task does next.
    enum Step { case begin, call(Int64), settle(Int64, Completion), done }

    let caps: LedgerCaps
    let store: any LedgerStore
    var random: SeededRandom
    let requests: [Ledger.Request]
    var steps: [Step]
    var process = 0
    var billed = LedgerAmounts.zero
    var callsByKey: [String: Int] = [:]
    var refused = 0
    /// What sends of a task's call before the last one may have used.
    var earlier: [LedgerAmounts]
    /// Whether a send after one that may have been billed is reserved before it is made.
    var reservesRepetitions = true

    static let facts = ModelFacts(
        model: "m", maker: "test", context: 1_000, answerLimit: 100, promptPrice: 200, answerPrice: 900, licence: "none", parameters: 8,
        source: "test", read: "2026-11-29")

    init(seed: UInt64, store: any LedgerStore, tasks: Int = 6) {
        random = SeededRandom(seed)
        self.store = store
        let prices = Int64(random.below(5) + 1) * 150_000
        caps = LedgerCaps(money: prices, tokens: random.below(2) == 0 ? nil : Int64(random.below(1_200)))
        // Fewer prompts than tasks: some ask the same.
        var generator = random
        let prompts = (0..<tasks).map { _ in
            Prompt(
                instructions: "", messages: [.init(role: .task, text: "question \(generator.below(tasks - 2))")],
                tokenLimit: 40, timeLimit: .seconds(600), seed: 1)
        }
        random = generator
        requests = prompts.map { prompt in
            let bound = TokenBound(prompt)
            return Ledger.Request(
                prompt: prompt, model: "m", destination: "test",
                amounts: Self.facts.amounts(promptTokens: bound.promptTokens, answerTokens: bound.answerTokens))
        }
        steps = prompts.map { _ in .begin }
        earlier = prompts.map { _ in .zero }
    }

    var ledger: Ledger {
        Ledger(store: store, budget: "job", caps: caps, owner: "process \(process)", now: { Timestamp(seconds: 1_000) })
    }

    var isDone: Bool { steps.allSatisfy { if case .done = $0 { true } else { false } } }

    /// One step of one task, or the end of the process and the start of the next.
    mutating func advance() throws {
        if random.below(12) == 0 {
            process += 1
            try ledger.recover()
            for task in steps.indices { if case .done = steps[task] { continue } else { steps[task] = .begin } }
            earlier = steps.map { _ in .zero }
            return
        }
        let task = random.below(steps.count)
        switch steps[task] {
        case .done: break
        case .begin: try begin(task)
        case .call(let id):
            let bound = TokenBound(requests[task].prompt)
            let completion = Completion(
                text: "answer", ending: .finished, promptTokens: 1 + random.below(bound.promptTokens),
                answerTokens: random.below(bound.answerTokens + 1), invokedModel: "m", attempts: 1)
            // The provider has done the work, whatever becomes of the answer.
            billed = billed + Self.facts.amounts(promptTokens: completion.promptTokens, answerTokens: completion.answerTokens)
            if random.below(6) == 0 { return try again(task, id) }
            callsByKey[requests[task].key, default: 0] += 1
            if random.below(10) == 0 {
                try ledger.fail(id, code: "remote.cut", mayBeBilled: true)
                steps[task] = .done
            } else {
                steps[task] = .settle(id, completion)
            }
        case .settle(let id, let completion):
            let used = Self.facts.amounts(promptTokens: completion.promptTokens, answerTokens: completion.answerTokens)
            try ledger.settle(id, completion, used: used + earlier[task])
            steps[task] = .done
        }
    }

    /// The answer was lost on its way: the call is sent again, if the budget covers that.
    private mutating func again(_ task: Int, _ id: Int64) throws {
        guard reservesRepetitions else { return }
        do throws(Failure) {
            try ledger.extend(id, by: requests[task].amounts)
            earlier[task] = earlier[task] + requests[task].amounts
        } catch {
            guard error.code == "language.budget" else { throw error }
            try ledger.fail(id, code: error.code, mayBeBilled: true)
            steps[task] = .done
        }
    }

    private mutating func begin(_ task: Int) throws {
        do throws(Failure) {
            switch try ledger.begin(requests[task]) {
            case .answered: steps[task] = .done
            case .pending: break
            case .reserved(let id): steps[task] = .call(id)
            }
        } catch {
            guard error.code == "language.budget" else { throw error }
            refused += 1
            steps[task] = .done
        }
    }
}

/// SplitMix64: the same schedule for the same seed.
struct SeededRandom {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ value >> 31) % UInt64(limit))
    }
}

@Suite struct LedgerScheduleTests {
    @Test("10,000 random schedules of parallel calls and crashes never pass a cap, and every call beyond the first is counted")
    func schedules() throws {
        var refused = 0, lost = 0, repeated = 0
        for seed in 0..<10_000 {
            let store = MemoryLedgerStore()
            var world = LedgerWorld(seed: UInt64(seed), store: store)
            var steps = 0
            while !world.isDone, steps < 2_000 {
                try world.advance()
                steps += 1
                let counted = store.all.reduce(LedgerAmounts.zero) { $0 + $1.counted }
                // What the provider bills is what was used, or is still reserved.
                try #require(world.billed.money <= counted.money && counted.money <= (world.caps.money ?? .max), "seed \(seed)")
                try #require(world.billed.tokens <= counted.tokens && counted.tokens <= (world.caps.tokens ?? .max), "seed \(seed)")
            }
            try #require(world.isDone, "seed \(seed)")
            for (key, calls) in world.callsByKey {
                let entries = store.all.filter { $0.key == key }
                let settled = entries.count { $0.state == .settled }
                let (missing, failed) = (entries.count { $0.state == .lost }, entries.count { $0.state == .failed })
                // Each crash costs at most one more call, and each of those is marked.
                try #require(settled <= 1 && calls <= settled + missing + failed, "seed \(seed)")
                if missing > 0, let last = entries.last(where: { $0.state != .lost }) {
                    let isAfter = entries.contains { $0.state == .lost && $0.id < last.id }
                    try #require(last.isDuplicate == isAfter, "seed \(seed)")
                }
                if calls > 1 { repeated += 1 }
            }
            lost += store.all.count { $0.state == .lost }
            refused += world.refused
        }
        // The schedules do reach what they are for.
        #expect(refused > 1_000 && lost > 1_000 && repeated > 100, "\(refused) \(lost) \(repeated)")
    }

    @Test("a ledger that reserves nothing is caught by the same check")
    func negativeControl() throws {
        var passed = 0
        for seed in 0..<200 {
            let store = ForgetfulStore()
            var world = LedgerWorld(seed: UInt64(seed), store: store, tasks: 24)
            var steps = 0
            while !world.isDone, steps < 2_000, world.billed.money <= world.caps.money ?? .max {
                try world.advance()
                steps += 1
            }
            if world.billed.money > world.caps.money ?? .max { passed += 1 }
        }
        #expect(passed > 0)
    }

    @Test("a client that sends again without reserving is caught by the same check")
    func unreservedRepetitions() throws {
        let passed = try (0..<500).contains { seed in
            let store = MemoryLedgerStore()
            var world = LedgerWorld(seed: UInt64(seed), store: store)
            world.reservesRepetitions = false
            var steps = 0
            while !world.isDone, steps < 2_000 {
                try world.advance()
                steps += 1
                if world.billed.money > store.all.reduce(LedgerAmounts.zero, { $0 + $1.counted }).money { return true }
            }
            return false
        }
        #expect(passed)
    }

    /// Counts what is settled and not what is open: the mistake of checking a budget without reserving.
    private final class ForgetfulStore: LedgerStore {
        private let inner = MemoryLedgerStore()

        func transaction<Value: Sendable>(_ work: (any LedgerTransaction) throws(Failure) -> Value) throws(Failure) -> Value {
            try inner.transaction { transaction throws(Failure) in try work(Forgetful(inner: transaction)) }
        }

        private struct Forgetful: LedgerTransaction {
            let inner: any LedgerTransaction

            func counted(budget: String) throws(Failure) -> LedgerAmounts {
                let open = try inner.open().reduce(LedgerAmounts.zero) { $0 + $1.reserved }
                let all = try inner.counted(budget: budget)
                return LedgerAmounts(money: all.money - open.money, tokens: all.tokens - open.tokens, energy: all.energy - open.energy)
            }
            func settled(key: String) throws(Failure) -> LedgerEntry? { try inner.settled(key: key) }
            func entry(key: String, in state: LedgerEntry.State) throws(Failure) -> LedgerEntry? { try inner.entry(key: key, in: state) }
            func entry(_ id: Int64) throws(Failure) -> LedgerEntry? { try inner.entry(id) }
            func open() throws(Failure) -> [LedgerEntry] { try inner.open() }
            func insert(_ entry: LedgerEntry) throws(Failure) -> Int64 { try inner.insert(entry) }
            func update(_ entry: LedgerEntry) throws(Failure) { try inner.update(entry) }
        }
    }
}

@Suite struct LedgeredModelTests {
    /// Answers what it is told, and counts.
    final class Scripted: Completer {
        let family = "scripted", model = "m", destination = "test"
        private let calls = Mutex(0)
        let answer: @Sendable (Int) -> Result<Completion, Failure>
        var count: Int { calls.withLock { $0 } }

        init(_ answer: @escaping @Sendable (Int) -> Result<Completion, Failure>) { self.answer = answer }

        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            let number = calls.withLock {
                $0 += 1
                return $0
            }
            try? await Task.sleep(for: .milliseconds(2))
            return try answer(number).get()
        }
    }

    static let completion = Completion(
        text: "yes", ending: .finished, promptTokens: 10, answerTokens: 2, latency: .seconds(1), invokedModel: "m-1",
        tokens: [.init(text: "yes", logProbability: -0.25)], attempts: 2)

    static func prompt(_ text: String = "q") -> Prompt {
        Prompt(instructions: "i", messages: [.init(role: .data, text: text)], tokenLimit: 10, timeLimit: .seconds(600), seed: 1)
    }

    private func ledgered(_ base: any Completer, _ store: any LedgerStore, caps: LedgerCaps = LedgerCaps()) -> LedgeredModel {
        LedgeredModel(
            base, ledger: Ledger(store: store, budget: "job", caps: caps, owner: "one", now: { Timestamp(seconds: 5) }),
            facts: LedgerWorld.facts,
            pause: { try? await Task.sleep(for: .milliseconds(1)) })
    }

    @Test("the same prompt is asked once, by 20 tasks at the same time too, and a replay needs no model")
    func once() async throws {
        let store = MemoryLedgerStore()
        let base = Scripted { _ in .success(Self.completion) }
        let model = ledgered(base, store)
        let texts = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try? await model.completion(of: Self.prompt()).text } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(texts == Array(repeating: "yes", count: 20) && base.count == 1)
        let replayed = try await RecordedModel(model: "m", store: store).completion(of: Self.prompt())
        #expect(replayed.text == "yes" && replayed.tokens == Self.completion.tokens && replayed.attempts == 0)
        await #expect(throws: Failure.self) { try await RecordedModel(model: "m", store: store).completion(of: Self.prompt("other")) }
        await #expect(throws: Failure.self) { try await RecordedModel(model: "other", store: store).completion(of: Self.prompt()) }
        #expect(store.all[0].used == LedgerWorld.facts.amounts(promptTokens: 10, answerTokens: 2))
    }

    @Test("another temperature, seed, schema, model or setting is another question; another time limit is not")
    func keys() {
        let base = Self.prompt()
        var others = Array(repeating: base, count: 4)
        others[0].temperature = 0.5
        others[1].seed = 2
        others[2].schema = .object([])
        others[3].messages[0].role = .task
        let keys =
            others.map { $0.ledgerKey(model: "m", settings: "") } + [
                base.ledgerKey(model: "n", settings: ""), base.ledgerKey(model: "m", settings: "g"),
            ]
        #expect(Set(keys + [base.ledgerKey(model: "m", settings: "")]).count == 7)
        var slower = base
        slower.timeLimit = .seconds(9)
        #expect(slower.ledgerKey(model: "m", settings: "") == base.ledgerKey(model: "m", settings: ""))
    }

    @Test("a failure that cost nothing frees what was reserved, one that may have been billed keeps it, and both can be asked again")
    func failures() async throws {
        let store = MemoryLedgerStore()
        let codes = ["remote.throttled", "remote.cut"]
        let base = Scripted { number in
            number <= 2 ? .failure(Failure(.tryAgain, code: codes[number - 1], what: "no")) : .success(Self.completion)
        }
        let model = ledgered(base, store)
        for _ in 0..<2 { await #expect(throws: Failure.self) { try await model.completion(of: Self.prompt()) } }
        #expect(try await model.completion(of: Self.prompt()).text == "yes")
        #expect(store.all.map(\.state) == [.failed, .failed, .settled])
        #expect(store.all[0].used == .zero && store.all[1].used == store.all[1].reserved)
    }

    @Test(
        "a cap of money, tokens or energy refuses the call before it is made",
        arguments: [
            LedgerCaps(money: 100), LedgerCaps(tokens: 20), LedgerCaps(energy: 10),
        ])
    func caps(_ caps: LedgerCaps) async {
        let base = Scripted { _ in .success(Self.completion) }
        let model = ledgered(base, MemoryLedgerStore(), caps: caps)
        do throws(Failure) {
            _ = try await model.completion(of: Self.prompt())
            Issue.record("not refused")
        } catch {
            #expect(error.code == "language.budget")
        }
        #expect(base.count == 0)
    }

    @Test("an entry is settled once, by its own process, and a lost one not at all")
    func owners() throws {
        let store = MemoryLedgerStore()
        func ledger(_ owner: String) -> Ledger {
            Ledger(store: store, budget: "job", caps: LedgerCaps(), owner: owner, now: { Timestamp(seconds: 5) })
        }
        let request = Ledger.Request(prompt: Self.prompt(), model: "m", destination: "d", amounts: LedgerAmounts(tokens: 9))
        guard case .reserved(let id) = try ledger("one").begin(request) else { return }
        #expect(throws: Failure.self) { try ledger("two").settle(id, Self.completion, used: .zero) }
        #expect(try ledger("two").begin(request) == .pending)
        #expect(try ledger("two").recover { $0 == "one" } == 0)
        #expect(try ledger("two").recover() == 1)
        #expect(throws: Failure.self) { try ledger("one").settle(id, Self.completion, used: .zero) }
        #expect(store.all[0].state == .lost && store.all[0].used == LedgerAmounts(tokens: 9))
    }
}
