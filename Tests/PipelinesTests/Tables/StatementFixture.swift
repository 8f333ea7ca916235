import Connectors
import Foundation
import PipelineTesting
import Pipelines
import Records

/// Bank statements of a few days in a folder of their own, with a job that lands their entries and balances in two tables.
final class StatementFixture {
    let folder: String
    static let clock = Timestamp(.init(year: 2026, month: 6, day: 1, hour: 2))

    /// - Parameters:
    ///   - days: statements, `entries` entries each.
    ///   - edit: changes the job file's text.
    init(days: Int = 4, entries: Int = 700, edit: (String) -> String = { $0 }) throws {
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent("tables-\(ProcessInfo.processInfo.globallyUniqueString)").path
        try FileManager.default.createDirectory(atPath: "\(folder)/statements", withIntermediateDirectories: true)
        for day in 1...max(days, 1) where days > 0 { try write(day: day, entries: entries) }
        try writeJob(edit(Self.job))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func writeJob(_ text: String) throws { try text.write(toFile: "\(folder)/job.yaml", atomically: true, encoding: .utf8) }

    /// - Parameters:
    ///   - amount: of the entry with this number; nil = as always.
    ///   - broken: every so manyth entry has an amount that is none.
    func write(
        day: Int, entries: Int, name: String? = nil, broken: Int? = nil, extra: String = "", amount: (Int) -> String? = { _ in nil }
    ) throws {
        var text = "<?xml version=\"1.0\"?>\n<Document><Stmt><Id>S\(day)</Id><Dt>2026-05-0\(day)</Dt>\n"
        text += "<Bal><Cd>OPBD</Cd><Amt Ccy=\"EUR\">100.00</Amt></Bal>\n<Bal><Cd>CLBD</Cd><Amt Ccy=\"EUR\">\(200 + day).50</Amt></Bal>\n"
        for entry in 1...max(entries, 1) where entries > 0 {
            let usual = broken.map { entry % $0 == 0 } ?? false ? "1,5O" : "\(entry).\(10 + entry % 80)"
            let note = entry % 3 == 0 ? "<Nt>note \(entry)</Nt>" : ""
            text += "<Ntry><Ref>R\(day)-\(entry)</Ref><Amt Ccy=\"EUR\">\(amount(entry) ?? usual)</Amt>"
            text += "<Dt>2026-05-0\(day)T\(10 + entry % 10):00:00Z</Dt>\(note)</Ntry>\n"
        }
        text += extra + "</Stmt></Document>\n"
        try text.write(toFile: "\(folder)/statements/\(name ?? "day-\(day)").xml", atomically: true, encoding: .utf8)
    }

    func job() throws -> Job { try Job.load(path: "\(folder)/job.yaml") }

    func warehouse(_ name: String = "pipeline.db") throws -> Warehouse { try Warehouse(path: "\(folder)/\(name)") }

    func run(
        _ warehouse: Warehouse, at clock: Timestamp = StatementFixture.clock, threads: Int = 2,
        stop: @escaping @Sendable () -> Bool = { false }
    ) throws -> RunReport {
        let options = RunOptions(threads: threads, chunkRows: 300, blockRows: 97, shouldStop: stop)
        return try Runner(warehouse: warehouse, environment: .fixed(clock), options: options).run(job())
    }

    static let job = """
        version: 1
        job: statements
        feeds:
          entries:
            role: table
            table: statement_entries
            format: xml
            files: statements/*.xml
            rows: Document/Stmt/Ntry
            columns:
              statement: { from: ../Id, type: string }
              reference: { from: Ref, type: string }
              amount:    { from: Amt, type: money, currency: EUR }
              booked:    { from: Dt, type: timestamp }
              note:      { from: Nt, type: string, optional: true }
            key: reference
            event-time: booked
          balances:
            role: table
            table: statement_balances
            format: xml
            files: statements/*.xml
            rows: Document/Stmt/Bal
            columns:
              statement: { from: ../Id, type: string }
              kind:      { from: Cd, type: string }
              amount:    { from: Amt, type: money, currency: EUR }
            key: [statement, kind]
        """
}
