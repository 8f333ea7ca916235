/// Rows cleared without a person of one period, some of which were drawn for review with known probabilities: what the automatic decisions
/// miss, with an interval that covers.
///
/// Only drawn rows have labels; each found fraud stands for 1 / probability of the cleared rows (Horvitz, Thompson, JASA 47, 1952).
public struct AuditSample: Sendable {
    /// All rows cleared in the period, drawn or not.
    public let clearedRows: Int
    /// The sum of their amounts in minor units; 0 = amounts do not matter.
    public let clearedAmount: Double
    /// Rows drawn and reviewed.
    public let auditedRows: Int
    /// The sum of 1 / probability over them: `clearedRows` on average.
    public let auditedWeight: Double
    /// Rows drawn, but not reviewed yet: with many, wait.
    public let pendingRows: Int
    /// The largest 1 / probability of any cleared row, and the largest amount / probability: what one fraud not found could weigh.
    public let largestWeight: Double
    public let largestAmountWeight: Double
    /// 1 / probability of each fraud found, and its amount.
    private let foundWeights: [Double]
    private let foundAmounts: [Double]

    /// - Parameters:
    ///   - probabilities: of being drawn, of every cleared row, in 0 < p <= 1.
    ///   - amounts: of every cleared row; empty = amounts do not matter.
    ///   - labels: of every cleared row: nil = not drawn, or not reviewed yet.
    ///   - isDrawn: of every cleared row.
    public init(probabilities: [Double], amounts: [Double] = [], isDrawn: [Bool], labels: [Bool?]) {
        precondition(probabilities.count == isDrawn.count && labels.count == isDrawn.count, "a probability, a flag and a label a row")
        precondition(amounts.isEmpty || amounts.count == isDrawn.count, "an amount a row")
        precondition(probabilities.allSatisfy { $0 > 0 && $0 <= 1 }, "probabilities above 0: a row never drawn is never known")
        var (weights, found, pending, audited) = ([Double](), [Double](), 0, 0)
        var (weight, amount) = (CompensatedSum(), CompensatedSum())
        var (largest, largestAmount) = (0.0, 0.0)
        for row in probabilities.indices {
            let inverse = 1 / probabilities[row]
            let value = amounts.isEmpty ? 0 : amounts[row]
            amount.add(value)
            largest = max(largest, inverse)
            largestAmount = max(largestAmount, inverse * value)
            guard isDrawn[row] else { continue }
            guard let isFraud = labels[row] else {
                pending += 1
                continue
            }
            audited += 1
            weight.add(inverse)
            if isFraud {
                weights.append(inverse)
                found.append(value)
            }
        }
        self.init(
            clearedRows: probabilities.count, clearedAmount: amount.value, auditedRows: audited, auditedWeight: weight.value,
            pendingRows: pending, largestWeight: largest, largestAmountWeight: largestAmount, foundWeights: weights, foundAmounts: found)
    }

    /// From sums, as a database gives them.
    ///
    /// - Parameters:
    ///   - foundWeights: 1 / probability of each fraud found.
    ///   - foundAmounts: the amount of each; empty = amounts do not matter.
    public init(
        clearedRows: Int, clearedAmount: Double = 0, auditedRows: Int, auditedWeight: Double, pendingRows: Int = 0, largestWeight: Double,
        largestAmountWeight: Double = 0, foundWeights: [Double], foundAmounts: [Double] = []
    ) {
        precondition(foundAmounts.isEmpty || foundAmounts.count == foundWeights.count, "an amount a fraud")
        (self.clearedRows, self.clearedAmount, self.pendingRows) = (clearedRows, clearedAmount, pendingRows)
        (self.auditedRows, self.auditedWeight) = (auditedRows, auditedWeight)
        (self.largestWeight, self.largestAmountWeight) = (largestWeight, largestAmountWeight)
        (self.foundWeights, self.foundAmounts) = (foundWeights, foundAmounts)
    }

    /// Frauds among the audited rows.
    public var foundFrauds: Int { foundWeights.count }

    /// How many times wider than the exact binomial interval of equally many audits, at worst: the mean probability over the least. A plan
    /// with at most 2 keeps the interval within twice.
    public var widthFactor: Double { clearedRows == 0 ? 1 : Double(auditedRows + pendingRows) / Double(clearedRows) * largestWeight }

    /// Frauds among all cleared rows.
    public func missedFrauds(confidence: Double = 0.95) -> AuditEstimate {
        AuditEstimate(weights: foundWeights, largest: largestWeight, confidence: confidence).limited(to: Double(clearedRows))
    }

    /// Their amount in minor units.
    public func missedAmount(confidence: Double = 0.95) -> AuditEstimate {
        let weights = zip(foundWeights, foundAmounts).map { $0 * $1 }
        return AuditEstimate(weights: weights, largest: largestAmountWeight, confidence: confidence).limited(to: clearedAmount)
    }

    /// The share of cleared rows that are fraud; nil without cleared rows.
    public func missRate(confidence: Double = 0.95) -> AuditEstimate? {
        clearedRows == 0 ? nil : missedFrauds(confidence: confidence).map { $0 / Double(clearedRows) }
    }

    /// The same with the audited rows' own weight as denominator (Hájek, 1971): steadier where the count of drawn rows varies much.
    public var missRateByWeight: Double? { auditedWeight > 0 ? foundWeights.reduce(0, +) / auditedWeight : nil }

    /// Of all fraud, the share cleared without a person: what a selective rule bounds, as it came out.
    ///
    /// - Parameter caught: frauds found among the rows that were not cleared.
    /// - Returns: nil when neither was found (the upper limit would be 1 whatever the rule does).
    public func realisedRisk(caught: Int, confidence: Double = 0.95) -> AuditEstimate? {
        Self.share(missedFrauds(confidence: confidence), of: Double(caught))
    }

    /// The same in money.
    ///
    /// - Parameter caughtAmount: in minor units, of the frauds found among the rows that were not cleared.
    public func realisedRisk(caughtAmount: Double, confidence: Double = 0.95) -> AuditEstimate? {
        Self.share(missedAmount(confidence: confidence), of: caughtAmount)
    }

    private static func share(_ missed: AuditEstimate, of caught: Double) -> AuditEstimate? {
        guard caught + missed.estimate > 0 else { return nil }
        return missed.map { $0 + caught > 0 ? $0 / ($0 + caught) : 0 }
    }
}

/// A figure estimated from weighted audits, with an interval.
public struct AuditEstimate: Hashable, Sendable, Codable {
    public var estimate: Double
    public var lower: Double
    public var upper: Double

    /// The gamma interval of Fay and Feuer ("Confidence intervals for directly standardized rates", Statistics in Medicine 16, 1997): exact
    /// for equal weights, and in simulations never below its confidence for unequal ones, also where nothing is found, when intervals from a
    /// normal distribution shrink to nothing.
    ///
    /// - Parameters:
    ///   - weights: of what was found.
    ///   - largest: that anything not found could have.
    init(weights: [Double], largest: Double, confidence: Double) {
        let error = (1 - confidence) / 2
        let sum = weights.reduce(0, +)
        let square = weights.reduce(0) { $0 + $1 * $1 }
        estimate = sum
        lower = sum > 0 ? square / sum * SpecialFunctions.gammaQuantile(error, shape: sum * sum / square) : 0
        let (top, topSquare) = (sum + largest, square + largest * largest)
        upper = top > 0 ? topSquare / top * SpecialFunctions.gammaQuantile(1 - error, shape: top * top / topSquare) : 0
    }

    private init(estimate: Double, lower: Double, upper: Double) { (self.estimate, self.lower, self.upper) = (estimate, lower, upper) }

    /// - Parameter rising: never falls.
    func map(_ rising: (Double) -> Double) -> AuditEstimate {
        AuditEstimate(estimate: rising(estimate), lower: rising(lower), upper: rising(upper))
    }

    func limited(to most: Double) -> AuditEstimate { AuditEstimate(estimate: estimate, lower: min(lower, most), upper: min(upper, most)) }
}
