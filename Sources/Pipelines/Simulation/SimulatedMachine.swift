import Records

/// A machine that wears out: the mathematics of the simulated fleet.
///
/// Each life of a machine lasts `length` hours of normal work; an hour in operating condition `c` counts `stress[c]` of them (Palmgren and
/// Miner's linear accumulation of damage). At wear `w` in 0..<1 what is damaged shows as `d = 0.1 w + 0.9 w^4`, most of it late. A life
/// ends in one of two ways: a worn bearing shows in temperature, vibration and current, a worn seal in pressure and a little in
/// temperature and current. Every sensor also follows speed and load; humidity follows nothing. Only sums, products and square roots of
/// doubles, which are the same on every machine.
struct SimulatedMachine {
    /// Revolutions a minute, load in percent and wear an hour of the six operating conditions.
    static let speeds = [600.0, 900, 1_200, 1_500, 1_800, 2_100]
    static let loads = [20.0, 75, 35, 60, 90, 50]
    static let stress = [0.6, 1.0, 0.7, 1.0, 1.5, 1.2]

    struct Reading: Hashable {
        /// Since the machine was new or overhauled.
        var hours: Int
        var speed: Double
        var load: Double
        /// Degrees, millimetres a second, bar, ampere, percent.
        var temperature: Double
        var vibration: Double
        var pressure: Double
        var current: Double
        var humidity: Double
    }

    let number: Int
    private let seed: UInt64
    private let meanLife: Int
    private(set) var life = 0
    private(set) var wear = 0.0
    private(set) var hours = 0
    private var length = 1.0
    /// Hours of normal work after which this life's overhaul was planned, whatever the machine's state; nil = it runs until it fails.
    private(set) var overhaul: Double?
    private var isBearing = false
    private var condition = 0
    /// How this machine's sensors sit: a constant each.
    private let offsets: [Double]

    /// - Parameter meanLife: hours of normal work.
    init(_ number: Int, seed: UInt64, meanLife: Int) {
        (self.number, self.seed, self.meanLife) = (number, seed, meanLife)
        var dice = Dice(seed: seed, .machine, number)
        offsets = (0..<4).map { _ in Double(dice.bell()) / 256 }
        condition = dice.below(6)
        begin()
        // The fleet is not all new on the first day.
        wear = Double(dice.below(700)) / 1_000
        hours = Int(wear * length)
    }

    /// A new life: of another length, ending in its own way.
    private mutating func begin() {
        var dice = Dice(seed: seed, .life, number, day: life)
        length = Double(Octaves.shared.scale(meanLife, by: dice.bell() * 2 / 5))
        isBearing = dice.below(100) < 60
        overhaul = dice.below(4) == 0 ? length * Double(60 + dice.below(35)) / 100 : nil
        (wear, hours) = (0, 0)
    }

    mutating func renew() {
        life += 1
        begin()
    }

    /// Hours of normal work until it fails.
    var left: Double { (1 - wear) * length }
    var isDueForOverhaul: Bool { overhaul.map { wear * length >= $0 } ?? false }

    /// Works for some hours and is read; nil = it failed on the way.
    mutating func work(hours step: Int, at number: Int) -> Reading? {
        var dice = Dice(seed: seed, .work, self.number, day: number)
        drive(&dice)
        wear += Double(step) * Self.stress[condition] / length
        hours += step
        guard wear < 1 else { return nil }
        return read(&dice)
    }

    /// Stands for a step; what it will be driven at goes on as if it worked, so that it does not depend on who stood how long.
    mutating func stand(at number: Int) {
        var dice = Dice(seed: seed, .work, self.number, day: number)
        drive(&dice)
    }

    private mutating func drive(_ dice: inout Dice) { if dice.below(8) == 0 { condition = dice.below(6) } }

    /// Whether it would fail in its next hours of work: what nobody knows but who sees the future.
    func fails(hours step: Int, at number: Int) -> Bool {
        var future = self
        return future.work(hours: step, at: number) == nil
    }

    private func read(_ dice: inout Dice) -> Reading {
        func noise(_ dice: inout Dice) -> Double { Double(dice.bell()) / 256 }
        let square = wear * wear, damage = 0.1 * wear + 0.9 * square * square
        let (bearing, seal) = isBearing ? (damage, 0.0) : (0.0, damage)
        let speed = Self.speeds[condition] + 4 * noise(&dice), load = Self.loads[condition] + 0.5 * noise(&dice)
        let fast = speed / 1_000
        return Reading(
            hours: hours, speed: speed, load: load,
            temperature: 40 + 0.2 * load + 8 * fast + 14 * bearing + 5 * seal + offsets[0] + noise(&dice),
            vibration: 1 + 0.8 * fast * fast + 2.4 * bearing + 0.3 * seal + 0.1 * offsets[1] + 0.15 * noise(&dice),
            pressure: 6 - 0.5 * fast - 1.2 * seal + 0.06 * offsets[2] + 0.08 * noise(&dice),
            current: 10 + 0.25 * load + 1.8 * bearing + 1.2 * seal + 0.3 * offsets[3] + 0.4 * noise(&dice),
            humidity: 50 + 8 * noise(&dice))
    }
}
