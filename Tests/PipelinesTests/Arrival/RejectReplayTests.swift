import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("replaying rejects") struct RejectReplayTests {
    private static let current = """
        SELECT "transaction", event_time, score, outcome, cause, record, hex(features) FROM bank_scores_current ORDER BY 1
        """

    /// Rows of cards and terminals of their own, so that none bears on another; every third has its time in another form.
    private static func rows(_ numbers: ClosedRange<Int>, day: Int) -> String {
        SmallFeed.header + "\n"
            + numbers.map { number in
                let hour = number % 24 < 10 ? "0\(number % 24)" : "\(number % 24)"
                return "\(number),2026-01-0\(day)\(number % 3 == 0 ? "T" : " ")\(hour):00:00,C\(number),T\(number),\(number).25\n"
            }.joined()
    }

    /// Takes the time in both forms.
    private static func corrected(_ text: String) -> String { text.replacing(", format: \"yyyy-MM-dd HH:mm:ss\", zone: UTC", with: "") }

    @Test("after the job file was corrected gives the current rows of a run that had it right")
    func equalsClean() throws {
        let feed = try SmallFeed(), clean = try SmallFeed(edit: Self.corrected)
        for target in [feed, clean] {
            try target.put("a.csv", Self.rows(1...60, day: 5))
            try target.put("b.csv", Self.rows(101...160, day: 6))
        }
        let warehouse = try feed.warehouse(), other = try clean.warehouse()
        #expect(try feed.run(warehouse).record?.counts.rejected == 40)
        try feed.setJob(edit: Self.corrected)
        // The planted bug: without reading them again the rows are not there.
        try clean.run(other)
        func current(_ warehouse: Warehouse) throws -> [Row] { try warehouse.read { try Row.fetchAll($0, sql: Self.current) } }
        #expect(try current(warehouse) != current(other))
        let report = try replay(feed, warehouse, at: SmallFeed.clock + .days(1))
        #expect(report.record?.counts.read == 40 && report.record?.counts.accepted == 40)
        #expect(try current(warehouse).count == 120)
        #expect(try current(warehouse) == current(other))
        // Marked with the run that took them, never deleted; a second time there is nothing left.
        let rejects = try warehouse.read { try RejectStore($0).list(run: 1) }
        #expect(rejects.count == 40 && rejects.allSatisfy { $0.replayedBy == 2 })
        #expect(try replay(feed, warehouse).ending == .nothingNew)
        #expect(try feed.run(warehouse).ending == .nothingNew)
        let history = try Replayer(warehouse: warehouse, environment: .fixed(SmallFeed.clock)).replay(
            feed.job(), asOf: .distantFuture, in: feed.folder)
        #expect(history.difference == nil && history.runs == [1, 2])
    }

    private func replay(
        _ feed: SmallFeed, _ warehouse: Warehouse, _ choice: RejectChoice = RejectChoice(), at clock: Timestamp = SmallFeed.clock
    ) throws -> RunReport {
        try Runner(warehouse: warehouse, environment: .fixed(clock), options: RunOptions(blockRows: 7))
            .replayRejects(of: feed.job(), choice)
    }

    @Test("scores a row as of its own time from what is known when it comes, however late, and flags it")
    func asOf() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        let lines = ["1,2026-01-05 10:00:00,C1,T1,10.00", "2,2026-01-05T11:00:00,C1,T1,20.00", "3,2026-01-25 12:00:00,C1,T1,40.00"]
        try feed.put("a.csv", ([SmallFeed.header] + lines).joined(separator: "\n") + "\n")
        try feed.run(warehouse)
        try feed.setJob(edit: Self.corrected)
        let report = try replay(feed, warehouse)
        #expect(report.record?.counts.late == 1 && report.record?.counts.accepted == 1)
        let clean = try SmallFeed(edit: Self.corrected)
        try clean.put("a.csv", ([SmallFeed.header] + lines).joined(separator: "\n") + "\n")
        let other = try clean.warehouse()
        try clean.run(other)
        let sql = "SELECT \"transaction\", hex(features) FROM bank_scores ORDER BY 1"
        let (left, right) = try (warehouse.read { try Row.fetchAll($0, sql: sql) }, other.read { try Row.fetchAll($0, sql: sql) })
        // The row itself knows what a clean run would have known; the one after it was scored without it, and stays so.
        #expect(left[0] == right[0] && left[1] == right[1] && left[2] != right[2])
    }

    @Test("by a job that cuts the file into other records finds them by their offset")
    func otherQuotes() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        // One open quote takes the rest of the file with it.
        var lines = SmallFeed.rows(1...40).split(separator: "\n").map(String.init)
        lines[10] = lines[10].replacing(",C", with: ",\"C")
        try feed.put("a.csv", lines.joined(separator: "\n") + "\n")
        #expect(try feed.run(warehouse).record?.counts.accepted == 9)
        _ = try RunSettlement(warehouse: warehouse, environment: .fixed(SmallFeed.clock)).accept(1)
        try feed.setJob(feed: "    quote: \"\"")
        #expect(try replay(feed, warehouse).ending == .nothingNew)
        let report = try replay(feed, warehouse, RejectChoice(codes: [.malformed]))
        #expect(report.record?.counts.accepted == 31)
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores_current") } == 40)
    }

    @Test("leaves rows out whose key has come meanwhile, and rejects again what still cannot be read")
    func meanwhile() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        let lines = ["3,2026-01-05T10:00:00,C1,T1,3.00", "4,2026-01-05T11:00:00,C1,T1,4.00", "5,2026-01-05T12:00:00,C1,T1,five"]
        try feed.put("a.csv", ([SmallFeed.header] + lines).joined(separator: "\n") + "\n")
        #expect(try feed.run(warehouse).ending == .held)
        _ = try RunSettlement(warehouse: warehouse, environment: .fixed(SmallFeed.clock)).accept(1)
        try feed.put("b.csv", SmallFeed.header + "\n3,2026-01-05 10:00:00,C1,T1,33.00\n")
        try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        try feed.setJob(edit: Self.corrected)
        let report = try replay(feed, warehouse, at: SmallFeed.clock + .days(2))
        #expect(report.ending == .done)
        let counts = try #require(report.record?.counts)
        #expect(counts.read == 3 && counts.unchanged == 1 && counts.rejected == 1)
        let current = try warehouse.read { try Int.fetchAll($0, sql: "SELECT \"transaction\" FROM bank_scores_current ORDER BY 1") }
        #expect(current == [3, 4])
        #expect(try warehouse.read { try RejectStore($0).list(run: 3) }.map(\.reject.found) == ["five"])
    }

    @Test("is refused when the file has other bytes by now")
    func changed() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...10).replacing("3,3.50", with: "3,three"))
        try feed.run(warehouse)
        try feed.put("a.csv", SmallFeed.rows(1...10))
        let failure = #expect(throws: Failure.self) { try replay(feed, warehouse) }
        #expect(
            failure?.description
                == "a file with rejected rows is not what it was (in/a.csv): other bytes, or no file, expected the file that run 1 read. Put "
                + "it back; or let the corrected file come as a new delivery: its rows are compared by key.")
    }
}
