import Foundation
import GRDB
import Testing

/// SIGKILL from another process to the shipped program, and what the same command makes of it then.
@Suite("KilledRun: a run that is killed", .serialized)
struct KilledRunTests {
    private static let isWhole = KilledBank.isWhole
    /// The share of an undisturbed run's bytes after which the kill comes is `point / (points + 1)`.
    private static let points = isWhole ? 60 : 12

    @Test("ends, started again, with the same database, wherever the kill came")
    func killed() throws {
        let bank = try KilledBank.shared.get()
        var hits = 0
        for point in 1...Self.points {
            let name = try bank.fresh("killed-\(point).db")
            defer { bank.remove(name) }
            let arguments = KilledBank.arguments(name)
            let bytes = max(bank.written * point / (Self.points + 1), 1)
            if try bank.killed(arguments, database: name, afterBytes: bytes) { hits += 1 }
            if Self.isWhole { _ = try bank.killed(arguments, database: name, thenMicroseconds: UInt32(point) * 30_000) }
            let code = try bank.finish(arguments)
            let difference = try bank.difference(name)
            #expect(code == 0 && difference == nil, "killed after \(bytes) bytes: exit \(code), \(difference ?? "equal")")
        }
        #expect(hits >= Self.points * 3 / 4, "only \(hits) kills came before the end")
    }

    @Test("while it makes the database ends, started again, with the same database")
    func killedEarly() throws {
        let bank = try KilledBank(customers: 40, days: 8, trains: false)
        for point in 0..<(Self.isWhole ? 60 : 24) {
            let name = "early-\(point).db"
            defer { bank.remove(name) }
            let arguments = KilledBank.arguments(name)
            let wait = UInt32(point) * (Self.isWhole ? 1_000 : 2_500) + 1
            _ = try bank.killed(arguments, database: name, thenMicroseconds: wait)
            let code = try bank.finish(arguments)
            let difference = try bank.difference(name)
            #expect(code == 0 && difference == nil, "killed after \(wait) us: exit \(code), \(difference ?? "equal")")
        }
    }

    @Test("with the checkpoint outside the rows' transaction ends with another database: the test would find that bug")
    func planted() throws {
        let bank = try KilledBank.shared.get()
        let whole = try bank.fresh("faulty.db")
        defer { bank.remove(whole) }
        // Undisturbed, the bug does not show.
        #expect(try bank.finish(bank.faultyArguments(whole), program: "pipeline-faulty") == 0)
        #expect(try bank.difference(whole) == nil)
        var found: [String] = []
        for point in 1...8 where found.isEmpty {
            let name = try bank.fresh("faulty-\(point).db")
            defer { bank.remove(name) }
            let arguments = try bank.faultyArguments(name)
            _ = try bank.killed(
                arguments, database: name, program: "pipeline-faulty", afterBytes: bank.written * point / 9, thenMicroseconds: 50_000)
            let code = try bank.finish(arguments, program: "pipeline-faulty")
            if let difference = try bank.difference(name) { found.append("exit \(code), \(difference)") }
        }
        #expect(!found.isEmpty)
    }

    @Test("by SIGTERM stops after its chunk with exit 75, and ends with the same database")
    func terminated() throws {
        let bank = try KilledBank.shared.get()
        let name = try bank.fresh("terminated.db")
        defer { bank.remove(name) }
        let arguments = KilledBank.arguments(name)
        let process = try bank.start(arguments)
        try Self.waitForRows(bank, name, process)
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 75)
        let status = try DatabaseQueue(path: bank.path(name)).read { try String.fetchOne($0, sql: "SELECT status FROM pipeline_runs") }
        #expect(status == "running")
        #expect(try bank.finish(arguments) == 0)
        #expect(try bank.difference(name) == nil)
    }

    @Test("or lives, and another one of the job is refused with exit 75 meanwhile")
    func twice() throws {
        let bank = try KilledBank.shared.get()
        let name = try bank.fresh("twice.db")
        defer { bank.remove(name) }
        let first = try bank.start(KilledBank.arguments(name))
        try Self.waitForRows(bank, name, first)
        let second = try bank.program.run(arguments: KilledBank.arguments(name))
        #expect(second.code == 75)
        #expect(
            second.errors == """
                error: another run of this job is under way (job 'card-fraud'): process \(first.processIdentifier) on \
                \(ProcessInfo.processInfo.hostName) holds its lock, expected one run of a job at a time. Wait until it ends, then start \
                the same command again.

                """)
        first.waitUntilExit()
        #expect(first.terminationStatus == 0)
        #expect(try bank.difference(name) == nil)
    }

    @Test("is compared cell by cell: one changed value is a difference")
    func comparison() throws {
        let bank = try KilledBank(customers: 40, days: 8, trains: false)
        let name = "edited.db"
        #expect(try bank.finish(KilledBank.arguments(name)) == 0)
        #expect(try bank.difference(name) == nil)
        try DatabaseQueue(path: bank.path(name)).write {
            try $0.execute(sql: "UPDATE pipeline_state SET data = zeroblob(length(data)) WHERE sequence = 1")
        }
        #expect(try bank.difference(name)?.hasPrefix("pipeline_state: ") == true)
    }

    /// Until the run's attempt is written: its first chunk is open then.
    private static func waitForRows(_ bank: KilledBank, _ name: String, _ process: Process) throws {
        let queue = try DatabaseQueue(path: bank.path(name))
        while process.isRunning {
            if try queue.read({ try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_attempts") }) == 1 { break }
            usleep(1_000)
        }
        try queue.close()
    }
}
