import Connectors
import Foundation
import Records
import Testing

/// Not a check but a measurement, for a quiet machine:
/// `PIPELINE_SPEED_FILE=transactions.csv swift test -c release --disable-testable-imports --filter CSVSpeed`
///
/// A file whose header is `id,time,customer,shop,amount,flag` is measured for Benchmarks/feeds, and a line of JSON printed:
/// `PIPELINE_SPEED_KEEP` keeps all columns, `PIPELINE_SPEED_BARE` reads bytes alone, `PIPELINE_SPEED_ENCODING`, `PIPELINE_SPEED_ROUNDS`.
@Suite struct CSVSpeedTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let file = environment["PIPELINE_SPEED_FILE"]

    private struct Reading {
        var cpu = Double.infinity, wall = Double.infinity
        var rows = 0
        var bytes: Int64 = 0
    }

    @Test("reads a file like sample-data/fraud", .enabled(if: file != nil, "set PIPELINE_SPEED_FILE"))
    func speed() throws {
        let path = try #require(Self.file)
        ProcessMemory.keepFreed()
        let isFeed = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: 3).map { $0 != Data("TRA".utf8) } ?? false
        var best = Reading()
        for _ in 0..<(Self.environment["PIPELINE_SPEED_ROUNDS"].flatMap(Int.init) ?? (isFeed ? 3 : 5)) {
            let cpu = clock(), wall = ContinuousClock.now
            let found = Self.environment["PIPELINE_SPEED_BARE"] != nil ? try bare(path) : try read(path, isFeed ? try feed() : try fraud())
            let seconds = Double(clock() - cpu) / Double(CLOCKS_PER_SEC)
            if seconds < best.cpu {
                best = Reading(cpu: seconds, wall: (ContinuousClock.now - wall) / .seconds(1), rows: found.rows, bytes: found.bytes)
            }
        }
        if isFeed {
            print(
                "\n{\"cpu\": \(best.cpu), \"wall\": \(best.wall), \"rows\": \(best.rows), \"bytes\": \(best.bytes), \"peak\": \(peakMegabytes())}"
            )
        } else {
            print(
                "\(best.rows) rows, \(best.bytes) bytes, \(best.cpu) CPU s, \(Double(best.bytes) / best.cpu / 1e6) MB/s, "
                    + "\(best.cpu / Double(best.rows) * 1e9) ns a row")
        }
    }

    private func fraud() throws -> [FeedColumn] {
        let euro = try #require(Currency("EUR"))
        return [
            FeedColumn(field: Field("transaction", .int64), source: "TRANSACTION_ID"),
            FeedColumn(field: Field("time", .timestamp), source: "TX_DATETIME", format: "yyyy-MM-dd HH:mm:ss"),
            FeedColumn(field: Field("customer", .string), source: "CUSTOMER_ID"),
            FeedColumn(field: Field("terminal", .string), source: "TERMINAL_ID"),
            FeedColumn(field: Field("amount", .money(euro)), source: "TX_AMOUNT"),
        ]
    }

    private func feed() throws -> [FeedColumn] {
        [
            FeedColumn(field: Field("id", .int64), source: "id"),
            FeedColumn(field: Field("time", .timestamp), source: "time", format: "yyyy-MM-dd HH:mm:ss"),
            FeedColumn(field: Field("customer", .int64), source: "customer"), FeedColumn(field: Field("shop", .string), source: "shop"),
            FeedColumn(field: Field("amount", .float64), source: "amount"), FeedColumn(field: Field("flag", .int64), source: "flag"),
        ]
    }

    private func read(_ path: String, _ columns: [FeedColumn]) throws -> (rows: Int, bytes: Int64) {
        let isKept = Self.environment["PIPELINE_SPEED_KEEP"] != nil
        let options = Self.environment["PIPELINE_SPEED_ENCODING"].map { ["encoding": ParameterValue.text($0)] } ?? [:]
        let reader = try CSVFormat.reader(
            of: FeedFile(path: path, name: "f"), columns: columns, options: options, from: .start, blockRows: 8_192, bufferBytes: 1 << 18)
        var kept: [RecordBatch] = []
        var rows = 0, offset: Int64 = 0
        while let block = try reader.next() {
            rows += block.rowsRead
            offset = block.end.offset
            if isKept { kept.append(block.batch) }
        }
        #expect(!isKept || kept.reduce(0) { $0 + $1.count } == rows)
        return (rows, offset)
    }

    /// The bytes alone, as zlib gives them on this thread.
    private func bare(_ path: String) throws -> (rows: Int, bytes: Int64) {
        let source = try ByteSource(FeedFile(path: path, name: "f"), bufferBytes: 1 << 18, readsAhead: false)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while try source.read(into: buffer) > 0 {}
        return (0, source.offset)
    }

    /// Peak resident memory of this process; 0 where the system does not say.
    private func peakMegabytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) / 1_024
    }
}
