import Foundation
import Testing

@Suite("The command line")
struct UsageTests {
    /// Every command, by its path; found by walking the help.
    private static func commands(of program: ShippedProgram) throws -> [[String]] {
        let dump = try #require(try program.run("--experimental-dump-help").json as? [String: Any])
        func walk(_ node: [String: Any], _ path: [String]) -> [[String]] {
            let children = node["subcommands"] as? [[String: Any]] ?? []
            return children.flatMap { child -> [[String]] in
                guard let name = child["commandName"] as? String, name != "help" else { return [] }
                return [path + [name]] + walk(child, path + [name])
            }
        }
        return walk(try #require(dump["command"] as? [String: Any]), [])
    }

    @Test("documents every command: an abstract, and an example that starts with its name")
    func documented() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let commands = try Self.commands(of: program)
        #expect(commands.count >= 20)
        for command in commands {
            let help = try program.run(arguments: command + ["--help"])
            #expect(help.code == 0 && help.errors.isEmpty && help.output.hasPrefix("OVERVIEW: "), "\(command)")
            #expect(help.output.contains("\n  pipeline \(command.joined(separator: " "))"), "no example: \(command)")
            #expect(
                !help.output.split(separator: "\n").contains { $0.count > 100 && !$0.hasPrefix("USAGE: ") },
                "a line of over 100 columns: \(command)")
        }
    }

    @Test("docs/reference/commands.md holds the help of every command (make docs writes it)")
    func reference() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let written = try program.run("docs", "--out", "reference")
        #expect(written.code == 0 && written.output.contains("reference/commands.md\n"))
        let text = try String(contentsOf: program.folder.appendingPathComponent("reference/commands.md"), encoding: .utf8)
        for command in try Self.commands(of: program) { #expect(text.contains("\n## pipeline \(command.joined(separator: " "))\n")) }
        let page = ShippedProgram.root.appendingPathComponent("docs/reference/commands.md")
        #expect(try String(contentsOf: page, encoding: .utf8) == text)
    }

    @Test("a new job passes check as it is written, and is never written over")
    func newJob() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        #expect(try program.run("simulate", "fraud", "--customers", "50", "--days", "3", "--plain", "--out", "data").code == 0)
        let file = try #require(FileManager.default.contentsOfDirectory(atPath: program.folder.path + "/data/transactions").min())
        let made = try program.run("new", "job", "--from", "data/transactions/\(file)", "--out", "jobs/cards.yaml")
        #expect(made.code == 0 && made.output == "jobs/cards.yaml\n")
        #expect(try program.run("check", "jobs/cards.yaml").code == 0)
        let again = try program.run("new", "job", "--from", "data/transactions/\(file)", "--out", "jobs/cards.yaml")
        #expect(again.code == 64 && again.errors.contains("the file is there already"))
    }

    @Test(
        "names the nearest command, and exits 64",
        arguments: [
            (["rplay"], "Did you mean 'pipeline replay'?"), (["runs", "lst"], "Did you mean 'pipeline runs list'?"),
            (["claim", "3"], "Did you mean 'pipeline review claim'?"), (["run", "x.yaml", "--threds", "2"], "Did you mean '--threads'?"),
        ])
    func suggestion(arguments: [String], text: String) throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let result = try program.run(arguments: arguments)
        #expect(result.code == 64 && result.output.isEmpty && result.errors.hasPrefix("error: ") && result.errors.contains(text))
    }

    @Test(
        "refuses options that this kind of job would ignore, and names the command that measures it",
        arguments: [
            (["recommendations.yaml", "--control", "shuffled"], "--control is not for recommendations"),
            (["recommendations.yaml", "--rolling", "3"], "--rolling is not for recommendations"),
            (["recommendations.yaml", "--protocol", "leave-one-out", "--inner"], "leave-one-out takes neither --inner"),
            (["fraud.yaml", "--protocol", "leave-one-out"], "expected the stage recommendations"),
            (["fraud.yaml", "--inner"], "--inner is for recommendations and --protocol folds"),
            (["demand.yaml"], "Use `pipeline backtest "),
        ])
    func otherJobs(_ arguments: [String], _ text: String) throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let job = ShippedProgram.root.appendingPathComponent("jobs/\(arguments[0])").path
        let result = try program.run(arguments: ["evaluate", job] + arguments.dropFirst())
        #expect(result.code == 64 && result.output.isEmpty && result.errors.contains(text), "\(result.errors)")
    }

    @Test("suggests nothing for what is like no command")
    func noSuggestion() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let result = try program.run("xylophone")
        #expect(result.code == 64 && !result.errors.contains("Did you mean"))
    }

    @Test(
        "refuses values that cannot be",
        arguments: [
            ["run", "x.yaml", "--threads", "0"], ["runs", "list", "--limit", "0"], ["runs", "list", "--format", "xml"],
            ["replay", "x.yaml", "--as-of", "yesterday"], ["review", "list", "--all", "--decided"], ["runs", "show", "first"],
            ["evaluate", "x.yaml", "--test-from", "2026-01-01"],
        ])
    func values(arguments: [String]) throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let result = try program.run(arguments: arguments)
        #expect(result.code == 64 && result.output.isEmpty && result.errors.hasPrefix("error: "))
    }

    @Test("says what is missing where there is no database, and makes none")
    func noDatabase() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        for arguments in [["runs", "list"], ["rejects", "list"], ["review", "list"], ["models", "list"], ["audit", "verify"]] {
            let result = try program.run(arguments: arguments)
            #expect(result.code == 64 && result.output.isEmpty && result.errors.hasPrefix("error: there is no database (pipeline.db)"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: program.folder.path).isEmpty)
    }

    @Test("prints every finding of a job file with its place, and exits 78; as JSON too")
    func jobProblems() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let text = "version: 1\njob: Card Fraud\nfeds: {}\n"
        try text.write(to: program.folder.appendingPathComponent("bad.yaml"), atomically: true, encoding: .utf8)
        for command in ["check", "run", "train", "evaluate"] {
            let result = try program.run(command, "bad.yaml")
            #expect(result.code == 78 && result.output.isEmpty)
            #expect(result.errors.contains("bad.yaml:2:6: error: ") && result.errors.contains("Did you mean 'feeds'?"))
            #expect(result.errors.contains("\nerror: the job file is wrong (bad.yaml): "))
        }
        let json = try program.run("check", "bad.yaml", "--error-format", "json")
        let object = try JSONSerialization.jsonObject(with: Data(json.errors.utf8)) as? [String: [String: Any]]
        let error = try #require(object?["error"])
        #expect(error["exit"] as? Int == 78 && error["code"] as? String == "job.invalid")
        #expect((error["findings"] as? [[String: Any]])?.contains { $0["line"] as? Int == 2 } == true)
    }

    @Test("lists components in all three formats, and describes each")
    func components() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let rows = try #require(try program.run("list", "--format", "json").json as? [[String: Any]])
        let names = rows.compactMap { $0["name"] as? String }
        #expect(names.contains("fraud") && names.contains("csv") && names.contains("boosting"))
        #expect(try program.run("list", "stages", "--format", "csv").output.hasPrefix("kind,name,summary\nstage,fraud,"))
        for name in names {
            let object = try program.run("describe", name, "--format", "json").json as? [String: Any]
            #expect(object?["name"] as? String == name)
        }
        let unknown = try program.run("describe", "frad")
        #expect(unknown.code == 64 && unknown.errors.contains("Did you mean 'fraud'?"))
    }

    @Test("writes no colour where standard output is no terminal, and keeps quiet when told to")
    func quiet() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let loud = try program.run("list"), quiet = try program.run("list", "--quiet")
        #expect(!loud.output.contains("\u{1B}") && !loud.errors.contains("\u{1B}"))
        #expect(!loud.errors.isEmpty && quiet.errors.isEmpty && loud.output == quiet.output)
    }

    @Test("ends quietly when its reader goes away, and says so when the disk is full")
    func brokenPipe() throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        #expect(try program.shell("set -o pipefail; $PIPELINE describe fraud 2>errors | true; exit $?") == 0)
        #expect(try String(contentsOf: program.folder.appendingPathComponent("errors"), encoding: .utf8).isEmpty)
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        #expect(try program.shell("$PIPELINE list > /dev/full 2>errors") == 1)
        #expect(
            try String(contentsOf: program.folder.appendingPathComponent("errors"), encoding: .utf8).contains(
                "error: standard output cannot be written"))
    }

    @Test("prints completion scripts for three shells", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) throws {
        let program = try ShippedProgram()
        defer { program.remove() }
        let result = try program.run("--generate-completion-script", shell)
        #expect(result.code == 0 && result.output.contains("pipeline") && result.errors.isEmpty)
        // Every command is in it, and the names of a job's tables are asked of the program.
        for command in ["run", "rejects", "review", "export", "train", "simulate"] {
            #expect(result.output.contains(command), "\(command)")
        }
        #expect(result.output.contains("---completion"))
    }

    private static func shell(_ name: String) -> String? {
        ["/bin/", "/usr/bin/", "/usr/local/bin/", "/opt/homebrew/bin/"].map { $0 + name }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    @Test("each shell that is here reads its completion script without an error", arguments: ["bash", "zsh", "fish"])
    func completionSyntax(shell: String) throws {
        guard let path = Self.shell(shell) else { return }
        let program = try ShippedProgram()
        defer { program.remove() }
        let script = program.folder.appendingPathComponent("completions.\(shell)")
        let text = try program.run("--generate-completion-script", shell).output
        func check(_ text: String) throws -> Int32 {
            try text.write(to: script, atomically: true, encoding: .utf8)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = ["-n", script.path]
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        #expect(try check(text) == 0)
        // The control: a script that is cut off is found.
        #expect(try check(text + "\nif (((\n") != 0)
    }
}
