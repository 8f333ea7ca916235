package import Records

/// What the report of a maintenance job shows besides.
package struct MachineReport: Sendable {
    package var lives: Shown<LifeComparison>
    package var health: Shown<FleetHealth>
    package var sensors: Shown<SensorMoves>
    package var reasons: Shown<ReasonCounts>
    /// What counts as one of a machine's life.
    package var step: Timestamp.Span
    package var horizon: Int

    init(_ source: ReportSource) throws {
        step = source.job.stage.span("step") ?? .hours(1)
        horizon = source.job.stage.integer("horizon") ?? 30
        reasons = try ReasonCounts.read(source)
        guard let unit = source.keyColumn("unit") else {
            let why = "Results do not say which machine a row is of: its column is not part of the feed's key."
            (lives, health, sensors) = (.missing(why), .missing(why), .missing(why))
            return
        }
        let ends = try FailureEnds(source, unit: unit)
        lives = try LifeComparison.read(source, unit: unit, ends: ends, step: step.microseconds)
        health = try FleetHealth.read(source, unit: unit, ends: ends)
        sensors = try SensorMoves.read(source, unit: unit)
    }

    /// What became known of the rows, by the lives of their machines; false where results do not say whose they are, or no failure can be
    /// known.
    static func judge(_ rows: inout ReportRows, _ source: ReportSource) throws -> Bool {
        guard let unit = source.keyColumn("unit"), let place = source.key.firstIndex(of: unit),
            source.job.feeds.contains(where: { $0.role == .labels })
        else { return false }
        let step = source.job.stage.span("step") ?? .hours(1)
        rows.judge(
            unit: place, ends: try FailureEnds(source, unit: unit), step: step.microseconds,
            horizon: source.job.stage.integer("horizon") ?? 30)
        return true
    }
}
