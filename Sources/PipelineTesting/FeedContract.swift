public import Connectors
import Foundation
public import Records

/// What every `FeedFormat` must do, checked on a sample document: the test of a new format is a call of ``differences()``.
///
/// ```swift
/// let contract = FeedContract(CSVFormat.self, document: Array("id,name\n1,a\nx,b\n".utf8), columns: […], rows: [["1", "a"]], rejectedRows: [2])
/// #expect(try contract.differences() == [])
/// ```
public struct FeedContract {
    public var format: any FeedFormat.Type
    public var options: [String: ParameterValue]
    public var columns: [FeedColumn]
    /// A small sound document (a few hundred bytes: every cut is tried), with at least three rows.
    public var document: [UInt8]
    /// Each accepted row as texts (`Column.text`), in order.
    public var rows: [[String?]]
    /// Numbers of the records that are rejects.
    public var rejectedRows: [Int64]
    /// Seed of the byte flips.
    public var seed: UInt64

    public init(
        _ format: any FeedFormat.Type, document: [UInt8], columns: [FeedColumn], options: [String: ParameterValue] = [:], rows: [[String?]],
        rejectedRows: [Int64] = [], seed: UInt64 = 1
    ) {
        (self.format, self.document, self.columns, self.options) = (format, document, columns, options)
        (self.rows, self.rejectedRows, self.seed) = (rows, rejectedRows, seed)
    }

    /// Everything that is not as it must be, in words; empty for a sound format.
    ///
    /// - Throws: a temporary folder that cannot be written, or a file of the document that the format refuses to open.
    public func differences() throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("feed-contract-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var check = FeedContractCheck(contract: self, folder: folder)
        try check.run()
        return check.differences
    }
}

/// One reading of a file from a position on.
struct FeedReading: Equatable {
    var rows: [[String?]] = []
    var numbers: [Int64] = []
    var rejects: [Reject] = []
    var blockRows: [Int] = []
    var ends: [FeedPosition] = []

    var last: FeedPosition { ends.last ?? .start }
}

struct FeedContractCheck {
    let contract: FeedContract
    let folder: URL
    var differences: [String] = []

    init(contract: FeedContract, folder: URL) { (self.contract, self.folder) = (contract, folder) }

    mutating func run() throws {
        let file = try write(contract.document)
        let whole = try read(file)
        checkExpectation(whole)
        try checkBuffers(file, whole)
        try checkBlocks(file, whole)
        try checkResume(file, whole, "the document")
        try checkGzip(whole)
        try checkTruncation(whole)
        try checkFlips()
    }

    mutating func report(_ text: String) { if differences.count < 20 { differences.append(text) } }

    func write(_ bytes: [UInt8]) throws -> FeedFile {
        // The same name each time: it appears in rejects, which are compared.
        let url = folder.appendingPathComponent("document")
        try Data(bytes).write(to: url)
        return FeedFile(path: url.path, name: "document")
    }

    // MARK: Reading

    /// All blocks from a position on, each checked by itself.
    mutating func read(
        _ file: FeedFile, from position: FeedPosition = .start, blockRows: Int = 1_000, bufferBytes: Int = 4_096
    ) throws -> FeedReading {
        let reader = try contract.format.reader(
            of: file, columns: contract.columns, options: contract.options, from: position, blockRows: blockRows, bufferBytes: bufferBytes)
        var reading = FeedReading()
        var before = position
        while let block = try reader.next() {
            let batch = block.batch
            if block.rowsRead == 0 { report("a block holds no record") }
            if block.rowsRead > blockRows { report("a block of \(blockRows) holds \(block.rowsRead) records") }
            if block.end.row != before.row + Int64(block.rowsRead) {
                report("a block of \(block.rowsRead) records goes from row \(before.row) to row \(block.end.row)")
            }
            if block.end.offset <= before.offset { report("the offset does not grow: \(before.offset), \(block.end.offset)") }
            if (batch.rowNumbers + block.rejects.map(\.row)).sorted() != Array(before.row + 1..<before.row + 1 + Int64(block.rowsRead)) {
                report("accepted and rejected rows are not those read after row \(before.row)")
            }
            for row in 0..<batch.count { reading.rows.append(batch.columns.map { $0.text(row) }) }
            reading.numbers += batch.rowNumbers
            reading.rejects += block.rejects
            reading.blockRows.append(block.rowsRead)
            reading.ends.append(block.end)
            before = block.end
            if reading.ends.count > 100_000 {
                report("the reader does not end")
                break
            }
        }
        if reading.blockRows.dropLast().contains(where: { $0 != blockRows }) {
            report("a block before the last does not hold \(blockRows) records: \(reading.blockRows)")
        }
        if try reader.next() != nil { report("the reader goes on after its end") }
        return reading
    }

    /// The parts of two readings that must agree.
    mutating func compare(_ found: FeedReading, _ expected: FeedReading, _ what: String, comparesEnds: Bool = true) {
        if found.rows != expected.rows { report("\(what): rows \(found.rows.count) are not the \(expected.rows.count) expected or differ") }
        if found.numbers != expected.numbers { report("\(what): row numbers differ") }
        if found.rejects != expected.rejects {
            let pair = zip(found.rejects, expected.rejects).first { $0 != $1 }
            report("\(what): rejects differ (\(found.rejects.count), \(expected.rejects.count)) \(pair.map { "\($0)" } ?? "")")
        }
        if comparesEnds, found.ends != expected.ends { report("\(what): block ends differ") }
    }

    // MARK: Checks on the sound document

    private mutating func checkExpectation(_ whole: FeedReading) {
        if whole.rows.count < 3 { report("the document has fewer than three rows") }
        if whole.rows != contract.rows { report("the rows read are not those expected: \(whole.rows)") }
        if whole.rejects.map(\.row) != contract.rejectedRows { report("the rejects are \(whole.rejects.map(\.row))") }
        for reject in whole.rejects {
            if reject.file != "document" { report("a reject names the file '\(reject.file)'") }
            if reject.found.utf8.count > 200 { report("a reject shows \(reject.found.utf8.count) bytes") }
            if reject.expected.isEmpty { report("a reject does not say what was expected") }
            if let name = reject.column, !contract.columns.contains(where: { $0.field.name == name }) { report("no column '\(name)'") }
            if !isSlice(reject.raw, at: reject.offset) { report("the raw bytes of row \(reject.row) are not those at its offset") }
        }
    }

    private func isSlice(_ raw: [UInt8], at offset: Int64) -> Bool {
        let start = Int(offset)
        return start >= 0 && start + raw.count <= contract.document.count && Array(contract.document[start..<start + raw.count]) == raw
    }

    /// Nothing depends on where the buffer is cut.
    private mutating func checkBuffers(_ file: FeedFile, _ whole: FeedReading) throws {
        for size in 1...contract.document.count + 1 {
            compare(try read(file, bufferBytes: size), whole, "a buffer of \(size) bytes")
        }
        for size in [1, 7, 64] {
            let blocks = try read(file, blockRows: 2, bufferBytes: 4_096)
            compare(try read(file, blockRows: 2, bufferBytes: size), blocks, "blocks of 2 and a buffer of \(size) bytes")
        }
    }

    /// Nothing but the blocks depends on their size.
    private mutating func checkBlocks(_ file: FeedFile, _ whole: FeedReading) throws {
        for size in 1...whole.rows.count + whole.rejects.count + 1 {
            let reading = try read(file, blockRows: size)
            compare(reading, whole, "blocks of \(size)", comparesEnds: false)
            if reading.last.row != whole.last.row { report("blocks of \(size): the end is at row \(reading.last.row)") }
        }
    }

    /// A reader started at any block's end gives what the first one gave after it.
    mutating func checkResume(_ file: FeedFile, _ whole: FeedReading, _ what: String) throws {
        for size in [1, 2, 3] {
            let reading = try read(file, blockRows: size)
            for (index, end) in reading.ends.enumerated() {
                for bufferBytes in [1, 4_096] {
                    let rest = try read(file, from: end, blockRows: size, bufferBytes: bufferBytes)
                    var expected = FeedReading()
                    expected.rows = zip(reading.rows, reading.numbers).filter { $0.1 > end.row }.map(\.0)
                    expected.numbers = reading.numbers.filter { $0 > end.row }
                    expected.rejects = reading.rejects.filter { $0.row > end.row }
                    expected.ends = Array(reading.ends[(index + 1)...])
                    compare(rest, expected, "\(what) resumed at row \(end.row), offset \(end.offset), blocks of \(size)")
                }
            }
        }
    }
}
