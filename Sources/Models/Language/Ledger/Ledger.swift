public import Records

/// Reserves what a call may use before it is made and settles what it did use, each in a short transaction of its own; no transaction spans the
/// network.
///
/// Kept whatever happens: the sum of what open calls may use and others did use never passes a cap, unless a server uses more than its own limit
/// (`overrun`). A process that ends between call and settlement costs one call of which the answer is not known; repeated, it is counted as a
/// duplicate.
public struct Ledger: Sendable {
    public let store: any LedgerStore
    public let budget: String
    public let caps: LedgerCaps
    public let owner: String
    private let now: @Sendable () -> Timestamp

    /// - Parameter owner: a text that no other process has or will have: host, process id and the attempt's number.
    public init(store: any LedgerStore, budget: String, caps: LedgerCaps, owner: String, now: @escaping @Sendable () -> Timestamp) {
        (self.store, self.budget, self.caps, self.owner, self.now) = (store, budget, caps, owner, now)
    }

    public enum Beginning: Hashable, Sendable {
        /// The same was asked before.
        case answered(Completion)
        /// Another task of this or another process asks the same at this moment.
        case pending
        /// Make the call, then settle or fail this id.
        case reserved(Int64)
    }

    /// What is asked of a ledger before a call.
    public struct Request: Hashable, Sendable {
        public let prompt: Prompt
        public let model: String
        public let destination: String
        /// At most.
        public let amounts: LedgerAmounts
        public let key: String
        /// The prompt as it is kept.
        let recorded: String

        /// - Parameter settings: whatever else than prompt and model decides the answer: a guardrail, a dialect.
        public init(prompt: Prompt, model: String, destination: String, settings: String = "", amounts: LedgerAmounts) {
            (self.prompt, self.model, self.destination, self.amounts) = (prompt, model, destination, amounts)
            recorded = prompt.recorded
            key = prompt.ledgerKey(model: model, settings: settings)
        }
    }

    /// - Throws: the budget does not cover the call.
    public func begin(_ request: Request) throws(Failure) -> Beginning {
        let key = request.key
        return try store.transaction { transaction throws(Failure) in
            if let earlier = try transaction.settled(key: key)?.answer {
                guard let completion = Completion(recorded: earlier) else { throw .ledgerKeptNothing(model: request.model, key: key) }
                return .answered(completion)
            }
            if try transaction.entry(key: key, in: .open) != nil { return .pending }
            if let lack = caps.lacking(used: try transaction.counted(budget: budget), asked: request.amounts) {
                throw .budgetSpent(lack.unit, budget: budget, asked: "\(lack.asked)", left: "\(lack.left)")
            }
            let entry = LedgerEntry(
                key: key, budget: budget, owner: owner, model: request.model, destination: request.destination, reserved: request.amounts,
                reservedAt: now(), prompt: request.recorded,
                isDuplicate: try transaction.entry(key: key, in: .lost) != nil)
            return .reserved(try transaction.insert(entry))
        }
    }

    /// - Throws: the entry is not open: another process took it for lost.
    public func settle(_ id: Int64, _ completion: Completion, used: LedgerAmounts) throws(Failure) {
        try close(id) { entry in
            (entry.state, entry.used, entry.answer) = (.settled, used, completion.recorded)
        }
    }

    /// Before an open call is sent once more: what that may use is reserved on top.
    ///
    /// - Throws: the budget does not cover it; the entry is not open.
    public func extend(_ id: Int64, by amounts: LedgerAmounts) throws(Failure) {
        try store.transaction { transaction throws(Failure) in
            guard var entry = try transaction.entry(id), entry.state == .open, entry.owner == owner else {
                throw .ledgerEntry(
                    id, state: try transaction.entry(id)?.state.rawValue ?? "no such entry", expected: "open, of this process")
            }
            if let lack = caps.lacking(used: try transaction.counted(budget: budget), asked: amounts) {
                throw .budgetSpent(lack.unit, budget: budget, asked: "\(lack.asked)", left: "\(lack.left)")
            }
            entry.reserved = entry.reserved + amounts
            try transaction.update(entry)
        }
    }

    /// - Parameters:
    ///   - mayBeBilled: whether the server may have done the work: then all of what was reserved counts as used.
    ///   - earlier: what earlier sends of the call may have used, whatever became of the last one.
    public func fail(_ id: Int64, code: String, mayBeBilled: Bool, earlier: LedgerAmounts = .zero) throws(Failure) {
        try close(id) { entry in
            (entry.state, entry.failure) = (.failed, code)
            entry.used = mayBeBilled ? entry.reserved : earlier
        }
    }

    private func close(_ id: Int64, _ change: (inout LedgerEntry) -> Void) throws(Failure) {
        try store.transaction { transaction throws(Failure) in
            guard var entry = try transaction.entry(id), entry.state == .open, entry.owner == owner else {
                throw .ledgerEntry(
                    id, state: try transaction.entry(id)?.state.rawValue ?? "no such entry", expected: "open, of this process")
            }
            change(&entry)
            entry.settledAt = now()
            try transaction.update(entry)
        }
    }

    /// Closes what processes left open that have ended.
    ///
    /// - Parameter isAlive: of an owner; this one's own entries are never touched.
    /// - Returns: how many are lost now.
    @discardableResult
    public func recover(isAlive: (String) -> Bool = { _ in false }) throws(Failure) -> Int {
        try store.transaction { transaction throws(Failure) in
            var count = 0
            for var entry in try transaction.open() where entry.owner != owner && !isAlive(entry.owner) {
                (entry.state, entry.used, entry.settledAt) = (.lost, entry.reserved, now())
                try transaction.update(entry)
                count += 1
            }
            return count
        }
    }
}
