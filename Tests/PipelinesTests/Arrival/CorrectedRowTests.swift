import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite("a corrected row") struct CorrectedRowTests {
    private static func file(_ lines: String...) -> String { ([SmallFeed.header] + lines).joined(separator: "\n") + "\n" }

    /// Features of each key's newest version.
    private func features(_ warehouse: Warehouse) throws -> [String] {
        try warehouse.read {
            try String.fetchAll($0, sql: "SELECT \"transaction\" || ' ' || hex(features) FROM bank_scores_current ORDER BY \"transaction\"")
        }
    }

    @Test("takes the place of the earlier one in the stage's windows, whatever changed in it, on any number of threads")
    func windows() throws {
        let first = "1,2026-01-05 10:00:00,C1,T1,10.00"
        let wrong = ["2,2026-01-05 11:00:00,C1,T1,20.00", "3,2026-01-05 11:30:00,C2,T2,30.00", "4,2026-01-05 12:00:00,C1,T1,5.00"]
        // Another amount; another card and terminal; another time.
        let right = ["2,2026-01-05 11:00:00,C1,T1,50.00", "3,2026-01-05 11:30:00,C1,T1,30.00", "4,2026-01-05 11:59:00,C1,T1,5.00"]
        let after = ["5,2026-01-14 10:00:00,C1,T1,1.00", "6,2026-01-14 11:00:00,C2,T2,1.00"]
        let clean = try SmallFeed()
        let other = try clean.warehouse()
        try clean.put("a.csv", ([SmallFeed.header, first] + right + after).joined(separator: "\n") + "\n")
        try clean.run(other)
        let expected = try features(other)
        for threads in 1...2 {
            let feed = try SmallFeed()
            let warehouse = try feed.warehouse()
            try feed.put("a.csv", ([SmallFeed.header, first] + wrong).joined(separator: "\n") + "\n")
            try feed.run(warehouse)
            try feed.put("a.csv", ([SmallFeed.header, first] + right).joined(separator: "\n") + "\n")
            let report = try feed.run(warehouse, at: SmallFeed.clock + .days(1), options: RunOptions(threads: threads))
            #expect(report.record?.counts.corrected == 3 && report.record?.counts.unchanged == 1)
            try feed.put("b.csv", ([SmallFeed.header] + after).joined(separator: "\n") + "\n")
            try feed.run(warehouse, at: SmallFeed.clock + .days(2), options: RunOptions(threads: threads))
            let found = try features(warehouse)
            // What came after the correction is as if the row had been right from the start.
            #expect(found.suffix(2) == expected.suffix(2))
            #expect(found.count == expected.count)
            let replay = try Replayer(warehouse: warehouse, environment: .fixed(SmallFeed.clock)).replay(
                feed.job(), asOf: SmallFeed.clock, in: feed.folder)
            // The first file was overwritten: the replay says so, and nothing else.
            #expect(replay.difference?.cause == .input)
        }
    }
}
