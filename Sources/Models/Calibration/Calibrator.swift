public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A rising map from a model's scores to probabilities: a kind and its numbers. Immutable, the same bytes wherever it was fitted.
///
/// Scores and probabilities are in 0...1. A higher score never gets a lower probability, to the last bit (only operations that round
/// monotonically, and slopes that are 0 or far above the rounding).
public struct Calibrator: Hashable, Sendable {
    /// From the simplest to the most flexible; of equal losses the simpler is chosen.
    public enum Kind: String, CaseIterable, Sendable, Codable {
        /// Scores are probabilities already.
        case identity
        /// A straight line between the log-odds of score and probability: `[slope, intercept]`.
        case platt
        /// Straight lines in ln p and -ln(1 - p): `[a, b, c]`.
        case beta
        /// Steps: `[score, probability]` pairs, the probability of the last score at or below.
        case isotonicSteps = "isotonic-steps"
        /// The same with straight lines between the pairs.
        case isotonic
    }

    public let kind: Kind
    /// As the kind says; all finite.
    public let parameters: [Double]

    /// Smaller slopes count as 0: below it, rounding could turn a rise into a fall.
    static let leastSlope = 1e-6
    /// Scores are kept this far from 0 and 1 where their logarithm is taken.
    static let edge = Double(Float.ulpOfOne)

    public static let identity = Calibrator(unchecked: .identity, [])

    init(unchecked kind: Kind, _ parameters: [Double]) { (self.kind, self.parameters) = (kind, parameters) }

    /// - Throws: `models.calibrator` when the numbers do not make a rising map into 0...1.
    public init(kind: Kind, parameters: [Double]) throws(Failure) {
        if let reason = Self.defect(of: kind, parameters) { throw .calibrator(kind: kind.rawValue, reason: reason) }
        self.init(unchecked: kind, parameters)
    }

    private static func defect(of kind: Kind, _ numbers: [Double]) -> String? {
        guard numbers.allSatisfy(\.isFinite) else { return "a number that is not finite" }
        func isSlope(_ value: Double) -> Bool { value == 0 || (value >= leastSlope && value <= 1e6) }
        switch kind {
        case .identity: return numbers.isEmpty ? nil : "\(numbers.count) numbers"
        case .platt: return numbers.count == 2 && isSlope(numbers[0]) && abs(numbers[1]) <= 1e6 ? nil : "a slope below 0"
        case .beta:
            return numbers.count == 3 && isSlope(numbers[0]) && isSlope(numbers[1]) && abs(numbers[2]) <= 1e6 ? nil : "a slope below 0"
        case .isotonic, .isotonicSteps:
            guard numbers.count >= 2, numbers.count % 2 == 0 else { return "no pairs" }
            for place in stride(from: 0, to: numbers.count, by: 2) {
                guard (0...1).contains(numbers[place + 1]) else { return "a probability outside 0...1" }
                guard place > 0 else { continue }
                guard numbers[place] > numbers[place - 2], numbers[place + 1] >= numbers[place - 1] else { return "pairs that do not rise" }
            }
            return nil
        }
    }

    /// The probability of one score; NaN for NaN.
    public func probability(_ score: Float) -> Float {
        var buffer = score
        withUnsafeMutablePointer(to: &buffer) { apply(to: UnsafeMutableBufferPointer(start: $0, count: 1)) }
        return buffer
    }

    /// Replaces each score by its probability.
    public func apply(to scores: inout [Float]) {
        scores.withUnsafeMutableBufferPointer { apply(to: $0) }
    }

    /// Replaces each score by its probability, in place and without allocation.
    public func apply(to scores: UnsafeMutableBufferPointer<Float>) {
        switch kind {
        case .identity: break
        case .platt:
            let (slope, intercept) = (parameters[0], parameters[1])
            for row in scores.indices { scores[row] = Float(Self.logistic(slope * Self.logOdds(Double(scores[row])) + intercept)) }
        case .beta:
            let (a, b, c) = (parameters[0], parameters[1], parameters[2])
            for row in scores.indices {
                let p = Self.inside(Double(scores[row]))
                scores[row] = Float(Self.logistic((a * log(p) - b * log1p(-p)) + c))
            }
        case .isotonic, .isotonicSteps:
            parameters.withUnsafeBufferPointer { pairs in
                for row in scores.indices where !scores[row].isNaN {
                    scores[row] = Float(Self.lookUp(Double(scores[row]), pairs: pairs, interpolating: kind == .isotonic))
                }
            }
        }
    }

    private static func lookUp(_ score: Double, pairs: UnsafeBufferPointer<Double>, interpolating: Bool) -> Double {
        var (low, high) = (0, pairs.count / 2)
        // The last pair whose score is at or below.
        while high - low > 1 {
            let middle = (low + high) / 2
            if pairs[2 * middle] <= score { low = middle } else { high = middle }
        }
        let (left, value) = (pairs[2 * low], pairs[2 * low + 1])
        guard interpolating, score > left, high < pairs.count / 2 else { return value }
        let (right, next) = (pairs[2 * high], pairs[2 * high + 1])
        return min(value + (next - value) * ((score - left) / (right - left)), next)
    }

    static func inside(_ score: Double) -> Double { score.isNaN ? score : min(max(score, edge), 1 - edge) }

    static func logOdds(_ score: Double) -> Double {
        let p = inside(score)
        return log(p) - log1p(-p)
    }

    static func logistic(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
}

extension Calibrator: Codable {
    private enum CodingKeys: String, CodingKey { case kind, parameters }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(kind: container.decode(Kind.self, forKey: .kind), parameters: container.decode([Double].self, forKey: .parameters))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(parameters, forKey: .parameters)
    }

    /// `PCAL`, a version byte, the kind's place in `Kind.allCases`, then each number as 8 bytes, lowest first.
    public func serialized() -> [UInt8] {
        var bytes = Array("PCAL".utf8) + [1, UInt8(Kind.allCases.firstIndex(of: kind) ?? 0)]
        for number in parameters { withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// Reads back what ``serialized()`` wrote.
    ///
    /// - Throws: `models.calibrator` for anything else.
    public init(serialized bytes: [UInt8]) throws(Failure) {
        guard bytes.count >= 6, bytes.count % 8 == 6, bytes[0..<5] == ArraySlice("PCAL".utf8 + [1]), Int(bytes[5]) < Kind.allCases.count
        else { throw .calibrator(kind: "unknown", reason: "bytes of another kind") }
        var numbers: [Double] = []
        for start in stride(from: 6, to: bytes.count, by: 8) {
            var pattern: UInt64 = 0
            for place in 0..<8 { pattern |= UInt64(bytes[start + place]) << (8 * UInt64(place)) }
            numbers.append(Double(bitPattern: pattern))
        }
        try self.init(kind: Kind.allCases[Int(bytes[5])], parameters: numbers)
    }
}
