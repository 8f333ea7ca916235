#if Remote
    import AsyncHTTPClient
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    package import Records

    /// The transport of a program: one connection pool, TLS with the system's certificates.
    package struct ClientTransport: HTTPTransport {
        private let client: HTTPClient

        package init() {
            var configuration = HTTPClient.Configuration(
                redirectConfiguration: .disallow, timeout: .init(connect: .seconds(10)), decompression: .disabled)
            // A proxied or renegotiated protocol would differ from what the tests hold: HTTP/1.1 is what every server here speaks.
            configuration.httpVersion = .http1Only
            // Repeating is for the policy, which counts and waits.
            configuration.connectionPool.retryConnectionEstablishment = false
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }

        /// Ends the connections; needed before the value goes away.
        package func shutdown() async { try? await client.shutdown() }

        package func send(
            _ call: HTTPCall, limit: Timestamp.Span, onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)?
        ) async throws(TransportFailure) -> HTTPAnswer {
            var request = HTTPClientRequest(url: call.url)
            request.method = HTTPMethod(rawValue: call.method.rawValue)
            for header in call.headers { request.headers.add(name: header.name, value: header.value) }
            if !call.body.isEmpty || call.method != .get { request.body = .bytes(call.body) }
            let (client, ready) = (client, request)
            do {
                return try await Self.within(limit) { try await Self.exchange(client, ready, limit: limit, onPart: onPart) }
            } catch let failure as TransportFailure {
                throw failure
            } catch {
                throw Self.failure(of: error)
            }
        }

        private static func exchange(
            _ client: HTTPClient, _ request: HTTPClientRequest, limit: Timestamp.Span,
            onPart: (@Sendable ([UInt8]) throws(Failure) -> Void)?
        ) async throws -> HTTPAnswer {
            let response = try await client.execute(request, timeout: .microseconds(limit.microseconds))
            var answer = HTTPAnswer(
                status: Int(response.status.code), headers: response.headers.map { HTTPHeader($0.name, $0.value) }, body: [])
            let streams = onPart != nil && (200..<300).contains(answer.status)
            var length = 0
            do {
                for try await part in response.body {
                    length += part.readableBytes
                    guard length <= HTTPLimits.longestReply else { throw TransportFailure.tooLong }
                    if streams, let onPart { try onPart(Array(part.readableBytesView)) } else { answer.body += part.readableBytesView }
                }
            } catch let failure as Failure {
                throw TransportFailure.part(failure)
            } catch let failure as TransportFailure {
                throw failure
            } catch {
                let worded = failure(of: error)
                // Once the head is here a lost connection is a reply cut off.
                if case .noConnection(let reason) = worded { throw TransportFailure.cut(reason) }
                throw worded
            }
            return answer
        }

        /// The client's own limit covers head and body, but not a body that trickles while it is read: this does.
        private static func within<Value: Sendable>(
            _ limit: Timestamp.Span, _ work: @escaping @Sendable () async throws -> Value
        ) async throws -> Value {
            try await withThrowingTaskGroup(of: Value.self) { group in
                group.addTask(operation: work)
                group.addTask {
                    try await Task.sleep(for: .microseconds(limit.microseconds))
                    throw TransportFailure.timeLimit
                }
                defer { group.cancelAll() }
                guard let value = try await group.next() else { throw TransportFailure.cancelled }
                return value
            }
        }

        private static func failure(of error: any Error) -> TransportFailure {
            if error is CancellationError { return .cancelled }
            if let error = error as? HTTPClientError {
                switch error {
                case .deadlineExceeded, .readTimeout, .writeTimeout: return .timeLimit
                case .cancelled: return Task.isCancelled ? .cancelled : .timeLimit
                case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout: return .noConnection(error.shortDescription)
                default: return .cut(error.shortDescription)
                }
            }
            if error is NIOConnectionError { return .noConnection("the server does not take connections") }
            if let error = error as? IOError {
                return error.errnoCode == 111 || error.errnoCode == 61 ? .noConnection("connection refused") : .cut("connection reset")
            }
            // The text of an error of the library may hold parts of the request: only its type is told.
            let type = String(describing: type(of: error))
            return type.contains("TLS") || type.contains("SSL") || type.contains("Connect") ? .noConnection(type) : .cut(type)
        }
    }
#endif
