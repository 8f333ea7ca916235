import Models
import Testing

@Suite struct LifePlanTests {
    /// Levels 1, 2, ... 100: a life that ends at any of the next 100 steps alike.
    private let uniform = (1...100).map { Float($0) }

    @Test("a repair is planned where the dearer failure and the life thrown away are cheapest together")
    func cheapest() throws {
        // Of costs F f + R E[(L - t)+] / T the plain search over every whole step is the truth; here f = 1,000, R = 500, T = 100.
        func cost(_ t: Float) -> Double {
            let failed = Double(uniform.count { $0 < t }) / 100
            return failed * 1_000 + 500 * uniform.reduce(0.0) { $0 + Double(max($1 - t, 0)) } / 100 / 100
        }
        let plan = LifePlan(levels: uniform, cap: 1_000, typical: 100, failure: 1_000, repair: 500)
        let best = try #require((0...101).map { cost(Float($0)) }.min())
        #expect(abs(plan.expected - best) < 1e-9)
        #expect(abs(plan.atOnce - cost(0)) < 1e-9)
        #expect(plan.atFailure == 1_000)
        let steps = try #require(plan.steps)
        #expect(abs(cost(steps) - best) < 1e-9)
    }

    @Test("the dearer a failure, the earlier the repair; the dearer a lost life, the later; never later than the last level")
    func monotone() throws {
        var before = Float.infinity
        for failure in [10.0, 100, 1_000, 10_000, 1e6] {
            let steps = try #require(LifePlan(levels: uniform, cap: 1_000, typical: 100, failure: failure, repair: 500).steps)
            #expect(steps <= before)
            before = steps
        }
        #expect(before == 1)
        #expect(LifePlan(levels: uniform, cap: 1_000, typical: 100, failure: 10, repair: 5_000).steps == 100)
    }

    @Test("a unit that is not wearing yet has no date, and one that may fail in the next step is repaired at once")
    func ends() {
        let new = LifePlan(levels: [Float](repeating: 125, count: 100), cap: 125, typical: 200, failure: 1_000, repair: 500)
        #expect(new.steps == nil)
        #expect(new.expected == 0)
        let worn = LifePlan(levels: [Float](repeating: 0, count: 100), cap: 125, typical: 200, failure: 1_000, repair: 500)
        #expect(worn.steps == 0)
        #expect(worn.expected == 0)
    }

    @Test("the median is what half of the levels reach")
    func median() {
        func median(_ levels: [Float]) -> Float { LifePlan(levels: levels, cap: 1_000, typical: 100, failure: 1_000, repair: 500).median }
        #expect(median(uniform) == 50.5)
        #expect(median([0, 1, 90]) == 1)
        #expect(median([7]) == 7)
    }
}
