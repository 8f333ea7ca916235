import Models
import Records
import Testing

@Suite struct ModelRegistryTests {
    static let allowed = ["ap-northeast-1", "ap-northeast-3"]

    @Test(
        "a model that can leave the regions allowed is refused",
        arguments: [
            ("anthropic.claude-haiku-4-5-20251001-v1:0", "ap-northeast-1", true),
            ("jp.anthropic.claude-haiku-4-5-20251001-v1:0", "ap-northeast-1", true),
            ("apac.amazon.nova-lite-v1:0", "ap-northeast-1", false), ("global.anthropic.claude-sonnet-4-6", "ap-northeast-1", false),
            ("us.meta.llama4-scout-17b-instruct-v1:0", "us-east-1", false), ("amazon.nova-lite-v1:0", "us-east-1", false),
            ("arn:aws:bedrock:ap-northeast-1:123456789012:default-prompt-router/anthropic.claude:1", "ap-northeast-1", false),
            ("arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/jp.anthropic.claude-sonnet-4-6", "ap-northeast-1", true),
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "ap-northeast-1", false),
            ("arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/abc123", "ap-northeast-1", false),
            ("somename", "ap-northeast-1", false),
        ])
    func regions(_ model: String, region: String, isAllowed: Bool) {
        let failure: Failure?
        do throws(Failure) {
            try ModelPlace(model, region: region).check(model, allowed: Self.allowed)
            failure = nil
        } catch {
            failure = error
        }
        #expect((failure == nil) == isAllowed)
        #expect(isAllowed || failure?.code == "language.region")
    }

    @Test("facts are found by id, profile and address, and every line has a date, a source and a licence")
    func facts() throws {
        let registry = ModelRegistry.bundled
        let scout = try #require(registry.facts(of: "us.meta.llama4-scout-17b-instruct-v1:0"))
        #expect(registry.facts(of: "arn:aws:bedrock:us-east-1::foundation-model/meta.llama4-scout-17b-instruct-v1:0") == scout)
        // 1,000 tokens in and 100 out: 0.17 and 0.66 dollars a million.
        #expect(scout.amounts(promptTokens: 1_000, answerTokens: 100).money == 1_000 * 170 + 100 * 660)
        #expect(registry.facts(of: "unknown.model-v1:0") == nil)
        for facts in registry.models {
            #expect(!facts.licence.isEmpty && !facts.source.isEmpty && Timestamp(iso8601: facts.read + "T00:00:00Z") != nil)
            #expect(facts.retires.map { Timestamp(iso8601: $0 + "T00:00:00Z") != nil } ?? true)
            #expect(facts.promptPrice > 0 && facts.context > 0)
        }
        #expect(scout.daysLeft(at: Timestamp(.init(year: 2027, month: 3, day: 1))) == 29)
        #expect(Set(registry.models.map(\.model)).count == registry.models.count)
    }

    @Test("energy is a band around an estimate that rises with the parameters")
    func energy() throws {
        let registry = ModelRegistry.bundled
        let small = EnergyEstimate(try #require(registry.facts(of: "meta.llama3-1-8b-instruct-v1:0"))).wattHoursPerToken
        let large = EnergyEstimate(try #require(registry.facts(of: "meta.llama3-3-70b-instruct-v1:0"))).wattHoursPerToken
        // EcoLogits 0.11 for 8 billion parameters: 1.2 * (45.1e-6 + 0.0447 s * 1.2 kW / 8 / 64 of a server) Wh.
        #expect(abs(small - 8.92e-5) < 0.05e-5, "\(small)")
        #expect(large > 2 * small)
        #expect(EnergyEstimate.range(10, place: .remote) == 4.0...25.0)
        #expect(EnergyEstimate.range(10, place: .local) == 6.0...14.0)
    }

    @Test("the register of transfers names country, recipient and basis")
    func transfers() {
        let entry = TransferEntry(
            destination: "bedrock:us-east-1", model: "us.meta.llama4-scout-17b-instruct-v1:0", basis: "equivalent measures", calls: 3)
        #expect(entry.country == "CA, US" && entry.recipient == "Amazon Web Services (Bedrock)")
        // Those of Llama 4 Scout's profile as AWS's page lists them; the table may name more of the geography, never fewer.
        #expect(Set(entry.regions).isSuperset(of: ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]))
        #expect(TransferEntry(destination: "bedrock:ap-northeast-1", model: "global.x.y", basis: "", calls: 1).country == "unknown")
        #expect(TransferEntry(destination: "bedrock:ap-northeast-1", model: "amazon.nova-lite-v1:0", basis: "", calls: 1).country == "JP")
    }
}
