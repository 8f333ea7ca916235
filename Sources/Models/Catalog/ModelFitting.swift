/// What training did besides the model itself: the slices of time, what it chose, calibration, automatic decisions, odd labels.
public struct ModelFitting: Hashable, Sendable, Codable {
    /// Rows of one slice of the window; times are ISO 8601, `to` exclusive.
    public struct Slice: Hashable, Sendable, Codable {
        public var from: String
        public var to: String
        public var rows: Int
        public var positives: Int

        public init(from: String, to: String, rows: Int, positives: Int) {
            (self.from, self.to, self.rows, self.positives) = (from, to, rows, positives)
        }
    }

    /// A kind of odd label, as `LabelHygiene` found it: no names, no values of a feed.
    public struct OddLabels: Hashable, Sendable, Codable {
        public var kind: LabelFinding.Kind
        public var rows: Int
        /// A whole sentence.
        public var reason: String

        public init(kind: LabelFinding.Kind, rows: Int, reason: String) { (self.kind, self.rows, self.reason) = (kind, rows, reason) }
    }

    /// Rows that the model learned from.
    public var learned: Slice
    /// By name: `trees` -> `73`.
    public var chosen: [String: String]
    /// Weight of a positive row beside a negative one, above 0; 1 = equal.
    public var positiveWeight: Double
    /// Features whose sign was kept.
    public var signedFeatures: [String]
    /// Where scores were calibrated and early stopping watched; nil = nowhere.
    public var calibrated: Slice?
    public var calibration: CalibrationChoice?
    /// Where automatic decisions were fitted; nil = nowhere.
    public var selected: Slice?
    public var automatic: SelectiveCertificate?
    /// Why nothing is decided automatically although the job asks for it; a whole sentence.
    public var notAutomatic: String?
    public var oddLabels: [OddLabels] = []

    public init(learned: Slice, chosen: [String: String] = [:], positiveWeight: Double = 1, signedFeatures: [String] = []) {
        (self.learned, self.chosen, self.positiveWeight, self.signedFeatures) = (learned, chosen, positiveWeight, signedFeatures)
    }
}
