public import Records

/// One call to a model: reserved before it is made, settled when its answer came. What may be kept for years stands in it: the prompt as it was sent and
/// its answer, so that a replay needs no model.
public struct LedgerEntry: Hashable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        /// Reserved; the call may be under way.
        case open
        case settled
        /// Ended without an answer; `used` is what it may have cost.
        case failed
        /// Its process ended before it was settled. It may have been made and billed: all of what was reserved counts as used.
        case lost
    }

    /// 0 until stored.
    public var id: Int64
    /// SHA-256 over prompt, model and settings, lower-case hex.
    public var key: String
    /// Whose caps it counts against: a job, or a task of it.
    public var budget: String
    /// The process that made it, told apart from a later one with the same number.
    public var owner: String
    public var model: String
    public var destination: String
    public var state: State
    public var reserved: LedgerAmounts
    /// 0 while open.
    public var used: LedgerAmounts
    public var reservedAt: Timestamp
    public var settledAt: Timestamp?
    /// JSON as of `Prompt.recorded`.
    public var prompt: String
    /// JSON as of `Completion.recorded`; nil unless settled.
    public var answer: String?
    /// Code of the failure; empty unless failed.
    public var failure: String
    /// Whether an earlier call with the same key was lost: then this one may be paid for twice.
    public var isDuplicate: Bool

    public init(
        id: Int64 = 0, key: String, budget: String, owner: String, model: String, destination: String, state: State = .open,
        reserved: LedgerAmounts, used: LedgerAmounts = .zero, reservedAt: Timestamp, settledAt: Timestamp? = nil, prompt: String,
        answer: String? = nil, failure: String = "", isDuplicate: Bool = false
    ) {
        (self.id, self.key, self.budget, self.owner) = (id, key, budget, owner)
        (self.model, self.destination, self.state, self.reserved, self.used) = (model, destination, state, reserved, used)
        (self.reservedAt, self.settledAt, self.prompt, self.answer) = (reservedAt, settledAt, prompt, answer)
        (self.failure, self.isDuplicate) = (failure, isDuplicate)
    }

    /// What counts against the caps.
    public var counted: LedgerAmounts { state == .open ? reserved : used }
}

/// Where the ledger is kept. Declared here, implemented over the warehouse by `Pipelines` and in memory for tests.
public protocol LedgerStore: Sendable {
    /// Everything in `work` happens, or nothing of it; one at a time.
    func transaction<Value: Sendable>(_ work: (any LedgerTransaction) throws(Failure) -> Value) throws(Failure) -> Value
}

/// What is read and written within one transaction.
public protocol LedgerTransaction {
    /// The sum of `counted` over the entries of a budget.
    func counted(budget: String) throws(Failure) -> LedgerAmounts
    /// The first settled one of that key.
    func settled(key: String) throws(Failure) -> LedgerEntry?
    /// The first of that key in that state.
    func entry(key: String, in state: LedgerEntry.State) throws(Failure) -> LedgerEntry?
    func entry(_ id: Int64) throws(Failure) -> LedgerEntry?
    /// All that are open, in the order of their ids.
    func open() throws(Failure) -> [LedgerEntry]
    /// - Returns: its id, above all earlier ones.
    func insert(_ entry: LedgerEntry) throws(Failure) -> Int64
    /// Of the same id.
    func update(_ entry: LedgerEntry) throws(Failure)
}
