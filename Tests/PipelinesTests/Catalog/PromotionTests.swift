import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("a promotion") struct PromotionTests {
    /// A bank with two versions of its model; neither is champion.
    struct Catalog {
        let bank: BankFixture
        let warehouse: Warehouse
        let job: Job

        init(approvals: Int) throws {
            bank = try BankFixture(customers: 20, days: 42) { text in
                text.replacing("  minimum-positives: 5", with: "  minimum-positives: 1\n  approvals: \(approvals)")
            }
            (warehouse, job) = (try bank.warehouse(), try bank.job())
            for day in [0, 1] {
                let at = Timestamp(iso8601: "2026-02-0\(day + 5)T00:00:00Z")
                _ = try Trainer(warehouse: warehouse, environment: .fixed(BankFixture.clock)).train(job, asOf: at, role: .candidate)
            }
        }

        func promoter(_ account: String, host: String = "desk", after minutes: Int64 = 1) -> ModelPromoter {
            let now = BankFixture.clock + .minutes(minutes)
            return ModelPromoter(
                warehouse: warehouse, environment: Environment(now: { now }, actor: account, host: host, processIdentifier: 1))
        }

        func report(_ version: Int, job name: String? = nil, rows: Int = 9, policy: String? = nil) throws -> PromotionReport {
            let digest = try warehouse.read { try ModelStore($0).required("bank", version: version).digest }
            let text = """
                {"job":"\(name ?? job.name)","policyDigest":"\(policy ?? job.policyDigest)","modelDigest":"\(digest)","rows":\(rows),\
                "created":"2026-06-01T02:00:00Z"}
                """
            return try PromotionReport(bytes: Array(text.utf8), place: "report.json")
        }

        func role(_ version: Int) throws -> ModelRole {
            try warehouse.read { try ModelStore($0).role(of: ModelStore($0).required("bank", version: version), asOf: .distantFuture) }
        }

        func verified() throws -> AuditReport { try warehouse.read { try AuditChain($0).verify() } }
    }

    private func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Failure)?.code ?? "\(error)" }
        return nil
    }

    @Test("by one account makes the champion and retires the one before; retiring leaves none")
    func one() throws {
        let catalog = try Catalog(approvals: 1)
        let standing = try catalog.promoter("ann").promote("bank", version: 1, for: catalog.job, report: nil, reason: "first")
        #expect(standing.role == .champion && standing.missing == 0)
        _ = try catalog.promoter("ann", after: 2)
            .promote("bank", version: 2, for: catalog.job, report: catalog.report(2), reason: "better")
        #expect(try catalog.role(1) == .retired && catalog.role(2) == .champion)
        #expect(
            code { _ = try catalog.promoter("ann", after: 3).promote("bank", version: 2, for: catalog.job, report: nil, reason: "x") }
                == "models.champion-already")
        #expect(try catalog.promoter("ann", after: 3).retire("bank", version: 2, reason: "wrong") == .champion)
        #expect(try catalog.warehouse.read { try ModelStore($0).champion(of: "bank", asOf: .distantFuture) } == nil)
        #expect(code { _ = try catalog.promoter("ann", after: 4).retire("bank", version: 2, reason: "x") } == "models.retired-already")
        let audit = try catalog.verified()
        #expect(audit.promotions == 2 && audit.roles == 4)
    }

    @Test("that two accounts must approve waits for another account with the same report")
    func two() throws {
        let catalog = try Catalog(approvals: 2)
        let report = try catalog.report(1)
        #expect(
            code { _ = try catalog.promoter("ann").promote("bank", version: 1, for: catalog.job, report: nil, reason: "x") }
                == "models.report-required")
        let standing = try catalog.promoter("ann").promote("bank", version: 1, for: catalog.job, report: report, reason: "better")
        #expect(standing.missing == 1 && standing.role == .candidate)
        #expect(try catalog.warehouse.read { try ModelStore($0).champion(of: "bank", asOf: .distantFuture) } == nil)
        func approve(_ account: String, host: String = "desk", _ digest: String) throws -> PromotionStanding {
            try catalog.promoter(account, host: host, after: 5).approve("bank", version: 1, digest: digest, reason: "seen")
        }
        #expect(code { _ = try approve("ann", report.digest) } == "models.approval-twice")
        #expect(code { _ = try approve("ann", host: "laptop", report.digest) } == "models.approval-twice")
        #expect(code { _ = try approve("bob", try catalog.report(1, rows: 10).digest) } == "models.approval-digest")
        #expect(try catalog.role(1) == .candidate)
        #expect(try approve("bob", report.digest).role == .champion)
        #expect(code { _ = try approve("eve", report.digest) } == "models.no-promotion")
        let audit = try catalog.verified()
        #expect(audit.promotions == 1 && audit.approvals == 1 && audit.roles == 1)
    }

    @Test("takes no report about another model, job or policy, and none that is no report")
    func reports() throws {
        let catalog = try Catalog(approvals: 1)
        for (report, found) in [
            (try catalog.report(2), "model"), (try catalog.report(1, job: "other"), "job"), (try catalog.report(1, policy: "x"), "policy"),
        ] {
            do {
                _ = try catalog.promoter("ann").promote("bank", version: 1, for: catalog.job, report: report, reason: "x")
                Issue.record("a report about another \(found) was taken")
            } catch {
                #expect(error.code == "models.report-other" && error.what.contains(found))
            }
        }
        #expect(code { _ = try catalog.report(1, rows: 0) } == "models.report-form")
        #expect(code { _ = try PromotionReport(bytes: Array("{}".utf8), place: "r") } == "models.report-form")
        #expect(code { _ = try PromotionReport(path: "/nowhere/report.json") } == "models.report-file")
        #expect(try catalog.verified().promotions == 0)
    }

    @Test(
        "that was altered is found by the audit",
        arguments: [
            "UPDATE pipeline_promotions SET report_digest = 'x'", "UPDATE pipeline_promotions SET reason = 'x'",
            "UPDATE pipeline_promotions SET approvals = 1", "UPDATE pipeline_approvals SET actor = 'eve'", "DELETE FROM pipeline_approvals",
            "INSERT INTO pipeline_approvals (promotion, report_digest, actor, host, approved, reason) VALUES (1, 'x', 'eve', 'h', 1, 'x')",
        ])
    func tampered(_ sql: String) throws {
        let catalog = try Catalog(approvals: 2)
        let report = try catalog.report(1)
        _ = try catalog.promoter("ann").promote("bank", version: 1, for: catalog.job, report: report, reason: "better")
        _ = try catalog.promoter("bob", after: 2).approve("bank", version: 1, digest: report.digest, reason: "seen")
        _ = try catalog.verified()
        try catalog.warehouse.write { try $0.execute(sql: sql) }
        #expect(code { _ = try catalog.verified() }?.hasPrefix("audit.") == true)
    }

    @Test("of a model whose bytes were changed is refused; so is its approval")
    func changed() throws {
        let catalog = try Catalog(approvals: 2)
        let report = try catalog.report(1)
        _ = try catalog.promoter("ann").promote("bank", version: 1, for: catalog.job, report: report, reason: "better")
        try catalog.warehouse.write { try $0.execute(sql: "UPDATE pipeline_models SET artefact = x'00'") }
        #expect(
            code { _ = try catalog.promoter("bob", after: 2).approve("bank", version: 1, digest: report.digest, reason: "seen") }
                == "model.artefact-changed")
        #expect(
            code {
                _ = try catalog.promoter("ann", after: 2).promote(
                    "bank", version: 2, for: catalog.job, report: catalog.report(2), reason: "x")
            }
                == "model.artefact-changed")
    }

    @Test("training puts no version in charge where two accounts must approve; its card names the owner")
    func training() throws {
        let catalog = try Catalog(approvals: 2)
        let at = Timestamp(iso8601: "2026-02-08T00:00:00Z")
        let report = try Trainer(warehouse: catalog.warehouse, environment: .fixed(BankFixture.clock + .days(1))).train(
            catalog.job, asOf: at)
        #expect(report.role == .challenger)
        #expect(report.version.card.owner == catalog.job.owner)
    }
}
