import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Testing

/// The report of the shipped quality job over its sample, against plain loops over what the database holds.
@Suite struct PieceReportTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized.path
    private static let clock = Timestamp(.init(year: 2026, month: 2, day: 1))

    private final class Workshop {
        let folder = FileManager.default.temporaryDirectory.appending(path: "workshop-\(UUID())").path
        init() throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(root)/jobs/holidays-jp.csv", toPath: "\(folder)/holidays-jp.csv")
        }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func run(trains: Bool = true, _ changes: [(from: String, to: String)] = []) throws -> Warehouse {
            var text = try String(contentsOfFile: "\(root)/jobs/quality.yaml", encoding: .utf8)
            for (from, to) in [
                ("../sample-data/", "\(root)/sample-data/"), ("trees: 100", "trees: 10"),
                // What drifts signals much: there is something to draw.
                ("charts: torque power", "charts: torque heat"),
            ] + changes {
                #expect(text.contains(from), "\(from)")
                text = text.replacing(from, with: to)
            }
            let job = try Job.load(bytes: Array(text.utf8), path: "\(folder)/job.yaml")
            let warehouse = try Warehouse(path: "\(folder)/\(UUID()).db")
            if trains { _ = try Trainer(warehouse: warehouse, environment: .fixed(clock)).train(job) }
            _ = try Runner(warehouse: warehouse, environment: .fixed(clock)).run(job)
            return warehouse
        }
    }

    private static func report(_ warehouse: Warehouse) throws -> JobReport {
        try warehouse.read { try JobReport(job: "quality", now: clock + .days(1), in: $0) }
    }

    /// Features: product, air, process, speed, torque, wear, heat, power, strain, unusual, signals, torque's and heat's signals.
    private static func stored(_ warehouse: Warehouse) throws -> [(time: String, score: Double, features: [Float])] {
        try warehouse.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM piece_scores_current ORDER BY event_time, piece").map {
                ($0["event_time"], $0["score"], PackedFeatures.unpack($0["features"]))
            }
        }
    }

    @Test("charts shown are those that signalled most, point by point as stored, within the limits that the model learnt")
    func charts() throws {
        let workshop = try Workshop(), warehouse = try workshop.run()
        let history = try #require(try Self.report(warehouse).pieces?.charts.value), rows = try Self.stored(warehouse)
        #expect(history.total == 6 && history.charts.count == 4 && history.otherRows == 0)
        // Texts of training rows in order: H, L, M.
        var tallies: [(signals: Int, name: String, group: String)] = []
        for (place, group) in ["H", "L", "M"].enumerated() {
            for (chart, name) in ["torque", "heat"].enumerated() {
                tallies.append((rows.count { $0.features[0] == Float(place) && $0.features[11 + chart] > 0 }, name, group))
            }
        }
        let most = tallies.sorted { $0.signals > $1.signals }.prefix(4)
        #expect(history.charts.map { "\($0.measurement) \($0.group ?? "")" } == most.map { "\($0.name) \($0.group)" })
        #expect(history.charts.map(\.signals) == most.map(\.signals))
        for chart in history.charts {
            let place = ["H", "L", "M"].firstIndex(of: chart.group), column = chart.measurement == "torque" ? 4 : 6
            let own = rows.filter { $0.features[0] == Float(place ?? -1) }.map { Double($0.features[column]) }
            #expect(chart.points == own.count && chart.steps.count <= ControlHistory.mostSteps)
            #expect(chart.steps.map(\.low).min() == own.min() && chart.steps.map(\.high).max() == own.max())
            // What lies beyond the limits signalled, and nothing else did: the job asks for Shewhart's test alone.
            #expect(chart.signals == own.count { !chart.limits.points.contains($0) })
        }
    }

    @Test("expected defects of a day are the mean of its scores, and what inspectors decide stands beside them")
    func defects() throws {
        let workshop = try Workshop(), warehouse = try workshop.run()
        let items = try warehouse.read { try ReviewStore($0).list(queue: "inspection", now: Self.clock, limit: 3) }
        for (place, entry) in items.enumerated() {
            _ = try ReviewQueue(warehouse).decide(
                entry.item.id, outcome: place == 0 ? "rework" : "pass", isPositive: place == 0, reason: "r",
                by: ReviewPerson(actor: "ann", host: "h"), now: Self.clock + .hours(1), outcomes: [])
        }
        let report = try Self.report(warehouse), history = try #require(report.pieces?.defects.value), rows = try Self.stored(warehouse)
        #expect(history.kinds == ["defective"] && !history.hasKinds && history.every == 1)
        var shares: [String: (sum: Double, count: Int)] = [:]
        for row in rows {
            let day = String(row.time.prefix(10)), before = shares[day] ?? (0, 0)
            shares[day] = (before.sum + row.score, before.count + 1)
        }
        for step in history.shares.indices {
            let own = shares[history.buckets.text(step)]
            #expect(history.shares[step].count == (own == nil ? 0 : 1))
            if let own { #expect(abs(history.shares[step][0] - own.sum / Double(own.count)) < 1e-6) }
        }
        #expect(history.found.reduce(0, +) == 3 && history.defective.reduce(0, +) == 1)
        let reasons = try #require(report.pieces?.reasons.value)
        #expect(reasons.reasons.reduce(0) { max($0, $1.items) } <= reasons.items && reasons.items > 0)
    }

    @Test("kinds of defect are the model's, those that are sound left out; a model without classes names none")
    func kinds() throws {
        let workshop = try Workshop()
        let warehouse = try workshop.run([
            (
                "product: { from: Type, type: enum, values: [L, M, H] }",
                "product: { from: Type, type: enum, values: [L, M, H] }\n      twist: { from: Type, type: string }"
            ),
            ("      group: product ", "      classes: twist\n      sound: L\n      group: product "),
        ])
        let history = try #require(try Self.report(warehouse).pieces?.defects.value)
        #expect(Set(history.kinds) == ["M", "H"] && history.hasKinds)
        #expect(history.shares.allSatisfy { $0.allSatisfy { (0...1).contains($0) } })
        let (m, h) = (try #require(history.kinds.firstIndex(of: "M")), try #require(history.kinds.firstIndex(of: "H")))
        let mean = { (kind: Int) in history.shares.filter { !$0.isEmpty }.reduce(0) { $0 + $1[kind] } }
        #expect(mean(m) > mean(h))
    }

    @Test("without a model, and where results do not say the group, the charts say why they are not there")
    func missing() throws {
        func why(_ report: JobReport) -> String {
            if case .missing(let why)? = report.pieces?.charts { why } else { "" }
        }
        let workshop = try Workshop()
        let plain = try Self.report(try workshop.run(trains: false))
        #expect(why(plain).contains("no model yet") && plain.pieces?.defects.value == nil)
        #expect(ReportPage(plain).html.contains("no chart has limits"))
        let hidden = try Self.report(try workshop.run([("inputs: product air", "inputs: air")]))
        #expect(why(hidden).contains("`product`"))
    }
}
