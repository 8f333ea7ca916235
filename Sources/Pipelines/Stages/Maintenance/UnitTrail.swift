/// What the evidence of a row shows of its unit, as it was when the row came: health and wear over the newest readings, and the course of
/// the sensors that moved most.
struct UnitTrail {
    /// Readings of health and wear; means over as many.
    static let healthLength = 10
    /// Readings and sensors of the curves: what bounds the size of an item.
    static let curveLength = 60
    static let curves = 3

    /// Newest first, at most `curveLength`.
    let times: [Int64]
    /// Of the newest `healthLength` readings the means of each mixture, reading after reading.
    let health: [Float]
    /// Sensors that moved most since the unit's start, most first.
    let sensors: [Int]
    /// Of each reading in `times` the sensors' values, reading after reading.
    let values: [Float]

    /// - Parameters:
    ///   - row, kept: of the reading in the history's arrays, and how many readings up to and with it were kept when it came.
    ///   - own: its features.
    init(_ history: UnitHistory, row: Int, kept: Int, features own: ArraySlice<Float>, of features: MaintenanceFeatures) {
        let (width, mixtures, first) = (history.width, FleetNorms.mixtures, own.startIndex)
        func drift(_ sensor: Int) -> Float { abs(own[first + MaintenanceFeatures.drift(ofSensor: sensor)]) }
        var best: [Int] = []
        for sensor in features.sensors.indices {
            let at = best.firstIndex { drift($0) < drift(sensor) } ?? best.count
            if at < Self.curves { best.insert(sensor, at: at) }
            if best.count > Self.curves { best.removeLast() }
        }
        let oldest = row - kept + 1
        let rows = (max(oldest, row - Self.curveLength + 1)...row).reversed()
        var health: [Float] = []
        for at in rows.prefix(Self.healthLength) {
            let span = max(oldest, at - Self.healthLength + 1)...at
            for mixture in 0..<mixtures {
                let channel = width - mixtures + mixture
                health.append(span.reduce(Float(0)) { $0 + history.value(row: $1, channel) } / Float(span.count))
            }
        }
        var values: [Float] = []
        values.reserveCapacity(rows.count * best.count)
        for at in rows { for sensor in best { values.append(history.value(row: at, sensor)) } }
        times = rows.map { history.time(row: $0) }
        (self.health, sensors, self.values) = (health, best, values)
    }
}

/// Where the trail of a row lies; it is made when it is asked for, which few are.
enum UnitTrace {
    /// A reading that was the newest of its unit: later ones are only added behind it, or to a copy.
    case newest(Unit, row: Int, kept: Int)
    /// One that came late, among others.
    case made(UnitTrail)
}
