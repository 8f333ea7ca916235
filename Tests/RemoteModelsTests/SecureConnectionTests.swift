#if Remote
    import Foundation
    import NIOCore
    import NIOPosix
    import NIOSSL
    import Records
    import RemoteModels
    import Synchronization
    import Testing

    /// A server on this machine's loopback that repeats what it hears in capitals, in clear text or through TLS.
    private final class CapitalsServer: Sendable {
        enum Manner: Sendable {
            /// TLS from the first byte.
            case tls
            /// Clear text until it hears `STARTTLS`.
            case starttls
            /// As before, and it says more in clear text behind its reply.
            case eager
            /// Never TLS.
            case plain
        }

        let port: Int
        private let channel: any Channel
        private let heard: Heard

        /// What came in clear text.
        var clearText: String { heard.text.withLock { $0 } }

        static let certificate = fixture("certificate.pem")

        private static func fixture(_ name: String) -> String {
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/tls/\(name)").path
        }

        init(_ manner: Manner) throws {
            let certificates = try NIOSSLCertificate.fromPEMFile(Self.certificate)
            let key = try NIOSSLPrivateKey(file: Self.fixture("key.pem"), format: .pem)
            let context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key)))
            let heard = Heard()
            self.heard = heard
            channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if manner == .tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                        try channel.pipeline.syncOperations.addHandler(Repeater(manner, context, heard))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
            port = channel.localAddress?.port ?? 0
        }

        deinit { channel.close(promise: nil) }

        final class Heard: Sendable { let text = Mutex("") }

        private final class Repeater: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            typealias OutboundOut = ByteBuffer
            private let manner: Manner
            private let tls: NIOSSLContext
            private let heard: Heard
            private var isSecure: Bool

            init(_ manner: Manner, _ tls: NIOSSLContext, _ heard: Heard) {
                (self.manner, self.tls, self.heard, isSecure) = (manner, tls, heard, manner == .tls)
            }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let text = String(buffer: unwrapInboundIn(data))
                if !isSecure { heard.text.withLock { $0 += text } }
                let begins = text == "STARTTLS\r\n" && (manner == .starttls || manner == .eager)
                let reply = begins ? "220 go\r\n" + (manner == .eager ? "250 more\r\n" : "") : text.uppercased()
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: reply)), promise: nil)
                guard begins else { return }
                isSecure = true
                try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            }

            func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        }
    }

    @Suite("a secure connection") struct SecureConnectionTests {
        private func connection(
            _ server: CapitalsServer, trust: String? = CapitalsServer.certificate, isSecure: Bool = false, host: String = "127.0.0.1"
        ) throws -> SecureConnection {
            try SecureConnection(host: host, port: server.port, trust: trust, isSecure: isSecure, seconds: 10)
        }

        private func said(_ text: String, over connection: SecureConnection) throws -> String {
            try connection.write(Array(text.utf8))
            return String(decoding: try connection.read(), as: UTF8.self)
        }

        @Test("goes over to TLS after STARTTLS, and what is said from then on is not in clear text", arguments: ["127.0.0.1", "localhost"])
        func starttls(_ host: String) throws {
            let server = try CapitalsServer(.starttls), connection = try connection(server, host: host)
            #expect(try said("hello\r\n", over: connection) == "HELLO\r\n")
            #expect(try said("STARTTLS\r\n", over: connection) == "220 go\r\n")
            try connection.secure()
            #expect(try said("secret\r\n", over: connection) == "SECRET\r\n")
            #expect(server.clearText == "hello\r\nSTARTTLS\r\n")
        }

        @Test("speaks TLS from the first byte where it is asked to")
        func implicit() throws {
            let server = try CapitalsServer(.tls)
            #expect(try said("secret\r\n", over: connection(server, isSecure: true)) == "SECRET\r\n")
            #expect(server.clearText.isEmpty)
        }

        @Test("tells nothing to a server whose certificate nobody trusts, or that speaks no TLS")
        func untrusted() throws {
            for manner in [CapitalsServer.Manner.tls, .plain] {
                let server = try CapitalsServer(manner)
                let connection = try connection(server, trust: manner == .tls ? nil : CapitalsServer.certificate, isSecure: true)
                #expect { try said("secret\r\n", over: connection) } throws: { error in
                    (error as? Failure)?.kind == .tryAgain && (error as? Failure)?.code == "mail.untrusted"
                }
                #expect(!server.clearText.contains("secret"))
            }
        }

        @Test("takes nothing that came in clear text for the other side's word")
        func eager() throws {
            let server = try CapitalsServer(.eager), connection = try connection(server)
            try connection.write(Array("STARTTLS\r\n".utf8))
            var heard = ""
            while !heard.contains("250 more") { heard += String(decoding: try connection.read(), as: UTF8.self) }
            // Read to its end, it is the caller who must not use it; what is still unread is refused here.
            try connection.secure()
            let other = try self.connection(server)
            try other.write(Array("STARTTLS\r\n".utf8))
            usleep(300_000)
            #expect { try other.secure() } throws: { ($0 as? Failure)?.code == "mail.connection" }
        }

        @Test("wants certificates in the file that it is to trust")
        func trust() throws {
            let server = try CapitalsServer(.tls)
            for path in ["/nowhere.pem", #filePath] {
                #expect { try connection(server, trust: path) } throws: { ($0 as? Failure)?.code == "mail.trust" }
            }
        }
    }
#endif
