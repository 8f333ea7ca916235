import Connectors
import Foundation
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite struct JobScaffoldTests {
    /// Writes a file, makes a job from it and checks that job, all in one folder.
    private func scaffold(
        _ content: String, name: String = "2026-01-01_payments.csv", stage: String = "fraud"
    ) throws -> (JobScaffold, JobCheck, String) {
        let folder = FileManager.default.temporaryDirectory.path + "/scaffold-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        let file = "\(folder)/data/\(name)", jobPath = "\(folder)/job.yaml"
        try write(content, to: file)
        let scaffold = try JobScaffold(from: file, jobPath: jobPath, stage: stage)
        try Data(scaffold.text.utf8).write(to: URL(fileURLWithPath: jobPath))
        let check = Job.check(path: jobPath)
        try FileManager.default.removeItem(atPath: folder)
        return (scaffold, check, check.findings.map(\.description).joined(separator: "\n"))
    }

    private func write(_ content: String, to file: String) throws {
        let writer = try GzipWriter(path: file, encoding: file.hasSuffix(".gz") ? .gzip(level: 6) : .plain)
        let bytes = Array(content.utf8)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count]))
        try writer.finish()
    }

    /// Rows made by a rule each, `\(row)` different.
    private func rows(_ header: String?, _ count: Int = 60, _ row: (Int) -> String) -> String {
        ([header].compactMap(\.self) + (0..<count).map(row)).joined(separator: "\n") + "\n"
    }

    private func time(_ row: Int) -> String { "\(10 + row / 30):\(10 + row % 30):\(10 + row % 45)" }

    @Test("the handbook's columns give a job that passes check, gzip included", arguments: ["2018-05-01.csv", "2018-05-01.csv.gz"])
    func handbook(name: String) throws {
        let content = rows("TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD") {
            "\($0 + 288_062),2018-05-01 \(time($0)),\($0 % 17),\($0 % 23 + 100),\($0 * 3).\(10 + $0),\($0 % 20 == 3 ? 1 : 0)"
        }
        let (scaffold, check, findings) = try scaffold(content, name: name)
        #expect(findings == "")
        #expect(scaffold.missing == [])
        let job = try #require(check.job).scored()
        #expect(job.feeds[0].key == ["transaction_id"])
        #expect(job.feeds[0].eventTime == "tx_datetime")
        #expect(job.feeds[0].labelColumn == "tx_fraud")
        #expect(job.feeds[0].files == (name.hasSuffix("gz") ? "data/*.csv.gz" : "data/*.csv"))
        #expect(job.stage.text("customer") == "customer_id")
        #expect(job.stage.text("terminal") == "terminal_id")
        #expect(job.stage.text("amount") == "tx_amount")
        #expect(job.feeds[0].schema["customer_id"]?.isPersonal == true)
        #expect(job.feeds[0].schema["customer_id"]?.type == .int64)
        #expect(job.train?.family == "boosting")
    }

    @Test("semicolons, German dates, quoted texts, leading zeros and missing values are recognised")
    func german() throws {
        let content = rows("Buchung Nr;Datum;Karte Account;\"Shop;Name\";Betrag EUR;Notiz") {
            "\"0\(1_000 + $0)\";\(13 + $0 / 10).05.2026 \(time($0));DE0\($0 % 7);\"Shop \"\"\($0 % 5)\"\";\";\($0).5;\($0 % 9 == 0 ? "" : "x")"
        }
        let (scaffold, check, findings) = try scaffold(content)
        #expect(findings == "")
        let job = try #require(check.job).scored()
        #expect(scaffold.name == "payments")
        #expect(job.feeds[0].options["delimiter"] == .text(";"))
        #expect(job.feeds[0].key == ["buchung_nr"])
        #expect(job.feeds[0].schema["buchung_nr"]?.type == .string)
        #expect(job.feeds[0].columns.first { $0.field.name == "datum" }?.formats.first == "dd.MM.yyyy HH:mm:ss")
        #expect(job.stage.text("terminal") == "shop_name")
        #expect(job.feeds[0].columns.first { $0.field.name == "shop_name" }?.source == "Shop;Name")
        #expect(job.feeds[0].schema["notiz"]?.isOptional == true)
        #expect(job.train == nil)
    }

    @Test("tabs, no header, whole amounts and null markers are recognised")
    func bare() throws {
        let content = rows(nil) { "t\($0)\t2026-02-01T\(time($0))Z\tc\($0 % 11)\tm\($0 % 4)\t\($0).25\t\($0 % 6 == 0 ? "NA" : "\($0)")" }
        let (_, check, findings) = try scaffold(content)
        #expect(findings == "")
        let job = try #require(check.job).scored()
        #expect(job.feeds[0].options["header"] == .bool(false))
        #expect(job.feeds[0].options["delimiter"] == .text("tab"))
        #expect(job.feeds[0].key == ["column_1"])
        #expect(job.feeds[0].columns.map(\.source) == ["1", "2", "3", "4", "5", "6"])
        #expect(job.feeds[0].columns[5].nulls == ["NA"])
        #expect(job.stage.text("customer") == "column_3")
        #expect(job.stage.text("amount") == "column_5")
    }

    @Test("where no column is unique, two columns together make the key; rows out of order give the lateness")
    func pair() throws {
        let content = rows("client,when,merchant,price_usd") {
            "c\($0 % 6),\(2026 - ($0 == 0 ? 0 : 0))-03-\(30 - $0 / 6) \(time($0)),m\($0 % 9),\($0 % 3).10"
        }
        let (_, check, findings) = try scaffold(content)
        #expect(findings == "")
        let job = try #require(check.job).scored()
        #expect(job.feeds[0].key == ["client", "when"])
        #expect(job.feeds[0].lateness > .days(8))
        #expect(job.feeds[0].schema["price_usd"]?.type == Currency("USD").map { .money($0) })
    }

    @Test("what cannot be guessed is a place-holder, named, and check finds exactly those places")
    func missing() throws {
        let content = rows("step,type,amount,nameOrig,nameDest,isFraud") { "\($0 / 9),PAY,\($0).75,C\($0 % 13),M\($0 % 8),\($0 % 2)" }
        let (scaffold, check, findings) = try scaffold(content)
        #expect(scaffold.missing == ["No column reads as a time: set `event-time`."])
        #expect(check.hasErrors)
        let lines = scaffold.text.split(separator: "\n", omittingEmptySubsequences: false)
        for finding in check.findings { #expect(lines[finding.line - 1].contains("CHANGE_ME"), "\(finding)") }
        #expect(check.findings.count == lines.count { $0.contains("CHANGE_ME") }, "\(findings)")
        #expect(scaffold.text.contains("role: label, known-after: 7d"))
    }

    @Test("any file with a key, a time, two columns that repeat and an amount gives a job that passes, whatever its names and order")
    func anyShape() throws {
        var random = SeededGenerator(seed: 11)
        let formats: [(Int) -> String] = [
            { "2026-01-\(10 + $0 / 6) \(time($0))" }, { "\(13 + $0 / 6).01.2026 \(time($0))" },
            { "2026/01/\(10 + $0 / 6) 10:\(10 + $0 % 40)" },
            { "2026-01-\(10 + $0 / 6)T\(time($0))+09:00" }, { "202601\(10 + $0 / 6)\(time($0).replacing(":", with: ""))" },
        ]
        for trial in 0..<40 {
            let format = formats.randomElement(using: &random) ?? formats[0]
            var parts: [(String, (Int) -> String)] = [
                ("K\(trial) id", { "k\($0 * 7919 % 1_009)" }), ("date time", format), ("A \"x\"", { "a\($0 % 5)" }),
                ("B: y", { "\($0 % 7 + 2)" }),
                ("w#", { "\($0 % 50).\(10 + $0 % 80)" }), ("null", { $0 % 4 == 0 ? "" : "text, \($0 % 3)" }), ("yes", { "\($0 % 2 == 0)" }),
            ]
            parts.shuffle(using: &random)
            let delimiter = [",", ";", "\t", "|"].randomElement(using: &random) ?? ","
            func quoted(_ text: String) -> String { "\"\(text.replacing("\"", with: "\"\""))\"" }
            let content = rows(parts.map { quoted($0.0) }.joined(separator: delimiter)) { row in
                parts.map { quoted($0.1(row)) }.joined(separator: delimiter)
            }
            let (scaffold, check, findings) = try scaffold(content)
            #expect(findings == "" && check.job != nil && scaffold.missing.isEmpty, "trial \(trial)\n\(findings)\n\(scaffold.text)")
        }
    }

    @Test("a file that is no CSV file in UTF-8 is refused")
    func refused() throws {
        #expect(throws: Failure.self) { try scaffold("one\ntwo\n") }
        #expect(throws: Failure.self) { try scaffold("") }
        #expect(throws: Failure.self) { try JobScaffold(from: "no-such.csv", jobPath: "job.yaml") }
    }

    @Test("dates of eras, full-width and grouped amounts and a currency column are declared as they are written")
    func japanese() throws {
        let content = rows("取引番号,取引日,顧客,店舗,金額,通貨,残高") {
            let amount = "\($0 % 7 + 1),\(100 + $0)円"
            return "T\($0),令和8年\($0 % 12 + 1)月\($0 % 28 + 1)日,K\($0 % 17),S\($0 % 23),\"\(amount)\",JPY,\"▲\($0 + 1),000\""
        }
        let (scaffold, _, findings) = try scaffold(content.replacing("金額", with: "amount").replacing("通貨", with: "currency"))
        #expect(scaffold.text.contains("type: date, format: era, zone: UTC }"), "\(scaffold.text)\(findings)")
        #expect(
            scaffold.text.contains(#"amount: { type: money, currency: JPY, currency-from: currency, grouping: ",", symbols: ["円"] }"#),
            "\(scaffold.text)")
        #expect(scaffold.text.contains(#"type: int64, grouping: ",", negative: [minus, triangle] }"#), "\(scaffold.text)")
    }

    @Test("messages give a support job that passes check, with the text and the intent found; what is not found is said")
    func support() throws {
        let words = ["where is my card", "how do I change my pin", "I was charged twice for one payment", "please close my account"]
        let content = rows("id,received,customer,message,category") { row in
            "\(row),2026-03-0\(row / 20 + 1) \(time(row)),C\(row % 7),\(words[row % 4]) number \(row),\(["card", "pin", "charge", "close"][row % 4])"
        }
        let (made, check, findings) = try scaffold(content, name: "messages.csv", stage: "support")
        #expect(findings == "" && check.job != nil && made.missing.isEmpty, "\(findings)\n\(made.text)")
        // Without the column of intents nothing teaches the model, and that is said.
        let (_, _, untaught) = try scaffold(content.replacing(",category\n", with: ",note\n"), name: "messages.csv", stage: "support")
        #expect(untaught.contains("gives labels") || untaught.contains("CHANGE_ME"), "\(untaught)")
        #expect(made.text.contains("text: message") && made.text.contains("intent: category") && made.text.contains("- support:"))
        let (poor, _, found) = try scaffold(
            rows("id,received,code") { "\($0),2026-03-01 \(time($0)),A\($0)" }, name: "codes.csv", stage: "support")
        #expect(poor.missing.count == 2 && poor.text.contains("text: CHANGE_ME") && found.contains("CHANGE_ME"), "\(found)")
    }

    @Test("ISO dates are dates; as event time they are midnight")
    func dates() throws {
        let content = rows("id,day,card,shop,amount") { "\($0),2026-01-\(10 + $0 % 20),\($0 % 7),\($0 % 11),\($0).50" }
        let (scaffold, check, findings) = try scaffold(content)
        #expect(findings == "")
        #expect(scaffold.text.contains("day: { type: date, zone: UTC }"))
        #expect(check.job?.feeds[0].schema["day"]?.type == .timestamp)
    }
}
