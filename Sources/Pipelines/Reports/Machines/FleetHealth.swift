import GRDB
package import Records

/// How many machines stood at which risk, step by step of time; of each machine its last row in a step.
package struct FleetHealth: Sendable {
    /// Lower ends of the bands of risk.
    package static let bands = [0.0, 0.05, 0.2, 0.5]
    package static let names = ["below 5 %", "5 to 20 %", "20 to 50 %", "50 % and more"]

    package let buckets: DayBuckets
    /// Machines a step and band.
    package private(set) var machines: [[Int]]
    /// Failures known a step.
    package private(set) var failures: [Int]

    package init(buckets: DayBuckets) {
        self.buckets = buckets
        machines = [[Int]](repeating: [Int](repeating: 0, count: Self.bands.count), count: buckets.count)
        failures = [Int](repeating: 0, count: buckets.count)
    }

    package static func band(of risk: Double) -> Int { (bands.lastIndex { risk >= $0 } ?? 0) }

    package mutating func add(machines count: Int, band: Int, step: Int) {
        if machines.indices.contains(step), machines[step].indices.contains(band) { machines[step][band] += count }
    }

    package mutating func add(failureAt time: Timestamp) { if let step = buckets.index(of: time) { failures[step] += 1 } }

    static func read(_ source: ReportSource, unit: String, ends: FailureEnds) throws -> Shown<FleetHealth> {
        guard let period = try source.period() else { return .missing("No row is stored yet.") }
        var health = FleetHealth(buckets: DayBuckets(first: period.first, last: period.last))
        let band = bands.enumerated().reversed().map { "WHEN score >= \($1) THEN \($0)" }.joined(separator: " ")
        // With `max`, SQLite takes the other columns from the row that has it.
        let rows = try Row.fetchCursor(
            source.database,
            sql: """
                SELECT step, CASE \(band) ELSE 0 END AS band, count(*) FROM (
                    SELECT \(health.buckets.sql) AS step, max(rtrim(event_time, 'Z')), score \(source.rows) AND score IS NOT NULL
                    GROUP BY \(ResultTable.quoted(unit)), step
                ) GROUP BY step, band
                """)
        while let row = try rows.next() { health.add(machines: row[2], band: row[1], step: row[0]) }
        for times in ends.times.values { for time in times { health.add(failureAt: Timestamp(microseconds: time)) } }
        return .shown(health)
    }
}
