/// New labels, as a training run would take them.
public struct LabelRows: Sendable {
    /// 0 or 1 a row.
    public var labels: [Float]
    /// The champion's calibrated probability a row; NaN = not scored.
    public var probabilities: [Float]
    /// Who decided, as a number a row; negative = no person (a chargeback, a feed).
    public var actors: [Int]
    /// When, in microseconds.
    public var times: [Int64]
    /// What the model sees of each row; nil = rows are not compared with each other.
    public var matrix: FeatureMatrix?

    /// - Precondition: as many values of each kind as rows.
    public init(labels: [Float], probabilities: [Float], actors: [Int], times: [Int64], matrix: FeatureMatrix? = nil) {
        precondition([probabilities.count, actors.count, times.count].allSatisfy { $0 == labels.count }, "a value a row")
        precondition(matrix.map { $0.rowCount == labels.count } ?? true, "a row of features a row")
        (self.labels, self.probabilities, self.actors, self.times, self.matrix) = (labels, probabilities, actors, times, matrix)
    }
}

/// Labels that would move the model oddly, and why somebody should look at them before it is trained. None is left out by itself.
public struct LabelFinding: Hashable, Sendable, Codable {
    public enum Kind: String, Sendable, Codable {
        /// One person made most of the decisions.
        case bulk
        /// One person decided faster than cases can be read.
        case burst
        /// One person finds fraud far more or far less often than the others among rows of like probability.
        case leaning
        /// A person says fraud where the model is all but sure of the opposite, or the other way round.
        case againstEvidence = "against-evidence"
        /// Rows that look alike to the model have opposite labels, one of them from a person.
        case contradiction
    }
    public var kind: Kind
    /// Nil where no single person is meant.
    public var actor: Int?
    /// Places of the rows meant, rising.
    public var rows: [Int]
    /// A whole sentence, without names or values of a feed.
    public var reason: String
}

public struct LabelHygiene: Sendable {
    /// Share of all persons' decisions from which on one person's are a bulk.
    public var bulkShare = 0.5
    /// Fewer decisions are no bulk, and make no lean.
    public var leastDecisions = 20
    /// More decisions than this within `burstSpan` microseconds are a burst: 30 in a minute are 2 seconds each.
    public var burstCount = 30
    public var burstSpan: Int64 = 60_000_000
    /// Below it, and above 1 - it, the model is all but sure.
    public var evidence: Float = 0.01
    /// Of a leaning person by chance, over all persons (Bonferroni).
    public var leaningError = 0.001
    /// Features alike within this share of the column's middle half (interquartile range).
    public var likeness = 0.01

    public init() {}

    /// - Returns: by kind in the order above, then by actor, then by row.
    public func findings(_ rows: LabelRows) -> [LabelFinding] {
        let persons = Set(rows.actors.filter { $0 >= 0 }).sorted()
        var byActor: [Int: [Int]] = [:]
        for row in rows.actors.indices where rows.actors[row] >= 0 { byActor[rows.actors[row], default: []].append(row) }
        let decisions = byActor.values.reduce(0) { $0 + $1.count }
        var (bulks, bursts): ([LabelFinding], [LabelFinding]) = ([], [])
        for actor in persons {
            let own = byActor[actor] ?? []
            if let finding = bulk(actor, own, decisions: decisions, persons: persons.count) { bulks.append(finding) }
            if let finding = burst(actor, own, rows) { bursts.append(finding) }
        }
        let leanings = Leanings(rows, byActor, leastDecisions: leastDecisions).findings(error: leaningError)
        return bulks + bursts + leanings + againstEvidence(rows) + NearRows(rows, likeness: likeness).contradictions()
    }

    private func bulk(_ actor: Int, _ own: [Int], decisions: Int, persons: Int) -> LabelFinding? {
        guard persons > 1, own.count >= leastDecisions, Double(own.count) >= bulkShare * Double(decisions) else { return nil }
        let reason = "One of \(persons) persons made \(own.count) of \(decisions) decisions."
        return LabelFinding(kind: .bulk, actor: actor, rows: own, reason: reason)
    }

    private func burst(_ actor: Int, _ own: [Int], _ rows: LabelRows) -> LabelFinding? {
        let order = own.sorted { (rows.times[$0], $0) < (rows.times[$1], $1) }
        var (start, most) = (0, 0)
        var inBurst: Set<Int> = []
        for end in order.indices {
            while rows.times[order[end]] - rows.times[order[start]] > burstSpan { start += 1 }
            let count = end - start + 1
            guard count > burstCount else { continue }
            most = max(most, count)
            inBurst.formUnion(order[start...end])
        }
        guard most > 0 else { return nil }
        let reason = "\(most) decisions of one person within \(burstSpan / 1_000_000) seconds; \(burstCount) are allowed."
        return LabelFinding(kind: .burst, actor: actor, rows: inBurst.sorted(), reason: reason)
    }

    private func againstEvidence(_ rows: LabelRows) -> [LabelFinding] {
        func isOdd(_ row: Int, _ label: Float) -> Bool {
            let p = rows.probabilities[row]
            return rows.actors[row] >= 0 && rows.labels[row] == label && (label == 1 ? p < evidence : p > 1 - evidence)
        }
        return ([(1, "below", "fraud", evidence), (0, "above", "genuine", 1 - evidence)] as [(Float, String, String, Float)]).compactMap {
            label, side, word, limit in
            let odd = rows.labels.indices.filter { isOdd($0, label) }
            guard !odd.isEmpty else { return nil }
            let reason = "\(odd.count) rows with a probability \(side) \(limit) were called \(word) by a person."
            return LabelFinding(kind: .againstEvidence, actor: nil, rows: odd, reason: reason)
        }
    }
}
