import Foundation
import Pipelines
import Records
import Testing

/// Errors and costs on a past that is known to the unit.
@Suite struct DemandBacktestTests {
    /// `jobs/demand.yaml` over one item in a folder of its own.
    struct Shop: ~Copyable {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path

        /// - Parameters:
        ///   - units: a day each, from 2025-01-01 on.
        ///   - short: days on which it ran out.
        ///   - more: a line of the stage.
        func job(units: [Int], short: Set<Int> = [], model: String = "naive", more: String? = nil) throws -> Job {
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized.path
            var text = try String(contentsOfFile: "\(root)/jobs/demand.yaml", encoding: .utf8)
            text = text.replacing("*.csv.gz", with: "*.csv").replacing(
                "      period: day", with: "      period: day\n      model: \(model)" + (more.map { "\n      \($0)" } ?? ""))
            for name in ["jobs", "sample-data/demand/sales", "sample-data/demand/stock"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            func day(_ at: Int) -> String { String(Timestamp(seconds: Int64(20_089 + at) * 86_400).iso8601.prefix(10)) }
            let rows = units.enumerated().map { "A,\(day($0)),\($1),2.00,\(short.contains($0))" }
            try Self.write(["ITEM,DATE,UNITS,COST,RAN_OUT"] + rows, to: "\(folder)/sample-data/demand/sales/a.csv")
            try Self.write(["ITEM,COUNTED,ON_HAND,ON_ORDER", "A,\(day(0)),1,0"], to: "\(folder)/sample-data/demand/stock/a.csv")
            try Self.write([text], to: "\(folder)/jobs/demand.yaml")
            return try Job.load(path: "\(folder)/jobs/demand.yaml")
        }

        static func write(_ lines: [String], to path: String) throws {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }
    }

    static func measures(_ job: Job, skip: Int = 0) throws -> (values: [String: Double], skipped: Int) {
        var settings = DemandBacktest.Settings()
        (settings.origins, settings.skip, settings.resamples) = (1, skip, 20)
        let row = try #require(DemandBacktest(settings).measure(job).first)
        return (Dictionary(uniqueKeysWithValues: row.measures.map { ($0.name, $0.value) }), row.skipped)
    }

    @Test("errors are those of the last horizon, and --skip moves them back")
    func errors() throws {
        let shop = Shop()
        // Ten days ahead (lead time 3, review 7): 10 is forecast, 20 came.
        let job = try shop.job(units: Array(repeating: 10, count: 60) + Array(repeating: 20, count: 10))
        let (values, _) = try Self.measures(job)
        #expect(values["wape"] == 0.5 && values["coverage"] == 0 && values["rmspe"] == 0.5)
        #expect(abs((values["wql"] ?? 0) - 0.5) < 1e-12)
        let (before, _) = try Self.measures(job, skip: 10)
        #expect(before["wape"] == 0 && before["coverage"] == 1)
    }

    @Test("days on which it ran out are not scored")
    func stockouts() throws {
        let shop = Shop()
        let job = try shop.job(units: Array(repeating: 10, count: 67) + [1, 1, 1], short: [67, 68, 69])
        let (values, skipped) = try Self.measures(job)
        #expect(skipped == 3 && values["wape"] == 0)
    }

    @Test(
        "where demand never changes, every policy costs the same, the one that knows less by what they have left; where it jumps, only that one misses nothing"
    )
    func orders() throws {
        let steady = Shop()
        let same = try DemandOrderReplay(reviews: 3, resamples: 20).measure(steady.job(units: Array(repeating: 12, count: 90))).rows
        #expect(same.map(\.policy) == ["distribution", "safety", "history", "poisson", "power", "perfect"])
        for row in same {
            #expect(row.missing == 0 && row.fill == 1 && row.served == 1 && row.waste == 0 && row.ordering == 0, "\(row)")
            // Poisson demand would vary, so that one keeps more; who knows that the past ends keeps less then.
            switch row.policy {
            case "poisson": #expect(row.cost > same[0].cost, "\(row)")
            case "perfect": #expect(row.cost < same[0].cost && row.cost > 0.8 * same[0].cost, "\(row)")
            default: #expect(abs(row.cost - same[0].cost) < 1e-9, "\(row)")
            }
        }
        // The jump comes after the first review, at 72.
        let jumping = Shop()
        let units = Array(repeating: 12, count: 80) + Array(repeating: 30, count: 10)
        let rows = try DemandOrderReplay(reviews: 2, resamples: 20).measure(jumping.job(units: units)).rows
        #expect(rows[5].missing == 0 && rows[5].fill == 1)
        #expect(rows[0].missing > 0 && rows[0].fill < 1 && rows[0].cost > rows[5].cost)
    }

    @Test(
        "none costs less than the policy that knows what comes, where orders cost, spoil, or come late",
        arguments: [
            "order-cost: 5", "shelf-life: 4", "lead-times: 1 2 6",
        ])
    func lowerBound(setting: String) throws {
        let shop = Shop(), units = (0..<120).map { 6 + ($0 * 37 + $0 * $0 * 11) % 13 }
        let rows = try DemandOrderReplay(reviews: 6, resamples: 20).measure(shop.job(units: units, model: "ses", more: setting)).rows
        for row in rows { #expect(row.cost >= rows[5].cost - 1e-6, "\(row.policy) \(row.cost) \(rows[5].cost)") }
        #expect(rows[5].cost > 0)
    }

    @Test(
        "a budget for all orders holds in a replay: none buys nothing, half of it is never overspent, more than all is as without; not for who knows all"
    )
    func budget() throws {
        func rows(_ more: String?) throws -> [DemandOrderReplay.Row] {
            let shop = Shop(), units = (0..<120).map { 6 + ($0 * 37 + $0 * $0 * 11) % 13 }
            return try DemandOrderReplay(reviews: 6, resamples: 20).measure(shop.job(units: units, model: "ses", more: more)).rows
        }
        let free = try rows(nil), none = try rows("order-budget: 0"), rich = try rows("order-budget: 1000000"),
            half = try rows("order-budget: 60")
        #expect(rich == free)
        for (row, before) in zip(none, free) where row.policy != "perfect" {
            #expect(row.orders == 0 && before.orders > 0 && row.fill < before.fill && row.missing > before.missing, "\(row)")
        }
        #expect(none.last == free.last && none.last?.policy == "perfect")
        // Sixty euros a review are thirty units of two euros, in packs of six.
        for (row, before) in zip(half, free) where row.policy != "perfect" {
            #expect(row.orders > 0 && row.fill < before.fill && row.missing > before.missing, "\(row)")
        }
    }

    @Test("figures by group are those of the group's items alone; a column that the stage does not know is refused with those it does")
    func groups() throws {
        let shop = Shop()
        let job = try shop.job(units: Array(repeating: 10, count: 70), model: "naive")
        var text = try String(contentsOfFile: job.path, encoding: .utf8)
        text = text.replacing(
            "    key: [item, day]\n", with: "      kind: { from: KIND, type: string }\n    key: [item, day]\n", maxReplacements: 1
        ).replacing("      period: day", with: "      period: day\n      hierarchy: kind\n      reconcile: none")
        try Shop.write([text], to: job.path)
        func day(_ at: Int) -> String { String(Timestamp(seconds: Int64(20_089 + at) * 86_400).iso8601.prefix(10)) }
        // Two of a kind that are forecast rightly, one of another that doubles in the horizon.
        let rows = (0..<70).flatMap { at -> [String] in
            let end = "2.00,false"
            return [
                "A,\(day(at)),10,\(end),steady", "B,\(day(at)),20,\(end),steady", "C,\(day(at)),\(at < 60 ? 10 : 20),\(end),rising",
            ]
        }
        try Shop.write(["ITEM,DATE,UNITS,COST,RAN_OUT,KIND"] + rows, to: "\(shop.folder)/sample-data/demand/sales/a.csv")
        var settings = DemandBacktest.Settings()
        (settings.origins, settings.resamples, settings.by) = (1, 20, "kind")
        let found = try DemandBacktest(settings).measure(Job.load(path: job.path))
        #expect(found.map(\.group) == [nil, "rising", "steady"] && found.map(\.items) == [3, 1, 2])
        #expect(found.map { $0.measures.first { $0.name == "wape" }?.value } == [0.2, 0.5, 0])
        settings.by = "colour"
        let failure = #expect(throws: Failure.self) { try DemandBacktest(settings).measure(Job.load(path: job.path)) }
        #expect(failure?.code == "backtest.groups" && failure?.expected.contains("kind") == true)
    }

    @Test("a job that forecasts nothing, and a past that is too short, are refused")
    func refused() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized.path
        let fraud = try Job.load(path: "\(root)/jobs/fraud.yaml")
        let failure = #expect(throws: Failure.self) { try DemandBacktest(.init()).measure(fraud) }
        #expect(failure?.code == "backtest.stage")
        let shop = Shop()
        let short = try shop.job(units: [3, 4, 5])
        let second = #expect(throws: Failure.self) { try DemandBacktest(.init()).measure(short) }
        #expect(second?.code == "backtest.short")
        #expect(throws: Failure.self) { try DemandOrderReplay(reviews: 3).measure(short) }
    }
}
