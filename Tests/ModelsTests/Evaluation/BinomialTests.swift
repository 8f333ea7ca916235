import Models
import Testing

/// Expected values by SciPy 1.17.1 (`scipy.stats.binom.cdf`, `.sf`, `binomtest(...).proportion_ci(method=...)`).
@Suite struct BinomialTests {
    @Test(
        "tails equal SciPy's",
        arguments: [
            (4, 100, 0.1, 0.023711082663476827, 0.9921635128788155), (0, 29, 0.1, 0.04710128697246244, 1.0),
            (17, 1_000, 0.03, 0.006621797411707681, 0.9965202735757569), (3, 100_000, 1e-4, 0.010333402489842509, 0.997231512199469),
        ] as [(Int, Int, Double, Double, Double)])
    func tails(count: Int, trials: Int, probability: Double, atMost: Double, atLeast: Double) {
        #expect(abs(Binomial.atMost(count, trials: trials, probability: probability) / atMost - 1) < 1e-10)
        #expect(abs(Binomial.atLeast(count, trials: trials, probability: probability) / atLeast - 1) < 1e-10)
    }

    @Test(
        "exact and Wilson intervals equal SciPy's",
        arguments: [
            (0, 100, 0.0...0.03621669264519054, 0.0...0.03699349820698568),
            (3, 200, 0.003104107621555085...0.043208281917709784, 0.00511423779325831...0.04316572879269026),
            (17, 1_000, 0.009933512592716536...0.027079496864807494, 0.01064068985681633...0.027055958840229925),
        ] as [(Int, Int, ClosedRange<Double>, ClosedRange<Double>)])
    func intervals(count: Int, trials: Int, exact: ClosedRange<Double>, wilson: ClosedRange<Double>) {
        for (found, expected) in [
            (Binomial.exactInterval(count, trials: trials), exact), (Binomial.wilsonInterval(count, trials: trials), wilson),
        ] {
            #expect(abs(found.lowerBound - expected.lowerBound) < 1e-12 && abs(found.upperBound - expected.upperBound) < 1e-12)
        }
    }

    @Test("tails of one distribution add up, and limits end at 0 and 1")
    func edges() {
        for count in 0...20 {
            let sum =
                Binomial.atMost(count - 1, trials: 20, probability: 0.3) + Binomial.atLeast(count, trials: 20, probability: 0.3)
            #expect(abs(sum - 1) < 1e-12)
        }
        #expect(Binomial.upperLimit(5, trials: 5, error: 0.05) == 1 && Binomial.lowerLimit(0, trials: 5, error: 0.05) == 0)
        #expect(Binomial.wilsonInterval(0, trials: 0) == 0...1)
    }
}
