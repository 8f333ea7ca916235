import Models
import Records
import Testing

@Suite struct CascadeMachineTests {
    private func plan(_ thresholds: [Float?], costs: [Double] = [0.01, 0.1, 0.4], shares: [Double] = [0.6, 0.5, 0.4]) throws -> CascadePlan
    {
        let steps = thresholds.indices.map {
            CascadePlan.Step(name: "step \($0)", threshold: thresholds[$0], cost: costs[$0], decides: shares[$0], latency: .seconds(2))
        }
        return try CascadePlan(steps: steps, personCost: 4, timeLimit: .seconds(10))
    }

    @Test("a sure answer decides, an unsure one goes on, and the last unsure one goes to a person")
    func order() throws {
        var machine = CascadeMachine(try plan([0.1, 0.2, 0.3]))
        #expect(machine.take(.begun) == .ask(step: 0))
        #expect(machine.take(.answered(outcome: "a", doubt: 0.5, elapsed: .seconds(1))) == .ask(step: 1))
        #expect(machine.take(.answered(outcome: "a", doubt: 0.2, elapsed: .seconds(3))) == .decide(outcome: "a", step: 1))
        #expect(machine.take(.begun) == nil)
        machine = CascadeMachine(try plan([0.1, 0.2, 0.3]))
        _ = machine.take(.begun)
        for _ in 0..<2 { _ = machine.take(.answered(outcome: "a", doubt: .nan, elapsed: .zero)) }
        #expect(machine.take(.answered(outcome: "a", doubt: 0.9, elapsed: .zero)) == .person(.unsure))
    }

    @Test("failures go on, and the reason is the last one's; time and disagreement end in a person")
    func reasons() throws {
        var machine = CascadeMachine(try plan([0.1, 0.2]))
        _ = machine.take(.begun)
        #expect(machine.take(.failed(code: "remote.throttled", elapsed: .zero)) == .ask(step: 1))
        #expect(machine.take(.failed(code: "language.budget", elapsed: .zero)) == .person(.budget))
        machine = CascadeMachine(try plan([0.1, 0.2]))
        _ = machine.take(.begun)
        #expect(machine.take(.answered(outcome: "a", doubt: 1, elapsed: .seconds(9))) == .person(.time))
        machine = CascadeMachine(try plan([0.1, 0.2]))
        _ = machine.take(.begun)
        _ = machine.take(.answered(outcome: "a", doubt: 1, elapsed: .zero))
        #expect(machine.take(.answered(outcome: "b", doubt: 0, elapsed: .zero)) == .person(.disagreement))
    }

    @Test("a dearer model is not asked when its answer cannot change the outcome, or is worth less than it costs")
    func worth() throws {
        var machine = CascadeMachine(try plan([0.1, nil]))
        _ = machine.take(.begun)
        #expect(machine.take(.answered(outcome: "a", doubt: 1, elapsed: .zero)) == .person(.unsure))
        // 5 % of 4 is 0.2, less than the call.
        machine = CascadeMachine(try plan([0.1, 0.2], costs: [0.01, 0.3], shares: [0.6, 0.05]))
        _ = machine.take(.begun)
        #expect(machine.take(.answered(outcome: "a", doubt: 1, elapsed: .zero)) == .person(.unsure))
        machine = CascadeMachine(try plan([0.1, 0.2], costs: [0.01, 0.1], shares: [0.6, 0.05]))
        _ = machine.take(.begun)
        #expect(machine.take(.answered(outcome: "a", doubt: 1, elapsed: .zero)) == .ask(step: 1))
        machine = CascadeMachine(try plan([nil]))
        #expect(machine.take(.begun) == .person(.worthNothing))
    }

    @Test("any 5,000 sequences of events ask each step once, in order, and end once")
    func anything() throws {
        var random = SeededRandom(3)
        for _ in 0..<5_000 {
            let thresholds: [Float?] = (0..<3).map { _ in random.below(4) == 0 ? nil : Float(random.below(100)) / 100 }
            var machine = CascadeMachine(try plan(thresholds))
            var asked: [Int] = [], ends = 0, elapsed: Int64 = 0
            var event = CascadeMachine.Event.begun
            for _ in 0..<12 {
                switch machine.take(event) {
                case .ask(let step): asked.append(step)
                case .decide(_, let step):
                    #expect(thresholds[step] != nil)
                    ends += 1
                case .person: ends += 1
                case nil: break
                }
                elapsed += Int64(random.below(4))
                event =
                    random.below(3) == 0
                    ? .failed(code: "remote.cut", elapsed: .seconds(elapsed))
                    : .answered(outcome: ["a", "b"][random.below(2)], doubt: Float(random.below(100)) / 100, elapsed: .seconds(elapsed))
            }
            try #require(ends == 1 && machine.isDone && asked == asked.sorted() && Set(asked).count == asked.count)
        }
    }
}

@Suite struct CascadeThresholdsTests {
    /// Two steps; wrong with a probability that rises with the doubt, the second step better.
    private func rows(_ count: Int, _ random: inout SeededRandom) throws -> CascadeRows {
        var (doubts, wrong): ([[Float]], [[Bool]]) = ([[], []], [[], []])
        for _ in 0..<count {
            for step in 0..<2 {
                let doubt = Float(random.below(10_000)) / 10_000
                let chance = step == 0 ? 0.5 * doubt : 0.25 * doubt
                doubts[step].append(doubt)
                wrong[step].append(Float(random.below(10_000)) / 10_000 < chance)
            }
        }
        return try CascadeRows(doubts: doubts, isWrong: wrong)
    }

    /// Of what these thresholds decide, the true share of errors.
    private func trueError(_ thresholds: [Float?]) -> Double {
        let (first, second) = (Double(thresholds[0] ?? 0), Double(thresholds[1] ?? 0))
        let (decided, wrong) = (first + (1 - first) * second, 0.25 * first * first + (1 - first) * 0.125 * second * second)
        return decided == 0 ? 0 : wrong / decided
    }

    @Test("the promise is kept in 95 % of 120 draws, and is worth something; the uncorrected choice breaks it")
    func promise() throws {
        var random = SeededRandom(11)
        var (broken, naive, automation) = (0, 0, 0.0)
        for _ in 0..<120 {
            let rows = try rows(1_500, &random)
            let fit = try CascadeThresholds.fit(rows, alpha: 0.1, confidence: 0.95)
            if trueError(fit.thresholds) > 0.1 { broken += 1 }
            automation += fit.automationRate / 120
            // The largest first threshold whose error on the same rows is within alpha.
            let sorted = rows.doubts[0].indices.sorted { rows.doubts[0][$0] < rows.doubts[0][$1] }
            var (wrong, best): (Int, Float) = (0, 0)
            for (place, row) in sorted.enumerated() {
                if rows.isWrong[0][row] { wrong += 1 }
                if Double(wrong) <= 0.1 * Double(place + 1) { best = rows.doubts[0][row] }
            }
            if trueError([best, nil]) > 0.1 { naive += 1 }
        }
        #expect(broken <= 6, "\(broken)")
        #expect(naive > 24, "\(naive)")
        // Both steps at once could decide 88 % of the rows, the truth known.
        #expect(automation > 0.5, "\(automation)")
    }

    @Test("too few rows, or a model that is never right, decide nothing")
    func nothing() throws {
        var random = SeededRandom(5)
        #expect(try CascadeThresholds.fit(try rows(20, &random), alpha: 0.01, confidence: 0.95).automatic == 0)
        let hopeless = try CascadeRows(doubts: [(0..<500).map { Float($0) }], isWrong: [Array(repeating: true, count: 500)])
        let fit = try CascadeThresholds.fit(hopeless, alpha: 0.1, confidence: 0.95)
        #expect(fit.thresholds == [nil] && fit.upperLimit == 1)
        #expect(throws: Failure.self) { try CascadeThresholds.fit(hopeless, alpha: 0, confidence: 0.95) }
        #expect(throws: Failure.self) { try CascadeRows(doubts: [[0]], isWrong: [[true, false]]) }
    }
}

@Suite struct CascadeChoiceTests {
    /// Wrong with a probability that rises with the doubt: three models, each half as often wrong as the one before.
    private static let slopes: [Float] = [0.5, 0.25, 0.125]

    private static func rows(_ count: Int, _ random: inout SeededRandom, slopes: [Float] = slopes) throws -> CascadeRows {
        var (doubts, wrong): ([[Float]], [[Bool]]) = (slopes.map { _ in [] }, slopes.map { _ in [] })
        for _ in 0..<count {
            for (step, slope) in slopes.enumerated() {
                let doubt = Float(random.below(10_000)) / 10_000
                doubts[step].append(doubt)
                wrong[step].append(Float(random.below(10_000)) / 10_000 < slope * doubt)
            }
        }
        return try CascadeRows(doubts: doubts, isWrong: wrong)
    }

    /// The true share of errors of what a cascade decides: of a step with threshold t, t of what reaches it, wrong in slope t / 2.
    private static func trueError(_ choice: CascadeChoice) -> Double {
        var (left, decided, wrong) = (1.0, 0.0, 0.0)
        for (step, threshold) in zip(choice.steps, choice.thresholds.thresholds) {
            let share = left * Double(threshold ?? 0)
            decided += share
            wrong += share * Double(slopes[step]) * Double(threshold ?? 0) / 2
            left -= share
        }
        return decided == 0 ? 0 : wrong / decided
    }

    @Test("the cheapest cascade keeps the promise in 95 % of 200 draws, and costs less than people and than always the dearest first")
    func promise() throws {
        var random = SeededRandom(23)
        var (broken, cost, calls) = (0, 0.0, Set<[Int]>())
        for _ in 0..<200 {
            let choice = try CascadeChoice.cheapest(
                try Self.rows(4_000, &random), costs: [0.01, 0.1, 0.8], personCost: 4, alpha: 0.1, confidence: 0.95)
            if Self.trueError(choice) > 0.1 { broken += 1 }
            cost += choice.cost / 200
            calls.insert(choice.steps)
        }
        #expect(broken <= 10, "\(broken)")
        // People alone cost 4; the dearest alone decides all at 0.8.
        #expect(cost < 0.8, "\(cost)")
        #expect(!calls.contains([]))
    }

    @Test("with doubts dealt out anew nothing is decided: the promise rests on them")
    func shuffled() throws {
        var random = SeededRandom(29)
        for _ in 0..<20 {
            let rows = try Self.rows(6_000, &random, slopes: [0.5, 0.4])
            var doubts = rows.doubts
            for step in doubts.indices {
                for row in doubts[step].indices.reversed() where row > 0 { doubts[step].swapAt(row, random.below(row + 1)) }
            }
            func choice(_ doubts: [[Float]]) throws -> CascadeChoice {
                try CascadeChoice.cheapest(
                    try CascadeRows(doubts: doubts, isWrong: rows.isWrong), costs: [0.01, 0.1], personCost: 4, alpha: 0.12, confidence: 0.95
                )
            }
            #expect(try choice(doubts).steps == [])
            #expect(try !choice(rows.doubts).steps.isEmpty)
        }
    }

    @Test(
        "a dear model is left out where it decides nothing more, or costs more than the people it spares; without use for any, people decide"
    )
    func cheapest() throws {
        var random = SeededRandom(31)
        let rows = try Self.rows(3_000, &random, slopes: [0.04, 0.04])
        func steps(_ costs: [Double], person: Double) throws -> [Int] {
            try CascadeChoice.cheapest(rows, costs: costs, personCost: person, alpha: 0.05, confidence: 0.95).steps
        }
        // Both are right enough to decide everything: the cheaper alone does.
        #expect(try steps([0.01, 0.1], person: 4) == [0])
        #expect(try steps([0.1, 0.01], person: 4) == [1])
        #expect(try steps([5, 6], person: 4) == [])
        #expect(throws: Failure.self) { try steps([-1, 0], person: 4) }
        #expect(throws: Failure.self) { try steps([0, 0, 0], person: 4) }
    }

    @Test("escalating the least sure rows to a better model takes its answers for those and no others")
    func escalation() throws {
        let rows = try CascadeRows(
            doubts: [[0.1, 0.9, 0.5, 0.9], [0, 0, 0, 0]],
            isWrong: [[false, true, true, false], [true, false, false, true]])
        #expect([0, 0.25, 0.5, 0.75, 1].map { rows.accuracy(from: 0, escalating: $0, to: 1) } == [0.5, 0.75, 0.5, 0.75, 0.5])
    }
}
