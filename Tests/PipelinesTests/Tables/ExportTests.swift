import Connectors
import Foundation
import GRDB
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("an export") struct ExportTests {
    private func text(_ fixture: StatementFixture, _ name: String) throws -> String {
        try String(contentsOfFile: "\(fixture.folder)/\(name)", encoding: .utf8)
    }

    private func export(
        _ fixture: StatementFixture, _ warehouse: Warehouse, _ table: String?, to name: String, force: Bool = false,
        _ edit: (inout TableExport) -> Void = { _ in }
    ) throws -> TableExport.Report {
        var export = TableExport(table: table, job: "statements")
        edit(&export)
        return try export.write(to: "\(fixture.folder)/\(name)", overwrites: force, from: warehouse)
    }

    @Test("writes the newest rows in the order of their key, money with decimals, times in the zone asked for")
    func csv() throws {
        let fixture = try StatementFixture(days: 1, entries: 3)
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        let report = try export(fixture, warehouse, "statement_entries", to: "a.csv") { $0.zone = "Asia/Tokyo" }
        #expect(report.rows == 3 && report.lacking == 0 && report.guarded == 0)
        #expect(
            try text(fixture, "a.csv") == """
                statement,reference,amount,booked,note,version,run,file,row\r
                S1,R1-1,1.11,2026-05-01T20:00:00+09:00,,1,1,statements/day-1.xml,1\r
                S1,R1-2,2.12,2026-05-01T21:00:00+09:00,,1,1,statements/day-1.xml,2\r
                S1,R1-3,3.13,2026-05-01T22:00:00+09:00,note 3,1,1,statements/day-1.xml,3\r

                """)
        _ = try export(fixture, warehouse, "statement_balances_current", to: "b.jsonl") {
            ($0.format, $0.columns) = (.jsonl, ["kind", "amount"])
        }
        #expect(try text(fixture, "b.jsonl") == "{\"kind\":\"CLBD\",\"amount\":201.50}\n{\"kind\":\"OPBD\",\"amount\":100.00}\n")
        _ = try export(fixture, warehouse, "statement_entries", to: "c.json") {
            ($0.format, $0.columns) = (.json, ["booked", "note", "run"])
        }
        let json = try JSONSerialization.jsonObject(with: Data(text(fixture, "c.json").utf8)) as? [[String: Any]]
        #expect(json?.count == 3 && json?[2]["note"] as? String == "note 3" && json?[0]["note"] is NSNull && json?[0]["run"] as? Int == 1)
        #expect(json?.first?["booked"] as? String == "2026-05-01T11:00:00Z")
    }

    @Test("of a run, and as of a time, gives what was known then")
    func selections() throws {
        let fixture = try StatementFixture(days: 1, entries: 20)
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        try fixture.write(day: 1, entries: 22, name: "again") { $0 == 5 ? "0.05" : nil }
        _ = try fixture.run(warehouse, at: StatementFixture.clock + .days(1))
        func amounts(_ selection: TableExport.Selection, _ name: String) throws -> [String] {
            _ = try export(fixture, warehouse, "statement_entries", to: name) {
                ($0.selection, $0.columns) = (selection, ["reference", "amount"])
            }
            return try text(fixture, name).split(whereSeparator: \.isNewline).map(String.init)
        }
        let now = try amounts(.current, "now.csv"), then = try amounts(.asOf(StatementFixture.clock), "then.csv")
        #expect(now.count == 23 && now.contains("R1-5,0.05"))
        #expect(then.count == 21 && then.contains("R1-5,5.15") && !then.contains("R1-5,0.05"))
        #expect(try amounts(.run(2), "run.csv") == ["reference,amount", "R1-21,21.31", "R1-22,22.32", "R1-5,0.05"])
        #expect(try amounts(.current, "again.csv") == now)
    }

    @Test("read again by a job over the file gives the same rows")
    func roundTrip() throws {
        let fixture = try StatementFixture(days: 2, entries: 120) { $0 }
        let notes: [String] = ["=1+1", "said \"no\", twice", "two\nlines", "高橋", "-", ""]
        let extra: String = notes.enumerated().map { (index, note) -> String in
            let escaped: String = note.replacing("&", with: "&amp;")
            return "<Ntry><Ref>X\(index)</Ref><Amt>-7.0\(index)</Amt><Dt>2026-05-02T10:00:00.25Z</Dt><Nt>\(escaped)</Nt></Ntry>"
        }.joined(separator: "\n")
        try fixture.write(day: 2, entries: 120, extra: extra)
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        let columns = ["statement", "reference", "amount", "booked", "note"]
        let guarded = try export(fixture, warehouse, "statement_entries", to: "guarded.csv") { $0.columns = columns }
        #expect(guarded.guarded == 2)
        _ = try export(fixture, warehouse, "statement_entries", to: "entries.csv.gz") { export in
            (export.columns, export.guardsFormulas) = (columns, false)
        }
        try fixture.writeJob(
            """
            version: 1
            job: again
            feeds:
              entries:
                role: table
                table: again
                format: csv
                files: entries.csv.gz
                columns:
                  statement: { type: string }
                  reference: { type: string }
                  amount:    { type: money, currency: EUR }
                  booked:    { type: timestamp }
                  note:      { type: string, optional: true }
                key: reference
            """)
        #expect(try fixture.run(warehouse).record?.counts.accepted == 246)
        let difference = try warehouse.read { database in
            let list = columns.joined(separator: ", ")
            return try Row.fetchAll(
                database,
                sql: "SELECT \(list) FROM statement_entries_current EXCEPT SELECT \(list) FROM again_current")
        }
        #expect(difference.isEmpty)
    }

    @Test("rewrites symbols for programs that know only Microsoft's CP932")
    func normalized() throws {
        let fixture = try StatementFixture(days: 1, entries: 0)
        try fixture.write(
            day: 1, entries: 0, extra: "<Ntry><Ref>R</Ref><Amt>1.00</Amt><Dt>2026-05-01T00:00:00Z</Dt><Nt>10\u{301C}20\u{2212}</Nt></Ntry>")
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        let microsoft = try #require(TextNormalization(["microsoft-symbols"]))
        func note(_ name: String, _ encoding: ExportEncoding, _ normalize: TextNormalization) throws -> (Data, Int) {
            let report = try export(fixture, warehouse, "statement_entries", to: name) {
                ($0.encoding, $0.columns, $0.normalize) = (encoding, ["note"], normalize)
            }
            return (try Data(contentsOf: URL(fileURLWithPath: "\(fixture.folder)/\(name)")), report.lacking)
        }
        let (utf8, _) = try note("utf8.csv", .utf8, microsoft)
        #expect(String(decoding: utf8, as: UTF8.self).contains("10\u{FF5E}20\u{FF0D}"))
        let (cp932, lacking) = try note("cp932-symbols.csv", .cp932, microsoft)
        #expect(lacking == 0 && cp932.contains(Data([0x31, 0x30, 0x81, 0x60, 0x32, 0x30, 0x81, 0x7C])))
        // The control: without it the characters stay what they are.
        #expect(String(decoding: try note("plain.csv", .utf8, .none).0, as: UTF8.self).contains("10\u{301C}20\u{2212}"))
    }

    @Test("counts what an encoding lacks, and refuses what it cannot do")
    func refusals() throws {
        let fixture = try StatementFixture(days: 1, entries: 0)
        try fixture.write(
            day: 1, entries: 0, extra: "<Ntry><Ref>日本</Ref><Amt>1.00</Amt><Dt>2026-05-01T00:00:00Z</Dt><Nt>😀 ok</Nt></Ntry>")
        let warehouse = try fixture.warehouse()
        _ = try fixture.run(warehouse)
        let report = try export(fixture, warehouse, "statement_entries", to: "cp932.csv") {
            ($0.encoding, $0.columns) = (.cp932, ["reference", "note"])
        }
        #expect(report.lacking == 1)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(fixture.folder)/cp932.csv"))
        #expect(bytes.contains(Data([0x93, 0xFA, 0x96, 0x7B])) && bytes.contains(Data("U+1F600 ok".utf8)))

        func refused(_ table: String? = "statement_entries", to name: String = "x.csv", _ edit: (inout TableExport) -> Void = { _ in })
            -> String
        {
            do {
                _ = try export(fixture, warehouse, table, to: name, edit)
                return "written"
            } catch {
                return "\(error)".replacing(fixture.folder, with: "F")
            }
        }
        #expect(refused(to: "cp932.csv") == "the file is there already (F/cp932.csv). Name another, or add --force to replace it.")
        #expect(
            refused("statement_entrys")
                == "there is no such table of a job (statement_entrys): statement_balances, statement_entries. Did you mean 'statement_entries'?"
        )
        #expect(
            refused(nil)
                == "there is more than one table: statement_balances, statement_entries, expected a table's name. Name one of them.")
        #expect(
            refused { $0.columns = ["amout"] } == """
                the table has no such column (statement_entries): amout, expected statement, reference, amount, booked, note, version, run, \
                file, row. Did you mean 'amount'?
                """)
        #expect(
            refused { $0.zone = "Asia/Tokio" }
                == "no such time zone (--zone): 'Asia/Tokio', expected an IANA name. Did you mean 'Asia/Tokyo'?")
        #expect(
            refused { ($0.format, $0.encoding) = (.json, .cp932) } == """
                JSON is written in UTF-8 only (--format json): --encoding cp932, expected --encoding utf-8. Leave --encoding out, or write CSV.
                """)
        #expect(
            refused { $0.selection = .run(9) } == "there is no such run: 9, expected the number of a run. `pipeline runs list` shows them.")
        #expect(refused(to: "nowhere/x.csv").hasPrefix("the file cannot be written (F/nowhere/x.csv)"))
        #expect(refused() == "written" && !FileManager.default.fileExists(atPath: "\(fixture.folder)/x.csv.partial"))
    }
}

extension Data {
    fileprivate func contains(_ part: Data) -> Bool { range(of: part) != nil }
}
