import Foundation
import Pipelines
import Testing

/// A document's fenced blocks of one kind, with the line each starts on.
private func blocks(_ kind: String, in text: String) -> [(line: Int, text: String)] {
    var found: [(Int, String)] = []
    var open: (line: Int, lines: [Substring])?
    var isOther = false
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        if line.hasPrefix("```") {
            if let block = open {
                found.append((block.line, block.lines.joined(separator: "\n")))
                open = nil
            } else if isOther {
                isOther = false
            } else if line == "```" + kind {
                open = (number + 1, [])
            } else {
                isOther = true
            }
        } else {
            open?.lines.append(line)
        }
    }
    return found
}

@Suite("the documentation") struct DocumentedCommandsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private func text(_ document: String) throws -> String {
        try String(contentsOfFile: "\(Self.root)/\(document)", encoding: .utf8)
    }

    /// A folder that looks like a fresh clone from inside, with the built program on the path.
    private func clone() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("docs-\(ProcessInfo.processInfo.globallyUniqueString)")
            .path
        try FileManager.default.createDirectory(atPath: "\(folder)/.build", withIntermediateDirectories: true)
        for name in ["jobs", "sample-data", "docs"] {
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: "\(Self.root)/\(name)")
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/.build/release", withDestinationPath: "\(Self.root)/\(ShippedProgram.products)")
        return folder
    }

    private func run(_ script: String, in folder: String) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euo", "pipefail", "-c", "export PATH=\"$PWD/.build/release:$PATH\"\n" + script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = Pipe()
        (process.standardOutput, process.standardError, process.standardInput) = (output, output, FileHandle.nullDevice)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test(
        "has only commands that work, in the order they stand",
        arguments: [
            "README.md", "docs/guides/first-job.md", "docs/guides/review.md", "docs/guides/replay.md", "docs/guides/deliveries.md",
            "docs/guides/tables.md", "docs/guides/decide-automatically.md", "docs/guides/maintain.md", "docs/guides/operate.md",
            "docs/guides/inspect.md", "docs/guides/keep-and-forget.md", "docs/guides/backup-and-upgrade.md",
            "docs/guides/when-it-exits.md", "docs/guides/security.md",
        ])
    func commands(_ document: String) throws {
        let folder = try clone()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let found = blocks("sh", in: try text(document))
        #expect(!found.isEmpty)
        for block in found {
            let (code, output) = try run(block.text, in: folder)
            #expect(code == 0, "\(document):\(block.line): \(output.suffix(600))")
            guard code == 0 else { return }
        }
    }

    @Test("has job files that pass the check", arguments: ["docs/guides/first-job.md", "docs/guides/tables.md"])
    func jobs(_ document: String) throws {
        let found = blocks("yaml", in: try text(document))
        #expect(!found.isEmpty)
        for block in found { _ = try Job.load(bytes: Array(block.text.utf8), path: "\(document):\(block.line)") }
    }

    @Test("would be found out if a command in it did not work")
    func control() throws {
        let folder = try clone()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let found = blocks("sh", in: "```sh\npipeline check jobs/nowhere.yaml\n```\n```\npipeline\n```")
        #expect(found.count == 1)
        #expect(try run(found[0].text, in: folder).code == 78)
    }
}
