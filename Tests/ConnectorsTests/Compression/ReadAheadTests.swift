import Connectors
import PipelineTesting
import Records
import Testing

/// Long gzip streams are unpacked on a thread of their own: nothing but the time may tell.
@Suite struct ReadAheadTests {
    /// Three MiB that compress little.
    private static let bytes: [UInt8] = {
        var generator = SeededGenerator(seed: 3)
        return (0..<3 << 20).map { _ in UInt8.random(in: 0...63, using: &generator) }
    }()

    private struct Reading: Equatable {
        var bytes: [UInt8] = []
        var damage: ByteSource.Damage?
    }

    private func read(_ file: FeedFile, readsAhead: Bool, pieceBytes: Int, from position: Int64 = 0) throws -> Reading {
        let source = try ByteSource(file, bufferBytes: 1 << 16, readsAhead: readsAhead)
        if position > 0, try !source.skip(to: position) { return Reading(damage: source.damage) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 1)
        defer { buffer.deallocate() }
        var reading = Reading()
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { break }
            reading.bytes += buffer[..<count]
            #expect(source.offset == position + Int64(reading.bytes.count))
        }
        #expect(try source.read(into: buffer) == 0)
        reading.damage = source.damage
        return reading
    }

    @Test("the bytes and the damage are those of a stream read without a thread")
    func same() throws {
        let folder = try TemporaryFolder()
        let whole = Gzip.compressed(Array(Self.bytes[..<(2 << 20)])) + Gzip.compressed(Array(Self.bytes[(2 << 20)...]))
        var corrupt = whole
        corrupt[whole.count / 2 + 100_000] ^= 0x55
        for (name, content) in [
            ("whole", whole), ("cut", Array(whole.dropLast(100_000))), ("no checksum", Array(whole.dropLast(5))),
            ("garbage", whole + [1, 2, 3]), ("corrupt", corrupt),
        ] {
            let file = try folder.write(name, content)
            let plain = try read(file, readsAhead: false, pieceBytes: 50_001)
            #expect((plain.damage == nil) == (name == "whole"), "\(name)")
            #expect(Self.bytes.starts(with: plain.bytes) || name == "corrupt", "\(name)")
            for size in [4_099, 1 << 16, 1 << 20] {
                #expect(try read(file, readsAhead: true, pieceBytes: size) == plain, "\(name), \(size)")
            }
            let late = try read(file, readsAhead: true, pieceBytes: 70_000, from: 1_500_000)
            #expect(late.bytes == Array(plain.bytes.dropFirst(1_500_000)) && late.damage == plain.damage, "\(name), from the middle")
        }
        #expect(try read(try folder.write("again", whole), readsAhead: true, pieceBytes: 1 << 16).bytes == Self.bytes)
    }

    @Test("a reader may be dropped anywhere, and ends its thread")
    func dropped() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("f", Gzip.compressed(Self.bytes))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { buffer.deallocate() }
        for pieces in 15..<45 {
            let source = try ByteSource(file, bufferBytes: 1 << 16)
            for _ in 0..<pieces { _ = try source.read(into: buffer) }
        }
    }
}
