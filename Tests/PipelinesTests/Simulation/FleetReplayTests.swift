import Connectors
import Foundation
import Models
import Pipelines
import Records
import Testing

/// Policies against simulated machines that live on under them.
@Suite struct FleetReplayTests {
    @Test("repairs by the model's life left or date cost less than the best age; dealt to the machines of another fleet they cost more")
    func learned() throws {
        let fleet = try SmallFleet()
        let policies: [FleetPolicy] = [.learned, .plan, .left(10), .shuffled, .age(nil), .oracle]
        let rows = try SmallFleet.measured(fleet.job(), SmallFleet.configuration(policies, seeds: Array(1...6)))
        let (shuffled, age, oracle) = (try #require(rows[.shuffled]), try #require(rows[.age(nil)]), try #require(rows[.oracle]))
        for policy in [FleetPolicy.learned, .plan, .left(10)] {
            let row = try #require(rows[policy])
            #expect(try #require(row.saved.lower) > 0, "\(policy.name)")
            // Lives of seventy readings are short for a job that asks once in fourteen: its dates alone are cheap here.
            if policy != .learned { #expect(row.cost.mean < 0.75 * age.cost.mean, "\(policy.name)") }
            #expect(row.failures.mean < age.failures.mean, "\(policy.name)")
            #expect(row.cost.mean > oracle.cost.mean, "\(policy.name)")
            #expect(try #require(shuffled.cost.lower) > row.cost.mean, "\(policy.name)")
        }
        #expect(shuffled.cost.mean > age.cost.mean)
        // Repairs are as many as with the right machines, and come at times that say nothing.
        let learned = try #require(rows[.learned])
        #expect(abs(shuffled.repairs.mean - learned.repairs.mean) < 0.4 * learned.repairs.mean)
        #expect(shuffled.failures.mean > 4 * learned.failures.mean)
    }

    @Test("who sees the future has no failure and throws next to nothing away; nobody does better on any fleet")
    func oracle() throws {
        let fleet = try SmallFleet()
        for seed in [4, 5, 6] as [UInt64] {
            let policies: [FleetPolicy] = [.oracle, .learned, .plan, .left(1), .left(10), .shuffled, .age(nil), .age(700), .atFailure]
            let rows = try SmallFleet.measured(fleet.job(), SmallFleet.configuration(policies, seeds: [seed]))
            let oracle = try #require(rows[.oracle])
            #expect(oracle.failures.mean == 0 && oracle.repairs.mean > 1)
            #expect(oracle.lifeUsed.mean > 0.97)
            for policy in policies { #expect(try #require(rows[policy]).cost.mean >= oracle.cost.mean, "\(policy.name), seed \(seed)") }
        }
    }

    @Test("the same seeds give the same figures for any number of threads, others other figures")
    func deterministic() throws {
        let fleet = try SmallFleet(), job = try fleet.job()
        let policies: [FleetPolicy] = [.atFailure, .learned, .left(10), .shuffled, .age(nil)]
        let one = try SmallFleet.measured(job, SmallFleet.configuration(policies, threads: 1))
        #expect(try SmallFleet.measured(job, SmallFleet.configuration(policies, threads: 2)) == one)
        let other = try SmallFleet.measured(job, SmallFleet.configuration([.atFailure], seeds: [7, 8, 9]))
        #expect(other[.atFailure] != one[.atFailure])
        // One seed's fleet is the same in any company.
        let alone = try SmallFleet.measured(job, SmallFleet.configuration([.learned], seeds: [2]))
        let company = try SmallFleet.measured(job, SmallFleet.configuration([.learned, .oracle], seeds: [2]))
        #expect(alone[.learned] == company[.learned])
        #expect(alone[.learned]?.cost.lower == nil)
    }

    @Test("policies that never act are the same fleet to the last hour: what differs between policies is what they did")
    func commonRandomNumbers() throws {
        let fleet = try SmallFleet(), job = try fleet.job()
        var configuration = SmallFleet.configuration([.atFailure, .age(1_000_000)])
        configuration.failureHours = 30
        let rows = try SmallFleet.measured(job, configuration)
        let (waiting, old) = (try #require(rows[.atFailure]), try #require(rows[.age(1_000_000)]))
        #expect(waiting.failures == old.failures && waiting.standingHours == old.standingHours && waiting.cost == old.cost)
        #expect(old.saved.mean == 0 && old.saved.lower == 0)
        #expect(waiting.lifeUsed.mean == 1 && waiting.lifeThrown.mean == 0 && waiting.repairs.mean == 0)
        // 30 hours are three steps of twelve; only the last failures' standing reaches beyond the end.
        let years = 12.0 * 150 / 365
        #expect(waiting.standingHours.mean <= 36 * waiting.failures.mean)
        #expect(waiting.standingHours.mean > 36 * waiting.failures.mean - 36 * 12 / years)
        // 2,500 EUR for the repair and 12,000 EUR besides.
        #expect(abs(waiting.cost.mean - 1_450_000 * waiting.failures.mean) < 1e-6 * waiting.cost.mean)
    }

    @Test("the age is the cheapest on other machines, so near the cheapest here; where failures cost next to nothing it waits for them")
    func age() throws {
        let fleet = try SmallFleet()
        let ages = stride(from: 200, through: 1_800, by: 100).map { FleetPolicy.age($0) }
        let seeds = (1...12).map { UInt64($0) }
        let rows = try SmallFleet.measured(fleet.job(), SmallFleet.configuration(ages + [.age(nil), .atFailure], seeds: seeds))
        let chosen = try #require(rows[.age(nil)]).cost.mean
        let best = ages.compactMap { rows[$0]?.cost.mean }.min() ?? 0
        #expect(chosen < 1.05 * best)
        #expect(chosen < 0.9 * (rows[.atFailure]?.cost.mean ?? 0))
        let harmless = try fleet.job([("pay: 12000 EUR", "pay: 1 EUR")])
        let report = try FleetReplay(SmallFleet.configuration([.age(nil), .atFailure])).measure(
            harmless, warehouse: nil, environment: .fixed(SmallFleet.clock))
        #expect(report.bestAge == nil)
        #expect(report.rows[0].cost == report.rows[1].cost)
    }

    @Test("without an own model the one in the catalog is asked, and a version that is not there is refused")
    func catalog() throws {
        let fleet = try SmallFleet(), job = try fleet.job()
        let warehouse = try Warehouse(path: "\(fleet.folder)/pipeline.db")
        defer { warehouse.close() }
        let replay = try FleetReplay(SmallFleet.configuration([.left(10)], seeds: [1]))
        let before = try replay.measure(job, warehouse: warehouse, environment: .fixed(SmallFleet.clock))
        #expect(before.model?.hasPrefix("trained for this replay on") == true)
        _ = try Trainer(warehouse: warehouse, environment: .fixed(SmallFleet.clock)).train(job)
        let after = try replay.measure(job, warehouse: warehouse, environment: .fixed(SmallFleet.clock))
        #expect(after.model == "machines version 1")
        // Trained on the same feed, it is the same model.
        #expect(after.rows == before.rows)
        let failure = #expect(throws: Failure.self) {
            try replay.measure(job, modelVersion: 9, warehouse: warehouse, environment: .fixed(SmallFleet.clock))
        }
        #expect(failure?.description.contains("machines version 9") == true)
    }

    @Test("a small queue sends what is over it to repair at once, and costs more life")
    func capacity() throws {
        let fleet = try SmallFleet()
        let wide = try SmallFleet.measured(fleet.job(), SmallFleet.configuration([.learned]))
        let narrow = try SmallFleet.measured(fleet.job([("capacity: 6/day", "capacity: 1/day")]), SmallFleet.configuration([.learned]))
        let (roomy, full) = (try #require(wide[.learned]), try #require(narrow[.learned]))
        #expect(full.lifeUsed.mean < roomy.lifeUsed.mean)
        #expect(full.repairs.mean > roomy.repairs.mean)
    }

    @Test("jobs that do not read the fleet are refused by what is wrong with them")
    func refused() throws {
        let fleet = try SmallFleet()
        let replay = try FleetReplay(SmallFleet.configuration([.atFailure, .left(10)], seeds: [1]))
        func code(_ job: Job) throws -> String? {
            let failure = #expect(throws: Failure.self) {
                try replay.measure(job, warehouse: nil, environment: .fixed(SmallFleet.clock))
            }
            return failure?.code
        }
        #expect(try code(SmallFleet.shipped("fraud")) == "fleet.stage")
        #expect(try code(SmallFleet.shipped("maintenance-mtconnect")) == "fleet.columns")
        #expect(try code(SmallFleet.shipped("cmapss-fd001")) == "fleet.columns")
        #expect(try code(fleet.job([("from: TEMPERATURE", "from: TEMP")])) == "fleet.columns")
        #expect(try code(fleet.job([("from: SPEED,       type: float64", "from: SPEED,       type: int64")])) == "fleet.columns")
        let watched = """
              watched:
                role: list
                format: csv
                files: watched.csv
                columns: { machine: { from: MACHINE, type: string }, known: { from: KNOWN, type: timestamp } }
                key: machine
                known-time: known

            stages:
            """
        #expect(try code(fleet.job([("stages:", watched)])) == "fleet.feed")
        #expect(try code(fleet.job([("step: 12h", "step: 5h")])) == "fleet.step")
        #expect(try code(fleet.job([("step: 12h", "step: 90m")])) == "fleet.step")
        #expect(
            try code(
                fleet.job([("run-on: { cost: { if: failing, pay: 12000 EUR } }", "run-on: { cost: 12000 EUR }")]))
                == "fleet.costs")
        #expect(
            try code(
                fleet.job([
                    ("family: life", "family: boosting"),
                    (
                        "parameters: { trees: 60, depth: 3, rate: 0.15, minimum-child-weight: 20, subsample: 0.5, column-sample: 0.3, "
                            + "lambda: 10, cap: 60 }", "parameters: { trees: 5 }"
                    ),
                ])) == "fleet.model")
    }

    @Test("numbers out of their range, and a policy or a seed named twice, are refused")
    func ranges() throws {
        for change in [
            { $0.machines = 0 }, { $0.days = 0 }, { $0.life = 3 }, { $0.repairHours = 0 }, { $0.failureHours = 20_000 }, { $0.seeds = [] },
            { $0.seeds = [1, 1] }, { $0.policies = [.plan, .plan] },
        ] as [(inout FleetReplay.Configuration) -> Void] {
            var configuration = SmallFleet.configuration([.atFailure])
            change(&configuration)
            #expect(throws: Failure.self) { try FleetReplay(configuration) }
        }
        for text in ["", "left", "left:", "left:0", "left:x", "age:", "age:-1", "oracle:3", "at-failure:1", "learnt"] {
            #expect(FleetPolicy(text) == nil, "\(text)")
        }
        for policy in [FleetPolicy.atFailure, .age(nil), .age(900), .left(20), .plan, .learned, .shuffled, .oracle] {
            #expect(FleetPolicy(policy.name) == policy)
        }
    }
}
