public import Connectors
import Models
public import Records
import Synchronization

/// What maintenance policies would make of a simulated fleet: the what-if of the job `maintenance`, in a closed loop.
///
/// For each seed a fleet of ``SimulatedMachine``s begins, and every policy gets the same one. It lives on under the policy: what is decided
/// on a reading changes what is read next. Readings go through the job's own stage, model and policy.
///
/// Money is the job's: every repair costs what its policy says of a repair of a sound machine (a life is bought), planned or not; a failure
/// costs what the policy says of it besides; each item that people look at costs an inspection. Standing costs nothing of its own: the
/// cost of a failure is to hold what stands still for it. A machine-year has 365 days.
public struct FleetReplay: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// One fleet each, none twice.
        public var seeds: [UInt64]
        /// 1...10,000 a fleet.
        public var machines = 40
        /// 1...10,000.
        public var days = 365
        /// Hours of normal work that a life lasts in the middle, 24...1,000,000.
        public var life = 1_500
        public var policies: [FleetPolicy]
        /// Hours that a machine stands for a planned repair, and after a failure, 1...10,000; rounded up to whole steps of the job.
        public var repairHours = 12
        public var failureHours = 24
        public var threads = 2

        public init(seeds: [UInt64], policies: [FleetPolicy]) { (self.seeds, self.policies) = (seeds, policies) }
    }

    public let configuration: Configuration

    /// - Throws: a number out of its range; a policy or a seed named twice.
    public init(_ configuration: Configuration) throws(Failure) {
        for (name, value, range) in [
            ("seeds", configuration.seeds.count, 1...1_000), ("machines", configuration.machines, 1...10_000),
            ("days", configuration.days, 1...10_000), ("life", configuration.life, 24...1_000_000),
            ("policies", configuration.policies.count, 1...100), ("repair-hours", configuration.repairHours, 1...10_000),
            ("failure-hours", configuration.failureHours, 1...10_000),
        ] where !range.contains(value) { throw .simulationRange(name, value, range) }
        if let twice = Self.repeated(configuration.policies) { throw .fleetTwice("policy", twice.name) }
        if let twice = Self.repeated(configuration.seeds) { throw .fleetTwice("seed", "\(twice)") }
        self.configuration = configuration
    }

    private static func repeated<Value: Hashable>(_ values: [Value]) -> Value? {
        var seen: Set<Value> = []
        return values.first { !seen.insert($0).inserted }
    }

    /// - Parameters:
    ///   - warehouse: opened for reading; nil = there is none.
    ///   - version: of the job's model; nil = the champion now. Where there is none, one is trained on the job's feed and not kept.
    ///   - progress: readings so far and share of the work, from several threads.
    /// - Throws: a job that does not read the simulated fleet's columns, whose step divides no day, or whose model knows no life.
    public func measure(
        _ job: Job, modelVersion version: Int? = nil, warehouse: Warehouse?, environment: Environment,
        progress: @escaping @Sendable (Int64, Double?) -> Void = { _, _ in }
    ) throws(Failure) -> FleetReport {
        let job = try job.scored()
        let read = try FleetParts.read(job)
        let every = try Self.hours(of: read.stage.step)
        var model: FleetModel?
        if configuration.policies.contains(where: \.needsModel) {
            var rows: Int64 = 0
            model = try FleetModel(job, version: version, warehouse: warehouse, environment: environment) { more in
                rows += Int64(more)
                progress(rows, nil)
            }
        }
        let parts = try model.map { model throws(Failure) in try FleetParts(job, read, model) }
        let age = age(every: every, costs: read.costs)
        // What the others are compared with is replayed whether it was asked for or not.
        let policies = configuration.policies.contains(.atFailure) ? configuration.policies : [.atFailure] + configuration.policies
        let tallies = try tallies(policies, every: every, age: age, parts: parts, progress: progress)
        return FleetReport(
            job: job.name, model: model?.name, configuration: configuration, every: every, bestAge: age, costs: read.costs,
            tallies: Dictionary(uniqueKeysWithValues: zip(policies, tallies)))
    }

    private static func hours(of step: Int64) throws(Failure) -> Int {
        let hour: Int64 = 3_600_000_000
        guard step % hour == 0, (1...24).contains(step / hour), 24 % (step / hour) == 0 else {
            throw .fleetStep("\(step / 1_000_000) seconds")
        }
        return Int(step / hour)
    }

    private func world(_ seed: UInt64, every: Int, machines: Int? = nil) -> FleetWorld {
        func steps(_ hours: Int) -> Int { (hours + every - 1) / every }
        return FleetWorld(
            seed: seed, machines: machines ?? configuration.machines, life: configuration.life, every: every,
            repairSteps: steps(configuration.repairHours), failureSteps: steps(configuration.failureHours))
    }

    /// Nil where it is cheapest to wait for the failure, and where no policy asks for it.
    private func age(every: Int, costs: FleetParts.Costs) -> Int? {
        guard configuration.policies.contains(.age(nil)) else { return nil }
        let world = world(FleetWorld.seed(1, .age), every: every, machines: 500)
        return AgeReplacement.best(
            lives: AgeReplacement.lives(of: world), every: every, failure: costs.failure, repair: costs.repair,
            failureHours: world.failureSteps * every, repairHours: world.repairSteps * every)
    }

    // MARK: Fleets

    private func decider(
        _ policy: FleetPolicy, seed: UInt64, every: Int, age: Int?, parts: FleetParts?
    ) throws(Failure) -> any FleetDecider {
        let world = world(FleetWorld.seed(seed, .measured), every: every)
        switch policy {
        case .atFailure: return PassiveDecider(knowsFailures: false)
        case .oracle: return PassiveDecider(knowsFailures: true)
        case .age(let hours):
            guard let hours = hours ?? age else { return PassiveDecider(knowsFailures: false) }
            return AgeDecider(age: hours)
        case .left, .plan, .learned, .shuffled: break
        }
        guard let parts else { preconditionFailure("a model is there for every policy that needs one") }
        switch policy {
        case .left(let steps): return PlanDecider(judge: try FleetJudge(parts, world), left: steps)
        case .plan: return PlanDecider(judge: try FleetJudge(parts, world), left: nil)
        case .shuffled:
            let other = self.world(FleetWorld.seed(seed, .stranger), every: every)
            return StrangerDecider(FleetCourse(other, decider: try JobDecider(FleetJudge(parts, other), other)))
        default: return try JobDecider(FleetJudge(parts, world), world)
        }
    }

    /// Of each policy, what came of each seed's fleet. A fleet is one thread's from beginning to end, so threads change nothing.
    private func tallies(
        _ policies: [FleetPolicy], every: Int, age: Int?, parts: FleetParts?, progress: @escaping @Sendable (Int64, Double?) -> Void
    ) throws(Failure) -> [[FleetTally]] {
        let (seeds, configuration) = (configuration.seeds, configuration)
        let steps = configuration.days * 24 / every
        // Those that ask a model take longest, and go first.
        let order = (policies.indices.filter { policies[$0].needsModel } + policies.indices.filter { !policies[$0].needsModel })
            .flatMap { policy in seeds.indices.map { (policy: policy, seed: $0) } }
        let results = Mutex([Int: Result<FleetTally, Failure>]()), done = Atomic(0)
        FixedBlocks.run(order.count, threads: configuration.threads) { block, _ in
            let (place, seed) = order[block]
            let result = Result { () throws(Failure) -> FleetTally in
                var course = FleetCourse(
                    world(FleetWorld.seed(seeds[seed], .measured), every: every),
                    decider: try decider(policies[place], seed: seeds[seed], every: every, age: age, parts: parts))
                for step in 0..<steps { try course.advance(step) }
                return course.tally
            }
            results.withLock { $0[place * seeds.count + seed] = result }
            let finished = done.wrappingAdd(1, ordering: .relaxed).newValue
            progress(Int64(finished * steps * configuration.machines), Double(finished) / Double(order.count))
        }
        let found = results.withLock { $0 }
        var tallies: [[FleetTally]] = []
        for place in policies.indices {
            var own: [FleetTally] = []
            for seed in seeds.indices { if let result = found[place * seeds.count + seed] { own.append(try result.get()) } }
            tallies.append(own)
        }
        return tallies
    }
}
