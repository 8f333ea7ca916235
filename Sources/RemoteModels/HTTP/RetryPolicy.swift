import Records
import Synchronization

/// When a call is sent again: the "standard" mode of AWS SDKs (AWS SDKs and Tools Reference Guide, "Retry behavior"), for every server.
///
/// Up to `attempts` in all; before the n-th repetition a wait drawn evenly from 0 to min(2^(n-1), `longestWait`) seconds (full jitter); each
/// repetition takes tokens from a budget that all calls of a client share, so that an outage is not answered with a storm.
package struct RetryPolicy: Hashable, Sendable {
    package var attempts = 3
    /// Seconds.
    package var longestWait = 20.0

    package init(attempts: Int = 3, longestWait: Double = 20) { (self.attempts, self.longestWait) = (attempts, longestWait) }

    package enum Cause: Hashable, Sendable {
        /// A server error, or a connection that failed.
        case transient
        case throttled
        case timeLimit
        /// Sent again it would fail again.
        case permanent
    }

    private static let transientCodes: Set<String> = ["RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete"]
    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "TooManyRequestsException",
        "ProvisionedThroughputExceededException", "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "LimitExceededException", "RequestThrottled", "SlowDown", "EC2ThrottledException",
    ]

    /// - Parameter code: the error code of the service; empty = none given.
    package static func cause(status: Int, code: String) -> Cause {
        if throttlingCodes.contains(code) || status == 429 { return .throttled }
        return transientCodes.contains(code) || [500, 502, 503, 504].contains(status) ? .transient : .permanent
    }
}

/// One call's repetitions: takes what happened, says what to do. No clock and no network.
package struct RetryMachine: Sendable {
    package enum Action: Hashable, Sendable {
        /// Seconds.
        case again(after: Double)
        case giveUp
    }

    private let policy: RetryPolicy
    package private(set) var attempts = 0
    private var taken = 0

    package init(_ policy: RetryPolicy) { self.policy = policy }

    /// - Parameters:
    ///   - left: seconds until the call's time limit.
    ///   - draw: evenly from 0..<1.
    ///   - asked: seconds the server asks to wait, if it does.
    package mutating func failed(
        _ cause: RetryPolicy.Cause, left: Double, draw: Double, asked: Double? = nil, budget: RetryBudget
    ) -> Action {
        attempts += 1
        guard cause != .permanent, attempts < policy.attempts else { return .giveUp }
        var wait = draw * min(Double(1 << min(attempts - 1, 30)), policy.longestWait)
        if let asked { wait = max(wait, asked) }
        guard wait < left else { return .giveUp }
        let price = cause == .timeLimit ? RetryBudget.priceAfterTimeLimit : RetryBudget.price
        guard budget.take(price) else { return .giveUp }
        taken = price
        return .again(after: wait)
    }

    /// Gives back what the last repetition took, or one token for a call that needed none.
    package mutating func succeeded(budget: RetryBudget) {
        attempts += 1
        budget.give(taken > 0 ? taken : 1)
    }
}

/// Tokens for repetitions, shared by all calls of a client.
package final class RetryBudget: Sendable {
    package static let capacity = 500
    static let price = 5
    static let priceAfterTimeLimit = 10

    private let tokens = Mutex(RetryBudget.capacity)

    package init() {}

    package var left: Int { tokens.withLock { $0 } }

    func take(_ count: Int) -> Bool {
        tokens.withLock { tokens in
            guard tokens >= count else { return false }
            tokens -= count
            return true
        }
    }

    func give(_ count: Int) { tokens.withLock { $0 = min($0 + count, RetryBudget.capacity) } }
}
