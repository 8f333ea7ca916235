import Foundation
import Models
import Pipelines
import Records
import Testing

@Suite struct RecommendationEvaluatorTests {
    /// A job on rows of text, in a folder of its own that `body` can read.
    private func report(
        _ rows: String, family: String = "popularity", leavingOut: Bool = false
    ) throws -> RecommendationReport {
        let folder = FileManager.default.temporaryDirectory.path + "/shop-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(("user,item,time,quantity\n" + rows).utf8).write(to: URL(fileURLWithPath: folder + "/orders.csv"))
        let job = """
            version: 1
            job: tiny
            owner: shop@example.com
            calendar: { zone: UTC }
            feeds:
              orders:
                role: main
                format: csv
                files: orders.csv
                columns:
                  user:     { type: string }
                  item:     { type: string }
                  time:     { type: timestamp, zone: UTC }
                  quantity: { type: int64 }
                key: [user, item, time]
                event-time: time
                lateness: 1d
            stages:
              - recommendations: { user: user, item: item, quantity: quantity, family: \(family) }
            policy:
              outcomes:
                show:   { cost: { if: doubtful, pay: 20 EUR }, reversible: true }
                hold:   { cost: { if: sound, pay: 5 EUR }, reversible: true }
                review: { cost: 1 EUR }
            review: { queue: shop, capacity: 10/day, over-capacity: hold, due: 1bd, on-overdue: hold }
            results: tiny_offers
            """
        try Data(job.utf8).write(to: URL(fileURLWithPath: folder + "/job.yaml"))
        let evaluator = RecommendationEvaluator(resamples: 50), loaded = try Job.load(path: folder + "/job.yaml")
        return try leavingOut ? evaluator.leaveOneOut(loaded) : evaluator.evaluate(loaded)
    }

    /// Thirteen rows, eleven purchases that were kept.
    private static let rows = """
        a,x,2026-01-04T00:00:00,1
        b,x,2026-01-04T01:00:00,1
        c,x,2026-01-05T00:00:00,1
        a,y,2026-01-05T01:00:00,1
        b,y,2026-01-06T00:00:00,1
        c,z,2026-01-06T01:00:00,1
        a,gone,2026-01-07T00:00:00,2
        a,gone,2026-01-08T00:00:00,-2
        c,w,2026-01-08T01:00:00,1
        b,v,2026-01-09T00:00:00,1
        a,z,2026-01-10T00:00:00,1
        a,x,2026-01-11T00:00:00,1
        d,x,2026-01-12T00:00:00,1

        """

    @Test("what came back after the cut was bought before it all the same")
    func laterReturn() throws {
        let rows = Self.rows.replacing("d,x,2026-01-12T00:00:00,1\n", with: "a,y,2026-01-11T01:00:00,-1\n")
        let report = try report(rows)
        #expect(report.cut == "2026-01-10T00:00:00Z" && report.interactions == 10)
        let new = try #require(report.rows.first { $0.relevance == "new" && $0.family == "popularity" })
        // x and y are known: v, w, z are named, z third; were y not known to a, z would be fourth.
        #expect(abs(new.ndcg10.estimate - 0.5) < 1e-12)
    }

    @Test("figures are those computed by hand, with returns taken off and unknown people left out")
    func byHand() throws {
        let report = try report(Self.rows)
        // `gone` came back; eleven purchases are left, the cut is the ninth (place 8 of 0...10): 2026-01-10.
        #expect(report.interactions == 11)
        #expect(report.cut == "2026-01-10T00:00:00Z")
        let all = try #require(report.rows.first { $0.relevance == "all" && $0.family == "popularity" })
        // Only a is tested: z and x. By buyers: x 3, y 2, then v, w, z with one each, by name: z is fifth.
        #expect(all.users == 1)
        #expect(all.recall10.estimate == 1)
        let expected = (1 + 1 / log2(6.0)) / (1 + 1 / log2(3.0))
        #expect(abs(all.ndcg10.estimate - expected) < 1e-12)
        let new = try #require(report.rows.first { $0.relevance == "new" && $0.family == "popularity" })
        // x and y are known: v, w, z are named, z third.
        #expect(abs(new.ndcg10.estimate - 0.5) < 1e-12)
        #expect(new.recall10.estimate == 1)
        // Five items sold in training, all of them named to somebody.
        #expect(all.coverage == 1 && abs(new.coverage - 0.6) < 1e-12)
    }

    @Test("what came back after the cut was still bought before it")
    func laterReturns() throws {
        let later = "a,v,2026-01-11T12:00:00,1\nb,x,2026-01-13T00:00:00,-1\nc,x,2026-01-13T01:00:00,-1\n"
        let report = try report(Self.rows + later)
        #expect(report.cut == "2026-01-11T12:00:00Z")
        // In the week before the cut two people each had x, y and z, so v, which a took, is fourth; with hindsight only one had x.
        let all = try #require(report.rows.first { $0.relevance == "all" && $0.family == "popularity" })
        #expect(all.users == 1 && abs(all.ndcg10.estimate - 1 / log2(5.0)) < 1e-12)
    }

    @Test("other families stand beside the job's own, on the same people")
    func beside() throws {
        let report = try report(Self.rows)
        let all = report.rows.filter { $0.relevance == "all" }
        #expect(all.map(\.family).count == 11)
        #expect(Set(all.map(\.users)) == [1])
        let own = try #require(all.first { $0.family == "own purchases" })
        // y and x are a's own, the newer one first; then what sells by name, v, w, z: x is second and z fifth.
        #expect(abs(own.ndcg10.estimate - (1 / log2(3.0) + 1 / log2(6.0)) / (1 + 1 / log2(3.0))) < 1e-12)
        #expect(abs(own.ndcgBehind.estimate - (all[0].ndcg10.estimate - own.ndcg10.estimate)) < 1e-12)
    }

    @Test("each person's newest item is asked for from all else, what others did later included")
    func leaveOneOut() throws {
        let report = try report(Self.rows, leavingOut: true)
        // a: x, y, then z (x again is no new item); b: x, y, then v; c: x, z, then w; d has one item and is not asked about.
        #expect(report.interactions == 11 && Set(report.rows.map(\.users)) == [3])
        #expect(
            report.rows.map(\.family) == [
                "popularity", "popularity of all days", "item neighbours, cosine", "ease", "factors",
            ])
        // x 4, y 2, z 1 (c's) are left. a is named z first; nobody else had b's v or c's w, so no model may name them.
        let all = try #require(report.rows.first { $0.family == "popularity of all days" })
        #expect(abs(all.recall10.estimate - 1.0 / 3) < 1e-12 && abs(all.ndcg10.estimate - 1.0 / 3) < 1e-12)
        // The control: had c not bought z, nobody could name it to a.
        let without = try self.report(Self.rows.replacing("c,z,2026-01-06T01:00:00,1\n", with: ""), leavingOut: true)
        #expect(without.rows.first { $0.family == "popularity of all days" }?.recall10.estimate == 0)
    }

    @Test(
        "leave-one-out on a real shop gives the figures that others published for it",
        .enabled(if: FileManager.default.fileExists(atPath: ShippedJobTests.sharedData + "/recommendations/online_retail.csv.gz")))
    func published() throws {
        let root = ShippedJobTests.root
        let text = try String(contentsOfFile: root + "/Benchmarks/recommendations/retail.yaml", encoding: .utf8)
            .replacing("../../../shared/data/recommendations/", with: "data/").replacing(
                "most-interactions: 1000000", with: "most-interactions: 1000000, family: popularity")
        let folder = FileManager.default.temporaryDirectory.path + "/loo-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/data",
            withDestinationPath: URL(fileURLWithPath: ShippedJobTests.sharedData).standardizedFileURL.path + "/recommendations")
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/job.yaml"))
        let report = try RecommendationEvaluator(resamples: 20).leaveOneOut(try Job.load(path: folder + "/job.yaml"), threads: 2)
        func row(_ family: String) throws -> RecommendationReport.Row { try #require(report.rows.first { $0.family == family }) }
        let (popularity, ease) = (try row("popularity of all days"), try row("ease"))
        #expect(abs(popularity.recall10.estimate - 0.0659) < 0.001 && abs(popularity.ndcg10.estimate - 0.0367) < 0.001)
        #expect(abs(ease.recall10.estimate - 0.1684) < 0.001 && abs(ease.ndcg10.estimate - 0.0935) < 0.001)
    }
}
