import CZlib
import Connectors
import Foundation
import Records
import Testing

@Suite("Gzip writer")
struct GzipWriterTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gzip-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func content(_ path: String) throws -> [UInt8] {
        let file = try #require(gzopen(path, "rb"))
        defer { gzclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = gzread(file, &bytes, UInt32(bytes.count))
        return Array(bytes[0..<Int(count)])
    }

    @Test("what is written in pieces is read back whole, the header without time and name", arguments: [1, 6, 9])
    func roundTrip(level: Int) throws {
        try withFolder { folder in
            let path = folder + "/a.gz"
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }
            let writer = try GzipWriter(path: path, encoding: .gzip(level: level))
            for start in stride(from: 0, to: bytes.count, by: 70_001) {
                try bytes[start..<min(bytes.count, start + 70_001)].withUnsafeBytes { try writer.write($0) }
            }
            #expect(!FileManager.default.fileExists(atPath: path))
            try writer.finish()
            let file = try [UInt8](Data(contentsOf: URL(filePath: path)))
            #expect(try content(path) == bytes)
            #expect(file[3..<8] == [0, 0, 0, 0, 0] && file[9] == 255)
            #expect(writer.plainBytes == 300_000 && writer.fileBytes == Int64(file.count))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.gz"])
        }
    }

    @Test("an empty file is a valid gzip file of nothing")
    func empty() throws {
        try withFolder { folder in
            try GzipWriter(path: folder + "/a.gz", encoding: .gzip(level: 6)).finish()
            #expect(try content(folder + "/a.gz") == [])
        }
    }

    @Test("a writer that is given up leaves nothing behind")
    func givenUp() throws {
        try withFolder { folder in
            for encoding in [GzipWriter.Encoding.plain, .gzip(level: 1)] {
                let writer = try GzipWriter(path: folder + "/a", encoding: encoding)
                try Array("text".utf8).withUnsafeBytes { try writer.write($0) }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test("a folder that is not there is a failure in words")
    func noFolder() throws {
        try withFolder { folder in
            #expect(throws: Failure.outputUnwritable(folder + "/no/a.gz", ENOENT)) {
                try GzipWriter(path: folder + "/no/a.gz", encoding: .plain)
            }
        }
        #expect(
            Failure.outputUnwritable("a.gz", ENOENT).description
                == "the file cannot be written (a.gz): expected an existing folder that this account may write. Create the folder or "
                + "change its permissions. [No such file or directory]")
    }
}
