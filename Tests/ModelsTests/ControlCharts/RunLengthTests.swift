import Models
import PipelineTesting
import Testing

@Suite struct RunLengthTests {
    private func near(_ value: Double, _ expected: Double, _ tolerance: Double) -> Bool { abs(value - expected) <= tolerance }

    @Test("constants of subgroups are those of the textbook's appendix")
    func constants() {
        // D. C. Montgomery, "Introduction to Statistical Quality Control", appendix VI: n, d2, d3, c4.
        for (size, d2, d3, c4) in [
            (2, 1.128, 0.853, 0.7979), (3, 1.693, 0.888, 0.8862), (5, 2.326, 0.864, 0.9400), (10, 3.078, 0.797, 0.9727),
            (25, 3.931, 0.708, 0.9896),
        ] {
            let own = SubgroupConstants(size: size)
            #expect(near(own.d2, d2, 0.001) && near(own.d3, d3, 0.001) && near(own.c4, c4, 0.0001), "\(own)")
        }
    }

    @Test("average run lengths are the published ones")
    func published() {
        #expect(near(RunLengths.shewhart(), 370.4, 0.05))
        #expect(near(RunLengths.shewhart(shift: 1), 43.9, 0.05))
        // Montgomery, table 9.3: slack 0.5, limits 4 and 5.
        #expect(near(RunLengths.cusum(), 465, 1) && near(RunLengths.cusum(shift: 1), 10.4, 0.05))
        #expect(near(RunLengths.cusum(shift: 0.5), 38.0, 0.1) && near(RunLengths.cusum(shift: 2), 4.01, 0.01))
        #expect(near(RunLengths.cusum(limit: 4), 168, 0.5) && near(RunLengths.cusum(limit: 4, shift: 1), 8.38, 0.01))
        // Lucas and Saccucci, 1990: weight and limit pairs made for 500.
        for (weight, limit, atOne) in [(0.05, 2.615, 11.4), (0.1, 2.814, 10.3), (0.2, 2.962, 10.5), (0.4, 3.054, 14.3)] {
            #expect(near(RunLengths.ewma(weight: weight, limit: limit), 500, 2), "\(weight)")
            #expect(near(RunLengths.ewma(weight: weight, limit: limit, shift: 1), atOne, 0.1), "\(weight)")
        }
        // Champ and Woodall, 1987: all four rules.
        #expect(near(RunLengths.westernElectric(), 91.75, 0.005))
        #expect(near(RunLengths.westernElectric(shift: 1), 9.22, 0.005))
    }

    /// Sums of uniform numbers: nearly normal, mean 0, standard deviation 1.
    private static func noise(_ random: inout SeededGenerator) -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
    }

    @Test(
        "the charts themselves run as long as computed, with a shift of one standard deviation",
        arguments: [
            (ControlChart.Test.westernElectric, RunLengths.westernElectric(shift: 1)), (.ewma, RunLengths.ewma(shift: 1)),
            (.cusum, RunLengths.cusum(shift: 1)), (.shewhart, RunLengths.shewhart(shift: 1)),
        ])
    func simulated(test: ControlChart.Test, expected: Double) {
        var random = SeededGenerator(seed: 5)
        var (points, runs) = (0, 0)
        while runs < 600 {
            var chart = ControlChart(.init(tests: [test]))
            repeat { points += 1 } while chart.consume(Self.noise(&random) + 1).isEmpty
            runs += 1
        }
        // Run lengths spread about as much as they are long: four standard errors of 600 of them.
        #expect(abs(Double(points) / Double(runs) - expected) < 4 * expected / 600.0.squareRoot())
    }
}
