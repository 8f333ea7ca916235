import Foundation
import GRDB
import Testing

/// The shipped run on a file system of our own that fails below SQLite, at each write, sync, truncation and removal of a small run.
@Suite("A file system that fails", .serialized)
struct FaultyFileTests {
    private static let isWhole = KilledBank.isWhole

    /// A bank whose run is small enough to be cut at every operation.
    private func bank() throws -> KilledBank { try KilledBank(customers: 30, days: 6, trains: false) }

    private func run(_ bank: KilledBank, _ database: String, _ mode: String, at operation: Int) throws -> (code: Int32, text: String) {
        let process = Process(), output = Pipe()
        process.executableURL = ShippedProgram.products.appendingPathComponent("pipeline-faulty")
        process.arguments = try bank.faultyArguments(database, mode: mode, at: operation)
        process.currentDirectoryURL = bank.program.folder
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus,
            String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }

    /// Operations of the run, and those at which this test fails: all of them, or some spread over the run.
    private func points(_ bank: KilledBank, _ count: Int) throws -> [Int] {
        let (code, text) = try run(bank, "counted.db", "count", at: 0)
        #expect(code == 0)
        #expect(try bank.difference("counted.db") == nil)
        bank.remove("counted.db")
        let operations = try #require(Int(text))
        #expect(operations > 50)
        guard !Self.isWhole, operations > count else { return Array(1...operations) }
        return (0..<count).map { 1 + $0 * (operations - 1) / (count - 1) }
    }

    @Test(
        "leaves a database from which the same command ends as an undisturbed run",
        arguments: ["cut", "torn", "power"])
    func dies(_ mode: String) throws {
        let bank = try bank()
        for operation in try points(bank, 14) {
            let name = "\(mode)-\(operation).db"
            defer { bank.remove(name) }
            let (code, _) = try run(bank, name, mode, at: operation)
            #expect(code == -SIGKILL || code == 0, "\(mode) at \(operation): exit \(code)")
            let again = try bank.finish(KilledBank.arguments(name)), difference = try bank.difference(name)
            #expect(again == 0 && difference == nil, "\(mode) at \(operation): exit \(again), \(difference ?? "equal")")
        }
    }

    @Test("that is full ends the run with exit 75 and a message, and with room again the same command ends as an undisturbed run")
    func full() throws {
        let bank = try bank()
        var refused = 0
        for operation in try points(bank, 10) {
            let name = "full-\(operation).db"
            defer { bank.remove(name) }
            let (code, _) = try run(bank, name, "full", at: operation)
            // The last writes fold the log back, which a run can do without.
            #expect(code == 75 || code == 0, "full from \(operation) on: exit \(code)")
            refused += code == 75 ? 1 : 0
            let again = try bank.finish(KilledBank.arguments(name)), difference = try bank.difference(name)
            #expect(again == 0 && difference == nil, "full from \(operation) on: exit \(again), \(difference ?? "equal")")
        }
        #expect(refused > 3)
    }

    /// What looks for damage, by the exit code of each.
    private func isFound(_ bank: KilledBank, _ name: String) throws -> Bool {
        for check in [
            ["doctor", "--thorough", "--quiet"], ["audit", "verify", "--quiet"],
            ["replay", "job.yaml", "--as-of", KilledBank.clock, "--quiet"],
        ] where try bank.program.run(arguments: check + ["--database", name]).code != 0 {
            return true
        }
        return false
    }

    @Test(
        "that lies about a sync, flips a bit or tears a page unnoticed leaves what an undisturbed run leaves, or damage that is found; a backup in its place goes on",
        arguments: ["lost", "flipped", "halved"])
    func damages(_ mode: String) throws {
        let bank = try bank()
        #expect(try bank.program.run("backup", "--to", "good.backup", "--database", bank.undisturbed).code == 0)
        var damaged = 0
        for operation in try points(bank, 10) {
            let name = "\(mode)-\(operation).db"
            defer { bank.remove(name) }
            _ = try run(bank, name, mode, at: operation)
            let again = try bank.finish(KilledBank.arguments(name))
            // A file that SQLite cannot read has no cells to compare.
            let difference: String?
            do { difference = try bank.difference(name) } catch { difference = "\(error)" }
            if again == 0, difference == nil { continue }
            damaged += 1
            #expect(try again != 0 || isFound(bank, name), "\(mode) at \(operation): \(difference ?? "equal") and nothing noticed")
            let restored = try bank.program.run("restore", "good.backup", "--force", "--database", name)
            let (after, left) = (try bank.finish(KilledBank.arguments(name)), try bank.difference(name))
            #expect(restored.code == 0 && after == 0 && left == nil, "\(mode) at \(operation): \(restored.errors) \(after) \(left ?? "")")
        }
        // The faults are real: without them nothing would be damaged.
        if mode != "lost" { #expect(damaged > 0) }
    }
}
