/// Persons who find fraud far more or far less often than the others do among rows of like probability.
struct Leanings {
    /// Decisions and frauds of one person in each tenth of probability; the eleventh is for rows without one.
    private struct Tally {
        var decisions = [Int](repeating: 0, count: 11)
        var frauds = [Int](repeating: 0, count: 11)
    }
    private let persons: [Int]
    private let tallies: [Tally]
    private let byActor: [Int: [Int]]
    private let leastDecisions: Int

    init(_ rows: LabelRows, _ byActor: [Int: [Int]], leastDecisions: Int) {
        persons = byActor.keys.sorted()
        (self.byActor, self.leastDecisions) = (byActor, leastDecisions)
        tallies = persons.map { person in
            var tally = Tally()
            for row in byActor[person] ?? [] {
                let p = rows.probabilities[row]
                let tenth = p.isNaN ? 10 : min(max(Int(p * 10), 0), 9)
                tally.decisions[tenth] += 1
                tally.frauds[tenth] += rows.labels[row] == 1 ? 1 : 0
            }
            return tally
        }
    }

    /// The most surprising person first, who then no longer counts among the others: else one person's lean would make all others lean.
    ///
    /// - Returns: by actor, rising.
    func findings(error: Double) -> [LabelFinding] {
        var left = Array(persons.indices)
        var findings: [LabelFinding] = []
        while left.count > 1 {
            let tests = left.compactMap { person in test(person, beside: left).map { (person, $0) } }
            guard let worst = tests.min(by: { ($0.1.pValue, $0.0) < ($1.1.pValue, $1.0) }),
                worst.1.pValue * Double(persons.count) <= error
            else { break }
            let (person, result) = worst
            let reason =
                "One person found \(result.found) frauds in \(result.decisions) decisions; at the others' pace it would be about "
                + "\(Int(result.expected.rounded()))."
            let actor = persons[person]
            findings.append(LabelFinding(kind: .leaning, actor: actor, rows: byActor[actor] ?? [], reason: reason))
            left.removeAll { $0 == person }
        }
        return findings.sorted { ($0.actor ?? 0) < ($1.actor ?? 0) }
    }

    /// Two-sided exact binomial tail beside what the others find in the same tenths; nil where there is too little to compare.
    private func test(_ person: Int, beside left: [Int]) -> (pValue: Double, found: Int, decisions: Int, expected: Double)? {
        var (found, decisions, expected) = (0, 0, 0.0)
        for tenth in 0..<11 {
            let others = left.reduce(0) { $0 + ($1 == person ? 0 : tallies[$1].decisions[tenth]) }
            // Tenths in which the others have decided too little say nothing.
            guard others >= leastDecisions else { continue }
            let frauds = left.reduce(0) { $0 + ($1 == person ? 0 : tallies[$1].frauds[tenth]) }
            let own = tallies[person].decisions[tenth]
            decisions += own
            found += tallies[person].frauds[tenth]
            expected += Double(own) * (Double(frauds) + 0.5) / Double(others + 1)
        }
        guard decisions >= leastDecisions else { return nil }
        let share = expected / Double(decisions)
        let tail = min(
            Binomial.atMost(found, trials: decisions, probability: share), Binomial.atLeast(found, trials: decisions, probability: share))
        return (min(1, 2 * tail), found, decisions, expected)
    }
}
