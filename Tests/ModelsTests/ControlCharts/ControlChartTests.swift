import Models
import Testing

@Suite struct ControlChartTests {
    private func signals(_ points: [Double], _ test: ControlChart.Test) -> [ControlChart.Signals] {
        var chart = ControlChart(.init(tests: [test]))
        return points.map { chart.consume($0) }
    }

    @Test("each Western Electric rule signals at the point that completes it, and one point fewer does not")
    func rules() {
        #expect(signals([0.1, 3.1], .westernElectric) == [[], .beyondThree])
        #expect(signals([2.1, -0.5, 2.2], .westernElectric) == [[], [], .twoOfThree])
        #expect(signals([2.1, -0.5, -0.4, 2.2], .westernElectric).allSatisfy { $0.isEmpty })
        #expect(signals([1.1, 1.2, -0.1, 1.3, 1.1], .westernElectric).last == .fourOfFive)
        #expect(signals([1.1, 1.2, -0.1, -0.1, 1.3, 1.1], .westernElectric).allSatisfy { $0.isEmpty })
        #expect(signals([Double](repeating: 0.2, count: 8), .westernElectric).last == .eightInARow)
        #expect(signals([Double](repeating: 0.2, count: 7) + [-0.2, 0.2], .westernElectric).allSatisfy { $0.isEmpty })
        // Opposite sides do not add up.
        #expect(signals([2.1, -2.1, 0.1], .westernElectric).allSatisfy { $0.isEmpty })
    }

    @Test("a test that signals starts anew, so that one disturbance is told once")
    func anew() {
        let sums = signals([Double](repeating: 1.5, count: 12), .cusum)
        #expect(sums.indices.filter { !sums[$0].isEmpty } == [5, 11])
        #expect(sums[5] == .sumAbove)
        #expect(signals([Double](repeating: -1.5, count: 6), .cusum).last == .sumBelow)
    }

    @Test("missing points change nothing; infinite ones signal and stay in no sum for ever")
    func oddPoints() {
        var chart = ControlChart(.init(tests: Set(ControlChart.Test.allCases))), before = chart
        _ = before.consume(0.5)
        _ = chart.consume(0.5)
        #expect(chart.consume(.nan).isEmpty && chart == before)
        #expect(chart.consume(.infinity).isSuperset(of: [.beyondThree, .sumAbove, .average]))
        #expect(chart.memory.above == 0 && chart.memory.average == 0)
    }

    @Test("limits of single readings and subgroups are those of worked examples")
    func limits() throws {
        // Moving ranges 2, 1, 3: mean 2, over d2 = 1.128.
        let single = try #require(ControlLimits(readings: [10, 12, 11, 14]))
        #expect(abs(single.center - 11.75) < 1e-12 && abs(single.sigma - 2 / 1.12838) < 1e-4)
        // Ranges 2 and 4 of subgroups of three: D4 = 2.574 and A2 = 1.023 in the appendix.
        let groups = try #require(ControlLimits(readings: [1, 2, 3, 2, 4, 6, 9], subgroup: 3))
        #expect(abs(groups.center - 3) < 1e-12)
        #expect(abs(groups.points.upperBound - (3 + 1.023 * 3)) < 0.003)
        #expect(abs(groups.spreads().upperBound - 2.574 * 3) < 0.005 && groups.spreads().lowerBound == 0)
        // Standard deviations 1 and 2: B4 = 2.568, A3 = 1.954.
        let deviations = try #require(ControlLimits(readings: [1, 2, 3, 2, 4, 6], subgroup: 3, spread: .deviation))
        #expect(abs(deviations.points.upperBound - (3 + 1.954 * 1.5)) < 0.003)
        #expect(abs(deviations.spreads(.deviation).upperBound - 2.568 * 1.5) < 0.005)
        #expect(ControlLimits(readings: [5, 5, 5]) == nil && ControlLimits(readings: [5, .nan]) == nil)
    }
}
