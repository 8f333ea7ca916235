/// When the machines of a simulated fleet are repaired.
public enum FleetPolicy: Hashable, Sendable {
    /// They run until they fail.
    case atFailure
    /// After so many hours of use; nil = the age that is cheapest on other machines than those measured.
    case age(Int?)
    /// When the model's median of the life left is so many steps or fewer.
    case left(Int)
    /// When the model's repair-by date comes before the next reading: the plan alone, read anew at each reading.
    case plan
    /// As the job decides: outcomes by cost and rules, the queue with its capacity, and people who plan by the date that an item names.
    case learned
    /// The control: as `learned`, but each machine is repaired when one of another fleet would have been. Repairs are as many, and say nothing.
    case shuffled
    /// Just before the failure, which it knows: no policy costs less.
    case oracle

    /// Every form, as written.
    public static let forms = ["at-failure", "age", "age:HOURS", "left:STEPS", "plan", "learned", "shuffled", "oracle"]

    /// As written in a command: `at-failure`, `left:20`. Hours and steps are 1...1,000,000.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let number = parts.count == 2 ? Int(parts[1]) : nil
        guard parts.count < 2 || number.map({ (1...1_000_000).contains($0) }) == true else { return nil }
        switch (parts.first ?? "", number) {
        case ("at-failure", nil): self = .atFailure
        case ("age", let hours): self = .age(hours)
        case ("left", let steps?): self = .left(steps)
        case ("plan", nil): self = .plan
        case ("learned", nil): self = .learned
        case ("shuffled", nil): self = .shuffled
        case ("oracle", nil): self = .oracle
        default: return nil
        }
    }

    public var name: String {
        switch self {
        case .atFailure: "at-failure"
        case .age(let hours): hours.map { "age:\($0)" } ?? "age"
        case .left(let steps): "left:\(steps)"
        case .plan: "plan"
        case .learned: "learned"
        case .shuffled: "shuffled"
        case .oracle: "oracle"
        }
    }

    var needsModel: Bool {
        switch self {
        case .left, .plan, .learned, .shuffled: true
        case .atFailure, .age, .oracle: false
        }
    }
}
