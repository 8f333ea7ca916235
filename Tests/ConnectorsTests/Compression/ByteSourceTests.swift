import Connectors
import Foundation
import PipelineTesting
import Records
import Testing

@Suite struct ByteSourceTests {
    private func read(_ source: ByteSource, pieces: Int) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieces, alignment: 1)
        defer { buffer.deallocate() }
        var bytes: [UInt8] = []
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        // A small alphabet, so that gzip finds matches and splits them at buffer ends.
        return (0..<count).map { _ in UInt8.random(in: 97...100, using: &generator) }
    }

    @Test("plain and gzip files give the same bytes, in pieces of any size, from any offset")
    func agrees() throws {
        let folder = try TemporaryFolder()
        let bytes = random(5_000, seed: 3)
        let plain = try folder.write("plain", bytes), one = try folder.write("one.gz", Gzip.compressed(bytes))
        let several = try folder.write(
            "several.gz", Gzip.compressed(Array(bytes[..<1_000])) + Gzip.compressed([]) + Gzip.compressed(Array(bytes[1_000...]), level: 0))
        for file in [plain, one, several] {
            for pieces in [1, 7, 64, 4_096, 10_000] {
                #expect(try read(ByteSource(file, bufferBytes: pieces), pieces: pieces) == bytes, "\(file.name) \(pieces)")
            }
            for target in [0, 1, 999, 1_000, 4_999, 5_000] {
                let source = try ByteSource(file, bufferBytes: 100)
                #expect(try source.skip(to: Int64(target)))
                #expect(try read(source, pieces: 50) == Array(bytes[target...]) && source.offset == 5_000 && source.damage == nil)
            }
            let source = try ByteSource(file, bufferBytes: 100)
            #expect(
                failureText { _ = try source.skip(to: 5_001) }
                    == "the file is shorter than when it was read before (\(file.name)): 5000 bytes, expected at least 5001 bytes. "
                    + "Put the file back as it was, or name the new one differently.")
        }
    }

    @Test("a stream cut anywhere gives as many bytes whatever the pieces, and says that it broke off")
    func cut() throws {
        let folder = try TemporaryFolder()
        let bytes = random(600, seed: 4)
        let whole = Gzip.compressed(bytes)
        for cut in 2..<whole.count {
            let file = try folder.write("cut.gz", Array(whole[..<cut]))
            let large = try ByteSource(file, bufferBytes: 1_000), small = try ByteSource(file, bufferBytes: 1)
            let found = try read(large, pieces: 1_000)
            #expect(try found == read(small, pieces: 1) && bytes.starts(with: found), "\(cut)")
            #expect(large.damage?.found == "a gzip stream that breaks off" && small.damage == large.damage)
            #expect(try !ByteSource(file, bufferBytes: 10).skip(to: Int64(found.count + 1)))
        }
    }

    @Test(
        "what follows a whole stream and is not gzip is named, be it one byte",
        arguments: [[0x68], [0x1F, 0x20], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]])
    func trailing(bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        let text = random(300, seed: 5)
        for size in [1, 64, 1_000] {
            let source = try ByteSource(folder.write("trailing.gz", Gzip.compressed(text) + bytes), bufferBytes: size)
            #expect(try read(source, pieces: size) == text)
            #expect(source.damage?.found == "bytes after the gzip stream that are not gzip", "\(size)")
        }
    }

    @Test("of a stream with a wrong bit the damage is told, or every byte is as it was; the pieces do not matter")
    func flipped() throws {
        let folder = try TemporaryFolder()
        let bytes = random(900, seed: 6)
        let whole = Gzip.compressed(Array(bytes[..<300]), level: 0) + Gzip.compressed(Array(bytes[300...]))
        var damages: Set<String> = []
        for bit in 0..<(whole.count * 8) {
            var file = whole
            file[bit / 8] ^= 1 << (bit % 8)
            guard file[0] == 0x1F, file[1] == 0x8B else { continue }
            let written = try folder.write("flipped.gz", file)
            let large = try ByteSource(written, bufferBytes: 2_000), small = try ByteSource(written, bufferBytes: 3)
            let found = try read(large, pieces: 2_000), foundInPieces = try read(small, pieces: 5)
            #expect(large.damage != nil || found == bytes, "\(bit)")
            #expect((small.damage == nil) == (large.damage == nil) && (large.damage != nil || foundInPieces == bytes), "\(bit)")
            if let damage = large.damage { damages.insert(damage.found) }
        }
        #expect(damages.count > 4)
    }

    @Test("a file that only starts like gzip by half is plain")
    func half() throws {
        let folder = try TemporaryFolder()
        #expect(try !ByteSource(folder.write("a", [0x1F]), bufferBytes: 10).isCompressed)
        #expect(try !ByteSource(folder.write("b", [0x1F, 0x8C, 1]), bufferBytes: 10).isCompressed)
        #expect(try ByteSource(folder.write("c", [0x1F, 0x8B]), bufferBytes: 10).isCompressed)
    }
}
