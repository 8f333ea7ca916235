#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What spread is expected in a subgroup of `n` normal readings of standard deviation 1, by numerical integration.
///
/// D. C. Montgomery, "Introduction to Statistical Quality Control", appendix VI: for n = 5, d2 = 2.326, d3 = 0.864, c4 = 0.9400.
public struct SubgroupConstants: Hashable, Sendable {
    public static let sizes = 2...25

    public let size: Int
    /// Mean and standard deviation of the range.
    public let d2: Double
    public let d3: Double
    /// Mean of the sample standard deviation (divisor n - 1).
    public let c4: Double

    private static let table = sizes.map { SubgroupConstants(integrating: $0) }

    /// Of a table that is made once: a chart asks for every point.
    ///
    /// - Precondition: `size` is in `sizes`.
    public init(size: Int) {
        precondition(Self.sizes.contains(size), "a subgroup has 2 to 25 readings")
        self = Self.table[size - Self.sizes.lowerBound]
    }

    private init(integrating size: Int) {
        self.size = size
        let n = Double(size)
        c4 = (2 / (n - 1)).squareRoot() * exp(lgamma(n / 2) - lgamma((n - 1) / 2))
        // Trapezoids converge faster than any power here: the integrands and all their derivatives vanish at the ends.
        let step = 0.05, points = stride(from: -8.0, through: 8.0, by: step).map { NormalDistribution.cumulative($0) }
        func power(_ x: Double) -> Double { (0..<size).reduce(1) { product, _ in product * x } }
        d2 = points.reduce(0) { $0 + (1 - power($1) - power(1 - $1)) } * step
        var square = 0.0
        for (index, low) in points.enumerated() {
            for high in points[(index + 1)...] { square += 1 - power(high) - power(1 - low) + power(high - low) }
            // The diagonal is the edge of the triangle: half of it counts.
            square += (1 - power(low) - power(1 - low)) / 2
        }
        d3 = max(2 * square * step * step - d2 * d2, 0).squareRoot()
    }
}

/// The normal distribution of mean 0 and standard deviation 1.
enum NormalDistribution {
    static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
}
