public import Records

/// What an automatic decision promises: of all fraud, the share cleared without a person is at most `alpha`, with `confidence`; or, where
/// the risk is a share, of all that is cleared.
public struct SelectiveSettings: Hashable, Sendable, Codable {
    /// How fraud is counted.
    public enum Risk: Hashable, Sendable, Codable {
        /// Each fraud once.
        case count
        /// Each fraud by its amount. Rows with an amount above `cap` (minor units) always go to a person: so the promise is about all the
        /// money, though amounts have no limit.
        case money(cap: Double)
        /// The other way round: of all that is cleared, the share that is positive is at most `alpha`; such as answers that are wrong.
        case share
    }

    public var risk: Risk
    /// In 0 < alpha < 1.
    public var alpha: Double
    /// In 0.5 ..< 1; holds for all segments at once.
    public var confidence: Double

    /// - Throws: numbers outside their ranges.
    public init(risk: Risk, alpha: Double, confidence: Double = 0.95) throws(Failure) {
        guard alpha > 0, alpha < 1 else { throw .selectiveSettings("alpha", found: "\(alpha)", expected: "more than 0 and less than 1") }
        guard confidence >= 0.5, confidence < 1 else {
            throw .selectiveSettings("confidence", found: "\(confidence)", expected: "at least 0.5 and less than 1")
        }
        if case .money(let cap) = risk, !(cap > 0 && cap.isFinite) {
            throw .selectiveSettings("cap", found: "\(cap)", expected: "an amount above 0")
        }
        (self.risk, self.alpha, self.confidence) = (risk, alpha, confidence)
    }

    /// The error left to each of `segments` segments (Bonferroni), so that together they err with at most 1 - confidence.
    func error(segments: Int) -> Double { (1 - confidence) / Double(max(segments, 1)) }

    var cap: Double { if case .money(let cap) = risk { cap } else { .infinity } }
}
