import Models
import Pipelines
import Records
import Testing

/// What `check` says of calibration, slices of the window and automatic decisions.
@Suite struct AutomaticFindingTests {
    private static let window = "window: { last: 30d, label-delay: 7d }"
    private static let slices = "window: { last: 30d, label-delay: 7d, calibration: 20%, selection: 20% }"

    private static func text(_ automatic: String, window: String = slices) -> String {
        JobSamples.whole.replacing(Self.window, with: window).replacing("\nrules:\n", with: "\n  automatic: \(automatic)\nrules:\n")
    }

    private static func codes(_ text: String) -> [String] { JobSamples.findings(text).map { "\($0.code) \($0.keyPath)" } }

    @Test("all settings are read, with their defaults")
    func whole() throws {
        let text = Self.text("{ risk: missed-fraud-amount, alpha: 10%, cap: 500 EUR, segments: { by: amount, edges: [50, 200.5] } }")
            .replacing("  parameters: { trees: 50 }", with: "  calibration: beta\n  parameters: { trees: 50 }")
        let job = try JobSamples.load(text).scored()
        let automatic = try #require(job.policy.automatic)
        #expect(automatic.alpha == 0.1 && automatic.confidence == 0.95 && automatic.amount == "amount")
        #expect(automatic.cap == Money("500 EUR"))
        #expect(automatic.segmentNames == ["below 50", "50 to 200.5", "200.5 and more"])
        #expect(job.train?.calibrationShare == 0.2 && job.train?.selectionShare == 0.2 && job.train?.calibration == .beta)
        let plain = try JobSamples.load(JobSamples.whole).scored()
        #expect(plain.policy.automatic == nil && plain.train?.calibrationShare == 0 && plain.train?.patience == nil)
    }

    @Test("the policy's digest changes with each setting, and with nothing else")
    func digest() throws {
        let texts = [
            "{ risk: missed-fraud-amount, alpha: 10%, cap: 500 EUR }", "{ risk: missed-fraud-amount, alpha: 9%, cap: 500 EUR }",
            "{ risk: missed-fraud-amount, alpha: 10%, cap: 501 EUR }", "{ risk: missed-fraud-count, alpha: 10% }",
            "{ risk: missed-fraud-amount, alpha: 10%, cap: 500 EUR, confidence: 90% }",
            "{ risk: missed-fraud-amount, alpha: 10%, cap: 500 EUR, segments: { by: amount, edges: [50] } }",
        ]
        let jobs = try texts.map { try JobSamples.load(Self.text($0)) }
        #expect(Set(jobs.map(\.policyDigest)).count == texts.count)
        #expect(Set(try jobs.map { try #require($0.scored().policy.automatic).digest }).count == texts.count)
        let same = try JobSamples.load(Self.text("{ cap: 500 EUR, alpha: 10.0%, confidence: 95%, risk: missed-fraud-amount }"))
        #expect(same.policyDigest == jobs[0].policyDigest)
    }

    @Test(
        "what cannot be kept is refused, each at its place",
        arguments: [
            ("{ risk: missed-fraud-amount, alpha: 10% }", "job.missing-key policy.automatic"),
            ("{ risk: missed-fault-count, alpha: 10% }", "job.unknown-name policy.automatic.risk"),
            ("{ risk: missed-fraud-count, alpha: 0% }", "job.wrong-value policy.automatic.alpha"),
            ("{ risk: missed-fraud-count, alpha: 10%, confidence: 40% }", "job.wrong-value policy.automatic.confidence"),
            ("{ risk: missed-fraud-count, alpha: 10%, cap: 5 EUR }", "job.misplaced-key policy.automatic.cap"),
            ("{ risk: missed-fraud-amount, alpha: 10%, cap: 5 USD }", "job.currencies policy.automatic.cap"),
            (
                "{ risk: missed-fraud-count, alpha: 10%, segments: { by: amonut, edges: [5] } }",
                "job.rule-operand policy.automatic.segments.by"
            ),
            (
                "{ risk: missed-fraud-count, alpha: 10%, segments: { by: amount, edges: [5, 5] } }",
                "job.wrong-value policy.automatic.segments.edges"
            ),
        ])
    func refused(automatic: String, finding: String) {
        #expect(Self.codes(Self.text(automatic)) == [finding])
    }

    @Test("a promise needs rows of its own, and nothing else may clear")
    func elsewhere() {
        let count = "{ risk: missed-fraud-count, alpha: 10% }"
        #expect(Self.codes(Self.text(count, window: Self.window)) == ["job.missing-key policy.automatic"])
        #expect(
            Self.codes(Self.text(count).replacing("over-capacity: hold", with: "over-capacity: clear"))
                == ["job.cleared-by-default policy.automatic"])
        #expect(
            Self.codes(Self.text(count).replacing("clear:  { cost: { if: fraud, pay: amount } }", with: "clear: { cost: 1 EUR }"))
                == ["job.nothing-to-clear policy.automatic"])
        #expect(
            Self.codes(
                Self.text(count, window: "window: { last: 30d, label-delay: 7d, calibration: 60%, selection: 30% }"))
                == ["job.slices-long train.window"])
    }

    @Test("early stopping and a class weight need the calibration's slice, and a family that can")
    func fitting() {
        func codes(_ keys: String, window: String = Self.window) -> [String] {
            Self.codes(JobSamples.whole.replacing(Self.window, with: "\(window)\n  \(keys)"))
        }
        // The double family can neither stop early nor keep signs.
        #expect(codes("early-stopping: 5", window: Self.slices) == ["job.family-cannot train.early-stopping"])
        #expect(codes("monotone: true") == ["job.family-cannot train.monotone"])
        #expect(codes("class-weight: balanced") == ["job.no-calibration train.class-weight"])
        #expect(codes("calibration: beta") == ["job.no-calibration train.calibration"])
        #expect(codes("class-weight: balanced", window: Self.slices) == [])
        #expect(codes("calibration: bets", window: Self.slices) == ["job.unknown-name train.calibration"])
    }
}
