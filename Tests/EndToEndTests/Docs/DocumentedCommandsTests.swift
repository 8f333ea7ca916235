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

    private static let withBlocks = [
        "README.md", "docs/guides/first-job.md", "docs/guides/review.md", "docs/guides/replay.md", "docs/guides/deliveries.md",
        "docs/guides/tables.md", "docs/guides/decide-automatically.md", "docs/guides/maintain.md", "docs/guides/operate.md",
        "docs/guides/inspect.md", "docs/guides/keep-and-forget.md", "docs/guides/backup-and-upgrade.md", "docs/guides/when-it-exits.md",
        "docs/guides/security.md",
    ]
    private static let guides = ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/docs/guides")) ?? []).filter {
        $0.hasSuffix(".md")
    }.map { "docs/guides/\($0)" }.sorted()
    private static let sentencesAlone = guides.filter { !withBlocks.contains($0) }

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
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/.build/release", withDestinationPath: ShippedProgram.products.path)
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
        arguments: withBlocks)
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
        try runWhole(text(document), of: document, in: folder)
    }

    @Test("has only whole commands within its sentences that work, where it has no blocks to run", arguments: sentencesAlone)
    func sentences(_ document: String) throws {
        let folder = try clone()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try runWhole(text(document), of: document, in: folder)
    }

    @Test("has job files that pass the check", arguments: ["docs/guides/first-job.md", "docs/guides/tables.md"])
    func jobs(_ document: String) throws {
        let found = blocks("yaml", in: try text(document))
        #expect(!found.isEmpty)
        for block in found { _ = try Job.load(bytes: Array(block.text.utf8), path: "\(document):\(block.line)") }
    }

    // MARK: Within sentences

    private static let mayWait = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] == "1"
    /// Those that do not end with 0.
    private static let endings = ["pipeline evaluate jobs/fraud-automatic.yaml --control clear-everything": 3]
    /// Those that name what only their reader has.
    private static let others = [
        "pipeline replay jobs/fraud.yaml --policy other.yaml --database first.db", "pipeline describe fixed", "pipeline describe habit",
        "pipeline export fine-tuning --job card-fraud --split 2026-06-01 --form bedrock-conversation --out tuning",
    ]

    /// Commands within sentences and tables that name all they need: no placeholder, and a file, a folder or a component.
    private func whole(_ text: String) -> [String] {
        inlineTexts(text).filter { command in
            let isFragment = ["…", "...", "<", "*", "/data", "/etc", "Benchmarks/", "file."].contains(where: command.contains)
            let names = [".yaml", "--database ", "--out ", "describe ", "list "].contains(where: command.contains)
            let isPlaceholder = command.split(separator: " ").contains { $0.allSatisfy { $0.isUppercase || $0 == "=" } }
            let isSlow = [" train ", " evaluate ", " replay ", " backtest ", "recommendations", "100000"].contains(where: command.contains)
            return names && !isFragment && !isPlaceholder && !Self.others.contains(command) && (!isSlow || Self.mayWait)
        }
    }

    private func runWhole(_ text: String, of document: String, in folder: String) throws {
        for command in whole(text) {
            let (code, output) = try run(command, in: folder)
            #expect(code == Int32(Self.endings[command] ?? 0), "\(document): \(command): \(output.suffix(600))")
        }
    }

    @Test("has whole commands within its sentences, and a fragment is none")
    func wholeControl() throws {
        let text = "`pipeline list formats`, `pipeline run JOB --database x.db`, `pipeline doctor`, `pipeline runs accept N`, `ls x.yaml`"
        #expect(whole(text) == ["pipeline list formats"])
        #expect(try whole(self.text("README.md")).count > 8)
        let folder = try clone()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try run("pipeline status --database nowhere.db", in: folder).code != 0)
    }

    private func inlineTexts(_ text: String) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
            index % 2 == 1 && part.hasPrefix("pipeline ") && !part.contains("\n") ? String(part) : nil
        }
    }

    /// Commands within sentences and tables: the words after `pipeline`, and the options, of each.
    private func inline(_ text: String) -> [(words: [String], options: [String])] {
        inlineTexts(text).map { part in
            let all = part.split(separator: " ").dropFirst().map(String.init)
            let words = all.prefix { $0.allSatisfy { $0.isLowercase || $0 == "-" } && !$0.hasPrefix("-") }
            return (Array(words), all.filter { $0.hasPrefix("--") }.map { String($0.split(separator: "=")[0]) })
        }
    }

    /// Options of a text's inline commands that their help does not have, and commands that are none.
    private func unknown(_ text: String, in folder: String) throws -> [String] {
        var unknown: [String] = []
        for (words, options) in inline(text) {
            // A word that is no command may be an argument of the one before.
            var command = words.prefix(2)
            var (code, help) = try run("pipeline \(command.joined(separator: " ")) --help", in: folder)
            if command.count == 2, !help.contains("USAGE: pipeline \(command.joined(separator: " "))") {
                command = command.prefix(1)
                (code, help) = try run("pipeline \(command.joined(separator: " ")) --help", in: folder)
            }
            let name = command.joined(separator: " ")
            // Without a word of its own the command that is meant by default has the options.
            if let line = help.split(separator: "\n").first(where: { $0.contains("(default)") }),
                let word = line.split(separator: " ").first
            {
                help += try run("pipeline \(name) \(word) --help", in: folder).output
            }
            if code != 0 || !help.contains("USAGE: pipeline \(name)") { unknown.append(name) }
            unknown += options.filter { !help.contains($0) }.map { "\(name) \($0)" }
        }
        return unknown
    }

    @Test(
        "names no command or option within its sentences that there is not",
        arguments: ["README.md"] + guides)
    func inlineCommands(_ document: String) throws {
        let folder = try clone()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try unknown(text(document), in: folder) == [])
    }

    @Test("would be found out if it did")
    func inlineControl() throws {
        let folder = try clone()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let text = "`pipeline restore <backup> --forced`, `pipeline runs accept 1`, `pipeline ran`, `pipeline hold release 2 --reason x`"
        #expect(try unknown(text, in: folder) == ["restore --forced", "ran"])
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
