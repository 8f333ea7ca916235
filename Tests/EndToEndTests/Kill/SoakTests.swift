import Foundation
import GRDB
import PipelineTesting
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
        usleep(200_000)
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGSTOP)
        let second = try bank.program.run(arguments: KilledBank.arguments(name))
        kill(process.processIdentifier, SIGCONT)
        #expect(second.code == 75 && second.errors.contains("process \(process.processIdentifier) "), "\(second.errors)")
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try bank.difference(name) == nil)
    }

    @Test("eight readers beside a run never find the database locked")
    func readers() async throws {
        let bank = try KilledBank.shared.get()
        let seconds = Double(Self.wanted("PIPELINE_SOAK_SECONDS", otherwise: 0)), begun = ContinuousClock.now
        var round = 0
        repeat {
            round += 1
            let name = try bank.fresh("read-\(round).db"), path = bank.path(name)
            defer { bank.remove(name) }
            let process = try bank.start(KilledBank.arguments(name))
            let reads = try await withThrowingTaskGroup(of: Int.self) { group in
                for reader in 0..<8 {
                    group.addTask {
                        // No time to wait for a lock: whoever had to would fail.
                        var configuration = Configuration()
                        configuration.readonly = true
                        configuration.busyMode = .immediateError
                        let queue = try DatabaseQueue(path: path, configuration: configuration)
                        var reads = 0
                        while process.isRunning {
                            _ = try await queue.read {
                                try Int.fetchOne(
                                    $0,
                                    sql: reader % 2 == 0
                                        ? "SELECT count(*) FROM pipeline_runs" : "SELECT count(*) FROM pipeline_review_items")
                            }
                            reads += 1
                            try await Task.sleep(for: .milliseconds(5))
                        }
                        try queue.close()
                        return reads
                    }
                }
                return try await group.reduce(0, +)
            }
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            #expect(reads > 8)
            #expect(try bank.difference(name) == nil)
        } while ContinuousClock.now - begun < .seconds(seconds)
    }
}
