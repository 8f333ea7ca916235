import Foundation
import PipelineTesting
import Testing

/// The program as it is shipped, started as a process of its own.
struct ShippedProgram {
    struct Result {
        var code: Int32
        var output: String
        var errors: String
        /// Standard output as JSON.
        var json: Any? { try? JSONSerialization.jsonObject(with: Data(output.utf8), options: .fragmentsAllowed) }
        /// Standard output as CSV; no field of these tests holds a comma or a line feed.
        var csv: [[String]] {
            output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let products = BuiltProducts.folder

    /// A folder of its own, where the program runs.
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pipeline-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try run(arguments: arguments, environment: environment)
    }

    func run(arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let name = UUID().uuidString
        let (output, errors) = (folder.appendingPathComponent(".\(name).out"), folder.appendingPathComponent(".\(name).err"))
        for file in [output, errors] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = Self.products.appendingPathComponent("pipeline")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
        return Result(
            code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// Runs a line in a shell, with the program as `$PIPELINE`.
    func shell(_ line: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["PIPELINE": Self.products.appendingPathComponent("pipeline").path]) { $1 }
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
