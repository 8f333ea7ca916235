import Models
package import Records

/// Sends a call until it succeeds or must not be sent again, within one time limit.
package struct RemoteCaller: Sendable {
    package var transport: any HTTPTransport
    package var policy: RetryPolicy
    package var pace: Pace
    package let budget = RetryBudget()

    package init(transport: any HTTPTransport, policy: RetryPolicy = RetryPolicy(), pace: Pace) {
        (self.transport, self.policy, self.pace) = (transport, policy, pace)
    }

    package struct Reply: Sendable {
        package var answer: HTTPAnswer
        package var latency: Timestamp.Span
        /// How often the call was sent, at least 1.
        package var attempts: Int
    }

    /// - Parameters:
    ///   - prepare: makes the request of each attempt: a signature carries the time.
    ///   - complaint: what a reply that is not 2xx says; also decides whether it is sent again.
    ///   - onPart: parts of a 2xx reply; once one came nothing is sent again.
    ///   - meter: asked before each send that follows one which may have been billed.
    func reply(
        limit: Timestamp.Span, meter: SendMeter = .free, onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)? = nil,
        prepare: @Sendable () async throws(Failure) -> HTTPCall, complaint: @Sendable (HTTPAnswer) -> RemoteComplaint
    ) async throws(Failure) -> Reply {
        var machine = RetryMachine(policy)
        let begun = pace.elapsed()
        while true {
            let left = Timestamp.Span(microseconds: limit.microseconds - (pace.elapsed().microseconds - begun.microseconds))
            guard left > .zero else { throw .remoteTimeLimit(place: "", attempts: machine.attempts) }
            let call = try await prepare()
            let outcome = await outcome(of: call, left: left, onPart: onPart, complaint: complaint)
            switch outcome.result {
            case .success(let answer):
                machine.succeeded(budget: budget)
                let latency = Timestamp.Span(microseconds: pace.elapsed().microseconds - begun.microseconds)
                return Reply(answer: answer, latency: latency, attempts: machine.attempts)
            case .failure(let failure):
                let rest = Double(limit.microseconds - (pace.elapsed().microseconds - begun.microseconds)) / 1e6
                switch machine.failed(outcome.cause, left: rest, draw: pace.draw(), asked: outcome.asked, budget: budget) {
                case .giveUp: throw failure.after(attempts: machine.attempts)
                case .again(let seconds):
                    if outcome.mayBeBilled { try meter.again() }
                    do { try await pace.sleep(seconds) } catch { throw .remoteCancelled(place: call.endpoint.authority) }
                }
            }
        }
    }

    private struct Outcome {
        var cause: RetryPolicy.Cause
        var result: Result<HTTPAnswer, Failure>
        /// Seconds the server asks to wait.
        var asked: Double?
        /// Whether the server may have done the work without our having its answer.
        var mayBeBilled = false
    }

    private func outcome(
        of call: HTTPCall, left: Timestamp.Span, onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)?,
        complaint: @Sendable (HTTPAnswer) -> RemoteComplaint
    ) async -> Outcome {
        let place = call.endpoint.authority
        do {
            let answer = try await transport.send(call, limit: left, onPart: onPart)
            if (200..<300).contains(answer.status) { return Outcome(cause: .permanent, result: .success(answer)) }
            let complaint = complaint(answer)
            let asked = answer.header("retry-after").flatMap(Double.init).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil }
            return Outcome(cause: complaint.cause, result: .failure(complaint.failure), asked: asked, mayBeBilled: answer.status >= 500)
        } catch {
            let cause: RetryPolicy.Cause =
                switch error {
                case .noConnection: .transient
                // A stream that began is not begun again: its parts were handed on.
                case .cut: onPart == nil ? .transient : .permanent
                case .timeLimit: .timeLimit
                case .cancelled, .tooLong, .part: .permanent
                }
            let mayBeBilled = if case .noConnection = error { false } else { true }
            return Outcome(cause: cause, result: .failure(.transport(error, place: place)), mayBeBilled: mayBeBilled)
        }
    }
}

/// What a server says instead of an answer.
package struct RemoteComplaint: Sendable {
    package var cause: RetryPolicy.Cause
    package var failure: Failure
}
