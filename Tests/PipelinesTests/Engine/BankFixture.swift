import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records

/// A small simulated bank in a folder of its own: feeds, a job file, and warehouses over them.
final class BankFixture {
    let folder: String
    let jobPath: String
    static let clock = Timestamp(.init(year: 2026, month: 6, day: 1, hour: 2))

    /// - Parameters:
    ///   - days: simulated; files beyond `delivered` wait in `later/` until `deliver` moves them.
    ///   - edit: changes the job file's text.
    init(customers: Int = 60, days: Int = 50, delivered: Int? = nil, broken: Int = 300, edit: (String) -> String = { $0 }) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("bank-\(ProcessInfo.processInfo.globallyUniqueString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try FraudSimulation(
            .init(customers: customers, terminals: 90, days: days, seed: 7, brokenPerMillion: broken, gzipLevel: 1)
        ).write(to: folder)
        try "TERMINAL,KNOWN\nT00003,2026-01-01\nT00017,2026-01-05\n".write(
            toFile: "\(folder)/blocked.csv", atomically: true, encoding: .utf8)
        jobPath = "\(folder)/job.yaml"
        try edit(Self.job).write(toFile: jobPath, atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(atPath: "\(folder)/later", withIntermediateDirectories: true)
        if let delivered {
            for name in try transactionFiles().dropFirst(delivered) { try move(name, from: "transactions", to: "later") }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func transactionFiles(_ part: String = "transactions") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(part)").sorted()
    }

    /// Moves the next files that wait into the feed.
    func deliver(_ count: Int) throws {
        for name in try transactionFiles("later").prefix(count) { try move(name, from: "later", to: "transactions") }
    }

    private func move(_ name: String, from: String, to: String) throws {
        try FileManager.default.moveItem(atPath: "\(folder)/\(from)/\(name)", toPath: "\(folder)/\(to)/\(name)")
    }

    func job() throws -> Job { try Job.load(path: jobPath) }

    func warehouse(_ name: String = "pipeline.db") throws -> Warehouse { try Warehouse(path: "\(folder)/\(name)") }

    func runner(_ warehouse: Warehouse, at clock: Timestamp = BankFixture.clock, options: RunOptions = BankFixture.options()) -> Runner {
        Runner(warehouse: warehouse, environment: .fixed(clock), options: options)
    }

    /// Small chunks, so that a run has many.
    static func options(threads: Int = 2, stop: @escaping @Sendable () -> Bool = { false }) -> RunOptions {
        RunOptions(threads: threads, chunkRows: 500, blockRows: 97, shouldStop: stop)
    }

    static let job = """
        version: 1
        job: bank
        feeds:
          transactions:
            role: main
            format: csv
            files: transactions/*.csv.gz
            columns:
              transaction: { from: TRANSACTION_ID, type: int64 }
              time:        { from: TX_DATETIME, type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }
              customer:    { from: CUSTOMER_ID, type: string, personal: true }
              terminal:    { from: TERMINAL_ID, type: string }
              amount:      { from: TX_AMOUNT, type: money, currency: EUR }
            key: transaction
            event-time: time
            lateness: 1d
            rejects: { limit: 5% }
          chargebacks:
            role: labels
            format: csv
            files: chargebacks/*.csv.gz
            columns: { transaction: { from: TRANSACTION_ID, type: int64 }, fraud: { from: FRAUD, type: bool }, known: { from: KNOWN, type: timestamp } }
            key: transaction
            known-time: known
          blocked:
            role: list
            format: csv
            files: blocked.csv
            columns: { terminal: { from: TERMINAL, type: string }, known: { from: KNOWN, type: timestamp } }
            key: terminal
            known-time: known
        stages:
          - fraud: { customer: customer, terminal: terminal, amount: amount, model: bank, lateness: 1d }
        train:
          family: boosting
          window: { last: 30d, label-delay: 7d }
          minimum-positives: 5
          parameters: { trees: 20, depth: 3, rate: 0.2 }
        policy:
          outcomes:
            clear:  { cost: { if: fraud, pay: amount } }
            hold:   { cost: { if: genuine, pay: 25 EUR }, reversible: true }
            review: { cost: 4 EUR }
        rules:
          - { name: blocked-terminal, when: terminal in blocked, then: hold }
          - { name: burst, when: customer_count_1d > 12, then: review }
        review: { queue: fraud, capacity: 5/day, over-capacity: hold, due: 2bd, on-overdue: hold, audit-sample: 2% }
        results: bank_scores
        """
}
