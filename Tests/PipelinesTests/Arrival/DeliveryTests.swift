import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

/// What a feed expects of its deliveries: control figures, times, sizes, names, corrections.
@Suite("a feed's deliveries") struct DeliveryTests {
    private static func day(_ day: Int, _ hour: Int = 1) -> Timestamp { Timestamp(.init(year: 2026, month: 3, day: day, hour: hour)) }

    // MARK: Control figures

    @Test("whose manifest states other figures are flagged, with both, and read all the same")
    func manifest() throws {
        let feed = try SmallFeed(
            feed: #"    control: { manifest: "*.ctl", rows: rows, sum: { column: amount, of: total }, sha256: digest }"#)
        let warehouse = try feed.warehouse()
        let content = SmallFeed.rows(1...4)
        let digest = FeedDigest(of: content.utf8).hex
        try feed.put("a.csv", content)
        try feed.put("a.ctl", "name;rows;total;digest\nb.csv;9;9;9\na.csv;4;12.0;\(digest.uppercased())\n")
        #expect(try feed.run(warehouse).record?.counts.accepted == 4)
        #expect(try feed.items(warehouse).isEmpty)
        try feed.put("b.csv", SmallFeed.rows(5...8, day: 6))
        try feed.put("b.ctl", "rows,total,digest\n5,28.00,\(digest)\n")
        let report = try feed.run(warehouse)
        #expect(report.ending == .done && report.record?.counts.accepted == 4)
        let item = try #require(try warehouse.read { try ReviewStore($0).list(now: SmallFeed.clock) }.first?.item)
        #expect(item.kind == .control && item.queue == "deliveries" && item.run == 0)
        #expect(item.reasons.count == 3)
        #expect(item.reasons[0] == "in/b.ctl: rows: 5 stated, 4 found")
        #expect(item.reasons[1].hasPrefix("in/b.ctl: sha256: \(digest) stated, "))
        #expect(item.reasons[2] == "the file is read all the same")
    }

    @Test("in the last line are compared by position, which is no row", arguments: [("12.00", 0), ("12.01", 1)])
    func trailer(_ sum: String, _ flagged: Int) throws {
        let feed = try SmallFeed(
            feed: "    trailer: \"T,\"\n    control: { trailer: true, rows: 2, sum: { column: amount, of: 3 } }")
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...4) + "T,4,\(sum)\n")
        #expect(try feed.run(warehouse).record?.counts.read == 4)
        #expect(try feed.items(warehouse).count == flagged)
        guard flagged > 0 else { return }
        let item = try #require(try warehouse.read { try ReviewStore($0).list(now: SmallFeed.clock) }.first?.item)
        #expect(item.reasons[0] == "in/a.csv: sum of amount: 12.01 stated, 12.00 found")
        #expect(item.evidence[0].rows.map { $0[4] } == ["4", "12.00"])
    }

    @Test("hold the run where the job says so, and a missing manifest is a figure not stated")
    func held() throws {
        let feed = try SmallFeed(feed: #"    control: { manifest: "*.ctl", rows: rows, on-mismatch: hold }"#)
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...4))
        let report = try feed.run(warehouse)
        #expect(report.ending == .held && report.holdReasons == [.control("in/a.csv")])
        #expect(
            report.holdReasons[0].failure(of: try #require(report.record)).description
                == "control figures do not agree; run 1 of 'bank' is held (in/a.csv): figures that the file's rows do not give, expected "
                + "the figures it states. `pipeline review list --kind control` shows them. Then `pipeline runs accept 1` or `pipeline runs "
                + "discard 1`.")
        // The item is visible although its run is held, the rows are not.
        #expect(try feed.items(warehouse).count == 1)
        #expect(
            try warehouse.read { try ReviewStore($0).list(now: SmallFeed.clock) }.map(\.item.reasons[0]) == [
                "in/a.csv.ctl: rows: not stated, 4 found"
            ])
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores_current") } == 0)
    }

    // MARK: Time

    @Test("that are missing on a business day open an item once, and not on a weekend or a holiday")
    func missing() throws {
        let feed = try SmallFeed(feed: #"    expect: { every: business-day, by: "02:00" }"#) {
            $0.replacing("job: bank\n", with: "job: bank\ncalendar: { zone: Europe/Berlin, holidays: holidays.csv }\n")
        }
        try "date,name\n2026-03-04,made up\n".write(toFile: "\(feed.folder)/holidays.csv", atomically: true, encoding: .utf8)
        let warehouse = try feed.warehouse()
        // Monday; due at 02:00 in Berlin, 01:00 in UTC.
        try feed.put("a.csv", SmallFeed.rows(1...4), at: Self.day(2, 0))
        try feed.run(warehouse, at: Self.day(2, 3))
        #expect(try feed.run(warehouse, at: Self.day(3, 0)).notes.isEmpty)
        let report = try feed.run(warehouse, at: Self.day(3, 3))
        #expect(report.ending == .nothingNew)
        #expect(report.notes == ["feed 'transactions' has no delivery for 2026-03-03, due at 2026-03-03T01:00:00Z"])
        try feed.run(warehouse, at: Self.day(3, 9))
        try feed.run(warehouse, at: Self.day(4, 9))
        #expect(try feed.items(warehouse) == ["delivery missing transactions/missing/2026-03-03"])
        // Thursday and Friday are missing on Sunday; Wednesday is a holiday.
        let status = try #require(try warehouse.read { try JobStatus.all(in: $0, now: Self.day(8)) }.first)
        #expect(status.missing.map(\.period) == ["2026-03-03", "2026-03-05", "2026-03-06"])
        #expect(status.next?.period == "2026-03-09" && status.next?.due == Self.day(9, 1))
        #expect(status.needsPerson)
    }

    @Test("with far fewer rows than on the same weekdays before are short, by half their median or by `at-least`")
    func short() throws {
        let feed = try SmallFeed(feed: #"    expect: { every: day, by: "02:00" }"#)
        let warehouse = try feed.warehouse()
        // Four weeks of Mondays with 100 rows, and Tuesdays with 10.
        for week in 0..<4 {
            for (offset, count) in [(0, 100), (1, 10)] {
                let number = week * 1_000 + offset * 500 + 1
                let day = 5 + week * 7 + offset
                let time = Timestamp(.init(year: 2026, month: 1, day: day, hour: 1))
                try feed.put("d-2026-01-0\(week)\(offset).csv", SmallFeed.rows(number...number + count - 1, day: day), at: time)
                try feed.run(warehouse, at: time)
            }
        }
        #expect(try feed.items(warehouse).allSatisfy { !$0.contains("short") })
        let monday = Timestamp(.init(year: 2026, month: 2, day: 2, hour: 1)), tuesday = monday + .days(1)
        try feed.put("d-2026-02-02.csv", SmallFeed.rows(9_001...9_049, day: 29), at: monday)
        #expect(
            try feed.run(warehouse, at: monday).notes.contains("in/d-2026-02-02.csv has 49 rows, expected at least 50 (half the usual)"))
        try feed.put("d-2026-02-03.csv", SmallFeed.rows(9_101...9_110, day: 30), at: tuesday)
        #expect(try feed.run(warehouse, at: tuesday).notes.allSatisfy { !$0.contains("expected at least") })
    }

    @Test("that come twice, under another name or with the same rows and sum, or under a name of another form, are flagged")
    func doubles() throws {
        let feed = try SmallFeed(feed: #"    expect: { every: day, by: "23:59", at-least: 1 }"#)
        let warehouse = try feed.warehouse()
        for day in 1...3 {
            try feed.put("d-0\(day).csv", SmallFeed.rows(day * 10...day * 10 + 3, day: day), at: Self.day(day))
            try feed.run(warehouse, at: Self.day(day))
        }
        try feed.put("d-04.csv", SmallFeed.rows(30...33, day: 3), at: Self.day(4))
        #expect(try feed.run(warehouse, at: Self.day(4)).ending == .nothingNew)
        try feed.put("x-05.csv", SmallFeed.rows(30...33, day: 3) + "\n", at: Self.day(5))
        #expect(try feed.run(warehouse, at: Self.day(5)).record?.counts.unchanged == 4)
        let causes = try feed.items(warehouse).map { $0.split(separator: " ")[1] }
        #expect(causes.filter { $0 == "duplicate" }.count == 2 && causes.filter { $0 == "renamed" }.count == 1)
        let again = try feed.items(warehouse)
        try feed.run(warehouse, at: Self.day(5))
        #expect(try feed.items(warehouse) == again)
    }

    // MARK: Corrections

    @Test("that come again changed are compared by key: new versions, unchanged ones counted, missing rows reported and kept")
    func corrected() throws {
        let feed = try SmallFeed()
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...6))
        try feed.put("b.csv", SmallFeed.rows(11...13, day: 6))
        try feed.run(warehouse)
        let changed =
            SmallFeed.rows(1...6).split(separator: "\n").filter { !$0.hasPrefix("2,") && !$0.hasPrefix("6,") }
            .joined(separator: "\n").replacing("3,3.50", with: "3,300.50") + "\n"
        try feed.put("a.csv", changed)
        let report = try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        let counts = try #require(report.record?.counts)
        #expect(counts.read == 4 && counts.unchanged == 3 && counts.corrected == 1)
        let item = try #require(try warehouse.read { try ReviewStore($0).list(kind: .delivery, now: SmallFeed.clock) }.first?.item)
        #expect(item.cause == "rows-missing" && item.reasons[0] == "2 rows of the earlier in/a.csv are not in the one that came now")
        #expect(item.evidence[0].rows == [["2"], ["6"]])
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bank_scores_current") } == 9)
    }

    // MARK: Decisions

    @Test("are decided in the same queue: wait leaves the item open, and no decision is a label")
    func decisions() throws {
        let feed = try SmallFeed(feed: #"    control: { manifest: "*.ctl", rows: rows }"#)
        let warehouse = try feed.warehouse()
        try feed.put("a.csv", SmallFeed.rows(1...4))
        try feed.run(warehouse)
        let queue = ReviewQueue(warehouse), ann = ReviewPerson(actor: "ann", host: "desk")
        let id = try #require(try warehouse.read { try ReviewStore($0).list(now: SmallFeed.clock) }.first?.item.id)
        func decide(_ outcome: String, _ minute: Int64) throws -> ReviewEntry {
            try queue.decide(
                id, outcome: outcome, isPositive: true, reason: "asked the sender", by: ann, now: SmallFeed.clock + .minutes(minute),
                outcomes: ReviewChoices.ofDelivery.outcomes)
        }
        let waiting = try decide("wait", 1)
        #expect(waiting.state.decision == nil && waiting.state.putOff?.outcome == "wait")
        #expect(try warehouse.read { try ReviewStore($0).list(now: SmallFeed.clock) }.count == 1)
        let decided = try decide("accept", 2)
        #expect(decided.state.decision?.outcome == "accept" && decided.decisions.last?.supersedes == decided.decisions.first?.id)
        #expect(try warehouse.read { try ReviewStore($0).list(now: SmallFeed.clock) }.isEmpty)
        #expect(throws: Failure.self) { try decide("reject", 3) }
        #expect(try warehouse.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pipeline_labels") } == 0)
        #expect(try warehouse.read { try AuditChain($0).verify() }.decisions == 2)
    }
}

/// Figures that stand in the document itself.
@Suite("an XML document's control figures") struct DocumentFiguresTests {
    private static func document(_ rows: Int, stated: Int, sum: String) -> String {
        "<Doc><Hdr><N>\(stated)</N><Sum>\(sum)</Sum></Hdr>"
            + (1...rows).map { "<Ntry><Id>\($0)</Id><T>2026-01-05T10:0\($0):00Z</T><C>C1</C><S>T1</S><A>\($0).50</A></Ntry>" }.joined()
            + "</Doc>"
    }

    private static func xml(_ job: String) -> String {
        job.replacing("format: csv", with: "format: xml\n    rows: Doc/Ntry").replacing("TRANSACTION_ID", with: "Id")
            .replacing(", format: \"yyyy-MM-dd HH:mm:ss\", zone: UTC", with: "").replacing("TX_DATETIME", with: "T")
            .replacing("CUSTOMER_ID", with: "C").replacing("TERMINAL_ID", with: "S").replacing("TX_AMOUNT", with: "A")
    }

    @Test("are compared by paths from the record, and flagged where they differ")
    func figures() throws {
        let feed = try SmallFeed(
            feed: "    control: { rows: ../Hdr/N, sum: { column: amount, of: ../Hdr/Sum } }", edit: Self.xml)
        let warehouse = try feed.warehouse()
        try feed.put("a.xml", Self.document(3, stated: 3, sum: "7.5"))
        #expect(try feed.run(warehouse).record?.counts.accepted == 3)
        #expect(try feed.items(warehouse).isEmpty)
        try feed.put("b.xml", Self.document(2, stated: 3, sum: "4.00"))
        try feed.run(warehouse, at: SmallFeed.clock + .days(1))
        let items = try warehouse.read { try ReviewStore($0).list(kind: .control, now: SmallFeed.clock) }
        #expect(items.map(\.item.reasons) == [["in/b.xml: rows: 3 stated, 2 found", "the file is read all the same"]])
    }
}
