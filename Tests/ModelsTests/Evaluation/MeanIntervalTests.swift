import Models
import Testing

@Suite struct MeanIntervalTests {
    @Test("limits are those of Student's t in tables, and one value has none")
    func limits() throws {
        // Two-sided 5 % points: 12.7062 with one degree of freedom, 2.2622 with nine, 1.9840 with ninety-nine.
        for (count, point) in [(2, 12.7062), (10, 2.26216), (100, 1.98422)] {
            let values = (1...count).map { Double($0) }
            let interval = MeanInterval(values), mean = Double(count + 1) / 2
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
            let width = point * (variance / Double(count)).squareRoot()
            let limits = try #require(interval.limits)
            #expect(abs(interval.mean - mean) < 1e-12)
            #expect(abs(limits.lowerBound - (mean - width)) < 1e-4 * width)
            #expect(abs(limits.upperBound - (mean + width)) < 1e-4 * width)
        }
        #expect(MeanInterval([3]).limits == nil)
        #expect(MeanInterval([3, 3, 3]).limits == 3...3)
    }
}
