#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Counts of numbers of 0 or more in logarithmic bins of 8 %: what share of all so far was at least as large, in constant memory.
///
/// Bins as in C. Masson, J. Rim, H. Lee, "DDSketch", VLDB 2019 (relative error 4 %), over 1e-9 to 1e9; what is outside goes to the ends.
public struct ScoreSketch: Hashable, Sendable {
    private static let binCount = 521
    private static let width = 0.0795561

    /// Binary indexed tree over the bins, so that adding and asking touch 10 numbers each.
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

    /// What `init(words:)` takes: places and counts that are not 0, and how many those are before them.
    public func appendWords(to words: inout [UInt64]) {
        words.append(UInt64(count))
        let place = words.count
        words.append(0)
        for (bin, value) in tree.enumerated() where value != 0 {
            words.append(UInt64(bin))
            words.append(UInt64(value))
            words[place] += 1
        }
    }

    /// Takes its words from the front; nil for words that no sketch wrote.
    public init?(words: inout ArraySlice<UInt64>) {
        guard words.count >= 2, let count = Int(exactly: words.removeFirst()), let filled = Int(exactly: words.removeFirst()),
            filled <= Self.binCount, words.count >= 2 * filled
        else { return nil }
        self.init()
        self.count = count
        for _ in 0..<filled {
            let place = words.removeFirst(), value = words.removeFirst()
            guard (1...UInt64(Self.binCount)).contains(place), let value = UInt32(exactly: value) else { return nil }
            tree[Int(place)] = value
        }
    }
}
