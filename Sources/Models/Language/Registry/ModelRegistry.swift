/// The models that are known. Add one as a line of the table, with the date and the source of its facts.
public struct ModelRegistry: Sendable {
    public let models: [ModelFacts]

    public init(_ models: [ModelFacts]) { self.models = models }

    /// Facts by id; also for an inference profile of it (`us.`, `jp.`, ...) or its ARN.
    public func facts(of model: String) -> ModelFacts? {
        let bare = ModelPlace(model, region: "").bareModel
        return models.first { $0.model == bare }
    }

    /// A model of which only bounds are known: the highest price, the largest size of all that are known.
    ///
    /// - Returns: nil where none are known.
    public func dearest(named name: String) -> ModelFacts? {
        guard var facts = models.max(by: { $0.activeParameters < $1.activeParameters }) else { return nil }
        facts.model = name
        facts.promptPrice = models.map(\.promptPrice).max() ?? 0
        facts.answerPrice = models.map(\.answerPrice).max() ?? 0
        facts.parameters = models.map(\.parameters).max() ?? 0
        return facts
    }

    private static let prices = "AWS price list of us-east-1 through litellm 1.110.2 (model_prices_and_context_window)"

    private static func bedrock(
        _ model: String, _ maker: String, context: Int, answers: Int, _ promptPrice: Int64, _ answerPrice: Int64, licence: String,
        retires: String? = nil, parameters: Double, active: Double? = nil, isGuessed: Bool = false
    ) -> ModelFacts {
        ModelFacts(
            model: model, maker: maker, context: context, answerLimit: answers, promptPrice: promptPrice, answerPrice: answerPrice,
            licence: licence, retires: retires, parameters: parameters, activeParameters: active, areParametersGuessed: isGuessed,
            source: prices, read: "2026-11-29")
    }

    /// Prices of us-east-1; a profile of another geography may cost a tenth more, and a bill tells (`pipeline report cost --bill`).
    public static let bundled = ModelRegistry([
        bedrock(
            "meta.llama4-scout-17b-instruct-v1:0", "Meta", context: 10_000_000, answers: 8_192, 170, 660,
            licence: "Llama 4 Community License",
            retires: "2027-03-30", parameters: 109, active: 17),
        bedrock(
            "meta.llama4-maverick-17b-instruct-v1:0", "Meta", context: 1_000_000, answers: 8_192, 240, 970,
            licence: "Llama 4 Community License", retires: "2027-03-30", parameters: 400, active: 17),
        bedrock(
            "meta.llama3-3-70b-instruct-v1:0", "Meta", context: 128_000, answers: 4_096, 720, 720, licence: "Llama 3.3 Community License",
            retires: "2027-03-30", parameters: 70),
        bedrock(
            "meta.llama3-1-8b-instruct-v1:0", "Meta", context: 128_000, answers: 4_096, 220, 220, licence: "Llama 3.1 Community License",
            retires: "2027-03-30", parameters: 8),
        bedrock(
            "anthropic.claude-haiku-4-5-20251001-v1:0", "Anthropic", context: 200_000, answers: 64_000, 1_000, 5_000,
            licence: "AWS service terms", parameters: 22, isGuessed: true),
        bedrock(
            "anthropic.claude-sonnet-4-20250514-v1:0", "Anthropic", context: 200_000, answers: 64_000, 3_000, 15_000,
            licence: "AWS service terms", retires: "2026-10-14", parameters: 440, active: 88, isGuessed: true),
        bedrock(
            "anthropic.claude-sonnet-4-5-20250929-v1:0", "Anthropic", context: 200_000, answers: 64_000, 3_000, 15_000,
            licence: "AWS service terms", retires: "2027-04-08", parameters: 440, active: 88, isGuessed: true),
        bedrock(
            "anthropic.claude-sonnet-4-6", "Anthropic", context: 1_000_000, answers: 64_000, 3_000, 15_000, licence: "AWS service terms",
            parameters: 440, active: 88, isGuessed: true),
        bedrock(
            "anthropic.claude-3-5-haiku-20241022-v1:0", "Anthropic", context: 200_000, answers: 8_192, 800, 4_000,
            licence: "AWS service terms", parameters: 22, isGuessed: true),
        bedrock(
            "amazon.nova-micro-v1:0", "Amazon", context: 128_000, answers: 10_000, 35, 140, licence: "AWS service terms", parameters: 11,
            isGuessed: true),
        bedrock(
            "amazon.nova-lite-v1:0", "Amazon", context: 300_000, answers: 10_000, 60, 240, licence: "AWS service terms", parameters: 20,
            isGuessed: true),
        bedrock(
            "amazon.nova-pro-v1:0", "Amazon", context: 300_000, answers: 10_000, 800, 3_200, licence: "AWS service terms", parameters: 90,
            isGuessed: true),
        bedrock(
            "amazon.titan-embed-text-v2:0", "Amazon", context: 8_192, answers: 0, 20, 0, licence: "AWS service terms", parameters: 1,
            isGuessed: true),
    ])
}
