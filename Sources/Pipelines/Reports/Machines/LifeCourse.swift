/// Where a machine's lives end, met backwards: rows of one machine, the newest first.
///
/// The first feature counts the readings of a life, so it falls where another one begins. A late or corrected row is counted as of when it
/// came, which says nothing of that.
struct LifeCourse {
    /// Event time of the failure that the rows lead to; nil = none is known in this life.
    private(set) var end: Int64?
    /// Event time of the newest row of this life.
    private(set) var lastSeen: Int64?
    private var later: (time: Int64, readings: Float)?

    /// - Parameters:
    ///   - readings: the first feature; NaN = not stored.
    ///   - isPlain: neither late nor corrected.
    ///   - isFailure: the machine failed after this row.
    mutating func step(back time: Int64, readings: Float, isPlain: Bool, isFailure: Bool) {
        if isPlain, !readings.isNaN {
            // Rows of one time may stand in any order.
            if let later, later.time > time, later.readings <= readings { (end, lastSeen) = (nil, nil) }
            later = (time, later?.time == time ? min(later?.readings ?? readings, readings) : readings)
        }
        if isFailure { end = time }
        lastSeen = lastSeen ?? time
    }
}
