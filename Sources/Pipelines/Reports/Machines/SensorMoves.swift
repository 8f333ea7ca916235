import Foundation
import GRDB
import Records

/// Of how many machines each sensor moved against the fleet, by the newest row of each machine.
package struct SensorMoves: Sendable {
    /// Standard deviations of the fleet from which a sensor has moved.
    package static let least: Float = 1
    /// Machines not seen for longer before the newest row of all are left out.
    static let newest = Timestamp.Span.days(30)

    package struct Sensor: Hashable, Sendable {
        package var name: String
        /// Machines in which it rose, and in which it fell.
        package var up = 0
        package var down = 0
        package var moved: Int { up + down }
    }

    package private(set) var machines = 0
    /// Most machines first.
    package var sensors: [Sensor] { counts.sorted { ($0.moved, $1.name) > ($1.moved, $0.name) } }
    private var counts: [Sensor]

    package init(sensors: [String]) { counts = sensors.map { Sensor(name: $0) } }

    /// - Parameter drifts: of each sensor, in standard deviations of the fleet; NaN says nothing.
    package mutating func add(_ drifts: [Float]) {
        machines += 1
        for (place, drift) in drifts.enumerated() where counts.indices.contains(place) {
            if drift >= Self.least { counts[place].up += 1 }
            if drift <= -Self.least { counts[place].down += 1 }
        }
    }

    static func read(_ source: ReportSource, unit: String) throws -> Shown<SensorMoves> {
        guard let period = try source.period() else { return .missing("No row is stored yet.") }
        let names = MaintenanceSettings.names(source.job.stage.text("sensors")), features = try source.featureNames()
        let places = names.map { features.firstIndex(of: "\($0)_drift") ?? -1 }
        var (moves, isPrepared) = (SensorMoves(sensors: names), true)
        let from = period.last - newest
        let rows = try Row.fetchCursor(
            source.database,
            sql: """
                SELECT max(rtrim(event_time, 'Z')), run, features \(source.rows) AND event_time >= ? AND features IS NOT NULL
                GROUP BY \(ResultTable.quoted(unit))
                """, arguments: [from.iso8601])
        while let row = try rows.next() {
            guard source.runs[row["run"]]?.model != nil else {
                isPrepared = false
                continue
            }
            moves.add(PackedFeatures.values(row["features"], at: places))
        }
        if moves.machines > 0 { return .shown(moves) }
        return .missing(
            isPrepared
                ? "No row is stored with its features (`results: { features: false }`)."
                : "There is no model yet, so what is usual in the fleet is not known.")
    }
}
