public import Records

/// Labelled rows with the answer of every step, on which a cascade's thresholds are found.
public struct CascadeRows: Hashable, Sendable {
    /// `[step][row]`: 0 = sure.
    public let doubts: [[Float]]
    /// `[step][row]`: whether the step's answer was wrong.
    public let isWrong: [[Bool]]

    /// - Throws: no step, steps of different lengths, a doubt that is not finite.
    public init(doubts: [[Float]], isWrong: [[Bool]]) throws(Failure) {
        let rows = doubts.first?.count ?? 0
        guard !doubts.isEmpty, doubts.count == isWrong.count, (doubts.map(\.count) + isWrong.map(\.count)).allSatisfy({ $0 == rows }) else {
            throw .cascadeSettings(
                "rows", found: "steps with different numbers of rows", expected: "a doubt and a truth for each step and row")
        }
        guard doubts.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw .cascadeSettings("rows", found: "a doubt that is not a number", expected: "finite numbers, 0 = sure")
        }
        (self.doubts, self.isWrong) = (doubts, isWrong)
    }

    /// - Precondition: parts of rows that were checked.
    init(unchecked doubts: [[Float]], isWrong: [[Bool]]) { (self.doubts, self.isWrong) = (doubts, isWrong) }

    public var count: Int { doubts.first?.count ?? 0 }
}

/// Thresholds of a cascade with "the error among automatic answers is at most alpha", promised with a stated confidence.
///
/// Learn then Test (Angelopoulos, Bates, Candès, Jordan, Lei, arXiv 2110.01052): a path of cascades, from strict to lenient, is laid through a third
/// of the rows; on the others each is tested with the exact binomial test of "the error among what it decides is above alpha", in the order of
/// the path, from the place on that the first third speaks most for (a fixed sequence). Promised over draws of the rows that test, for rows
/// exchangeable with them.
public struct CascadeThresholds: Hashable, Sendable {
    /// Of each step; nil = never alone.
    public var thresholds: [Float?]
    /// On the rows that tested them: rows, those decided without a person, and those decided wrongly.
    public var rows: Int
    public var automatic: Int
    public var wrong: Int
    /// One-sided upper limit of the error among automatic answers, at the confidence asked for (Clopper-Pearson); 1 where nothing is automatic.
    public var upperLimit: Double
    /// Of the rows reaching each step, the share that it decides; for `CascadePlan`.
    public var decides: [Double]

    public var automationRate: Double { rows == 0 ? 0 : Double(automatic) / Double(rows) }

    private static let levels = 24

    /// - Parameters:
    ///   - alpha: 0..<1, most wrong of the automatic answers.
    ///   - confidence: 0.5..<1.
    /// - Throws: settings out of range.
    public static func fit(_ rows: CascadeRows, alpha: Double, confidence: Double) throws(Failure) -> CascadeThresholds {
        try check(alpha: alpha, confidence: confidence)
        let (tuning, testing) = halves(rows)
        let path = path(rows, tuning, alpha: alpha)
        var best: [Float?]? = nil, mostAutomatic = 0
        for thresholds in passing(rows, path, tuning: tuning, testing: testing, alpha: alpha, error: 1 - confidence) {
            let automatic = tally(rows, testing, thresholds).automatic
            if automatic > mostAutomatic { (best, mostAutomatic) = (thresholds, automatic) }
        }
        return report(rows, testing, best ?? rows.doubts.map { _ in nil }, confidence: confidence)
    }

    static func check(alpha: Double, confidence: Double) throws(Failure) {
        guard alpha > 0, alpha < 1, confidence >= 0.5, confidence < 1 else {
            throw .cascadeSettings(
                "automatic", found: "alpha \(alpha), confidence \(confidence)", expected: "alpha within 0 and 1, confidence 0.5 to 1")
        }
    }

    /// Every third row, on which thresholds are found, and the others, which test them.
    static func halves(_ rows: CascadeRows) -> (tuning: [Int], testing: [Int]) {
        ((0..<rows.count).filter { $0 % 3 == 0 }, (0..<rows.count).filter { $0 % 3 != 0 })
    }

    /// Those of a path of which "the error is above alpha" falls on the testing rows: in turn towards the lenient ones, up to the first of which it
    /// stands, from the one on that the tuning rows speak most for. With this error none of them keeps the promise wrongly.
    static func passing(
        _ rows: CascadeRows, _ path: [[Float?]], tuning: [Int], testing: [Int], alpha: Double, error: Double
    ) -> [[Float?]] {
        func doubt(_ level: Int, _ members: [Int]) -> Double {
            let tally = tally(rows, members, path[level])
            return tally.automatic == 0 ? 1 : Binomial.atMost(tally.wrong, trials: tally.automatic, probability: alpha)
        }
        let first = path.indices.map { doubt($0, tuning) }
        guard let start = path.indices.min(by: { (first[$0], $0) < (first[$1], $1) }) else { return [] }
        return path[start...].indices.prefix { doubt($0, testing) <= error }.map { path[$0] }
    }

    /// Cascades whose error on these rows is about 0, ..., 1.5 alpha, a step after the other tuned on what the steps before left.
    static func path(_ rows: CascadeRows, _ members: [Int], alpha: Double) -> [[Float?]] {
        let sorted = rows.doubts.map { doubts in members.sorted { doubts[$0] == doubts[$1] ? $0 < $1 : doubts[$0] < doubts[$1] } }
        return (1...levels).map { level in
            let limit = 1.5 * alpha * Double(level) / Double(levels)
            var (isLeft, thresholds): ([Bool], [Float?]) = ([Bool](repeating: true, count: rows.count), [])
            for step in rows.doubts.indices {
                let threshold = largest(rows, sorted[step].filter { isLeft[$0] }, step: step, limit: limit)
                thresholds.append(threshold)
                if let threshold { for row in members where rows.doubts[step][row] <= threshold { isLeft[row] = false } }
            }
            return thresholds
        }
    }

    /// The largest doubt up to which the error stays within the limit; nil where even the surest rows are above it.
    ///
    /// - Parameter sorted: rows by their doubt.
    private static func largest(_ rows: CascadeRows, _ sorted: [Int], step: Int, limit: Double) -> Float? {
        var (wrong, threshold): (Int, Float?) = (0, nil)
        for (place, row) in sorted.enumerated() {
            if rows.isWrong[step][row] { wrong += 1 }
            let isLastOfItsDoubt = place + 1 == sorted.count || rows.doubts[step][sorted[place + 1]] > rows.doubts[step][row]
            // One wrong row more than there are: a handful of right ones proves nothing.
            if isLastOfItsDoubt, Double(wrong + 1) <= limit * Double(place + 1) { threshold = rows.doubts[step][row] }
        }
        return threshold
    }

    static func tally(_ rows: CascadeRows, _ members: [Int], _ thresholds: [Float?]) -> (automatic: Int, wrong: Int, byStep: [Int]) {
        var (wrong, byStep) = (0, [Int](repeating: 0, count: thresholds.count))
        for row in members {
            let decider = thresholds.indices.first { step in thresholds[step].map { rows.doubts[step][row] <= $0 } ?? false }
            guard let decider else { continue }
            byStep[decider] += 1
            if rows.isWrong[decider][row] { wrong += 1 }
        }
        return (byStep.reduce(0, +), wrong, byStep)
    }

    static func report(_ rows: CascadeRows, _ members: [Int], _ thresholds: [Float?], confidence: Double) -> CascadeThresholds {
        let tally = tally(rows, members, thresholds)
        var left = members.count
        let decides = tally.byStep.map { count -> Double in
            defer { left -= count }
            return left == 0 ? 0 : Double(count) / Double(left)
        }
        let limit = tally.automatic == 0 ? 1 : Binomial.upperLimit(tally.wrong, trials: tally.automatic, error: 1 - confidence)
        return CascadeThresholds(
            thresholds: thresholds, rows: members.count, automatic: tally.automatic, wrong: tally.wrong, upperLimit: limit, decides: decides
        )
    }
}
