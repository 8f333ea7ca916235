import Foundation
import Pipelines
import Testing

/// Findings of a job with the stage `demand`.
@Suite struct DemandJobTests {
    static func findings(_ old: String, _ new: String) throws -> [JobFinding] {
        let text = try String(contentsOfFile: "\(FamilyJob.root)/jobs/demand.yaml", encoding: .utf8)
        try #require(text.components(separatedBy: old).count == 2)
        do throws(JobProblems) {
            _ = try Job.load(bytes: Array(text.replacing(old, with: new).utf8), path: "\(FamilyJob.root)/jobs/demand.yaml")
            return []
        } catch {
            return error.findings
        }
    }

    @Test(
        "one wrong setting is one finding, at its place: the columns of results that policy and rules name are not in doubt by it",
        arguments: [
            ("      period: day", "      period: day\n      seasons: \"1\"", "seasons"),
            ("      period: day", "      period: day\n      reconcile: bottom-up", "reconcile"),
            ("      units: units", "      units: unit", "units"),
            ("      pack: 6", "      pack: none", "pack"),
        ])
    func oneFinding(old: String, new: String, key: String) throws {
        let findings = try Self.findings(old, new)
        #expect(findings.count == 1 && findings[0].keyPath.hasSuffix(key), "\(findings)")
    }

    @Test("a rule about a column that results do not have is still found")
    func control() throws {
        let findings = try Self.findings("order_value > 2000", "order_valu > 2000")
        #expect(findings.count == 1 && findings[0].keyPath.hasPrefix("rules"), "\(findings)")
    }
}
