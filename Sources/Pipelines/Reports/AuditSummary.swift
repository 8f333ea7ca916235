package import Models
import Records

/// What the rows decided without a person hide, by the audit sample: its reviewed rows alone have labels that nobody chose.
package struct AuditSummary: Sendable {
    package var automaticRows: Int
    package var drawn: Int
    package var reviewed: Int
    package var positives: Int
    /// Share of the automatic rows that are positive; nil before the first is reviewed.
    package var missRate: AuditEstimate?

    /// - Parameter probability: with which a row decided without a person is drawn, in 0...1.
    /// - Returns: nil without an audit sample.
    init?(_ all: ReportRows, probability: Double) {
        guard probability > 0 else { return nil }
        let automatic = all.keys.indices.filter { all.outcomes[$0] != "review" }
        guard !automatic.isEmpty else { return nil }
        let probabilities = automatic.map { all.items[$0]?.sampleProbability ?? probability }
        let isDrawn = automatic.map { all.items[$0]?.sampleProbability != nil }
        let labels = automatic.map { all.items[$0]?.decision == nil ? nil : all.known[$0] }
        let sample = AuditSample(probabilities: probabilities, isDrawn: isDrawn, labels: labels)
        (automaticRows, drawn) = (automatic.count, isDrawn.count { $0 })
        (reviewed, positives) = (sample.auditedRows, sample.foundFrauds)
        missRate = sample.auditedRows > 0 ? sample.missRate() : nil
    }
}
