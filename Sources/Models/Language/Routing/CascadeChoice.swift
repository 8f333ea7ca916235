public import Records

/// The cheapest cascade that keeps a promised error, of all choices of some models in their order.
///
/// On a third of the rows each choice is laid out from strict to lenient, and the few that look cheapest there are kept. The others test them: each
/// keeps the promise only if "its error is above alpha" falls by the exact binomial test, in a fixed sequence (Learn then Test, arXiv 2110.01052),
/// the error shared by the choices kept (Bonferroni). So whichever of those that passed is taken keeps the promise; the cheapest is.
public struct CascadeChoice: Hashable, Sendable {
    /// Places of the models asked, in order; empty = a person decides everything.
    public var steps: [Int]
    /// Of those models, in their order.
    public var thresholds: CascadeThresholds
    /// Expected for a row, calls and people, on the rows that tested.
    public var cost: Double
    /// Choices of models compared.
    public var compared: Int

    /// More models would be too many choices.
    public static let mostSteps = 6
    private static let kept = 3

    /// - Parameters:
    ///   - costs: of a call to each model, in the currency of `personCost`; 0 or more.
    ///   - alpha: 0..<1, most wrong of the automatic answers.
    ///   - confidence: 0.5..<1.
    /// - Throws: settings out of range, more models than ``mostSteps``.
    public static func cheapest(
        _ rows: CascadeRows, costs: [Double], personCost: Double, alpha: Double, confidence: Double
    ) throws(Failure) -> CascadeChoice {
        try CascadeThresholds.check(alpha: alpha, confidence: confidence)
        guard costs.count == rows.doubts.count, (costs + [personCost]).allSatisfy({ $0 >= 0 && $0.isFinite }), costs.count <= mostSteps
        else {
            throw .cascadeSettings(
                "steps", found: "\(rows.doubts.count) models, costs \(costs) and \(personCost)",
                expected: "at most \(mostSteps) models, a cost of 0 or more for each and for a person")
        }
        let (tuning, testing) = CascadeThresholds.halves(rows)
        let every = (1..<(1 << costs.count)).map { mask in costs.indices.filter { mask >> $0 & 1 == 1 } }
        let candidates = every.map { Candidate($0, rows, costs: costs, personCost: personCost, alpha: alpha, tuning: tuning) }
        let order = candidates.indices.sorted { (candidates[$0].bestCost, $0) < (candidates[$1].bestCost, $1) }
        let error = (1 - confidence) / Double(min(kept, order.count))
        var best: (candidate: Candidate, thresholds: [Float?], cost: Double)?
        for place in order.prefix(kept) {
            let candidate = candidates[place]
            let passing = CascadeThresholds.passing(
                candidate.rows, candidate.path, tuning: tuning, testing: testing, alpha: alpha, error: error)
            for thresholds in passing {
                let cost = candidate.cost(thresholds, testing, personCost: personCost)
                if cost < best?.cost ?? personCost { best = (candidate, thresholds, cost) }
            }
        }
        guard let best else {
            let nobody = CascadeThresholds.report(rows, testing, rows.doubts.map { _ in nil }, confidence: confidence)
            return CascadeChoice(steps: [], thresholds: nobody, cost: personCost, compared: every.count)
        }
        return CascadeChoice(
            steps: best.candidate.steps,
            thresholds: CascadeThresholds.report(best.candidate.rows, testing, best.thresholds, confidence: confidence), cost: best.cost,
            compared: every.count)
    }

    /// Some of the models, in their order.
    private struct Candidate {
        let steps: [Int]
        let rows: CascadeRows
        let costs: [Double]
        let path: [[Float?]]
        /// Where the error on the half that it was laid out on is within alpha; a guess that decides what is tested, no more.
        let bestCost: Double

        init(_ steps: [Int], _ all: CascadeRows, costs: [Double], personCost: Double, alpha: Double, tuning: [Int]) {
            let rows = all.steps(steps), own = steps.map { costs[$0] }
            let path = CascadeThresholds.path(rows, tuning, alpha: alpha)
            var best = Double.infinity
            for thresholds in path {
                let tally = CascadeThresholds.tally(rows, tuning, thresholds)
                guard Double(tally.wrong) <= alpha * Double(tally.automatic) else { continue }
                best = min(best, Self.cost(tally.byStep, of: tuning.count, thresholds, own, personCost: personCost))
            }
            (self.steps, self.rows, self.costs, self.path, bestCost) = (steps, rows, own, path, best)
        }

        func cost(_ thresholds: [Float?], _ members: [Int], personCost: Double) -> Double {
            let tally = CascadeThresholds.tally(rows, members, thresholds)
            return Self.cost(tally.byStep, of: members.count, thresholds, costs, personCost: personCost)
        }

        /// A model that never decides is not asked.
        private static func cost(_ byStep: [Int], of count: Int, _ thresholds: [Float?], _ costs: [Double], personCost: Double) -> Double {
            var (left, sum) = (count, 0.0)
            for step in byStep.indices where thresholds[step] != nil {
                sum += Double(left) * costs[step]
                left -= byStep[step]
            }
            return (sum + Double(left) * personCost) / Double(max(count, 1))
        }
    }
}

extension CascadeRows {
    /// The answers of some steps, in the order given.
    public func steps(_ steps: [Int]) -> CascadeRows {
        CascadeRows(unchecked: steps.map { doubts[$0] }, isWrong: steps.map { isWrong[$0] })
    }

    /// The given rows, in the order given.
    public func rows(_ rows: [Int]) -> CascadeRows {
        CascadeRows(unchecked: doubts.map { doubt in rows.map { doubt[$0] } }, isWrong: isWrong.map { wrong in rows.map { wrong[$0] } })
    }

    /// What a cascade of these steps decides without a person, and how much of that is wrong.
    ///
    /// - Parameter thresholds: of each step; nil = never alone.
    public func outcome(_ thresholds: [Float?]) -> (automatic: Int, wrong: Int) {
        let tally = CascadeThresholds.tally(self, Array(0..<count), thresholds)
        return (tally.automatic, tally.wrong)
    }

    /// Share of right answers where the share of rows that one step is least sure of takes the answer of another.
    ///
    /// Ties of doubt go on by their place.
    public func accuracy(from first: Int, escalating share: Double, to second: Int) -> Double {
        let order = doubts[first].indices.sorted { (doubts[first][$1], $0) < (doubts[first][$0], $1) }
        let escalated = Int((Double(count) * share).rounded())
        let wrong = order.enumerated().reduce(0) { sum, entry in
            sum + (isWrong[entry.offset < escalated ? second : first][entry.element] ? 1 : 0)
        }
        return count == 0 ? 0 : 1 - Double(wrong) / Double(count)
    }
}
