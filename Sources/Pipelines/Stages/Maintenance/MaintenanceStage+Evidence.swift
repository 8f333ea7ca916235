import Records

extension MaintenanceStage {
    /// Begins the title of the table that holds the curves.
    static let curvesTitle = "readings of the sensors that moved, newest first"
    static let healthTitle = "health and wear of this unit (mean of 10 readings)"
    static let fleetUnit = ", in standard deviations of the fleet"
    static let plainUnit = ", as measured (there is no model yet)"

    /// The sensors that moved most since the unit's first readings with their course, and the unit's health over its last readings.
    public func evidence(forRow row: Int) -> [Evidence] {
        guard let values = lastRow(row), let trail = trail(ofRow: row) else { return [] }
        let unit = isPrepared ? Self.fleetUnit : Self.plainUnit
        let moved = features.sensors.enumerated().map { index, name in
            let start = MaintenanceFeatures.leading + index * MaintenanceFeatures.perSensor
            return (name: name, now: values[start + 1], drift: values[MaintenanceFeatures.drift(ofSensor: index)], slope: values[start + 7])
        }.sorted { (abs($0.drift), $1.name) > (abs($1.drift), $0.name) }
        func time(_ place: Int) -> String { Timestamp(microseconds: trail.times[place]).iso8601 }
        let mixtures = FleetNorms.mixtures, sensors = trail.sensors.count
        let events = eventTrails.indices.contains(row) ? eventTrails[row] : []
        let log = Evidence(
            title: "events of this unit, newest first", columns: ["time", "kind"],
            rows: events.map { [Timestamp(microseconds: $0.time).iso8601, features.kinds[$0.kind]] })
        return [
            Evidence(
                title: "sensors that moved most\(unit)",
                columns: ["sensor", "now (15 readings)", "since the unit's start", "a reading, over 60"],
                rows: moved.prefix(5).map { [$0.name, Self.text($0.now, 2), Self.text($0.drift, 2), Self.text($0.slope, 4)] }),
            Evidence(
                title: Self.curvesTitle + unit, columns: ["time"] + trail.sensors.map { features.sensors[$0] },
                rows: trail.times.indices.map { place in
                    [time(place)] + trail.values[(place * sensors)..<((place + 1) * sensors)].map { Self.text($0, 2) }
                }),
            Evidence(
                title: Self.healthTitle, columns: ["time"] + MaintenanceFeatures.mixtureNames,
                rows: (0..<trail.health.count / mixtures).map { place in
                    [time(place)] + trail.health[(place * mixtures)..<((place + 1) * mixtures)].map { Self.text($0, 2) }
                }),
        ] + (events.isEmpty ? [] : [log])
    }
}
