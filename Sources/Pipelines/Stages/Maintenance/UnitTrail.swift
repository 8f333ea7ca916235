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

    /// - Parameter features: of the reading at `place`.
    init(_ history: UnitHistory, place: Int, features own: ArraySlice<Float>, of features: MaintenanceFeatures) {
        let (width, mixtures, first) = (history.width, FleetNorms.mixtures, own.startIndex)
        func drift(_ sensor: Int) -> Float { abs(own[first + MaintenanceFeatures.drift(ofSensor: sensor)]) }
        var best: [Int] = []
        for sensor in features.sensors.indices {
            let at = best.firstIndex { drift($0) < drift(sensor) } ?? best.count
            if at < Self.curves { best.insert(sensor, at: at) }
            if best.count > Self.curves { best.removeLast() }
        }
        let places = (max(0, place - Self.curveLength + 1)...place).reversed()
        var health: [Float] = []
        for at in places.prefix(Self.healthLength) {
            let rows = max(0, at - Self.healthLength + 1)...at
            for mixture in 0..<mixtures {
                let channel = width - mixtures + mixture
                health.append(rows.reduce(Float(0)) { $0 + history.value($1, channel) } / Float(rows.count))
            }
        }
        var values: [Float] = []
        values.reserveCapacity(places.count * best.count)
        for at in places { for sensor in best { values.append(history.value(at, sensor)) } }
        times = places.map { history.time($0) }
        (self.health, sensors, self.values) = (health, best, values)
    }
}
