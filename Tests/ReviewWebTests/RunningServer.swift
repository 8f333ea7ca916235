import Foundation
import PipelineTesting

/// `pipeline serve` as a process of its own, asked over the loopback.
final class RunningServer {
    struct Reply {
        var status: Int
        var head: String
        var body: String

        func header(_ name: String) -> String? {
            head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map {
                String($0.dropFirst(name.count + 1)).trimmingCharacters(in: .whitespaces)
            }
        }
    }

    private struct Trouble: Error, CustomStringConvertible { var description: String }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let program = BuiltProducts.folder.appendingPathComponent("pipeline")

    let port: Int
    let token: String
    private let errors: URL
    private let started: Process

    /// Starts, and waits until it says that it listens; another port where one is taken.
    init(database: String, clock: String) throws {
        errors = URL(fileURLWithPath: database + ".errors")
        for _ in 0..<5 {
            let port = Int.random(in: 20_000...60_000)
            let output = URL(fileURLWithPath: database + ".output-\(port)")
            for file in [output, errors] { try Data().write(to: file) }
            let process = Process()
            process.executableURL = Self.program
            process.arguments = ["serve", "--database", database, "--port", "\(port)", "--clock", clock]
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            for _ in 0..<600 {
                let line = try String(contentsOf: output, encoding: .utf8)
                if line.hasSuffix("\n"), let token = line.range(of: "token=") {
                    self.port = port
                    self.token = line[token.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
                    started = process
                    return
                }
                guard process.isRunning else { break }
                Thread.sleep(forTimeInterval: 0.05)
            }
            if process.isRunning { process.terminate() }
        }
        throw Trouble(description: "the server did not start: \((try? String(contentsOf: errors, encoding: .utf8)) ?? "")")
    }

    /// Its exit code after SIGTERM.
    func stop() -> Int32 {
        started.terminate()
        started.waitUntilExit()
        return started.terminationStatus
    }

    deinit { if started.isRunning { started.terminate() } }

    /// One request over a connection of its own.
    func ask(_ method: String, _ target: String, host: String? = nil, headers: [String: String] = [:], body: String = "") throws -> Reply {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")", "Connection: close"]
        lines += headers.map { "\($0.key): \($0.value)" }
        if method == "POST" { lines += ["Content-Type: application/x-www-form-urlencoded", "Content-Length: \(body.utf8.count)"] }
        let text = String(decoding: try exchange(lines.joined(separator: "\r\n") + "\r\n\r\n" + body), as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.dropFirst(9).prefix(3)) else {
            throw Trouble(description: "no reply: \(text)")
        }
        return Reply(status: status, head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
    }

    private func exchange(_ text: String) throws -> [UInt8] {
        #if canImport(Glibc) || canImport(Musl)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let socket = Foundation.socket(AF_INET, kind, 0)
        guard socket >= 0 else { throw Trouble(description: "no socket") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { throw Trouble(description: "no connection") }
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { throw Trouble(description: "not sent") }
            sent += count
        }
        var reply: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return reply }
            reply += buffer[..<count]
        }
    }
}
