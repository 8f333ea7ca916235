import Connectors
import Foundation
import GRDB
import Models
import Pipelines
import Records

/// A folder with a job over a handful of rows, where the shipped program runs.
struct SmallBank: Sendable {
    static let clock = "2026-02-01T00:00:00Z"
    static let rows = "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT\n" + lines(1...4)

    let program: ShippedProgram
    var database: URL { program.folder.appendingPathComponent("pipeline.db") }

    init(edit: (String) -> String = { $0 }) throws {
        program = try ShippedProgram()
        try FileManager.default.createDirectory(
            at: program.folder.appendingPathComponent("transactions"), withIntermediateDirectories: true)
        try edit(Self.job).write(to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
    }

    func remove() { program.remove() }

    func run() throws -> ShippedProgram.Result { try program.run("run", "job.yaml", "--clock", Self.clock, "--quiet") }

    /// Writes a feed file, or makes a folder where the name ends in `/`.
    func put(_ file: (name: String, content: String)?) throws {
        guard let file else { return }
        let path = program.folder.appendingPathComponent("transactions/\(file.name)")
        if file.name.hasSuffix("/") { return try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true) }
        try file.content.write(to: path, atomically: true, encoding: .utf8)
    }

    func take(_ name: String) throws {
        try FileManager.default.removeItem(at: program.folder.appendingPathComponent("transactions/\(name)"))
    }

    /// Names in the folder, without what SQLite keeps beside an open database.
    func listing() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: program.folder.path).filter { !$0.hasSuffix("-shm") && !$0.hasSuffix("-wal") }
            .sorted()
    }

    func execute(_ sql: String) throws {
        let queue = try DatabaseQueue(path: database.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    func count(_ table: String) throws -> Int {
        let queue = try DatabaseQueue(path: database.path)
        defer { try? queue.close() }
        return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") } ?? 0
    }

    /// Makes a model of the given features the champion of `bank`.
    func addModel(features: [String]) throws {
        let warehouse = try Warehouse(path: database.path)
        defer { warehouse.close() }
        let card = ModelCard(
            trainedFrom: "", trainedTo: "", labelsKnownBy: "", rows: 1, positives: 1, parameters: [:], seed: 0, jobDigest: "",
            inputDigest: "",
            stageVersion: "", libraryVersion: "")
        let time = Timestamp(.init(year: 2026, month: 1, day: 1))
        try warehouse.write { database in
            let store = ModelStore(database)
            let version = try store.add(name: "bank", family: "boosting", featureNames: features, card: card, artefact: [1], at: time)
            try store.setRole(.champion, of: version, at: time, actor: "tester", reason: "a test")
        }
    }

    // MARK: Contents

    private static func lines(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { "\($0),2026-01-0\(min($0, 5)) 10:00:00,C1,T\($0 * 7_919 % 1_009),\($0).50\n" }.joined()
    }

    /// The first half of a gzipped file of 3,000 rows.
    static func brokenGzip() throws -> Data {
        let program = try ShippedProgram()
        defer { program.remove() }
        let file = program.folder.appendingPathComponent("rows.csv")
        try (rows + lines(5...3_000)).write(to: file, atomically: true, encoding: .utf8)
        _ = try program.shell("gzip rows.csv")
        let whole = try Data(contentsOf: file.appendingPathExtension("gz"))
        return whole.prefix(whole.count / 2)
    }

    static let brokenXML = """
        <?xml version="1.0"?>
        <Doc><Ntry><Id>1</Id><T>2026-01-01T10:00:00Z</T><C>C1</C><S>T1</S><A>5.00</A></Ntry>
        <Ntry><Id>2</Id><T>2026-01-01T10:00:00Z</T><C>C1</C><S>T1</S><A>5.00</A></Ntry>
        <Ntry><Id>3</Id><T>2026-01-01T10:0
        """

    static func xmlJob(_ csv: String) -> String {
        csv.replacing("format: csv", with: "format: xml\n    rows: Doc/Ntry").replacing("*.csv", with: "*.xml")
            .replacing("TRANSACTION_ID", with: "Id").replacing(", format: \"yyyy-MM-dd HH:mm:ss\", zone: UTC", with: "")
            .replacing("TX_DATETIME", with: "T").replacing("CUSTOMER_ID", with: "C").replacing("TERMINAL_ID", with: "S")
            .replacing("TX_AMOUNT", with: "A")
    }

    static let job = """
        version: 1
        job: bank
        feeds:
          transactions:
            role: main
            format: csv
            files: transactions/*.csv
            columns:
              transaction: { from: TRANSACTION_ID, type: int64 }
              time:        { from: TX_DATETIME, type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }
              customer:    { from: CUSTOMER_ID, type: string, personal: true }
              terminal:    { from: TERMINAL_ID, type: string }
              amount:      { from: TX_AMOUNT, type: money, currency: EUR }
            key: transaction
            event-time: time
            lateness: 1d
            rejects: { limit: 50% }
        stages:
          - fraud: { customer: customer, terminal: terminal, amount: amount, model: bank, lateness: 1d }
        policy:
          outcomes:
            clear:  { cost: { if: fraud, pay: amount } }
            hold:   { cost: { if: genuine, pay: 25 EUR }, reversible: true }
            review: { cost: 4 EUR }
        review: { queue: fraud, capacity: 5/day, over-capacity: hold, due: 2bd, on-overdue: hold, audit-sample: 2% }
        results: bank_scores
        """
}
