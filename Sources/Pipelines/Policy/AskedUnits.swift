import Models
import Records

/// About which units (machines, cards) a person was asked last, and when: within a time, a unit is asked about once.
///
/// Rows of a unit that was asked about get the cheapest outcome that needs no person, with the cause `asked`. Where the job promises
/// something of automatic decisions, a row that would be cleared so stays with a person; an audit sample is never taken back. Entries older than the time
/// are dropped, so what is kept is as many as there are units with an open question.
struct AskedUnits: Hashable, Sendable, Codable {
    /// Event time of the last row asked about, by the unit's hash.
    private(set) var newest: [UInt64: Int64] = [:]

    /// Takes the rulings of the next rows, in feed order, and changes those of units that were asked about already.
    mutating func settle(_ rulings: inout [Ruling], of batch: RecordBatch, times: [Int64], policy: Policy) {
        guard let once = policy.oncePer, let review = policy.reviewOutcome else { return }
        let units = RecordKey.hashes(of: batch, columns: [once.column])
        var watermark = Int64.min
        for row in rulings.indices {
            watermark = max(watermark, times[row])
            guard rulings[row].outcome == review, !policy.isPromised(rulings[row]) else { continue }
            if let asked = newest[units[row]], times[row] < asked + once.within {
                (rulings[row].outcome, rulings[row].cause) = (rulings[row].suggested, policy.askedCause)
            } else {
                newest[units[row]] = times[row]
            }
        }
        guard newest.count > 1_024 else { return }
        newest = newest.filter { $0.value + once.within > watermark }
    }
}
