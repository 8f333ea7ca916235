import Models
import Records
import RemoteModels
import Testing

@Suite struct ConverseStreamTests {
    static let model = "us.meta.llama4-scout-17b-instruct-v1:0"

    /// A frame of AWS's event stream encoding, written here independently of the reader.
    static func frame(_ headers: [(String, String)], _ payload: String) -> [UInt8] {
        func big(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).reversed().map { UInt8(value >> ($0 * 8) & 0xFF) } }
        func crc(_ bytes: [UInt8]) -> [UInt8] {
            var value = UInt32.max
            for byte in bytes {
                value ^= UInt32(byte)
                for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            }
            return big(Int(~value), 4)
        }
        var head: [UInt8] = []
        for (name, value) in headers {
            head += [UInt8(name.utf8.count)] + Array(name.utf8) + [7]
            head += big(value.utf8.count, 2) + Array(value.utf8)
        }
        let body = Array(payload.utf8)
        let prelude = big(16 + head.count + body.count, 4) + big(head.count, 4)
        let message = prelude + crc(prelude) + head + body
        return message + crc(message)
    }

    static func event(_ name: String, _ payload: String) -> [UInt8] {
        frame([(":event-type", name), (":content-type", "application/json"), (":message-type", "event")], payload)
    }

    static let frames: [[UInt8]] = [
        event("messageStart", #"{"role":"assistant"}"#),
        event("contentBlockDelta", #"{"delta":{"text":"card_"},"contentBlockIndex":0}"#),
        event("contentBlockDelta", #"{"delta":{"text":"arrival"},"contentBlockIndex":0}"#),
        event("contentBlockStop", #"{"contentBlockIndex":0}"#), event("messageStop", #"{"stopReason":"end_turn"}"#),
        event("metadata", #"{"usage":{"inputTokens":12,"outputTokens":3,"totalTokens":15},"metrics":{"latencyMs":9}}"#),
    ]
    static let kind = [("content-type", "application/vnd.amazon.eventstream")]

    private func outcome(_ steps: @escaping @Sendable () -> [LoopbackServer.Step]) async throws -> (Completion?, Failure?) {
        let server = try await LoopbackServer { _, _ in steps() }
        let model = try ConverseModel(Self.model, client: ClientFixture.bedrock(server), streams: true)
        do throws(Failure) {
            let completion = try await model.completion(of: ClientFixture.prompt())
            await server.stop()
            return (completion, nil)
        } catch {
            await server.stop()
            return (nil, error)
        }
    }

    @Test("a stream gives the answer of one reply, cut into parts of any size", arguments: [1, 7, 64, 10_000])
    func whole(size: Int) async throws {
        let bytes = LoopbackServer.bytes(200, Self.frames.flatMap { $0 }, headers: Self.kind)
        let (completion, failure) = try await outcome {
            stride(from: 0, to: bytes.count, by: size).map { .send(Array(bytes[$0..<min($0 + size, bytes.count)])) }
        }
        #expect(failure == nil)
        #expect(completion?.text == "card_arrival" && completion?.promptTokens == 12 && completion?.answerTokens == 3)
    }

    @Test("a stream that lacks its end, or breaks off, is a failure and not half an answer")
    func cut() async throws {
        let short = LoopbackServer.bytes(200, Self.frames.dropLast().flatMap { $0 }, headers: Self.kind)
        #expect(try await outcome { [.send(short)] }.1?.code == "remote.stream-cut")
        let noStop = LoopbackServer.bytes(200, Self.frames.prefix(3).flatMap { $0 }, headers: Self.kind)
        #expect(try await outcome { [.send(noStop)] }.1?.code == "remote.stream-cut")
        let whole = LoopbackServer.bytes(200, Self.frames.flatMap { $0 }, headers: Self.kind)
        #expect(try await outcome { [.send(Array(whole.prefix(400))), .close] }.1?.code == "remote.cut")
    }

    @Test("a flipped bit anywhere in a frame is found")
    func damaged() async throws {
        for at in stride(from: 0, to: Self.frames[1].count, by: 11) {
            var frames = Self.frames
            frames[1][at] ^= 4
            let bytes = LoopbackServer.bytes(200, frames.flatMap { $0 }, headers: Self.kind)
            let failure = try await outcome { [.send(bytes)] }.1
            #expect(failure?.code == "remote.answer-malformed" || failure?.code == "remote.stream-cut", "byte \(at)")
        }
    }

    @Test("an exception in the middle of a stream is worded like one in front of it")
    func exception() async throws {
        let broken = Self.frame(
            [(":exception-type", "throttlingException"), (":message-type", "exception")], #"{"message":"slow down"}"#)
        let bytes = LoopbackServer.bytes(200, Self.frames[0] + Self.frames[1] + broken, headers: Self.kind)
        #expect(try await outcome { [.send(bytes)] }.1?.code == "remote.throttled")
    }
}
