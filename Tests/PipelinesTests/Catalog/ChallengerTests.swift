import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Synchronization
import Testing

/// A bank whose model has versions but no champion, and what the tests below do with it.
struct ModelBank {
    let bank: BankFixture
    let warehouse: Warehouse
    let job: Job
    static let clock = BankFixture.clock

    /// - Parameter versions: how many are trained, each on another day's past.
    init(versions: Int = 1, delivered: Int = 28, edit: (String) -> String = { $0 }) throws {
        bank = try BankFixture(customers: 30, days: 40) { edit($0).replacing("minimum-positives: 5", with: "minimum-positives: 1") }
        (warehouse, job) = (try bank.warehouse(), try bank.job())
        for version in 0..<versions {
            let asOf = Timestamp(iso8601: "2026-02-0\(3 + version)T00:00:00Z")
            _ = try Trainer(warehouse: warehouse, environment: .fixed(Self.clock)).train(job, asOf: asOf, role: .candidate)
        }
        let names = try bank.transactionFiles().dropFirst(delivered)
        for name in names {
            try FileManager.default.moveItem(
                atPath: "\(bank.folder)/transactions/\(name)", toPath: "\(bank.folder)/later/\(name)")
        }
    }

    func promoter(_ day: Int64) -> ModelPromoter { ModelPromoter(warehouse: warehouse, environment: .fixed(Self.clock + .days(day))) }

    func run(day: Int64, options: RunOptions = BankFixture.options()) throws -> RunReport {
        try bank.runner(warehouse, at: Self.clock + .days(day), options: options).run(job)
    }

    func replay() throws -> ReplayReport {
        try Replayer(warehouse: warehouse, environment: .fixed(Self.clock)).replay(job, asOf: .distantFuture, in: bank.folder)
    }

    func rows(_ sql: String) throws -> [Row] { try warehouse.read { try Row.fetchAll($0, sql: sql) } }

    func count(_ sql: String) throws -> Int { try warehouse.read { try Int.fetchOne($0, sql: sql) ?? -1 } }
}

@Suite("a challenger", .serialized) struct ChallengerTests {
    @Test("says of every row what it would say as champion, decides nothing, and leaves with its role")
    func beside() throws {
        let bank = try ModelBank(), other = try ModelBank()
        _ = try bank.promoter(0).challenge("bank", version: 1, reason: "trial")
        _ = try other.promoter(0).promote("bank", version: 1, for: other.job, report: nil, reason: "best")
        _ = try bank.run(day: 1)
        _ = try other.run(day: 1)
        let model = try bank.rows("SELECT model FROM pipeline_runs")
        #expect(model.map { $0["model"] as String? } == [nil])
        let said = try bank.rows(
            "SELECT key, version, score, outcome FROM pipeline_challenger_scores ORDER BY CAST(key AS INTEGER), version")
        let decided = try other.rows(
            #"SELECT CAST("transaction" AS TEXT) AS key, version, score, outcome FROM bank_scores ORDER BY "transaction", version"#)
        #expect(said.count > 1_000 && said == decided)
        // What decided there were rules: the challenger changed none of it.
        #expect(
            try bank.count(
                "SELECT count(*) FROM bank_scores r JOIN pipeline_challenger_scores c ON c.key = CAST(r.\"transaction\" AS TEXT) AND c.version = r.version WHERE r.score <> c.score"
            ) > 0)
        _ = try bank.promoter(2).retire("bank", version: 1, reason: "enough")
        try bank.bank.deliver(3)
        _ = try bank.run(day: 3)
        #expect(try bank.count("SELECT count(*) FROM pipeline_challenger_scores") == said.count)
        #expect(try bank.count("SELECT count(*) FROM bank_scores WHERE run = 2") > 50)
    }

    @Test("is replayed exactly, two of them beside a champion; what is altered is named")
    func replayed() throws {
        let bank = try ModelBank(versions: 3)
        _ = try bank.promoter(0).promote("bank", version: 1, for: bank.job, report: nil, reason: "first")
        _ = try bank.promoter(0).challenge("bank", version: 2, reason: "trial")
        _ = try bank.promoter(0).challenge("bank", version: 3, reason: "trial")
        _ = try bank.run(day: 1)
        let rows = try bank.count("SELECT count(*) FROM bank_scores")
        #expect(try bank.count("SELECT count(*) FROM pipeline_challenger_scores") == 2 * rows)
        #expect(try bank.replay().difference == nil)
        try bank.warehouse.write {
            try $0.execute(sql: "UPDATE pipeline_challenger_scores SET outcome = 'hold' WHERE model_version = 3 AND outcome = 'clear'")
        }
        #expect(try bank.replay().difference?.place.hasPrefix("pipeline_challenger_scores") == true)
    }

    @Test("of a run that is stopped and goes on, has the same rows")
    func stopped() throws {
        let whole = try ModelBank(), broken = try ModelBank()
        for bank in [whole, broken] { _ = try bank.promoter(0).challenge("bank", version: 1, reason: "trial") }
        _ = try whole.run(day: 1)
        let left = Mutex(3)
        let stop: @Sendable () -> Bool = {
            left.withLock { left in
                left -= 1
                return left < 0
            }
        }
        #expect(throws: Failure.self) { try broken.run(day: 1, options: BankFixture.options(stop: stop)) }
        let part = try broken.count("SELECT count(*) FROM pipeline_challenger_scores")
        #expect(try part > 0 && part < whole.count("SELECT count(*) FROM pipeline_challenger_scores"))
        _ = try broken.run(day: 1)
        // Job files are known by their paths, which differ.
        let dumps = try [whole, broken].map { bank in
            try WarehouseDump.text(of: bank.warehouse, leavingOut: ["pipeline_attempts", "pipeline_jobs"])
        }
        #expect(WarehouseDump.firstDifference(dumps[0], dumps[1]) == nil)
    }
}

@Suite("rows scored again", .serialized) struct RescoreTests {
    private func rescore(_ bank: ModelBank, day: Int64, from: Timestamp? = nil, to: Timestamp? = nil) throws -> RescoreReport {
        try Rescorer(warehouse: bank.warehouse, environment: .fixed(ModelBank.clock + .days(day))).rescore(bank.job, from: from, to: to)
    }

    private func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Failure)?.code ?? "\(error)" }
        return nil
    }

    @Test("a new champion scores new rows only, until rows are scored again: then they are new versions with its scores")
    func versions() throws {
        let bank = try ModelBank(), other = try ModelBank()
        _ = try bank.run(day: 0)
        let before = try bank.rows("SELECT * FROM bank_scores ORDER BY \"transaction\", version")
        #expect(code { _ = try rescore(bank, day: 1) } == "rescore.no-champion")
        _ = try bank.promoter(1).promote("bank", version: 1, for: bank.job, report: nil, reason: "first")
        try bank.bank.deliver(2)
        _ = try bank.run(day: 2)
        #expect(try bank.rows("SELECT * FROM bank_scores WHERE run = 1 ORDER BY \"transaction\", version") == before)
        let report = try rescore(bank, day: 3)
        #expect(try report.rows == Int64(bank.count("SELECT count(DISTINCT \"transaction\") FROM bank_scores")))
        #expect(try report.changed > 500 && report.changed == Int64(bank.count("SELECT count(*) FROM bank_scores WHERE run = 3")))
        // Rows that were there stay as they are; the newest versions are those of a bank where the model was champion from the start.
        #expect(try bank.rows("SELECT * FROM bank_scores WHERE run = 1 ORDER BY \"transaction\", version") == before)
        _ = try other.promoter(0).promote("bank", version: 1, for: other.job, report: nil, reason: "first")
        _ = try other.run(day: 1)
        try other.bank.deliver(2)
        _ = try other.run(day: 2)
        let newest =
            "SELECT \"transaction\", event_time, score, outcome, cause, late, record, features FROM bank_scores_current ORDER BY \"transaction\""
        #expect(try bank.rows(newest) == other.rows(newest))
        let again = try rescore(bank, day: 4)
        #expect(again.record == nil && again.changed == 0 && again.rows == report.rows)
        #expect(try bank.warehouse.read { try AuditChain($0).verify() }.runs == 3)
    }

    @Test("are replayed exactly, in a period too, and what is altered is named; later runs are what they would have been")
    func replayed() throws {
        let bank = try ModelBank(), other = try ModelBank()
        for bank in [bank, other] {
            _ = try bank.run(day: 0)
            _ = try bank.promoter(1).promote("bank", version: 1, for: bank.job, report: nil, reason: "first")
        }
        let from = Timestamp(iso8601: "2026-01-10T00:00:00Z")!, to = Timestamp(iso8601: "2026-01-15T00:00:00Z")!
        #expect(try rescore(bank, day: 2, from: from, to: to).changed > 50)
        let times = try bank.rows("SELECT min(event_time) AS a, max(event_time) AS b FROM bank_scores WHERE run = 2")[0]
        #expect((times["a"] as String) >= "2026-01-10" && (times["b"] as String) < "2026-01-15")
        for bank in [bank, other] {
            try bank.bank.deliver(3)
            _ = try bank.run(day: 3)
        }
        let last = "SELECT * FROM pipeline_state ORDER BY kind, sequence"
        #expect(try bank.rows(last) == other.rows(last))
        let features =
            "SELECT \"transaction\", score, outcome, features FROM bank_scores WHERE run = (SELECT max(run) FROM bank_scores) ORDER BY 1"
        #expect(try bank.rows(features) == other.rows(features))
        let report = try bank.replay()
        #expect(report.difference == nil && report.runs == [1, 2, 3])
        try bank.warehouse.write { try $0.execute(sql: "UPDATE bank_scores SET score = score / 2 WHERE run = 2") }
        #expect(try bank.replay().difference?.place.contains(", score") == true)
    }

    @Test("by a backfill have said which, when and by what: anything else is refused, and nothing is written")
    func backfill() throws {
        let bank = try ModelBank()
        _ = try bank.run(day: 0)
        _ = try bank.promoter(1).promote("bank", version: 1, for: bank.job, report: nil, reason: "first")
        let from = Timestamp(iso8601: "2026-01-10T00:00:00Z")!, to = Timestamp(iso8601: "2026-01-15T00:00:00Z")!
        let digest = String(bank.job.policyDigest.prefix(12)), asOf = ModelBank.clock + .days(2)
        func backfill(_ from: Timestamp, _ to: Timestamp, _ asOf: Timestamp, _ policy: String) throws -> RescoreReport {
            // The system's clock has no say in it.
            try Backfill(from: from, to: to, asOf: asOf, policy: policy).run(
                bank.job, in: bank.warehouse, environment: .fixed(ModelBank.clock + .days(99)))
        }
        #expect(code { _ = try backfill(to, from, asOf, digest) } == "backfill.period")
        #expect(code { _ = try backfill(from, to, asOf, "current") } == "backfill.digest")
        #expect(code { _ = try backfill(from, to, asOf, "00000000") } == "backfill.policy")
        #expect(code { _ = try backfill(from, to, ModelBank.clock - .days(1), digest) } == "backfill.early")
        #expect(try bank.count("SELECT count(*) FROM pipeline_runs") == 1)
        let record = try #require(try backfill(from, to, asOf, digest).record)
        #expect(record.clock == asOf && record.policyDigest == bank.job.policyDigest)
        #expect(
            try bank.count(
                "SELECT count(*) FROM pipeline_rescores WHERE from_time = \(from.microseconds) AND to_time = \(to.microseconds)") == 1)
    }

    @Test("open no second item about a row that a person is or was asked about")
    func items() throws {
        let bank = try ModelBank()
        _ = try bank.run(day: 0)
        let asked = Set(try bank.rows("SELECT key FROM pipeline_review_items").map { $0["key"] as String })
        let person = ReviewPerson(actor: "ann", host: "desk")
        let queue = ReviewQueue(bank.warehouse)
        let entry = try #require(try queue.next(in: "fraud", by: person, now: ModelBank.clock + .hours(1), lease: .minutes(10)))
        _ = try queue.decide(
            entry.item.id, outcome: "hold", isPositive: true, reason: "stolen", by: person, now: ModelBank.clock + .hours(1),
            outcomes: ["clear", "hold"])
        _ = try bank.promoter(1).promote("bank", version: 1, for: bank.job, report: nil, reason: "first")
        let report = try rescore(bank, day: 2)
        let after = try bank.rows("SELECT key FROM pipeline_review_items WHERE run = 2").map { $0["key"] as String }
        #expect(Int64(after.count) == report.record?.counts.reviewItems)
        #expect(asked.isDisjoint(with: after) && Set(after).count == after.count)
        #expect(try bank.replay().difference == nil)
    }

    @Test("are refused without stored features, on a file that changed, and while a run is unsettled")
    func refused() throws {
        let bare = try ModelBank { $0.replacing("results: bank_scores", with: "results: { table: bank_scores, features: false }") }
        _ = try bare.run(day: 0)
        _ = try bare.promoter(1).promote("bank", version: 1, for: bare.job, report: nil, reason: "first")
        #expect(code { _ = try rescore(bare, day: 2) } == "rescore.unsuited")
        let bank = try ModelBank()
        _ = try bank.run(day: 0)
        _ = try bank.promoter(1).promote("bank", version: 1, for: bank.job, report: nil, reason: "first")
        try bank.warehouse.write { try $0.execute(sql: "UPDATE pipeline_runs SET status = 'held' WHERE id = 1") }
        #expect(code { _ = try rescore(bank, day: 2) } == "rescore.blocked")
        try bank.warehouse.write { try $0.execute(sql: "UPDATE pipeline_runs SET status = 'done' WHERE id = 1") }
        let name = try #require(bank.bank.transactionFiles().last)
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(bank.bank.folder)/transactions/\(name)"))
        let dump = try WarehouseDump.text(of: bank.warehouse)
        #expect(code { _ = try rescore(bank, day: 2) } == "rescore.file-changed")
        // Many rows before that file were scored by then: none of it is there.
        #expect(try WarehouseDump.text(of: bank.warehouse) == dump)
    }
}
