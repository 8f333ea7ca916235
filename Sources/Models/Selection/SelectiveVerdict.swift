/// Whether automatic decisions keep what was promised, on labelled rows that the rule was not fitted to.
public struct SelectiveVerdict: Hashable, Sendable, Codable {
    public enum Outcome: String, Sendable, Codable {
        /// Clearly kept: these rows alone would certify it.
        case certified
        /// Nothing speaks against it, and there are frauds enough to see a gross failure.
        case consistent
        /// Too few frauds to see a gross failure: no statement, and no pass.
        case tooFew = "too-few"
        /// Clearly broken: more fraud was cleared than alpha allows.
        case violated
    }

    public struct Segment: Hashable, Sendable, Codable {
        public var name: String
        public var outcome: Outcome
    }

    public var segments: [Segment]
    public var certificate: SelectiveCertificate

    /// No segment is violated, and none that clears rows has too few frauds to tell.
    public var passes: Bool { segments.allSatisfy { $0.outcome == .certified || $0.outcome == .consistent } }

    /// A segment that clears nothing is certified: it cannot miss.
    init(_ certificate: SelectiveCertificate) {
        self.certificate = certificate
        segments = certificate.segments.map { segment in
            let error = certificate.errorPerSegment
            let outcome: Outcome =
                if segment.clearedRows == 0 {
                    .certified
                } else if segment.pValueOfExcess <= error {
                    .violated
                } else if segment.pValue <= error {
                    .certified
                } else if !segment.hasEnoughFrauds {
                    .tooFew
                } else {
                    .consistent
                }
            return Segment(name: segment.name, outcome: outcome)
        }
    }
}
