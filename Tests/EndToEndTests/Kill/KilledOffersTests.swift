import Foundation
import GRDB
import Testing

/// SIGKILL to a run that laid offers out anew for what a merchandiser decided.
@Suite("KilledOffers: a run for decisions that is killed", .serialized)
struct KilledOffersTests {
    private static let database = "decided.db"
    private static let clock = "2026-03-10T03:00:00Z"

    /// A simulated shop whose offers were made once, with three questions decided in the queue since.
    private final class Shop {
        let program: ShippedProgram
        init() throws {
            program = try ShippedProgram()
            let made = try program.run(
                "simulate", "recommendations", "--customers", "700", "--articles", "80", "--days", "60", "--start", "2026-01-01", "--out",
                "data")
            #expect(made.code == 0, "\(made.errors)")
            let job = try String(contentsOf: ShippedProgram.root.appendingPathComponent("jobs/recommendations.yaml"), encoding: .utf8)
                .replacing("../sample-data/recommendations/", with: "data/")
                .replacing("horizon: 14 ", with: "family: ease\n      calibrate: false\n      horizon: 14 ")
            try job.write(to: program.folder.appendingPathComponent("job.yaml"), atomically: true, encoding: .utf8)
            let first = try program.run("run", "job.yaml", "--database", "first.db", "--clock", "2026-03-09T03:00:00Z", "--quiet")
            #expect(first.code == 0, "\(first.errors)")
            for (item, outcome) in try zip(items(), ["block", "pin", "boost"]) {
                let decided = try program.run(
                    "review", "decide", "\(item)", outcome, "--reason", "seen", "--database", "first.db", "--clock", "2026-03-09T10:00:00Z")
                #expect(decided.code == 0, "\(decided.errors)")
            }
            try copy("first.db", to: KilledOffersTests.database)
        }

        deinit { program.remove() }

        /// Items of the queue that ask about an article.
        private func items() throws -> [Int64] {
            try DatabaseQueue(path: path("first.db")).read {
                try Int64.fetchAll(
                    $0, sql: "SELECT id FROM pipeline_review_items WHERE kind = 'row' AND fields LIKE '%\"item\"%' ORDER BY id LIMIT 3")
            }
        }

        func path(_ name: String) -> String { program.folder.appendingPathComponent(name).path }

        /// SQLite's own copy: what stands in the write-ahead log comes with it.
        func copy(_ name: String, to copy: String) throws {
            try DatabaseQueue(path: path(name)).inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [path(copy)]) }
        }

        func remove(_ name: String) {
            for end in ["", "-wal", "-shm", ".recommendations.lock"] { try? FileManager.default.removeItem(atPath: path(name) + end) }
        }

        func arguments(_ database: String) -> [String] {
            ["run", "job.yaml", "--database", database, "--clock", KilledOffersTests.clock, "--threads", "2", "--quiet"]
        }

        private func size(_ name: String) -> Int {
            ["", "-wal"].reduce(0) { sum, end in
                var status = stat()
                return stat(path(name) + end, &status) == 0 ? sum + Int(status.st_size) : sum
            }
        }

        /// Kills a run once it has written so many bytes and a time has passed; whether the kill came before its end. `largest` is what an
        /// undisturbed one writes.
        func killed(_ database: String, afterBytes bytes: Int, thenMicroseconds wait: UInt32) throws -> (hit: Bool, largest: Int) {
            let from = size(database), process = Process()
            process.executableURL = ShippedProgram.products.appendingPathComponent("pipeline")
            process.arguments = arguments(database)
            process.currentDirectoryURL = program.folder
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            var largest = 0
            while process.isRunning, largest < bytes {
                largest = max(largest, size(database) - from)
                usleep(300)
            }
            if wait > 0 { usleep(wait) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            return (process.terminationReason == .uncaughtSignal, largest)
        }
    }

    private func runs(_ path: String) throws -> (count: Int, words: [String], versions: Int) {
        try DatabaseQueue(path: path).read {
            (
                try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_runs WHERE status = 'done'") ?? 0,
                try String.fetchAll($0, sql: "SELECT outcome FROM pipeline_decisions ORDER BY id"),
                try Int.fetchOne($0, sql: "SELECT count(*) FROM offers WHERE run = 2") ?? 0
            )
        }
    }

    @Test("between its decisions and its results, or in the midst of these, ends as an undisturbed one once the command is given again")
    func killed() throws {
        let shop = try Shop()
        try shop.copy(Self.database, to: "whole.db")
        let written = try shop.killed("whole.db", afterBytes: .max, thenMicroseconds: 0).largest
        let whole = try runs(shop.path("whole.db"))
        #expect(whole.count == 2 && whole.words == ["block", "pin", "boost"] && whole.versions > 0)
        var hits = 0, inTheMidst = 0
        // By time: the run is begun and its decisions are heard, no result is written yet. By bytes: some of its chunks are.
        let points: [(bytes: Int, wait: UInt32)] =
            [50_000, 120_000, 250_000, 400_000].map { (1, $0) } + [0.3, 0.5, 0.7, 0.9].map { (Int($0 * Double(written)), 0) }
        for (number, point) in points.enumerated() {
            let name = "killed-\(number).db"
            try shop.copy(Self.database, to: name)
            defer { shop.remove(name) }
            if try shop.killed(name, afterBytes: point.bytes, thenMicroseconds: point.wait).hit {
                hits += 1
                let half = try DatabaseQueue(path: shop.path(name)).read {
                    try String.fetchOne($0, sql: "SELECT status FROM pipeline_runs WHERE id = 2")
                }
                if half == "running" { inTheMidst += 1 }
            }
            let again = try shop.program.run(arguments: shop.arguments(name))
            let difference = try WarehouseComparison.firstDifference(shop.path("whole.db"), shop.path(name))
            #expect(again.code == 0 && difference == nil, "\(point): exit \(again.code), \(again.errors)\(difference ?? "equal")")
        }
        #expect(hits >= 4 && inTheMidst >= 2, "\(hits) kills came before the end, \(inTheMidst) of them between begin and end")
        // And it is done then: the same command has nothing more to do.
        let third = try shop.program.run(
            "run", "job.yaml", "--database", "whole.db", "--clock", "2026-03-11T03:00:00Z", "--format", "json")
        #expect(third.code == 0 && third.output.contains("nothing-new"))
        // The control: with one word less, the results are others.
        try shop.copy(Self.database, to: "less.db")
        try DatabaseQueue(path: shop.path("less.db")).inDatabase {
            try $0.execute(sql: "PRAGMA foreign_keys = OFF; DELETE FROM pipeline_decisions WHERE outcome = 'block'")
        }
        #expect(try shop.program.run(arguments: shop.arguments("less.db")).code == 0)
        #expect(try WarehouseComparison.firstDifference(shop.path("whole.db"), shop.path("less.db")) != nil)
    }
}
