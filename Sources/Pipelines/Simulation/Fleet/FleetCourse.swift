import Models
import Records

/// What does not depend on the policy: which machines there are, how they are read, how long they stand.
struct FleetWorld: Sendable {
    let seed: UInt64
    let machines: Int
    /// Hours of normal work that a life lasts in the middle.
    let life: Int
    /// Hours between two readings.
    let every: Int
    /// Steps that a machine stands for a repair that was planned, and after a failure; at least 1.
    let repairSteps: Int
    let failureSteps: Int

    private static let start = Timestamp(.init(year: 2025, month: 1, day: 1)).microseconds

    func time(_ step: Int) -> Int64 { Self.start + Int64(step * every) * 3_600_000_000 }

    /// Each has machines of its own, and none are those that `simulate maintenance` writes with the same number, from which the model may
    /// have learnt.
    enum Purpose: String { case measured, stranger, age }

    static func seed(_ seed: UInt64, _ purpose: Purpose) -> UInt64 {
        SplitMix64.mixed(seed ^ RecordKey.hash("replay \(purpose.rawValue)"))
    }
}

/// What came of a fleet.
struct FleetTally: Hashable, Sendable {
    var failures = 0
    /// Repairs that were planned.
    var repairs = 0
    var inspections = 0
    /// Hours that machines stood, all of them together.
    var standing = 0
    /// Share of its life that each machine had used when it was repaired or failed, summed.
    var lifeUsed = 0.0
    /// Share of its life that a planned repair threw away, summed.
    var lifeThrown = 0.0
}

/// Says which machines are repaired, from what they said so far.
protocol FleetDecider {
    /// Whether a machine that would fail in the next step is repaired first.
    var knowsFailures: Bool { get }
    var inspections: Int { get }

    /// - Parameter said: what the machines that worked at this step said.
    /// - Returns: places of machines whose repair begins after this reading, rising.
    mutating func repairs(after step: Int, _ said: [FleetReading]) throws(Failure) -> [Int]

    /// The machine at a place begins a new life.
    mutating func renewed(_ place: Int)
}

extension FleetDecider {
    var knowsFailures: Bool { false }
    var inspections: Int { 0 }
    mutating func renewed(_ place: Int) {}
}

/// One simulated fleet that lives on under one policy: what it decides changes what is read next.
///
/// The n-th life of a machine has the same length and ends in the same way under every policy, and at a step a machine is driven and
/// disturbed alike (common random numbers). A planned repair that is decided on a reading begins with the next step; after a failure the
/// machine stands from the step in which it failed. The overhauls that ``MaintenanceSimulation`` plans are left to the policy.
struct FleetCourse {
    private struct Slot {
        var machine: SimulatedMachine
        var standsUntil = 0
    }

    private let world: FleetWorld
    private var slots: [Slot]
    private var decider: any FleetDecider
    private var counted = FleetTally()

    init(_ world: FleetWorld, decider: any FleetDecider) {
        (self.world, self.decider) = (world, decider)
        slots = (0..<world.machines).map { Slot(machine: SimulatedMachine($0, seed: world.seed, meanLife: world.life)) }
    }

    var tally: FleetTally {
        var tally = counted
        tally.inspections = decider.inspections
        return tally
    }

    /// The whole fleet's next step; steps follow each other from 0.
    ///
    /// - Returns: places of machines whose repair was planned on this step's readings, rising.
    @discardableResult mutating func advance(_ step: Int) throws(Failure) -> [Int] {
        var said: [FleetReading] = []
        for place in slots.indices {
            if step >= slots[place].standsUntil, decider.knowsFailures, slots[place].machine.fails(hours: world.every, at: step) {
                end(place, from: step, hasFailed: false)
            }
            guard step >= slots[place].standsUntil else {
                slots[place].machine.stand(at: step)
                counted.standing += world.every
                continue
            }
            guard let reading = slots[place].machine.work(hours: world.every, at: step) else {
                end(place, from: step, hasFailed: true)
                counted.standing += world.every
                continue
            }
            // As in the simulated files, of which the first draw breaks a line.
            var dice = Dice(seed: world.seed, .reading, slots[place].machine.number, day: step)
            _ = dice.next()
            let missing = dice.below(1_000)
            said.append(
                FleetReading(
                    place: place, number: slots[place].machine.number, reading: reading, missing: missing < 25 ? missing / 5 : nil))
        }
        let due = try decider.repairs(after: step, said)
        for place in due { end(place, from: step + 1, hasFailed: false) }
        return due
    }

    private mutating func end(_ place: Int, from step: Int, hasFailed: Bool) {
        let used = hasFailed ? 1 : slots[place].machine.wear
        if hasFailed { counted.failures += 1 } else { counted.repairs += 1 }
        counted.lifeUsed += used
        counted.lifeThrown += 1 - used
        slots[place].machine.renew()
        slots[place].standsUntil = step + (hasFailed ? world.failureSteps : world.repairSteps)
        decider.renewed(place)
    }
}
