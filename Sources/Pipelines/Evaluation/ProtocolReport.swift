import Models
import Records

/// Figures of a published protocol: what was done, and what came of it.
public struct ProtocolReport: Sendable {
    public struct Figure: Sendable {
        public var name: String
        public var value: Double
        /// 2.5 % and 97.5 % quantiles over resamples; nil where it was not resampled.
        public var lower: Double?
        public var upper: Double?

        public init(_ name: String, _ value: Double, lower: Double? = nil, upper: Double? = nil) {
            (self.name, self.value, self.lower, self.upper) = (name, value, lower, upper)
        }

        init?(_ name: String, _ interval: BootstrapInterval?) {
            guard let interval else { return nil }
            self.init(name, interval.estimate, lower: interval.lower, upper: interval.upper)
        }
    }
    public var job: String
    public var name: String
    /// What was done, as names and values.
    public var facts: [(name: String, value: String)]
    public var figures: [Figure]
}

extension Failure {
    static func protocolStage(_ name: String, option: String = "--protocol", stage: String, expected: String) -> Failure {
        Failure(
            .usage, code: "evaluate.stage", what: "this job is not measured by this protocol", place: "\(option) \(name)",
            found: "the stage \(stage)", expected: expected, remedy: "Name another protocol, or a job with that stage.")
    }

    static func protocolTruth(_ path: String, found: Int, units: Int) -> Failure {
        Failure(
            .failed, code: "evaluate.truth", what: "the truth does not fit the units tested", place: path, found: "\(found) values",
            expected: "\(units), one for each unit in order of first appearance", remedy: "Name the file that belongs to the tested files.")
    }
}
