#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Counts of numbers of 0 or more in logarithmic bins of 1 %: what share of all so far was at least as large, in constant memory.
///
/// Bins as in C. Masson, J. Rim, H. Lee, "DDSketch", VLDB 2019 (relative error 1 %), over 1e-9 to 1e9; what is outside goes to the ends.
public struct ScoreSketch: Hashable, Sendable {
    private static let binCount = 2_084
    private static let width = 0.019889

    /// Binary indexed tree over the bins, so that adding and asking touch 11 numbers each.
    private var tree: [UInt32]
    public private(set) var count = 0

    public init() { tree = [UInt32](repeating: 0, count: Self.binCount + 1) }

    /// Bytes held, whatever was added.
    public static var bytes: Int { (binCount + 1) * 4 }

    private static func bin(_ value: Double) -> Int {
        guard value > 1e-9 else { return 0 }
        // Bounded before it becomes an integer: an infinite value goes to the last bin.
        return Int(min(max((log(value) + 20.7232658) / width, 0), Double(binCount - 1)))
    }

    public mutating func add(_ value: Double) {
        var at = Self.bin(value) + 1
        while at <= Self.binCount {
            tree[at] &+= 1
            at += at & -at
        }
        count += 1
    }

    /// How many so far fell into the bin of `value` or above it.
    public func atLeast(_ value: Double) -> Int {
        var (at, below) = (Self.bin(value), 0)
        while at > 0 {
            below += Int(tree[at])
            at -= at & -at
        }
        return count - below
    }

    /// Words that `init(words:)` takes: the tree as it is.
    public var words: [UInt32] { tree }

    /// Nil for another number of words.
    public init?(words: [UInt32], count: Int) {
        guard words.count == Self.binCount + 1 else { return nil }
        (tree, self.count) = (words, count)
    }
}
