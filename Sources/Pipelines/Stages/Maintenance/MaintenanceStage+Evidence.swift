import Records

extension MaintenanceStage {
    /// Begins the title of the table that holds the curves.
    static let curvesTitle = "readings of the sensors that moved, newest first"
    static let healthTitle = "health and wear of this unit (mean of 10 readings)"
    static let fleetUnit = ", in standard deviations of the fleet"
    static let plainUnit = ", as measured (there is no model yet)"

    /// The sensors that moved most since the unit's first readings with their course, and the unit's health over its last readings.
    public func evidence(forRow row: Int) -> [Evidence] {
        var json = JSONWriter()
        writeEvidence(forRow: row, to: &json)
        return Evidence.tables(JSONValue(parsing: String(decoding: json.bytes, as: UTF8.self)))
    }

    public func writeEvidence(forRow row: Int, to json: inout JSONWriter) {
        json.beginArray()
        if let values = lastRow(row), let trail = trail(ofRow: row) {
            let unit = isPrepared ? Self.fleetUnit : Self.plainUnit
            writeMoved(values, unit, to: &json)
            json.beginTable(Self.curvesTitle + unit, columns: ["time"] + trail.sensors.map { features.sensors[$0] })
            write(trail.values, times: trail.times, width: trail.sensors.count, to: &json)
            json.beginTable(Self.healthTitle, columns: ["time"] + MaintenanceFeatures.mixtureNames)
            write(trail.health, times: trail.times, width: FleetNorms.mixtures, to: &json)
            writeEvents(ofRow: row, to: &json)
        }
        json.endArray()
    }

    private func writeMoved(_ values: [Float], _ unit: String, to json: inout JSONWriter) {
        json.beginTable(
            "sensors that moved most\(unit)", columns: ["sensor", "now (15 readings)", "since the unit's start", "a reading, over 60"])
        let moved = features.sensors.enumerated().map { index, name in
            (
                name: name, start: MaintenanceFeatures.leading + index * MaintenanceFeatures.perSensor,
                drift: values[MaintenanceFeatures.drift(ofSensor: index)]
            )
        }.sorted { (abs($0.drift), $1.name) > (abs($1.drift), $0.name) }
        for sensor in moved.prefix(5) {
            json.beginArray()
            json.text(sensor.name)
            json.text(values[sensor.start + 1], decimals: 2)
            json.text(sensor.drift, decimals: 2)
            json.text(values[sensor.start + 7], decimals: 4)
            json.endArray()
        }
        json.endTable()
    }

    /// Rows of a time and `width` numbers, and the table's end.
    private func write(_ values: [Float], times: [Int64], width: Int, to json: inout JSONWriter) {
        for row in 0..<values.count / max(width, 1) {
            json.beginArray()
            json.text(Timestamp(microseconds: times[row]))
            for value in values[(row * width)..<((row + 1) * width)] { json.text(value, decimals: 2) }
            json.endArray()
        }
        json.endTable()
    }

    private func writeEvents(ofRow row: Int, to json: inout JSONWriter) {
        guard eventTrails.indices.contains(row), !eventTrails[row].isEmpty else { return }
        json.beginTable("events of this unit, newest first", columns: ["time", "kind"])
        for event in eventTrails[row] {
            json.beginArray()
            json.text(Timestamp(microseconds: event.time))
            json.text(features.kinds[event.kind])
            json.endArray()
        }
        json.endTable()
    }
}
