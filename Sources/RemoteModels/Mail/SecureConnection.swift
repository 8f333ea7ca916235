#if Remote
    import Foundation
    import NIOCore
    import NIOPosix
    import NIOSSL
    package import Records
    import Synchronization

    /// A connection that is, or can become, one through TLS; its calls wait. Closed when it goes away.
    package final class SecureConnection: Sendable {
        private let channel: any Channel
        private let inbox: Inbox
        private let context: NIOSSLContext
        private let host: String
        private let place: String
        private let seconds: Int

        /// - Parameters:
        ///   - trust: path of a PEM file of certificates to trust instead of the system's; nil = the system's.
        ///   - isSecure: TLS from the first byte.
        ///   - seconds: for the connection, and for each answer.
        /// - Throws: `mail.trust` for a file without certificates; `mail.connection`.
        package init(host: String, port: Int, trust: String?, isSecure: Bool, seconds: Int = 30) throws(Failure) {
            (self.host, self.seconds, place) = (host, seconds, "\(host):\(port)")
            context = try Self.context(trust: trust)
            let inbox = Inbox()
            self.inbox = inbox
            do {
                channel = try ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(.seconds(Int64(seconds)))
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox) }
                    }
                    .connect(host: host, port: port).wait()
            } catch {
                throw .secureConnection(place, "no connection")
            }
            if isSecure { try secure() }
        }

        deinit { channel.close(promise: nil) }

        private static func context(trust: String?) throws(Failure) -> NIOSSLContext {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            do {
                if let trust {
                    let certificates = try NIOSSLCertificate.fromPEMFile(trust)
                    guard !certificates.isEmpty else { throw Failure.trustFile(trust) }
                    configuration.trustRoots = .certificates(certificates)
                }
                return try NIOSSLContext(configuration: configuration)
            } catch {
                throw .trustFile(trust ?? "the system's certificates")
            }
        }

        /// From now on through TLS; who the other side is shows with its first answer.
        ///
        /// - Throws: bytes that came before, which nobody has vouched for.
        package func secure() throws(Failure) {
            guard inbox.isEmpty else { throw .secureConnection(place, "bytes in clear text before the handshake") }
            // An address has no name to ask for; its certificate must have the address then.
            let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
            let (channel, context, inbox, name) = (channel, context, inbox, isAddress ? nil : host)
            do {
                try channel.eventLoop.submit {
                    // Again where bytes come in: none can come between this look and the handler.
                    guard inbox.isEmpty else { throw ChannelError.inputClosed }
                    let handler = try NIOSSLClientHandler(context: context, serverHostname: name)
                    try channel.pipeline.syncOperations.addHandler(handler, position: .first)
                }.wait()
            } catch {
                throw .secureConnection(place, "TLS did not begin")
            }
        }

        package func write(_ bytes: [UInt8]) throws(Failure) {
            // Not waited for: a handshake that fails is told by what is read next.
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }

        /// What came; empty = the other side has ended the connection.
        package func read() throws(Failure) -> [UInt8] {
            switch inbox.take(seconds: seconds) {
            case .bytes(let bytes): return bytes
            case .end: return []
            case .nothing: throw .secureConnection(place, "no reply in time")
            case .refused: throw .untrusted(place)
            case .broken: throw .secureConnection(place, "the connection ended")
            }
        }
    }

    /// What came over a connection, until somebody asks for it.
    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        enum Item {
            case bytes([UInt8]), end, nothing
            /// The handshake failed.
            case refused
            case broken
        }

        private let state = Mutex<(bytes: [UInt8], last: Item?)>(([], nil))
        private let came = DispatchSemaphore(value: 0)

        var isEmpty: Bool { state.withLock { $0.bytes.isEmpty } }

        func take(seconds: Int) -> Item {
            let deadline = DispatchTime.now() + .seconds(seconds)
            while true {
                let item = state.withLock { state -> Item? in
                    guard state.bytes.isEmpty else {
                        defer { state.bytes = [] }
                        return .bytes(state.bytes)
                    }
                    return state.last
                }
                if let item { return item }
                if came.wait(timeout: deadline) == .timedOut { return .nothing }
            }
        }

        private func end(_ item: Item) {
            state.withLock { if $0.last == nil { $0.last = item } }
            came.signal()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            state.withLock { $0.bytes += unwrapInboundIn(data).readableBytesView }
            came.signal()
        }

        func channelInactive(context: ChannelHandlerContext) { end(.end) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // A peer that hangs up without a word of TLS is an end like any other.
            switch error {
            case NIOSSLError.uncleanShutdown: end(.end)
            case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: end(.refused)
            default: end(.broken)
            }
            context.close(promise: nil)
        }
    }

    extension Failure {
        fileprivate static func secureConnection(_ place: String, _ cause: String) -> Failure {
            Failure(
                .tryAgain, code: "mail.connection", what: "the mail relay cannot be reached", place: place, found: cause,
                remedy: "It is tried again at the next start.")
        }

        fileprivate static func untrusted(_ place: String) -> Failure {
            Failure(
                .tryAgain, code: "mail.untrusted", what: "the mail relay's certificate is not trusted, or TLS failed", place: place,
                expected: "a certificate for this name by an authority that is trusted",
                remedy: "Nothing was sent. Name the host as its certificate does; an authority of your own goes into --smtp-trust.")
        }

        fileprivate static func trustFile(_ path: String) -> Failure {
            Failure(
                .usage, code: "mail.trust", what: "there are no certificates in the file", place: path, expected: "certificates in PEM",
                remedy: "Name a file with the certificate of the authority that signed the relay's.")
        }
    }
#endif
