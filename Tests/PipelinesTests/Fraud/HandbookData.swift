import Foundation
import Pipelines
import Records

/// The handbook's transactions of `shared/data/fraud`, read by a small parser of the tests' own.
struct HandbookData {
    var times: [Int64] = []
    var customers: [Int64] = []
    var terminals: [Int64] = []
    var amounts: [Int64] = []
    var labels: [Bool?] = []
    var keys: [UInt64] = []

    static let folder: URL = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let given = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"].map { URL(fileURLWithPath: $0) }
        return (given ?? root.appendingPathComponent("../shared/data")).appendingPathComponent("fraud/transactions")
    }()
    static var isThere: Bool { FileManager.default.fileExists(atPath: folder.appendingPathComponent("2018-05-01.csv.gz").path) }

    init() throws {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "gzip -dc *.csv.gz"]
        process.currentDirectoryURL = Self.folder
        process.standardOutput = pipe
        try process.run()
        let bytes = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        read(bytes)
    }

    /// `288062,2018-05-01 00:01:21,3546,2944,18.71,0,0`; every file starts with a header.
    private mutating func read(_ bytes: [UInt8]) {
        var at = 0
        func number() -> Int64 {
            var value: Int64 = 0
            while bytes[at] >= 48, bytes[at] <= 57 {
                value = value * 10 + Int64(bytes[at] - 48)
                at += 1
            }
            at += 1
            return value
        }
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "T") {
                while bytes[at] != 10 { at += 1 }
                at += 1
                continue
            }
            keys.append(UInt64(bitPattern: number()))
            let (year, month, day) = (Int(number()), Int(number()), Int(number()))
            let (hour, minute, second) = (Int(number()), Int(number()), Int(number()))
            times.append(Timestamp(.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)).microseconds)
            customers.append(number())
            terminals.append(number())
            let units = number(), cents = number()
            amounts.append(units * 100 + cents)
            labels.append(number() == 1)
            while bytes[at] != 10 { at += 1 }
            at += 1
        }
        // Identifiers become hashes as the engine's are.
        for row in keys.indices { keys[row] = RecordKey.hash(String(keys[row])) }
    }

    var schema: Schema { Schema([Field("customer", .int64), Field("terminal", .int64), Field("amount", .money(euro))]) }

    func stage() throws(Failure) -> FraudStage {
        try FraudStage(
            configuration: StageConfiguration(
                name: "fraud", parameters: ["customer": .text("customer"), "terminal": .text("terminal"), "amount": .text("amount")]),
            schema: schema)
    }

    /// - Parameter labelled: labels travel with the rows; otherwise they are label events.
    func inputs(rows: Int = 8_192) -> [StageInput] {
        stride(from: 0, to: times.count, by: rows).map { start in
            let range = start..<min(start + rows, times.count)
            let batch = RecordBatch(
                schema: schema,
                columns: [
                    Column(type: .int64, integers: Array(customers[range])), Column(type: .int64, integers: Array(terminals[range])),
                    Column(type: .money(euro), integers: Array(amounts[range])),
                ],
                rowNumbers: range.map { Int64($0 + 1) })
            return StageInput(
                batch: batch, keys: Array(keys[range]), times: Array(times[range]), labels: Array(labels[range]), labelDelay: .days(7))
        }
    }
}
