public import Records

/// A trained model of how series go on, such as units sold of each article a day. Immutable and safe to use from several threads.
///
/// Contract: changing values after the last one given changes no forecast; for models without state between calls, a forecast of h steps
/// begins with the forecast of h - 1; series do not influence each other once the model is trained.
public protocol Forecaster: Sendable {
    var family: String { get }
    /// Length of a step; values are one a step, without gaps.
    var step: Timestamp.Span { get }
    /// Rising, each in 0 < q < 1.
    var quantiles: [Double] { get }

    /// The next `horizon` values of each series.
    ///
    /// - Parameters:
    ///   - series: the past of each, oldest first, in the target's unit; NaN is missing. An empty past is allowed (a new article).
    ///   - horizon: steps ahead, at least 1.
    /// - Returns: a forecast a series, in the order given.
    /// - Throws: an infinite value, or a horizon beyond what the model was trained for.
    func forecasts(of series: [[Float]], horizon: Int) throws(Failure) -> [Forecast]

    /// The artefact's bytes; the family's `load` gives an equal model back.
    func serialized() throws(Failure) -> [UInt8]
}

/// What a series is expected to do.
public struct Forecast: Hashable, Sendable {
    /// One a step, in the target's unit.
    public var means: [Float]
    /// Row-major, the forecaster's quantiles a step; they never cross.
    public var quantiles: [Float]

    public init(means: [Float], quantiles: [Float]) { (self.means, self.quantiles) = (means, quantiles) }
}
