import Connectors
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite struct RunStoreTests {
    @Test("a run comes back as it was written, and the newest is listed first")
    func roundTrip() throws {
        let fixture = try WarehouseFixture()
        var run = fixture.run
        #expect(run.id == 1)
        run.status = .done
        run.counts.read = 10
        run.counts.accepted = 9
        run.counts.rejected = 1
        run.counts.late = 2
        run.counts.unchanged = 3
        run.counts.corrected = 4
        run.counts.reviewItems = 5
        run.counts.labelsRead = 6
        run.outcomes = [.init(name: "review", rows: 5), .init(name: "clear", rows: 4)]
        (run.watermark, run.stateBytes, run.head) = (.at(-1), 1_234, "0:" + AuditEntry.genesis)
        let other = WarehouseFixture.newRun()
        try fixture.warehouse.write { (database) throws -> Void in
            try RunStore(database).update(run)
            _ = try RunStore(database).create(other)
        }
        try fixture.warehouse.read { (database) throws -> Void in
            let store = RunStore(database)
            #expect(try store.run(1) == run)
            #expect(try store.list().map(\.id) == [2, 1])
            #expect(try store.list(job: "other").isEmpty)
            #expect(try store.unfinished(job: "card-fraud")?.id == 2)
            #expect(try store.last(job: "card-fraud", statuses: [.done, .held])?.id == 1)
            #expect(throws: Failure.runMissing(9)) { try store.run(9) }
        }
    }

    @Test("attempts and files come back in order; files of a discarded run count as new")
    func attemptsAndFiles() throws {
        let fixture = try WarehouseFixture()
        try fixture.warehouse.write { (database) throws -> Void in
            let store = RunStore(database)
            var attempt = try store.begin(RunAttempt(run: 1, started: .at(0), process: 42, host: "h"))
            (attempt.ended, attempt.ending, attempt.rows, attempt.seconds) = (.at(1), "stopped", 7, 1.5)
            (attempt.cpuSeconds, attempt.peakBytes) = (1.25, 1 << 20)
            try store.end(attempt)
            #expect(try store.attempts(run: 1) == [attempt])
            var file = try store.add(
                RunFile(
                    run: 1, job: "card-fraud", feed: "transactions", position: 0, name: "a.csv", path: "/x/a.csv", digest: "d", bytes: 9))
            (file.rowsRead, file.rowsRejected) = (3, 1)
            try store.finish(file)
            #expect(try store.files(run: 1) == [file])
            #expect(try store.file(job: "card-fraud", feed: "transactions", digest: "d") == file)
            #expect(try store.file(job: "card-fraud", feed: "transactions", digest: "e") == nil)
            try database.execute(sql: "UPDATE pipeline_runs SET status = 'discarded'")
            #expect(try store.file(job: "card-fraud", feed: "transactions", digest: "d") == nil)
        }
    }
}

@Suite struct RejectStoreTests {
    @Test("rejects come back with their bytes, filtered by run and code")
    func roundTrip() throws {
        let fixture = try WarehouseFixture()
        func reject(_ row: Int64, _ code: Reject.Code, _ raw: [UInt8]) -> Reject {
            Reject(
                file: "a.csv", line: row + 1, offset: row * 10, row: row, column: code == .type ? "amount" : nil, code: code, found: "x",
                expected: "a number", raw: raw)
        }
        let rejects = [reject(1, .type, [0, 0xFF, 10]), reject(2, .fieldCount, []), reject(3, .type, [65])]
        try fixture.warehouse.write { try RejectStore($0).insert(rejects, run: 1, feed: "transactions") }
        try fixture.warehouse.read { (database) throws -> Void in
            let store = RejectStore(database)
            #expect(try store.list().map(\.reject) == rejects)
            #expect(try store.list(run: 1, code: .type, limit: 1).map(\.reject) == [rejects[0]])
            #expect(try store.list(run: 2).isEmpty)
            #expect(try store.counts(run: 1).map { "\($0.code) \($0.count)" } == ["type 2", "field-count 1"])
        }
    }
}

@Suite struct LabelStoreTests {
    @Test("labels come in the order of known time, each once, however they are cut, and none before it is known")
    func progressive() throws {
        let fixture = try WarehouseFixture()
        var generator = SeededGenerator(seed: 5)
        let facts = (0..<200).map { number in
            LabelFact(
                job: number % 10 == 0 ? "other" : "card-fraud", key: "k\(number)", isPositive: number % 3 == 0,
                known: .at(Int64(generator.next() % 20)), run: 1)
        }
        try fixture.warehouse.write { try LabelStore($0).insert(facts) }
        let expected = facts.enumerated().filter { $0.element.job == "card-fraud" && $0.element.known <= .at(15) }
            .sorted { ($0.element.known, $0.offset) < ($1.element.known, $1.offset) }.map(\.element.event)
        try fixture.warehouse.read { (database) throws -> Void in
            let store = LabelStore(database)
            for limit in [1, 7, 1_000] {
                var found: [LabelEvent] = []
                var cursor = LabelStore.Cursor.start
                for day in stride(from: Int64(0), through: 15, by: 5) {
                    while true {
                        let (events, next) = try store.events(job: "card-fraud", after: cursor, knownBy: .at(day), limit: limit)
                        #expect(events.count <= limit && events.allSatisfy { $0.known <= .at(day) })
                        guard !events.isEmpty else { break }
                        found += events
                        cursor = next
                    }
                }
                #expect(found == expected)
            }
        }
    }

    @Test("the latest label of a row is the last known by then")
    func latest() throws {
        let fixture = try WarehouseFixture()
        try fixture.warehouse.write { (database) throws -> Void in
            let store = LabelStore(database)
            try store.insert([
                LabelFact(job: "j", key: "k", isPositive: false, known: .at(5), run: 1),
                LabelFact(job: "j", key: "k", isPositive: true, known: .at(2), run: 1),
                LabelFact(job: "j", key: "k", isPositive: true, known: .at(5), run: 1),
            ])
            #expect(try store.latest(job: "j", key: "k", asOf: .at(1)) == nil)
            #expect(try store.latest(job: "j", key: "k", asOf: .at(4))?.id == 2)
            #expect(try store.latest(job: "j", key: "k", asOf: .at(5))?.id == 3)
            #expect(try store.history(job: "j", key: "k").map(\.id) == [2, 1, 3])
        }
    }
}

@Suite struct ListStoreTests {
    @Test("a list holds what was known, and its digest tells every change of it")
    func asOf() throws {
        let fixture = try WarehouseFixture()
        try fixture.warehouse.write { (database) throws -> Void in
            let store = ListStore(database)
            try store.insert(
                [.init("t2", known: .at(1)), .init("t1", known: .at(2)), .init("t2", known: .at(3)), .init("t3", known: .at(4))],
                job: "j", list: "blocked", run: 1)
            #expect(
                try store.entries(job: "j", list: "blocked", knownBy: .at(3)) == [.init("t1", known: .at(2)), .init("t2", known: .at(1))])
            let before = try store.digest(job: "j", list: "blocked", knownBy: .at(3))
            #expect(before.count == 64)
            #expect(try store.digest(job: "j", list: "blocked", knownBy: .at(2)) == before)
            #expect(try store.digest(job: "j", list: "blocked", knownBy: .at(4)) != before)
            for change in ["entry = 't9' WHERE id = 2", "known = known - 1 WHERE id = 2", "entry = 't', list = 'blocked' WHERE id = 1"] {
                try database.inSavepoint {
                    try database.execute(sql: "UPDATE pipeline_lists SET \(change)")
                    #expect(try store.digest(job: "j", list: "blocked", knownBy: .at(3)) != before)
                    return .rollback
                }
            }
        }
    }
}

@Suite struct ModelStoreTests {
    @Test("versions count up, equal ones are added once, bytes come back and a changed byte is refused")
    func versions() throws {
        let fixture = try WarehouseFixture()
        let first = try fixture.addModel([1, 2, 3])
        let second = try fixture.addModel([1, 2, 4], at: .at(1))
        #expect(try fixture.addModel([1, 2, 3], at: .at(2)) == first)
        #expect((first.version, second.version) == (1, 2))
        try fixture.warehouse.write { (database) throws -> Void in
            let store = ModelStore(database)
            #expect(try store.versions(of: "card-fraud") == [second, first])
            #expect(try store.versions(of: nil) == [second, first])
            #expect(try store.versions(of: "x").isEmpty)
            #expect(try store.artefact(of: second) == [1, 2, 4])
            try database.execute(sql: "UPDATE pipeline_models SET artefact = x'010205' WHERE version = 2")
            #expect { try store.artefact(of: second) } throws: { ($0 as? Failure)?.code == "model.artefact-changed" }
        }
    }

    @Test("who was champion when is history: the former one retires, every change has an audit entry, and no role is backdated")
    func roles() throws {
        let fixture = try WarehouseFixture()
        let first = try fixture.addModel([1])
        let second = try fixture.addModel([2])
        try fixture.warehouse.write { (database) throws -> Void in
            let store = ModelStore(database)
            #expect(try store.role(of: first, asOf: .at(0)) == .candidate)
            #expect(try store.champion(of: "card-fraud", asOf: .at(0)) == nil)
            try store.setRole(.champion, of: first, at: .at(1), actor: "ann@desk-1", reason: "the first")
            try store.setRole(.challenger, of: second, at: .at(2), actor: "ann@desk-1", reason: "trial")
            try store.setRole(.champion, of: second, at: .at(3), actor: "bob@desk-2", reason: "better")
            #expect(try store.champion(of: "card-fraud", asOf: .at(0)) == nil)
            #expect(try store.champion(of: "card-fraud", asOf: .at(2)) == first)
            #expect(try store.champion(of: "card-fraud", asOf: .at(3)) == second)
            #expect(try store.role(of: first, asOf: .at(2)) == .champion)
            #expect(try store.role(of: first, asOf: .at(3)) == .retired)
            #expect(try store.role(of: second, asOf: .at(2)) == .challenger)
            #expect(try AuditChain(database).head().entries == 4)
            #expect(try store.roleHistory(of: "card-fraud").map(\.role) == [.champion, .challenger, .retired, .champion])
            #expect { try store.setRole(.retired, of: second, at: .at(2), actor: "a@b", reason: "r") } throws: {
                ($0 as? Failure)?.code == "model.role-before-history"
            }
            try store.setRole(.retired, of: second, at: .at(4), actor: "a@b", reason: "withdrawn")
            #expect(try store.champion(of: "card-fraud", asOf: .at(4)) == nil)
            #expect(try AuditChain(database).verify().entries == 5)
        }
    }
}
