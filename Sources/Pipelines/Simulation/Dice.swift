/// The simulator's chance: SplitMix64, seeded by (seed, purpose, entity, day), so that every decision is independent of all others.
///
/// Integers only: the same draws on every platform, whatever its C library. Source of the generator: Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct Dice {
    /// What a sequence of draws is for; each purpose has its own sequence, so that changing one leaves the others as they were.
    enum Purpose: UInt64 {
        case town = 1, terminal, customer, purchase, skimming, label, damage, item, demand, stock, shopper, article, basket, machine, life,
            work,
            reading, investor, product, trade, look
    }

    private var state: UInt64

    init(seed: UInt64, _ purpose: Purpose, _ entity: Int, day: Int = 0) {
        var state = Dice.mix(seed &+ purpose.rawValue &* 0xd1b5_4a32_d192_ed03)
        state = Dice.mix(state ^ UInt64(bitPattern: Int64(entity)) &* 0x8cb9_2ba7_2f3d_8dd7)
        self.state = Dice.mix(state ^ UInt64(bitPattern: Int64(day)) &* 0xaef1_7502_108e_f2d9)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Dice.mix(state)
    }

    /// Uniform in 0..<count (count up to 2^31; the bias of at most count / 2^32 does not matter here).
    mutating func below(_ count: Int) -> Int { Int(((next() >> 32) &* UInt64(count)) >> 32) }

    mutating func chance(perMillion: Int) -> Bool { below(1_000_000) < perMillion }

    /// Nearly normal with mean 0 and standard deviation 256: a sum of four uniforms of 16 bits, so never beyond 3.5 deviations.
    mutating func bell() -> Int {
        let bits = next()
        let sum = Int(bits & 0xffff) + Int(bits >> 16 & 0xffff) + Int(bits >> 32 & 0xffff) + Int(bits >> 48)
        // A sum of four uniforms on 0..<65536 has mean 131,070 and deviation 65,536 / sqrt(3) = 37,837.
        return (sum - 131_070) * 256 / 37_837
    }
}

/// Powers of two with a fractional exponent, in integers: what makes amounts log-normal without a C library's `exp`.
struct Octaves: Sendable {
    /// Round(65,536 * 2^(i / 256)). Products of doubles are exact to the last bit everywhere (IEEE 754), so the table is too.
    private let table: [Int]

    static let shared = Octaves()

    init() {
        let step = 1.002_711_275_050_202_5
        var value = 65_536.0
        var table: [Int] = []
        for _ in 0..<256 {
            table.append(Int(value + 0.5))
            value *= step
        }
        self.table = table
    }

    /// `value * 2^(octave / 256)`, rounded down; octave in -16...16 times 256.
    func scale(_ value: Int, by octave: Int) -> Int {
        let whole = octave >> 8
        let product = value * table[octave & 255]
        return whole >= 0 ? (product << whole) >> 16 : product >> (16 - whole)
    }
}
