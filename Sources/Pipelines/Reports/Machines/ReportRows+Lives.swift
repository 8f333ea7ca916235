import Records

extension ReportRows {
    /// Takes for known what training learns: a row is failing where its machine failed within the horizon, sound where it is known to have
    /// run longer, and otherwise nothing is known of it, whatever a label says of the row itself.
    ///
    /// - Parameters:
    ///   - unit: place of the machine in the key.
    ///   - step: microseconds; - horizon: steps.
    mutating func judge(unit: Int, ends: FailureEnds, step: Int64, horizon: Int) {
        let names = keys.map { key -> Substring in
            let parts = key.split(separator: "\u{1F}", omittingEmptySubsequences: false)
            return unit < parts.count ? parts[unit] : ""
        }
        // Rows are in order of time, then of the key.
        let order = times.indices.sorted { (names[$0], $1) < (names[$1], $0) }
        let span = Double(horizon) * Double(step)
        var (machine, course): (Substring?, LifeCourse) = (nil, LifeCourse())
        for row in order {
            if names[row] != machine { (machine, course) = (names[row], LifeCourse()) }
            let time = times[row].microseconds
            course.step(
                back: time, readings: featureCount > 0 ? features[row * featureCount] : .nan, isPlain: !isLate[row] && !isCorrected[row],
                isFailure: ends.times[String(names[row])]?.contains(time) == true)
            if let end = course.end {
                known[row] = Double(end - time) <= span
            } else {
                // Of a row that a person judged, the decision is all that is known until its machine's life tells more.
                known[row] = Double((course.lastSeen ?? time) - time) >= span ? false : items[row]?.decision == nil ? nil : known[row]
            }
        }
    }
}
