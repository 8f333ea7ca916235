import Connectors
import Foundation
import Records
import Testing

/// A small generator with a seed, so that a failure can be repeated.
private struct Mutator {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    /// Bytes set, flipped, cut, doubled.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...next(4) where !result.isEmpty {
            let at = next(result.count)
            switch next(5) {
            case 0: result[at] = UInt8(next(256))
            case 1: result[at] ^= 1 << UInt8(next(8))
            case 2: result.removeSubrange(at..<min(result.count, at + 1 + next(4)))
            case 3: result.insert(contentsOf: result[at..<min(result.count, at + 6)], at: at)
            default: result.insert(UInt8(next(256)), at: at)
            }
        }
        return result
    }
}

@Suite struct DecoderMutationTests {
    @Test("of damaged bytes every one is decoded or named, once, wherever they are cut", arguments: EncodedSamples.all)
    func everyByte(_ encoding: TextEncoding, _ bytes: [UInt8]) {
        var mutator = Mutator(state: 2_026)
        for round in 0..<2_000 {
            let damaged = mutator.mutated(encoding == .utf16 ? Array(bytes[2...]) : bytes)
            let (text, faults) = decodedWithFaults(damaged, encoding)
            #expect(text.count { $0 == 0xFF } == faults)
            var accounted = 0, decoder = TextDecoder(encoding), pieces: [UInt8] = []
            // One byte more at a time, into little room.
            let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4 + mutator.next(20))
            defer { room.deallocate() }
            var end = 0
            damaged.withUnsafeBufferPointer { all in
                while accounted < all.count {
                    let step = decoder.decode(UnsafeBufferPointer(rebasing: all[accounted..<end]), into: room)
                    accounted += step.taken
                    pieces += room[..<step.made]
                    if step.stop == .undecodable {
                        accounted += step.undecodable
                        pieces.append(0xFF)
                    } else if step.stop != .outputFull {
                        if end == all.count, accounted < end {
                            accounted = end
                            pieces.append(0xFF)
                        }
                        end = min(end + 1, all.count)
                    }
                }
            }
            #expect(accounted == damaged.count && pieces == text, "round \(round): \(damaged)")
            if pieces != text { return }
        }
    }

    @Test("of a damaged file the places of all records are exact: the raw records joined are the file", arguments: EncodedSamples.all)
    func places(_ encoding: TextEncoding, _ bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        var mutator = Mutator(state: 47)
        for _ in 0..<60 {
            let mark: [UInt8] = encoding == .utf16 ? [0xFF, 0xFE] : []
            let damaged = mutator.mutated(Array(bytes[mark.count...]))
            if damaged.isEmpty { continue }
            let source = try DecodedSource(folder.write("f", mark + damaged), encoding: encoding, bufferBytes: 1 + mutator.next(9))
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 + mutator.next(40), alignment: 1)
            defer { room.deallocate() }
            var text: [UInt8] = []
            while true {
                let count = try source.read(into: room)
                if count == 0 { break }
                text += room[..<count]
            }
            var joined: [UInt8] = [], start = 0
            text.withUnsafeBufferPointer { all in
                for end in all.indices where all[end] == 10 || end == all.count - 1 {
                    joined += source.rawRecord(from: Int64(start), UnsafeBufferPointer(rebasing: all[start...end]))
                    start = end + 1
                }
            }
            // Escape sequences at the very end write nothing.
            #expect(joined == damaged || encoding == .iso2022JP && damaged.starts(with: joined), "\(damaged)")
        }
    }

    @Test("the machine's iconv reads every pair of CP932 the same, where there is one", .enabled(if: iconv != nil, "no iconv here"))
    func differential() throws {
        let folder = try TemporaryFolder()
        // Rows that both have: what has no character ends iconv's reading.
        let leads = [0x82...0x83, 0x89...0x97, 0x99...0x9F, 0xE0...0xE9, 0xF0...0xF9, 0xFA...0xFB].flatMap(Array.init)
        var bytes: [UInt8] = [], count = 0
        for lead in leads {
            for trail in 0x40...0xFC where trail != 0x7F {
                let code = [UInt8(lead), UInt8(trail)]
                if decoded(code, .cp932) == nil { continue }
                bytes += code
                bytes.append(10)
                count += 1
            }
        }
        let file = try folder.write("pairs", bytes)
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: try #require(iconv))
        process.arguments = ["-f", "CP932", "-t", "UTF-8", file.path]
        process.standardOutput = pipe
        try process.run()
        let theirs = Array(pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        #expect(count > 8_000 && decoded(bytes, .cp932) == theirs)
    }
}

private let iconv = ["/usr/bin/iconv", "/bin/iconv"].first { FileManager.default.isExecutableFile(atPath: $0) }
