public import Models

/// Figures of a model on days after its training period, each with the interval that 95 % of resampled card sets give.
public struct EvaluationReport: Sendable, Codable {
    public struct Figure: Sendable, Codable {
        public var name: String
        public var value: Double
        /// 2.5 % and 97.5 % quantiles over resamples of whole cards; nil where it is not defined.
        public var lower: Double?
        public var upper: Double?
    }
    public var job: String
    public var family: String
    public var trainedFrom: String
    /// Exclusive.
    public var trainedTo: String
    public var testedFrom: String
    /// Exclusive.
    public var testedTo: String
    public var trainingRows: Int
    public var trainingPositives: Int
    public var testRows: Int
    public var testPositives: Int
    public var resamples: Int
    public var figures: [Figure]
    /// What training did besides the model itself.
    public var fitting: ModelFitting
    /// Of the probabilities on the test rows.
    public var calibration: CalibrationReport?
    /// Whether automatic decisions keep what was promised on the test rows; nil = the job asks for none, or none were fitted.
    public var automatic: SelectiveVerdict?
    public var control: Evaluator.Control?
    /// Where the model errs more than elsewhere.
    public var slices: [SliceFigures] = []

    /// The slices by one number.
    public struct SliceFigures: Sendable, Codable {
        public var by: String
        public var report: SliceReport
    }
}
