import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records
import Testing

/// The report of a maintenance job over a simulated fleet, against plain loops over what the database holds.
@Suite struct MachineReportTests {
    private static let clock = SmallFleet.clock + .days(1)
    private static let learnt = Timestamp(.init(year: 2025, month: 4, day: 1))

    /// A row of the results, by plain SQL.
    private struct Stored {
        var machine: String
        var time: Timestamp
        var score: Double
        var features: [Float]
    }

    private static func run(_ fleet: SmallFleet, trains: Bool = true, _ changes: [(from: String, to: String)] = []) throws -> Warehouse {
        let job = try fleet.job(changes), warehouse = try Warehouse(path: "\(fleet.folder)/\(UUID()).db")
        if trains { _ = try Trainer(warehouse: warehouse, environment: .fixed(learnt)).train(job, asOf: learnt) }
        _ = try Runner(warehouse: warehouse, environment: .fixed(SmallFleet.clock)).run(job)
        return warehouse
    }

    private static func report(_ warehouse: Warehouse, at now: Timestamp = clock) throws -> JobReport {
        try warehouse.read { try JobReport(job: "maintenance", now: now, in: $0) }
    }

    private static func stored(_ warehouse: Warehouse) throws -> [Stored] {
        try warehouse.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM machine_states_current ORDER BY machine, event_time").map { row in
                Stored(
                    machine: row["machine"], time: Timestamp(iso8601: row["event_time"] as String) ?? .distantPast, score: row["score"],
                    features: PackedFeatures.unpack(row["features"]))
            }
        }
    }

    private static func failures(_ warehouse: Warehouse, knownBy now: Timestamp = clock) throws -> [(machine: String, time: Timestamp)] {
        try warehouse.read { database in
            try Row.fetchAll(database, sql: "SELECT key FROM pipeline_labels WHERE known <= ?", arguments: [now.microseconds]).compactMap {
                let parts = ($0["key"] as String).split(separator: "\u{1F}").map(String.init)
                return Timestamp(iso8601: parts[1]).map { (parts[0], $0) }
            }
        }
    }

    /// Steps of 12 hours until the machine's next failure in the same life; nil where none is known.
    private static func life(_ rows: [Stored], _ index: Int, _ failures: [(machine: String, time: Timestamp)]) -> Double? {
        let own = rows[index]
        let next = failures.filter { $0.machine == own.machine && $0.time >= own.time }.map(\.time).min()
        guard let next else { return nil }
        // In a life the number of readings rises.
        var readings = own.features[0]
        for later in rows[(index + 1)...] where later.machine == own.machine && later.time <= next {
            if later.features[0] <= readings { return nil }
            readings = later.features[0]
        }
        return Double(next.microseconds - own.time.microseconds) / 43_200e6
    }

    @Test("lives, health, sensors and known rows of the report equal plain loops over the stored rows; the page shows them")
    func figures() throws {
        let fleet = try SmallFleet(), warehouse = try Self.run(fleet)
        let report = try Self.report(warehouse), machines = try #require(report.fleet)
        let rows = try Self.stored(warehouse), failures = try Self.failures(warehouse)
        #expect(rows.count > 3_000 && failures.count > 10)

        let lives = rows.indices.map { Self.life(rows, $0, failures) }
        let fresh = rows.indices.filter { lives[$0] != nil && rows[$0].time > Self.learnt }
        let comparison = try #require(machines.lives.value)
        #expect(comparison.rows == fresh.count && comparison.rows > 100)
        #expect(comparison.machineCount == Set(fresh.map { rows[$0].machine }).count)
        #expect(comparison.capped == fresh.count { lives[$0] ?? 0 >= 60 })
        for bin in 0..<6 {
            let range = Double(bin * 10)..<Double(bin * 10 + 10)
            #expect(comparison.bins[bin].rows == fresh.count { range.contains(lives[$0] ?? -1) }, "\(bin)")
        }
        #expect(try #require(comparison.correlation) > 0.4)

        let health = try #require(machines.health.value)
        var newest: [String: (step: Int, row: Stored)] = [:]
        var counts = [[Int]](repeating: [0, 0, 0, 0], count: health.buckets.count)
        for row in rows {
            let step = try #require(health.buckets.index(of: row.time))
            if let before = newest[row.machine], before.step != step { counts[before.step][FleetHealth.band(of: before.row.score)] += 1 }
            newest[row.machine] = (step, row)
        }
        for last in newest.values { counts[last.step][FleetHealth.band(of: last.row.score)] += 1 }
        #expect(health.machines == counts)
        #expect(health.failures.reduce(0, +) == failures.count)

        let moves = try #require(machines.sensors.value)
        #expect(moves.machines == newest.values.count { $0.row.time >= rows.map(\.time).max()! - .days(30) })
        for (place, sensor) in ["temperature", "vibration", "pressure", "current", "humidity"].enumerated() {
            let drifts = newest.values.map { $0.row.features[2 + 9 * place + 4] }
            let own = try #require(moves.sensors.first { $0.name == sensor })
            #expect(own.up == drifts.count { $0 >= 1 } && own.down == drifts.count { $0 <= -1 }, "\(sensor)")
        }

        // A row is failing where its life ended within 14 steps, and sound where it was seen longer.
        let positives = fresh.count { lives[$0] ?? .infinity <= 14 }
        #expect(report.isOfLives && report.settledPositives == positives && report.money == nil)
        #expect(try #require(report.quality.first).interval.estimate > 0.7)

        let page = ReportPage(report).html
        for heading in [
            "Predicted life and the life that came", "The fleet&#39;s health over time", "Sensors that moved", "Reasons that occur most",
        ] {
            #expect(page.contains(heading), "\(heading)")
        }
        #expect(page.components(separatedBy: "class=\"chart").count == page.components(separatedBy: "<desc>").count)
        #expect(ReportPage(try Self.report(warehouse)).html == page)
    }

    @Test("failures not known yet at the report's clock change nothing; a truth dealt to other machines shows in correlation and error")
    func truth() throws {
        let fleet = try SmallFleet(), warehouse = try Self.run(fleet)
        try warehouse.write { database in
            // Each failure becomes known only after the report.
            try database.execute(sql: "UPDATE pipeline_labels SET known = ?", arguments: [(Self.clock + .days(1)).microseconds])
        }
        let before = try #require(try Self.report(warehouse).fleet)
        guard case .missing(let why) = before.lives else {
            Issue.record("lives without a known failure")
            return
        }
        #expect(why.contains("No failure of a machine is known yet"))
        #expect(before.health.value?.failures.reduce(0, +) == 0)
        let after = try #require(try Self.report(warehouse, at: Self.clock + .days(2)).fleet)
        let honest = try #require(after.lives.value)
        #expect(honest.rows > 100)

        let rows = try Self.stored(warehouse)
        try warehouse.write { database in
            // Each failure is told of another machine, at the reading nearest in time.
            let machines = Array(Set(rows.map(\.machine))).sorted()
            for failure in try Self.labels(database) {
                let place = (machines.firstIndex(of: failure.machine) ?? 0) + 7
                let other = machines[place % machines.count]
                let nearest = rows.filter { $0.machine == other }.min {
                    abs($0.time.microseconds - failure.time.microseconds) < abs($1.time.microseconds - failure.time.microseconds)
                }
                guard let nearest else { continue }
                try database.execute(
                    sql: "UPDATE pipeline_labels SET key = ? WHERE id = ?",
                    arguments: ["\(other)\u{1F}\(nearest.time.iso8601)", failure.id])
            }
        }
        let dealt = try #require(try Self.report(warehouse, at: Self.clock + .days(2)).fleet?.lives.value)
        #expect(try #require(dealt.correlation) < #require(honest.correlation) - 0.3)
        #expect(dealt.error > 1.3 * honest.error)
    }

    private static func labels(_ database: Database) throws -> [(id: Int64, machine: String, time: Timestamp)] {
        try Row.fetchAll(database, sql: "SELECT id, key FROM pipeline_labels ORDER BY id").compactMap { row in
            let parts = (row["key"] as String).split(separator: "\u{1F}").map(String.init)
            return Timestamp(iso8601: parts[1]).map { (row["id"], parts[0], $0) }
        }
    }

    @Test("without a model, and without stored features, each figure says why it is not there")
    func missing() throws {
        let fleet = try SmallFleet(), warehouse = try Self.run(fleet, trains: false)
        let report = try Self.report(warehouse), machines = try #require(report.fleet)
        func why(_ found: Shown<some Sendable>) -> String { if case .missing(let why) = found { why } else { "" } }
        #expect(why(machines.lives).contains("scored by rules"))
        #expect(why(machines.sensors).contains("no model yet"))
        #expect(machines.health.value != nil)
        let page = ReportPage(report).html
        #expect(page.contains("no model yet") && page.contains("scored by rules"))
    }
}
