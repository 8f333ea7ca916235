import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

/// A simulated bank with several chunks of rows and a trained model, made once; each try works on a copy of the database.
final class KilledBank: Sendable {
    static let clock = "2026-06-01T00:00:00Z"
    static let isWhole = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] == "1"
    /// 140,000 or 270,000 rows: three or five chunks.
    static let shared: Result<KilledBank, any Error> = Result {
        // A static is never released: its folder goes when the tests' process does.
        atexit { (try? KilledBank.shared.get())?.program.remove() }
        return try KilledBank(customers: isWhole ? 4_000 : 2_100, days: 40, trains: true)
    }

    let program: ShippedProgram
    /// The undisturbed run's database, and its size before and at its largest, with the write-ahead log.
    let undisturbed: String
    let before: Int
    let written: Int

    init(customers: Int, days: Int, trains: Bool) throws {
        program = try ShippedProgram()
        _ = try FraudSimulation(
            .init(customers: customers, terminals: 300, days: days, seed: 11, brokenPerMillion: 300, gzipLevel: 1)
        ).write(to: program.folder.appendingPathComponent("data").path)
        // Line feeds and quotes within quotes, in a column that the job does not read: a run that goes on must not take them for row ends.
        let notes = #"""
            for f in data/transactions/*.csv.gz; do
              gzip -dc "$f" | awk 'NR == 1 { print $0 ",NOTE"; next } { printf "%s,\"said\n\"\"%d\"\", twice\"\n", $0, NR }' | gzip -1 >"$f.new"
              mv "$f.new" "$f"
            done
            """#
        #expect(try program.shell(notes) == 0)
        let job = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/fraud.yaml"), encoding: .utf8)
            .replacing("../sample-data/fraud/", with: "data/")
        try job.write(to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
        if trains {
            let trained = try program.run(
                "train", "job.yaml", "--as-of", "2026-02-05", "--clock", "2026-02-05T00:00:00Z", "--database", "trained.db")
            #expect(trained.code == 0, "\(trained.errors)")
            // Copies take the one file only: nothing may be left in the write-ahead log.
            #expect(Self.size(program.folder, "trained.db-wal") == 0)
        }
        undisturbed = "undisturbed.db"
        if trains { try Self.copy(in: program.folder, "trained.db", to: undisturbed) }
        before = Self.size(program.folder, undisturbed)
        let process = try Self.start(program.folder, Self.arguments(undisturbed))
        var largest = before
        while process.isRunning {
            largest = max(largest, Self.size(program.folder, undisturbed))
            usleep(500)
        }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        written = largest - before
    }

    deinit { program.remove() }

    // MARK: Processes

    static func arguments(_ database: String) -> [String] {
        ["run", "job.yaml", "--database", database, "--clock", clock, "--threads", "2", "--quiet"]
    }

    /// The same run by the program whose checkpoints are outside their rows' transaction.
    func faultyArguments(_ database: String) throws -> [String] {
        let row = try DatabaseQueue(path: path(undisturbed)).read {
            try Row.fetchOne($0, sql: "SELECT actor, host FROM pipeline_audit ORDER BY id DESC LIMIT 1")
        }
        let entry = try #require(row)
        return ["job.yaml", database, Self.clock, entry["actor"], entry["host"]]
    }

    /// The same run on a file system that fails at an operation.
    func faultyArguments(_ database: String, mode: String, at operation: Int) throws -> [String] {
        try faultyArguments(database) + [mode, "\(operation)"]
    }

    func start(_ arguments: [String], program name: String = "pipeline") throws -> Process {
        try Self.start(program.folder, arguments, program: name)
    }

    private static func start(_ folder: URL, _ arguments: [String], program name: String = "pipeline") throws -> Process {
        let process = Process()
        process.executableURL = ShippedProgram.products.appendingPathComponent(name)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        return process
    }

    /// Starts a run and kills it once it has written the given bytes, or after a time; true when the kill came before its end.
    func killed(
        _ arguments: [String], database: String, program name: String = "pipeline", afterBytes bytes: Int = 0,
        thenMicroseconds wait: UInt32 = 0
    ) throws -> Bool {
        let from = Self.size(program.folder, database)
        let process = try start(arguments, program: name)
        while bytes > 0, process.isRunning, Self.size(program.folder, database) < from + bytes { usleep(300) }
        if wait > 0 { usleep(wait) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
    }

    /// Starts the same run again, which nothing disturbs now; its exit code.
    func finish(_ arguments: [String], program name: String = "pipeline") throws -> Int32 {
        let process = try start(arguments, program: name)
        process.waitUntilExit()
        return process.terminationStatus
    }

    // MARK: Databases

    func path(_ database: String) -> String { program.folder.appendingPathComponent(database).path }

    /// A copy of the trained database under a new name.
    func fresh(_ name: String) throws -> String {
        try Self.copy(in: program.folder, "trained.db", to: name)
        return name
    }

    func remove(_ database: String) {
        for end in ["", "-wal", "-shm", ".card-fraud.lock"] { try? FileManager.default.removeItem(atPath: path(database) + end) }
    }

    private static func copy(in folder: URL, _ name: String, to copy: String) throws {
        try FileManager.default.copyItem(at: folder.appendingPathComponent(name), to: folder.appendingPathComponent(copy))
    }

    private static func size(_ folder: URL, _ database: String) -> Int {
        ["", "-wal"].reduce(0) { sum, end in
            var status = stat()
            return stat(folder.appendingPathComponent(database + end).path, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }

    /// The first difference to the undisturbed run's database; nil when all tables but the attempts are equal.
    func difference(_ database: String) throws -> String? {
        try WarehouseComparison.firstDifference(path(undisturbed), path(database))
    }
}
