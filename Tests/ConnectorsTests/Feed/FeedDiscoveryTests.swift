import Connectors
import Foundation
import Records
import Testing

/// A folder of its own for a test, taken away after it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("pipeline-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with its folders.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8] = [0x61]) throws -> FeedFile {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return FeedFile(path: file, name: name)
    }
}

/// What a throwing call says, for comparison with a golden text.
func failureText(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "nothing was thrown"
}

@Suite struct FeedDiscoveryTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in [
            "jobs/fraud.yaml", "data/2018-05-10.csv.gz", "data/2018-05-02.csv.gz", "data/2018-05-01.csv.gz", "data/MANIFEST.csv",
            "data/é.csv", "data/Z.csv",
            "data/a.csv", "data/.hidden.csv", "other/2018-05-03.csv.gz", "data/[x].csv",
        ] { try folder.write(name) }
        try FileManager.default.createDirectory(atPath: folder.path + "/data/folder.csv", withIntermediateDirectories: true)
    }

    private func names(_ glob: String) throws -> [String] {
        try FeedDiscovery.files(matching: glob, in: folder.path + "/jobs").map(\.name)
    }

    @Test("files come in byte order of their names, written as the glob is")
    func order() throws {
        #expect(try names("../data/*.csv.gz") == ["../data/2018-05-01.csv.gz", "../data/2018-05-02.csv.gz", "../data/2018-05-10.csv.gz"])
        #expect(
            try names("../data/*.csv") == ["../data/MANIFEST.csv", "../data/Z.csv", "../data/[x].csv", "../data/a.csv", "../data/é.csv"])
        #expect(try names("../*/2018-05-0?.csv.gz").last == "../other/2018-05-03.csv.gz")
        #expect(try names("fraud.yaml") == ["fraud.yaml"])
        let files = try FeedDiscovery.files(matching: "fraud.*", in: folder.path + "/jobs")
        #expect(files == [FeedFile(path: folder.path + "/jobs/fraud.yaml", name: "fraud.yaml")])
        #expect(
            try FeedDiscovery.files(matching: folder.path + "/data/a.csv", in: "elsewhere").map(\.path) == [folder.path + "/data/a.csv"])
    }

    @Test(
        "wildcards match as in a shell",
        arguments: [
            ("*", "abc", true), ("a*c", "abbc", true), ("a*c", "ac", true), ("a*b*c", "aXbYbZc", true), ("a*c", "acb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false), ("?", "é", true), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[^a-c]x", "dx", true),
            ("[]]", "]", true), ("[a-]", "-", true),
            ("[*]", "*", true), ("[*]", "a", false), ("[ab", "[ab", true), ("*", ".hidden", false), (".*", ".hidden", true), ("", "", true),
            ("**", "abc", true),
            ("A*", "abc", false), ("*.csv", "a.csv.gz", false),
        ])
    func wildcards(_ pattern: String, _ name: String, _ matches: Bool) { #expect(GlobPattern(pattern).matches(name) == matches) }

    @Test("what is not there is said, with what is")
    func missing() {
        #expect(
            failureText { _ = try names("../data/*.xml") }
                == "the feed has no files (../data/*.xml): no file of that name; ../data holds 2018-05-01.csv.gz, 2018-05-02.csv.gz, "
                + "2018-05-10.csv.gz, MANIFEST.csv, Z.csv and 4 more, expected at least one file. "
                + "Put the files there, or correct `files` in the job file (* ? and [] are understood).")
        #expect(
            failureText { _ = try names("labels.csv") }
                == "the feed has no files (labels.csv): no file of that name; the job file's folder holds fraud.yaml, expected at least one file. "
                + "Put the files there, or correct `files` in the job file (* ? and [] are understood).")
        #expect(
            failureText { _ = try names("../dta/*.csv") }
                == "the feed's folder is not there (../dta/*.csv): no folder ../dta, expected a folder with the feed's files. "
                + "Correct `files` in the job file; it starts from the job file's folder.")
        #expect(
            failureText { _ = try names("../data") }
                == "this is not a file (../data): a folder, expected a file. Write a glob for the files in it, such as ../data/*.csv.")
    }

    @Test("a digest is the SHA-256 of the bytes as stored")
    func digests() throws {
        let file = try folder.write("abc.txt", Array("abc".utf8))
        let digest = try FeedDigest(of: file)
        #expect(digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" && digest.bytes == 3)
        #expect(FeedDigest(of: "abc".utf8) == digest)
        let large = [UInt8](repeating: 7, count: 600_001)
        #expect(try FeedDigest(of: folder.write("large", large)) == FeedDigest(of: large))
        #expect(FeedDigest.combined([digest.hex, "x"]) == FeedDigest(of: (digest.hex + "\nx\n").utf8).hex)
        #expect(FeedDigest.combined(["ab", "c"]) != FeedDigest.combined(["a", "bc"]))
        #expect(
            failureText { _ = try FeedDigest(of: FeedFile(path: folder.path + "/gone", name: "gone")) }
                == "there is no such file (gone): expected a file of the feed. Put it back, or correct `files` in the job file.")
    }
}
