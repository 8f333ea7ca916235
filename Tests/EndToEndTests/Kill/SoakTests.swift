import Foundation
import GRDB
import PipelineTesting
import Synchronization
import Testing

/// What goes on for a long time in `make soak`, and for a short one in every test run.
@Suite("Soak", .serialized)
struct SoakTests {
    /// Kills, starts at once, and seconds of reading that `make soak` asks for.
    private static func wanted(_ name: String, otherwise few: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? few
    }

    @Test("a run killed at random moments, again and again until it ends, ends with the same database")
    func kills() throws {
        let bank = try KilledBank.shared.get()
        let wanted = Self.wanted("PIPELINE_SOAK_KILLS", otherwise: 8)
        var random = SeededGenerator(seed: 20_261_129), kills = 0, round = 0
        while kills < wanted {
            round += 1
            let name = try bank.fresh("soak-\(round).db")
            defer { bank.remove(name) }
            let arguments = KilledBank.arguments(name)
            // A run that is killed too early each time would never end: half of the kills come late.
            while kills < wanted,
                try bank.killed(arguments, database: name, thenMicroseconds: UInt32.random(in: 1...1_500_000, using: &random))
            {
                kills += 1
            }
            let code = try bank.finish(arguments), difference = try bank.difference(name)
            #expect(code == 0 && difference == nil, "round \(round), \(kills) kills: exit \(code), \(difference ?? "equal")")
        }
    }

    @Test("of two starts at once one works, and the other exits with 75 or finds nothing new")
    func races() throws {
        let bank = try KilledBank(customers: 40, days: 8, trains: false)
        var refused = 0
        for race in 0..<Self.wanted("PIPELINE_SOAK_RACES", otherwise: 12) {
            let name = "race-\(race).db"
            defer { bank.remove(name) }
            let both = try [bank.start(KilledBank.arguments(name)), bank.start(KilledBank.arguments(name))]
            for process in both { process.waitUntilExit() }
            let codes = both.map(\.terminationStatus).sorted()
            #expect(codes == [0, 75] || codes == [0, 0], "race \(race): \(codes)")
            refused += codes == [0, 75] ? 1 : 0
            #expect(try bank.difference(name) == nil, "race \(race)")
        }
        #expect(refused > 0)
    }

    @Test("a process that was stopped keeps its lock, and goes on unharmed")
    func stopped() throws {
        let bank = try KilledBank.shared.get()
        let name = try bank.fresh("stopped.db")
        defer { bank.remove(name) }
        let process = try bank.start(KilledBank.arguments(name))
        // On a busy machine the program may be slow to begin: it is stopped once the lock says that it holds it.
        let lock = bank.path(name) + ".card-fraud.lock", holder = "process \(process.processIdentifier) "
        while process.isRunning, (try? String(contentsOfFile: lock, encoding: .utf8))?.hasPrefix(holder) != true { usleep(500) }
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGSTOP)
        let second = try bank.program.run(arguments: KilledBank.arguments(name))
        kill(process.processIdentifier, SIGCONT)
        #expect(second.code == 75 && second.errors.contains(holder), "\(second.errors)")
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try bank.difference(name) == nil)
    }

    @Test("eight readers beside a run never find the database locked")
    func readers() throws {
        let bank = try KilledBank.shared.get()
        let seconds = Double(Self.wanted("PIPELINE_SOAK_SECONDS", otherwise: 0)), begun = ContinuousClock.now
        var round = 0
        repeat {
            round += 1
            let name = try bank.fresh("read-\(round).db")
            defer { bank.remove(name) }
            let (path, tally, ended) = (bank.path(name), Tally(), DispatchGroup())
            for reader in 0..<8 {
                ended.enter()
                Thread.detachNewThread {
                    Self.read(path, reader: reader, tally)
                    ended.leave()
                }
            }
            let code = try bank.finish(KilledBank.arguments(name))
            tally.isOver.store(true, ordering: .relaxed)
            ended.wait()
            #expect(code == 0)
            #expect(tally.reads.load(ordering: .relaxed) > 8)
            #expect(tally.failures.withLock { $0 } == [])
            #expect(try bank.difference(name) == nil)
        } while ContinuousClock.now - begun < .seconds(seconds)
    }

    private final class Tally: Sendable {
        let isOver = Atomic(false)
        let reads = Atomic(0)
        let failures = Mutex<[String]>([])
    }

    /// Reads until the run is over. A reader waits where the log is being opened or folded back, as SQLite asks; ten seconds is far more.
    private static func read(_ path: String, reader: Int, _ tally: Tally) {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            repeat {
                let table = reader % 2 == 0 ? "pipeline_runs" : "pipeline_review_items"
                _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
                tally.reads.add(1, ordering: .relaxed)
                usleep(5_000)
            } while !tally.isOver.load(ordering: .relaxed)
            try queue.close()
        } catch {
            tally.failures.withLock { $0.append("\(error)") }
        }
    }
}
