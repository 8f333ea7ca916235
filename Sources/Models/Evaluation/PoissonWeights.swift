#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How often each cluster counts in a resample: independent Poisson numbers of mean 1 instead of a draw with replacement, the same for many
/// clusters (Hanley, MacGibbon, Computer Methods and Programs in Biomedicine 83, 2006; Chamandy et al., Google, 2012).
struct PoissonWeights {
    private var random: SplitMix64
    /// P(X <= k) as 64-bit fractions.
    private let limits: [UInt64]

    init(seed: UInt64) {
        random = SplitMix64(seed: SplitMix64.mixed(seed))
        var (mass, sum) = (exp(-1.0), 0.0)
        var limits: [UInt64] = []
        for k in 1...16 {
            sum += mass
            limits.append(UInt64(min(sum, 1 - 0x1p-53) * 0x1p64))
            mass /= Double(k)
        }
        self.limits = limits
    }

    mutating func fill(_ weights: inout [UInt32]) {
        for place in weights.indices {
            let draw = random.next()
            var count = 0
            while count < limits.count, draw >= limits[count] { count += 1 }
            weights[place] = UInt32(count)
        }
    }
}
