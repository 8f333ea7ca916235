public import Records

/// Reserves each send of a call beyond its first one: a reply that failed on its way may have been billed all the same.
///
/// A client asks before it sends again; a refusal ends the call. One value a call; safe to use from several tasks.
public struct SendMeter: Sendable {
    private let reserve: (@Sendable (Prompt) throws(Failure) -> Void)?
    private let prompt: Prompt?

    /// - Parameter reserve: called before a further send of a prompt; throws where the budget does not cover it.
    public init(_ prompt: Prompt, reserve: @escaping @Sendable (Prompt) throws(Failure) -> Void) {
        (self.prompt, self.reserve) = (prompt, reserve)
    }

    private init() { (prompt, reserve) = (nil, nil) }

    /// Counts nothing: for calls outside any ledger.
    public static let free = SendMeter()

    /// Before the same prompt is sent again after a send that may have been billed.
    ///
    /// - Throws: the budget does not cover it.
    public func again() throws(Failure) { if let prompt { try reserve?(prompt) } }

    /// Before another prompt is sent on the way, such as one that finds out how a server wants to be asked.
    ///
    /// - Returns: the meter of that prompt's own repetitions.
    /// - Throws: the budget does not cover it.
    public func extra(_ prompt: Prompt) throws(Failure) -> SendMeter {
        guard let reserve else { return self }
        try reserve(prompt)
        return SendMeter(prompt, reserve: reserve)
    }
}
