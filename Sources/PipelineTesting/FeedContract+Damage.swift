import Connectors
import Foundation
import Records

extension FeedContractCheck {
    // MARK: gzip

    /// Compressed, in one member or several, is the same as plain.
    mutating func checkGzip(_ whole: FeedReading) throws {
        let document = contract.document
        for level: Int32 in [0, 6] {
            let file = try write(Gzip.compressed(document, level: level))
            compare(try read(file), whole, "gzip, level \(level)")
            compare(try read(file, bufferBytes: 1), whole, "gzip, level \(level), a buffer of 1 byte")
        }
        try checkResume(try write(Gzip.compressed(document)), whole, "the document in gzip")
        for cut in stride(from: 0, through: document.count, by: max(1, document.count / 16)) {
            let members = Gzip.compressed(Array(document[..<cut])) + Gzip.compressed(Array(document[cut...]))
            let file = try write(members)
            compare(try read(file), whole, "gzip in two members cut at \(cut)")
            compare(try read(file, bufferBytes: 3), whole, "gzip in two members cut at \(cut), a buffer of 3 bytes")
        }
    }

    /// A gzip stream that breaks off: all whole rows, then one `malformed` reject, wherever it is cut.
    mutating func checkTruncation(_ whole: FeedReading) throws {
        for level: Int32 in [0, 9] {
            let bytes = Gzip.compressed(contract.document, level: level)
            var mostRows = 0
            for cut in 2..<bytes.count {
                let file = try write(Array(bytes[..<cut]))
                let reading = try read(file, bufferBytes: cut % 2 == 0 ? 4_096 : 5)
                checkBroken(reading, whole, "gzip, level \(level), cut at \(cut)")
                if cut % 11 == 0 { try checkResume(file, reading, "gzip, level \(level), cut at \(cut)") }
                // More bytes never give fewer rows.
                if reading.rows.count < mostRows { report("gzip, level \(level), cut at \(cut): fewer rows than a shorter stream gave") }
                mostRows = max(mostRows, reading.rows.count)
            }
            // The last cuts fall into the checksum: every byte of the document was there.
            if mostRows < whole.rows.count - 1 {
                report("gzip, level \(level): only \(mostRows) rows of a stream that lacks its last byte")
            }
        }
        for (name, bytes) in [
            ("trailing garbage", Gzip.compressed(contract.document) + Array("not gzip".utf8)), ("a wrong checksum", wrongChecksum()),
        ] {
            let reading = try read(try write(bytes))
            checkBroken(reading, whole, name)
            if reading.rows.count < whole.rows.count - 1 { report("\(name): only \(reading.rows.count) rows") }
        }
    }

    private func wrongChecksum() -> [UInt8] {
        var bytes = Gzip.compressed(contract.document)
        bytes[bytes.count - 8] ^= 1
        return bytes
    }

    /// The rows are the first of those expected, the rejects too, and then one more: `malformed`, the last record read.
    private mutating func checkBroken(_ reading: FeedReading, _ whole: FeedReading, _ what: String) {
        let malformed = reading.rejects.filter { $0.code == .malformed }
        guard malformed.count == 1, let last = malformed.first else {
            report("\(what): \(malformed.count) malformed rejects instead of one")
            return
        }
        if last.row != reading.last.row { report("\(what): the malformed reject is not the last record") }
        if reading.rows != Array(whole.rows.prefix(reading.rows.count)) { report("\(what): rows differ") }
        let others = reading.rejects.filter { $0.code != .malformed }
        if others != Array(whole.rejects.prefix(others.count)) { report("\(what): the other rejects differ") }
    }

    // MARK: Flipped bytes

    /// Whatever the bytes, a reader gives rows, rejects or a failure, and the same for every buffer.
    mutating func checkFlips() throws {
        var generator = SeededGenerator(seed: contract.seed)
        let compressed = Gzip.compressed(contract.document)
        for round in 0..<400 {
            var bytes = round % 2 == 0 ? contract.document : compressed
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let file = try write(bytes)
            let large = outcome(file, bufferBytes: 4_096), small = outcome(file, bufferBytes: Int.random(in: 1...9, using: &generator))
            if large != small { report("flipped bytes, round \(round), seed \(contract.seed): the result depends on the buffer") }
        }
    }

    private enum Outcome: Equatable {
        case reading(FeedReading)
        case failure(String)
    }

    private mutating func outcome(_ file: FeedFile, bufferBytes: Int) -> Outcome {
        do { return .reading(try read(file, blockRows: 3, bufferBytes: bufferBytes)) } catch { return .failure("\(error)") }
    }
}
