import Connectors
import Foundation
import Pipelines
import Records
import Testing

@Suite("Upgrading a job file") struct JobUpgradeTests {
    private func file(_ text: String, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("upgrade-\(UUID().uuidString).yaml").path
        defer {
            for suffix in ["", ".before-version-1", ".before-version-3"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try body(path)
    }

    /// As it is: a text's own reading would leave a byte order mark out.
    private func read(_ path: String) throws -> String { String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self) }

    /// Two versions that there are not: the first renames keys on the way, the second one below any feed.
    private static let steps = [
        JobUpgrade.Step(from: 1, renames: [(["review"], "on-overdue", "overdue"), ([], "owner", "answers")]),
        JobUpgrade.Step(from: 2, renames: [(["feeds", "*"], "lateness", "late-by"), (["rules"], "then", "outcome")]),
    ]

    private static let old = """
        # owner: not this one, nor on-overdue
        version: 1   # of the format
        job: a
        "owner": b
        feeds:
          x: { lateness: 1d, files: "lateness" }   # lateness
          y:
            lateness : 2d
        rules:
          - { name: n, when: lateness > 1, then: hold }

        review: { queue: q,
          on-overdue: hold }

        """

    @Test("changes the version and the names that its versions changed, and nothing else: comments, quotes, order, line ends")
    func rewrites() throws {
        let new = Self.old.replacing("version: 1 ", with: "version: 3 ").replacing("\"owner\":", with: "\"answers\":")
            .replacing("  on-overdue: hold", with: "  overdue: hold").replacing("{ lateness:", with: "{ late-by:")
            .replacing("lateness : 2d", with: "late-by : 2d").replacing("then: hold", with: "outcome: hold")
        let upgrade = JobUpgrade(steps: Self.steps, isChecked: false)
        for (old, new) in [
            (Self.old, new), (Self.old.replacing("\n", with: "\r\n"), new.replacing("\n", with: "\r\n")),
            ("\u{FEFF}" + Self.old, "\u{FEFF}" + new),
        ] {
            try file(old) { path in
                chmod(path, 0o640)
                let result = try upgrade.look(at: path)
                #expect(result.before == 1 && result.after == 3 && result.isChanged)
                #expect(try read(path) == old)
                try upgrade.write(result)
                #expect(try read(path) == new)
                #expect(try read(path + ".before-version-3") == old)
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o640)
                let again = try upgrade.look(at: path)
                #expect(again.before == 3 && !again.isChanged)
            }
        }
    }

    @Test("goes on from the version that the file has")
    func second() throws {
        try file(Self.old.replacing("version: 1 ", with: "version: 2 ")) { path in
            let text = try JobUpgrade(steps: Self.steps, isChecked: false).look(at: path).text
            #expect(text.contains("version: 3 ") && text.contains("on-overdue") && text.contains("late-by : 2d"))
        }
    }

    @Test("of this program: a file of today stays byte for byte, and one without a version gets it")
    func today() throws {
        let whole = JobSamples.whole
        try file(whole) { path in
            let result = try JobUpgrade().look(at: path)
            #expect(!result.isChanged && result.before == 1 && result.text == whole)
        }
        let bare = whole.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("version:") }.joined(
            separator: "\n")
        #expect(!JobSamples.findings(bare).isEmpty)
        try file(bare) { path in
            let result = try JobUpgrade().look(at: path)
            try JobUpgrade().write(result)
            #expect(result.before == nil && result.isChanged)
            #expect(try read(path) == "version: 1\n" + bare)
        }
    }

    @Test("puts a missing version before the first key, under marks and comments; a kept original and a file changed meanwhile stay")
    func marks() throws {
        let upgrade = JobUpgrade(steps: [], isChecked: false)
        for head in ["---\n", "%YAML 1.1\n---\n# a job\n", "\u{FEFF}---\r\n"] {
            let end = head.hasSuffix("\r\n") ? "\r\n" : "\n"
            try file(head + "job: a" + end) { path in
                let text = try upgrade.look(at: path).text
                #expect(text == head + "version: 1" + end + "job: a" + end)
            }
        }
        try file("job: a\n") { path in
            let result = try upgrade.look(at: path)
            let kept = URL(fileURLWithPath: path + ".before-version-1")
            try Data("mine".utf8).write(to: kept)
            #expect { try upgrade.write(result) } throws: { ($0 as? Failure)?.code == "job-upgrade.unwritten" }
            let (mine, same) = (try read(kept.path), try read(path))
            #expect(mine == "mine" && same == "job: a\n")
            try FileManager.default.removeItem(at: kept)
            try Data("job: b\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect { try upgrade.write(result) } throws: { ($0 as? Failure)?.code == "job-upgrade.unwritten" }
            let other = try read(path)
            #expect(other == "job: b\n")
        }
    }

    @Test("refuses a newer version, what is no number, what is no YAML, and what would not pass the check; nothing is written")
    func refuses() throws {
        for (text, code) in [
            ("version: 4\njob: a\n", "job-upgrade.newer"), ("version: one\njob: a\n", "job-upgrade.version"),
            ("version: [\n", "job-upgrade.syntax"), ("- a\n", "job-upgrade.syntax"),
        ] {
            try file(text) { path in
                #expect { try JobUpgrade(steps: Self.steps, isChecked: false).look(at: path) } throws: { ($0 as? Failure)?.code == code }
            }
        }
        try file("version: 1\njob: a\n") { path in
            #expect { try JobUpgrade().look(at: path) } throws: { ($0 as? Failure)?.kind == .job }
            let after = try read(path)
            #expect(after == "version: 1\njob: a\n")
        }
        #expect { try JobUpgrade().look(at: "nowhere.yaml") } throws: { ($0 as? Failure)?.code == "job-upgrade.unreadable" }
    }
}
