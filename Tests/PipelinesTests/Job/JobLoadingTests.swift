import Connectors
import Foundation
import Pipelines
import Records
import Testing

@Suite struct JobLoadingTests {
    @Test("a job with every section is read whole, defaults filled in")
    func wholeJob() throws {
        let job = try JobSamples.load(JobSamples.whole).scored()
        #expect(job.name == "card-fraud")
        #expect(job.owner == "payments-risk@example.com")
        #expect(job.schedule == "0 2 * * *")
        #expect(job.zone == "Asia/Tokyo")
        #expect(job.path == "jobs/fraud.yaml")
        #expect(job.directory == "jobs")
        #expect(job.feeds.map(\.name) == ["transactions", "chargebacks", "blocked"])
        #expect(job.main.key == ["transaction"])
        #expect(job.main.eventTime == "time")
        #expect(job.main.lateness == .days(1))
        #expect(job.main.rejectLimit == 0.02)
        #expect(job.main.stableFor == .minutes(5))
        #expect(job.main.options == ["delimiter": .text(","), "header": .bool(true)])
        #expect(
            job.main.columns == [
                FeedColumn(field: Field("transaction", .int64), source: "TRANSACTION_ID"),
                FeedColumn(field: Field("time", .timestamp), source: "TX_DATETIME", format: "yyyy-MM-dd HH:mm:ss", zone: "UTC"),
                FeedColumn(field: Field("customer", .string, personal: true), source: "CUSTOMER_ID"),
                FeedColumn(field: Field("terminal", .string), source: "TERMINAL_ID"),
                FeedColumn(field: Field("amount", .money(try #require(Currency("EUR")))), source: "TX_AMOUNT"),
                FeedColumn(field: Field("note", .string, optional: true), source: "note", nulls: ["NA", "-"]),
            ])
        #expect(job.labels?.knownTime == "known")
        #expect(job.labels?.lateness == .zero)
        #expect(job.labels?.rejectLimit == 0.01)
        #expect(job.feeds[2].options["delimiter"] == .text(";"))
        #expect(job.stage.name == "fraud")
        #expect(job.stage.text("customer") == "customer")
        #expect(job.stage.text("model") == "card-fraud")
        #expect(job.stage.span("delay") == .days(7))
        #expect(job.stage.text("zone") == "UTC")
        #expect(job.train?.family == "boosting")
        #expect(job.train?.parameters == ["trees": .integer(50), "depth": .integer(3), "rate": .number(0.1)])
        #expect(job.train?.last == .days(30))
        #expect(job.train?.labelDelay == .days(7))
        #expect(job.train?.minimumPositives == 20)
        #expect(job.results.table == "fraud_scores")
        #expect(job.results.storesFeatures)
    }

    @Test("outcomes, rules and review are read as written")
    func policy() throws {
        let job = try JobSamples.load(JobSamples.whole).scored()
        let money = try #require(Money("25 EUR")), look = try #require(Money("4 EUR"))
        #expect(
            job.policy.outcomes == [
                PolicySettings.Outcome(name: "clear", cost: .init(when: .positive, pay: .column("amount")), isReversible: false),
                PolicySettings.Outcome(name: "hold", cost: .init(when: .negative, pay: .fixed(money)), isReversible: true),
                PolicySettings.Outcome(name: "review", cost: .init(when: .always, pay: .fixed(look)), isReversible: false),
            ])
        #expect(job.policy.rules.map(\.name) == ["large", "blocked"])
        #expect(job.policy.rules.map(\.condition.text) == ["amount > 220.0", "terminal in blocked"])
        #expect(job.policy.rules.map(\.outcome) == ["review", "hold"])
        #expect(job.review.queue == "fraud")
        #expect(job.review.capacityPerDay == 100)
        #expect(job.review.overCapacity == "hold")
        #expect(job.review.dueBusinessDays == 2)
        #expect(job.review.onOverdue == "hold")
        #expect(job.review.auditSample == 0.005)
    }

    @Test("labels may be a column of the main feed with a fixed delay")
    func labelColumn() throws {
        let text = try #require(JobSamples.whole.range(of: "  chargebacks:"))
        let end = try #require(JobSamples.whole.range(of: "  blocked:\n"))
        var job = JobSamples.whole
        job.removeSubrange(text.lowerBound..<end.lowerBound)
        job = job.replacing("      note:", with: "      fraud: { from: TX_FRAUD, type: int64, role: label, known-after: 7d }\n      note:")
        let read = try JobSamples.load(job).scored()
        #expect(read.main.labelColumn == "fraud")
        #expect(read.main.labelDelay == .days(7))
        #expect(read.labels == nil)
    }

    @Test("the digest is that of the bytes; the policy's digest is that of what decides")
    func digests() throws {
        let job = try JobSamples.load(JobSamples.whole).scored()
        #expect(job.digest.count == 64)
        #expect(job.policyDigest.count == 64)
        let commented = try JobSamples.load("# a comment\n" + JobSamples.whole("amount > 220", "amount   >   220.0"))
        #expect(commented.digest != job.digest)
        #expect(commented.policyDigest == job.policyDigest)
        for (old, new) in [
            ("amount > 220", "amount > 221"), ("25 EUR", "25.01 EUR"), ("reversible: true", "reversible: false"),
            ("files: blocked.csv", "files: blocked2.csv"), ("100/day", "99/day"), ("0.5%", "0.6%"), ("if: genuine", "if: fraud"),
            ("then: review", "then: clear"),
        ] {
            #expect(try JobSamples.load(JobSamples.whole(old, new)).policyDigest != job.policyDigest, "\(old) -> \(new)")
        }
        #expect(try JobSamples.load(JobSamples.whole("trees: 50", "trees: 51")).policyDigest == job.policyDigest)
    }

    @Test("a job file is read from disk with its path as typed, and a missing one says so")
    func files() throws {
        let name = "job-loading-\(ProcessInfo.processInfo.processIdentifier)"
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path + "/fraud.yaml"
        try Data(("\u{FEFF}" + JobSamples.whole).utf8).write(to: URL(fileURLWithPath: path))
        let job = try Job.load(path: path, components: JobSamples.components)
        #expect(job.path == path)
        #expect(job.directory == folder.path)
        #expect(Array(job.text.utf8) == [0xEF, 0xBB, 0xBF] + Array(JobSamples.whole.utf8))
        do throws(JobProblems) {
            _ = try Job.load(path: "jobs/none.yaml", components: JobSamples.components)
            Issue.record("a missing file was loaded")
        } catch {
            #expect(error.description == "jobs/none.yaml: error: the job file cannot be read: no such file.")
            #expect(error.failure.kind == .job)
        }
    }
}
