import Models
import Records

/// Nobody repairs before the failure; or, for who sees the future, always just before it.
struct PassiveDecider: FleetDecider {
    let knowsFailures: Bool

    mutating func repairs(after step: Int, _ said: [FleetReading]) throws(Failure) -> [Int] { [] }
}

/// A repair after a number of hours of use, whatever the sensors say.
struct AgeDecider: FleetDecider {
    let age: Int

    mutating func repairs(after step: Int, _ said: [FleetReading]) throws(Failure) -> [Int] {
        said.filter { $0.reading.hours >= age }.map(\.place)
    }
}

/// Repairs the machines whose like in another fleet are repaired.
struct StrangerDecider: FleetDecider {
    private var other: FleetCourse

    init(_ other: FleetCourse) { self.other = other }

    var inspections: Int { other.tally.inspections }

    mutating func repairs(after step: Int, _ said: [FleetReading]) throws(Failure) -> [Int] {
        let due = Set(try other.advance(step))
        return said.map(\.place).filter(due.contains)
    }
}

/// What a job's stage and model make of a fleet's readings, in the order in which a run would meet them.
final class FleetJudge {
    /// Readings of one step as the job sees them.
    struct View {
        /// Place in the fleet of each row's machine.
        var places: [Int]
        var batch: RecordBatch
        var keys: [UInt64]
        var times: [Int64]
        var features: FeatureMatrix
    }

    let parts: FleetParts
    private let world: FleetWorld
    private let stage: any Stage

    init(_ parts: FleetParts, _ world: FleetWorld) throws(Failure) {
        (self.parts, self.world) = (parts, world)
        let type = try Stages.required(parts.job.stage.name)
        stage = try type.init(configuration: parts.job.stage, schema: parts.feed.schema)
        try stage.prepare(by: Preparation(of: parts.model, for: type))
    }

    func view(_ said: [FleetReading], at step: Int) throws(Failure) -> View {
        let accepted = parts.feed.accepted(said), time = world.time(step)
        let batch = parts.feed.batch(accepted, at: time)
        let keys = RecordKey.hashes(of: batch, columns: parts.feed.keys), times = accepted.map { _ in time }
        let features = try stage.consume(StageInput(batch: batch, keys: keys, times: times))
        return View(places: accepted.map(\.place), batch: batch, keys: keys, times: times, features: features)
    }

    func plans(_ features: FeatureMatrix) throws(Failure) -> [LifePlan] {
        let costs = (failure: parts.costs.failure, repair: parts.costs.repair)
        return try parts.model.plans(of: features, costs: Array(repeating: costs, count: features.rowCount))
    }
}

/// A repair when the model says so at a reading: by its plan's date, or by the steps that it takes to be left.
struct PlanDecider: FleetDecider {
    let judge: FleetJudge
    /// Steps left at which a machine is repaired; nil = by the plan's date.
    let left: Int?

    mutating func repairs(after step: Int, _ said: [FleetReading]) throws(Failure) -> [Int] {
        let view = try judge.view(said, at: step)
        return zip(view.places, try judge.plans(view.features)).filter { _, plan in
            // A date less than a step away is before the next reading.
            if let left { plan.median <= Float(left) } else { plan.steps.map { $0 < 1 } ?? false }
        }.map(\.0)
    }
}

/// The job as it decides: outcomes, rules, questions with their capacity, and people who plan by what an item says.
struct JobDecider: FleetDecider {
    private let judge: FleetJudge
    private let policy: Policy
    private let overCapacityRepairs: Bool
    private var asked = AskedUnits()
    private var day = Int.min
    private var itemsOfDay = 0
    private(set) var inspections = 0
    /// Step by which people have planned each machine's repair; nil = none.
    private var due: [Int?]

    init(_ judge: FleetJudge, _ world: FleetWorld) throws(Failure) {
        self.judge = judge
        policy = try judge.parts.policy(seed: world.seed)
        due = Array(repeating: nil, count: world.machines)
        let over = judge.parts.job.review.overCapacity
        overCapacityRepairs = policy.outcomes.firstIndex(of: over).map { [policy] in policy.renews(UInt8($0)) } ?? false
    }

    mutating func renewed(_ place: Int) { due[place] = nil }

    mutating func repairs(after step: Int, _ said: [FleetReading]) throws(Failure) -> [Int] {
        let view = try judge.view(said, at: step)
        let scores = try judge.parts.model.probabilities(of: view.features)
        var rulings = policy.rulings(batch: view.batch, keys: view.keys, features: view.features, scores: scores)
        asked.settle(&rulings, of: view.batch, times: view.times, policy: policy)
        var looked: [Int] = []
        for (row, ruling) in rulings.enumerated() {
            let isQuestion = ruling.outcome == policy.reviewOutcome
            if isQuestion || ruling.isAuditSample {
                guard !isQuestion || hasRoom(at: view.times[row]) else {
                    if overCapacityRepairs { due[view.places[row]] = step }
                    continue
                }
                looked.append(row)
            } else if policy.renews(ruling.outcome), ruling.cause != policy.askedCause {
                // Where people were asked already, the date that they planned holds.
                due[view.places[row]] = step
            }
        }
        inspections += looked.count
        for (row, plan) in zip(looked, try judge.plans(view.features.rows(looked))) {
            due[view.places[row]] = plan.steps.map { step + Int($0) }
        }
        return view.places.filter { place in due[place].map { $0 <= step } ?? false }
    }

    /// Counts an item against its day's capacity.
    private mutating func hasRoom(at time: Int64) -> Bool {
        let own = Timestamp(microseconds: time).day
        if own != day { (day, itemsOfDay) = (own, 0) }
        itemsOfDay += 1
        return itemsOfDay <= judge.parts.job.review.capacityPerDay
    }
}
