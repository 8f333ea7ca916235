import Foundation
import PipelineTesting
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An HTTP server on this machine's loopback that answers as a script says and keeps what it was sent; no library that the program uses is in it.
final class PlainServer: Sendable {
    enum Reply: Sendable {
        case told(Int, String, headers: [String: String] = [:])
        /// Ends the connection in the middle of the body.
        case cut(String)
    }

    private let listener: Int32
    let port: UInt16
    private let wires = Mutex<[String]>([])
    private let script: @Sendable (String, Int) -> Reply

    /// Everything that came, a request a text.
    var received: [String] { wires.withLock { $0 } }
    var address: String { "http://127.0.0.1:\(port)" }

    /// - Parameter script: called with a request's wire and its number, from 0.
    init(_ script: @escaping @Sendable (String, Int) -> Reply) throws {
        self.script = script
        (listener, port) = try LoopbackSocket.listening()
        let file = listener
        Thread.detachNewThread { [self] in
            while case let client = accept(file, nil, nil), client >= 0 { Thread.detachNewThread { [self] in serve(client) } }
        }
    }

    /// Takes no more connections.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ client: Int32) {
        defer { close(client) }
        var bytes: [UInt8] = []
        while let wire = next(client, &bytes) {
            let number = wires.withLock { wires in
                wires.append(wire)
                return wires.count - 1
            }
            switch script(wire, number) {
            case .told(let status, let body, let headers):
                let more = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
                write(
                    client,
                    "HTTP/1.1 \(status) Told\r\nContent-Type: application/json\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            case .cut(let body):
                write(
                    client, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count + 500)\r\n\r\n\(body)")
                return
            }
        }
    }

    private func write(_ client: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Head and body of a request; nil when the connection has ended.
    private func next(_ client: Int32, _ bytes: inout [UInt8]) -> String? {
        let blank = Array("\r\n\r\n".utf8)
        while true {
            if let end = bytes.indices.first(where: { bytes[$0...].starts(with: blank) }) {
                let head = String(decoding: bytes[..<end], as: UTF8.self)
                let length =
                    head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                if bytes.count >= end + 4 + length {
                    let body = String(decoding: bytes[(end + 4)..<(end + 4 + length)], as: UTF8.self)
                    bytes.removeFirst(end + 4 + length)
                    return head + "\n\n" + body
                }
            }
            var part = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(client, &part, part.count, 0)
            guard count > 0 else { return nil }
            bytes += part[..<count]
        }
    }
}

extension PlainServer {
    /// A chat server: the first of the allowed answers to everything.
    static func chat(_ wire: String) -> Reply {
        let body = wire.split(separator: "\n\n", maxSplits: 1).last.map(String.init) ?? ""
        let request = (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any]
        let format = request?["response_format"] as? [String: Any]
        let schema = (format?["json_schema"] as? [String: Any])?["schema"] as? [String: Any]
        var answer: [String: String] = [:]
        for (name, value) in schema?["properties"] as? [String: Any] ?? [:] {
            answer[name] = ((value as? [String: Any])?["enum"] as? [String])?.first
        }
        return chatReply(answer.isEmpty ? "Hello." : json(answer))
    }

    static func chatReply(_ content: String) -> Reply {
        let value: [String: Any] = [
            "id": "1", "object": "chat.completion", "model": "small",
            "choices": [["index": 0, "finish_reason": "stop", "message": ["role": "assistant", "content": content]]],
            "usage": ["prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 45],
        ]
        return .told(200, json(value))
    }

    static func json(_ value: Any) -> String {
        (try? JSONSerialization.data(withJSONObject: value, options: .sortedKeys)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
