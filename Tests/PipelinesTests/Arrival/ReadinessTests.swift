import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Synchronization
import Testing

@Suite("a delivery") struct ReadinessTests {
    @Test("is read once its marker is there, whichever of the three names it has", arguments: ["a.csv.done", "a.done"])
    func marker(_ name: String) throws {
        let feed = try SmallFeed(feed: #"    ready: { marker: "*.done" }"#)
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...4))
        let failure = try #require(try feed.failure(warehouse))
        #expect(failure.kind == .tryAgain)
        #expect(
            failure.description
                == "the feed is not ready (in/a.csv): no marker in/a.csv.done or in/a.done, expected whole files, as `ready` of feed "
                + "'transactions' says. Start the same command again later; nothing was touched.")
        #expect(try feed.files(warehouse).isEmpty)
        try feed.put(name, "")
        #expect(try feed.run(warehouse).ending == .done)
        // The marker itself matches `files`, and is no delivery.
        #expect(try feed.files(warehouse) == ["in/a.csv"])
        #expect(try feed.run(warehouse).ending == .nothingNew)
    }

    @Test("would be read half by a program with that bug: these tests would see it")
    func control() throws {
        let feed = try SmallFeed(feed: #"    ready: { marker: "*.done" }"#)
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...400))
        let path = "\(feed.folder)/in/a.csv"
        var options = RunOptions(threads: 1, blockRows: 100)
        options.fault = .readsHalfFiles
        options.progress = { _ in try? Data("half".utf8).write(to: URL(fileURLWithPath: path)) }
        #expect(try feed.run(warehouse, options: options).ending == .done)
        #expect(try feed.files(warehouse) == ["in/a.csv"])
    }

    @Test("with a marker older than the file waits: the file was sent again")
    func oldMarker() throws {
        let feed = try SmallFeed(feed: #"    ready: { marker: "*.done" }"#)
        try feed.put("a.csv", SmallFeed.rows(1...4))
        try feed.put("a.done", "", at: SmallFeed.clock - .days(2))
        #expect(try feed.failure(feed.warehouse())?.found == "its marker is older than the file")
    }

    @Test("waits for one marker of its folder where the marker's name has no *")
    func folderMarker() throws {
        let feed = try SmallFeed(feed: "    ready: { marker: _SUCCESS }")
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...4))
        #expect(try feed.failure(warehouse)?.found == "no marker in/_SUCCESS")
        try feed.put("_SUCCESS", "")
        #expect(try feed.run(warehouse).ending == .done)
    }

    @Test("is read once it has not changed for long enough, by the run's clock")
    func stableFor() throws {
        let feed = try SmallFeed(feed: "    ready: { stable-for: 5m }")
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...4), at: SmallFeed.clock - .minutes(4))
        #expect(try feed.failure(warehouse)?.found == "it changed 240s ago, expected 300s without a change")
        try feed.touch("a.csv", at: SmallFeed.clock + .minutes(1))
        #expect(try feed.failure(warehouse)?.found == "it changed at 2026-02-02T12:01:00Z, after the run's clock")
        try feed.touch("a.csv", at: SmallFeed.clock - .minutes(5))
        #expect(try feed.run(warehouse).ending == .done)
    }

    @Test("holds back those after it: reading past it would make its rows late")
    func order() throws {
        let feed = try SmallFeed(feed: #"    ready: { marker: "*.done" }"#)
        let warehouse = try feed.warehouse()
        for (index, name) in ["a", "b", "c"].enumerated() { try feed.put("\(name).csv", SmallFeed.rows(1...4, day: 5 + index)) }
        try feed.put("a.done", "")
        try feed.put("c.done", "")
        let report = try feed.run(warehouse)
        #expect(try feed.files(warehouse) == ["in/a.csv"])
        #expect(report.waiting.map(\.file) == ["in/b.csv", "in/c.csv"])
        #expect(report.waiting[1].reason == "in/b.csv before it is not ready")
        #expect(try feed.failure(warehouse)?.code == "feed.not-ready")
    }

    @Test("under a name of programs that still write it is not seen, nor a file with a leading point")
    func temporaryNames() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...4))
        for name in ["b.csv.tmp", "b.csv.part", "b.csv.PARTIAL", "b.filepart", ".b.csv"] { try feed.put(name, SmallFeed.rows(5...8)) }
        #expect(try feed.run(warehouse).ending == .done)
        #expect(try feed.files(warehouse) == ["in/a.csv"])
    }

    @Test("that somebody writes to while it is read ends the run with 75, and nothing of it is kept")
    func changedWhileRead() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...400))
        let path = "\(feed.folder)/in/a.csv"
        let done = Atomic<Bool>(false)
        var options = RunOptions(threads: 1, blockRows: 100)
        options.progress = { _ in
            guard !done.exchange(true, ordering: .relaxed), let handle = FileHandle(forWritingAtPath: path) else { return }
            _ = try? handle.seekToEnd()
            try? handle.write(contentsOf: Data("401,2026-01-05 07:00:00,C1,T1,1.00\n".utf8))
            try? handle.close()
        }
        let failure = #expect(throws: Failure.self) { try feed.run(warehouse, options: options) }
        #expect(failure?.code == "feed.file-changed-while-read" && failure?.kind == .tryAgain)
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores") } == 0)
        // Whole now: the same command reads it from the start.
        let report = try feed.run(warehouse)
        #expect(report.record?.counts.accepted == 401)
        // Touched without a change: read on, as the bytes are the same.
        try feed.put("b.csv", SmallFeed.rows(500...900, day: 6))
        let other = "\(feed.folder)/in/b.csv"
        options.progress = { _ in utimes(other, nil) }
        #expect(try feed.run(warehouse, options: options).ending == .done)
    }
}
