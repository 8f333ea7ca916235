public import Records

/// What is known of a model before it is called: price, context, energy, licence, end. Facts have a date and a source.
public struct ModelFacts: Hashable, Sendable {
    public enum Place: String, Sendable {
        case remote
        /// On a machine of our own: no price a token.
        case local
    }

    /// As the provider names it, without the prefix of an inference profile.
    public var model: String
    public var maker: String
    public var place: Place
    /// Tokens of prompt and answer together.
    public var context: Int
    public var answerLimit: Int
    /// Billionths of a US dollar a token, on demand, in the maker's home region.
    public var promptPrice: Int64
    public var answerPrice: Int64
    public var licence: String
    /// `yyyy-MM-dd`; nil = none announced.
    public var retires: String?
    /// Billions of parameters: all, and those used for a token. Guesses where the maker tells none.
    public var parameters: Double
    public var activeParameters: Double
    public var areParametersGuessed: Bool
    public var source: String
    /// `yyyy-MM-dd`, when the source was read.
    public var read: String

    public init(
        model: String, maker: String, place: Place = .remote, context: Int, answerLimit: Int, promptPrice: Int64, answerPrice: Int64,
        licence: String, retires: String? = nil, parameters: Double, activeParameters: Double? = nil, areParametersGuessed: Bool = false,
        source: String, read: String
    ) {
        (self.model, self.maker, self.place, self.context, self.answerLimit) = (model, maker, place, context, answerLimit)
        (self.promptPrice, self.answerPrice, self.licence, self.retires) = (promptPrice, answerPrice, licence, retires)
        (self.parameters, self.activeParameters) = (parameters, activeParameters ?? parameters)
        (self.areParametersGuessed, self.source, self.read) = (areParametersGuessed, source, read)
    }

    /// What a call of so many tokens costs.
    public func amounts(promptTokens: Int, answerTokens: Int) -> LedgerAmounts {
        let money = Int64(promptTokens) * promptPrice + Int64(answerTokens) * answerPrice
        let energy = EnergyEstimate(self).microwattHours(answerTokens: answerTokens)
        return LedgerAmounts(money: money, tokens: Int64(promptTokens + answerTokens), energy: energy)
    }

    /// The most that one send of a prompt can use.
    public func bound(of prompt: Prompt) -> LedgerAmounts {
        let bound = TokenBound(prompt)
        return amounts(promptTokens: bound.promptTokens, answerTokens: bound.answerTokens)
    }

    /// A model on a machine of our own, of which nothing is known but that it costs nothing a token.
    public static func local(_ model: String) -> ModelFacts {
        ModelFacts(
            model: model, maker: "", place: .local, context: 0, answerLimit: 0, promptPrice: 0, answerPrice: 0, licence: "",
            parameters: 8, areParametersGuessed: true, source: "assumed: 8 billion parameters", read: "2026-11-29")
    }

    /// Days until it ends; nil = no end announced.
    public func daysLeft(at time: Timestamp) -> Int? {
        retires.flatMap { Timestamp(iso8601: $0 + "T00:00:00Z") }.map { $0.day - time.day }
    }
}

/// Energy of an answer, estimated from the number of parameters: the method of EcoLogits 0.11 (its documentation, "LLM inference"; regression on
/// the ML.ENERGY leaderboard: H100, 16 bits, 64 requests at once), with a PUE of 1.2.
///
/// Never one number: `range` is x0.4 to x2.5 for a remote model and x0.6 to x1.4 for a local one.
public struct EnergyEstimate: Hashable, Sendable {
    private let facts: ModelFacts

    public init(_ facts: ModelFacts) { self.facts = facts }

    public static let method = "estimate from parameters (EcoLogits 0.11 regression, 64 requests at once, PUE 1.2)"

    /// The middle, rounded up.
    public func microwattHours(answerTokens: Int) -> Int64 { Int64((wattHoursPerToken * Double(answerTokens) * 1e6).rounded(.up)) }

    /// Of one token of the answer; tokens of the prompt are part of the regression's overhead.
    public var wattHoursPerToken: Double {
        let batch = 64.0
        // exp(-0.01120592 * 64), the share of a graphics card's energy that falls to one of 64 requests.
        let batchShare = 0.48812
        let perCard = 1.1665273170451914e-06 * batchShare * facts.activeParameters + 4.052928146734005e-05
        // 16 bits a parameter, a fifth on top, cards of 80 GB, in powers of two.
        var cards = 1.0
        while cards * 80 < 1.2 * facts.parameters * 2 { cards *= 2 }
        let seconds = 0.0006785088094353663 * facts.activeParameters + 0.0003119310311688259 * batch + 0.019473717579473387
        let server = seconds / 3_600 * 1_200 * cards / 8 / batch
        return 1.2 * (server + cards * perCard)
    }

    public static func range(_ middle: Double, place: ModelFacts.Place) -> ClosedRange<Double> {
        place == .remote ? 0.4 * middle...2.5 * middle : 0.6 * middle...1.4 * middle
    }

    /// Grams of CO2e a kWh (ADEME Base Empreinte, as in EcoLogits 0.11): by the first letters of an AWS region.
    public static func gramsPerKilowattHour(region: String) -> (grams: Double, source: String) {
        if region.hasPrefix("ap-northeast-1") || region.hasPrefix("ap-northeast-3") {
            return (477.26, "Japan, EcoLogits 0.11 electricity mixes")
        }
        if region.hasPrefix("us-") { return (384.4, "USA, EcoLogits 0.11 electricity mixes") }
        return (458.29, "world, EcoLogits 0.11 electricity mixes")
    }
}
