package import Records

/// Carries one request to a server and its reply back; repeats nothing, follows no redirect.
package protocol HTTPTransport: Sendable {
    /// - Parameters:
    ///   - limit: for the whole exchange.
    ///   - onPart: called with each part of the body of a 2xx reply as it comes; empty reply bodies then. Nil = the body is in the answer.
    /// - Throws: no reply, or one cut off or beyond `HTTPLimits`.
    func send(_ call: HTTPCall, limit: Timestamp.Span, onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)?)
        async throws(TransportFailure)
        -> HTTPAnswer
}

package enum HTTPLimits {
    /// Bytes of a reply that are read at most: a hostile server does not fill the memory.
    package static let longestReply = 64 << 20
}

/// Why there is no reply.
package enum TransportFailure: Error, Hashable, Sendable {
    /// Nothing was sent: no such host, refused, TLS failed.
    case noConnection(String)
    /// The connection ended, or what came is not HTTP; the server may have done the work.
    case cut(String)
    case timeLimit
    case cancelled
    case tooLong
    /// From `onPart`.
    case part(Failure)
}
