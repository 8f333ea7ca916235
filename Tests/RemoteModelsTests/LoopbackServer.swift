import NIOCore
import NIOPosix
import Records
import RemoteModels
import Synchronization

/// A server on this machine's loopback that answers as a script says: whole, slow, cut off, malformed or not at all. It keeps every request.
final class LoopbackServer: Sendable {
    struct Request: Sendable {
        var method: String
        /// As it came, with its query.
        var target: String
        var headers: [(name: String, value: String)]
        var body: String

        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        /// Everything that came over the wire.
        var wire: String { "\(method) \(target)\n" + headers.map { "\($0.name): \($0.value)\n" }.joined() + "\n" + body }
    }
    enum Step: Sendable {
        case send([UInt8])
        case wait(milliseconds: Int64)
        case close
    }

    private let requests = Mutex<[Request]>([])
    private let channel: any Channel
    let port: Int

    var received: [Request] { requests.withLock { $0 } }
    var address: String { "http://127.0.0.1:\(port)" }

    /// - Parameter script: called with each request and its number, from 0.
    init(_ script: @escaping @Sendable (Request, Int) -> [Step]) async throws {
        let store = Box()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Handler { request in
                            guard let server = store.server else { return [.close] }
                            let number = server.requests.withLock {
                                $0.append(request)
                                return $0.count - 1
                            }
                            return script(request, number)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
        store.set(self)
    }

    func stop() async { try? await channel.close() }

    private final class Box: Sendable {
        private let held = Mutex<LoopbackServer?>(nil)
        var server: LoopbackServer? { held.withLock { $0 } }
        func set(_ server: LoopbackServer) { held.withLock { $0 = server } }
    }

    // MARK: Replies

    static func reply(_ status: Int = 200, _ body: String, headers: [(String, String)] = []) -> [Step] {
        [.send(bytes(status, Array(body.utf8), headers: headers))]
    }

    static func bytes(_ status: Int, _ body: [UInt8], headers: [(String, String)] = []) -> [UInt8] {
        var head = "HTTP/1.1 \(status) Told\r\ncontent-length: \(body.count)\r\n"
        if !headers.contains(where: { $0.0.lowercased() == "content-type" }) { head += "content-type: application/json\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }

    // MARK: Wire

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var pending: [UInt8] = []
        private let answer: @Sendable (Request) -> [Step]

        init(_ answer: @escaping @Sendable (Request) -> [Step]) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pending += Array(unwrapInboundIn(data).readableBytesView)
            while let request = take() { run(answer(request)[...], on: context.channel) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func run(_ steps: ArraySlice<Step>, on channel: any Channel) {
            guard let step = steps.first else { return }
            let rest = steps.dropFirst()
            switch step {
            case .send(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            case .close:
                channel.close(promise: nil)
                return
            case .wait(let milliseconds):
                let loop = NIOLoopBound(self, eventLoop: channel.eventLoop)
                channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { loop.value.run(rest, on: channel) }
                return
            }
            run(rest, on: channel)
        }

        private func take() -> Request? {
            guard let end = pending.indices.first(where: { pending[$0...].starts(with: Array("\r\n\r\n".utf8)) }) else { return nil }
            let lines = String(decoding: pending[..<end], as: UTF8.self).split(separator: "\r\n")
            let words = lines[0].split(separator: " ")
            let headers = lines.dropFirst().map { line in
                let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                let value = halves.count == 2 ? halves[1].drop { $0 == " " } : ""
                return (name: String(halves[0]), value: String(value))
            }
            let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
            guard pending.count >= end + 4 + length else { return nil }
            let body = String(decoding: pending[(end + 4)..<(end + 4 + length)], as: UTF8.self)
            pending.removeFirst(end + 4 + length)
            return Request(
                method: String(words[0]), target: words.count > 1 ? String(words[1]) : "", headers: Array(headers), body: body)
        }
    }
}
