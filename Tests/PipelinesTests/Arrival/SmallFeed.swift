import Connectors
import Foundation
import GRDB
import Pipelines
import Records

/// A folder with a job over a few rows written by hand: what arrives, and when, is up to the test.
final class SmallFeed {
    let folder: String
    static let clock = Timestamp(.init(year: 2026, month: 2, day: 2, hour: 12))
    static let header = "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT"

    /// - Parameters:
    ///   - feed: lines added to the main feed, each with four spaces before it.
    ///   - edit: changes the job file's text.
    init(feed: String = "", edit: (String) -> String = { $0 }) throws {
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent("arrival-\(ProcessInfo.processInfo.globallyUniqueString)").path
        try FileManager.default.createDirectory(atPath: "\(folder)/in", withIntermediateDirectories: true)
        try setJob(feed: feed, edit: edit)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func setJob(feed: String = "", edit: (String) -> String = { $0 }) throws {
        try edit(Self.job.replacing("    #feed\n", with: feed.isEmpty ? "" : feed + "\n"))
            .write(toFile: "\(folder)/job.yaml", atomically: true, encoding: .utf8)
    }

    func job() throws -> Job { try Job.load(path: "\(folder)/job.yaml") }

    func warehouse(_ name: String = "pipeline.db") throws -> Warehouse { try Warehouse(path: "\(folder)/\(name)") }

    /// Writes a file of the feed, last changed at a time.
    func put(_ name: String, _ content: String, at time: Timestamp = clock - .days(1)) throws {
        let path = "\(folder)/in/\(name)"
        try content.write(toFile: path, atomically: true, encoding: .utf8)
        try touch(name, at: time)
    }

    func touch(_ name: String, at time: Timestamp) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(time.microseconds) / 1e6)], ofItemAtPath: "\(folder)/in/\(name)")
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(folder)/in/\(name)") }

    @discardableResult
    func run(_ warehouse: Warehouse, at clock: Timestamp = clock, options: RunOptions = RunOptions()) throws -> RunReport {
        try Runner(warehouse: warehouse, environment: .fixed(clock), options: options).run(try job())
    }

    /// The failure of a run that must fail.
    func failure(_ warehouse: Warehouse, at clock: Timestamp = clock) throws -> Failure? {
        do {
            try run(warehouse, at: clock)
            return nil
        } catch let failure as Failure {
            return failure
        }
    }

    func files(_ warehouse: Warehouse) throws -> [String] {
        try warehouse.read { try String.fetchAll($0, sql: "SELECT name FROM pipeline_files ORDER BY id") }
    }

    /// Items that are not about rows: `kind cause key`.
    func items(_ warehouse: Warehouse) throws -> [String] {
        try warehouse.read { database in
            try Row.fetchAll(database, sql: "SELECT kind, cause, key FROM pipeline_review_items WHERE kind <> 'row' ORDER BY id").map {
                "\($0["kind"] as String) \($0["cause"] as String) \($0["key"] as String)"
            }
        }
    }

    /// Rows with keys from `first` on, a minute apart from midnight of a day of January 2026.
    static func rows(_ numbers: ClosedRange<Int>, day: Int = 5, header: String = header) -> String {
        header + "\n"
            + numbers.map { number in
                let minute = number % 60 < 10 ? "0\(number % 60)" : "\(number % 60)"
                let hour = number / 60 % 24 < 10 ? "0\(number / 60 % 24)" : "\(number / 60 % 24)"
                return "\(number),2026-01-\(day < 10 ? "0" : "")\(day) \(hour):\(minute):00,C\(number % 7),T\(number % 5),\(number).50\n"
            }.joined()
    }

    static let job = """
        version: 1
        job: bank
        feeds:
          transactions:
            role: main
            format: csv
            files: in/*
            columns:
              transaction: { from: TRANSACTION_ID, type: int64 }
              time:        { from: TX_DATETIME, type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }
              customer:    { from: CUSTOMER_ID, type: string, personal: true }
              terminal:    { from: TERMINAL_ID, type: string }
              amount:      { from: TX_AMOUNT, type: money, currency: EUR }
            key: transaction
            event-time: time
            lateness: 1d
            #feed
            rejects: { limit: 50% }
        stages:
          - fraud: { customer: customer, terminal: terminal, amount: amount, model: bank, lateness: 30d }
        policy:
          outcomes:
            clear:  { cost: { if: fraud, pay: amount } }
            hold:   { cost: { if: genuine, pay: 25 EUR }, reversible: true }
            review: { cost: 4 EUR }
        review: { queue: fraud, capacity: 5/day, over-capacity: hold, due: 2bd, on-overdue: hold }
        results: bank_scores
        """
}
