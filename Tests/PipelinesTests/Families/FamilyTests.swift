import Connectors
import Foundation
import Pipelines
import Records
import Testing

@Suite("XML: families of documents by job files alone")
struct FamilyTests {
    /// What a file of the shared data holds: the rows of each feed, and one value of the first row that says something.
    struct Expectation: CustomTestStringConvertible {
        var file: String, job: String, feed: String, rows: Int, column: String, value: String?
        var testDescription: String { "\(feed) of \(file)" }

        init(_ file: String, _ job: String, _ feed: String, _ rows: Int, _ column: String, _ value: String?) {
            (self.file, self.job, self.feed, self.rows, self.column, self.value) = (file, job, feed, rows, column, value)
        }
    }

    static let iso = "finance-xml/iso20022/", sanctions = "finance-xml/sanctions/", made = "manufacturing-xml/", retail = "retail-xml/"

    /// Entries, transaction details and balances of each statement.
    static let statements: [Expectation] = [
        ("finland_camt.053.001.02_sample", 10, 12, 4, "EUR"), ("genkgo_camt053.v2.five.decimals", 1, 1, 2, "EUR"),
        ("genkgo_camt053.v2.multi.statement", 2, 2, 4, "EUR"), ("genkgo_camt053.v2.with-party-ids", 1, 1, 4, "EUR"),
        ("genkgo_camt053.v4", 1, 1, 4, "EUR"), ("genkgo_camt053.v8", 1, 1, 4, "EUR"), ("prowide_camt.053.001.07", 0, 0, 2, nil),
        ("swiss_camt.054", 1, 6, 0, "CHF"),
    ].flatMap { file, entries, transactions, balances, currency in
        [
            Expectation("\(iso)\(file).xml", "iso20022-statements", "entries", entries, "currency", currency),
            Expectation("\(iso)\(file).xml", "iso20022-statements", "transactions", transactions, "entry_amount", nil),
            Expectation("\(iso)\(file).xml", "iso20022-statements", "balances", balances, "amount", nil),
        ]
    }

    static let finance: [Expectation] = [
        Expectation("\(iso)iso_example_pain.001.001.03.xml", "iso20022-payments", "orders", 3, "batch", nil),
        Expectation("\(iso)swiss_pain.001.001.03.ch.02.xml", "iso20022-payments", "orders", 8, "amount", "6.2"),
        Expectation("\(iso)prowide_pacs.008.001.07.xml", "iso20022-payments", "transfers", 1, "business_message", "12312312312"),
        Expectation("\(sanctions)un_consolidated_2026-02-27.xml", "sanctions", "un_subjects", 730 + 273, "reference", "CDi.001"),
        Expectation("\(sanctions)un_consolidated_2026-02-27.xml", "sanctions", "un_aliases", 3_755 - 730 - 273, "name", nil),
        Expectation("\(sanctions)ofac_sdn_slice_2020.xml", "sanctions", "ofac_entries", 8, "main_birth", "05 Jun 1950"),
        Expectation("\(sanctions)ofac_sdn_slice_2020.xml", "sanctions", "ofac_aliases", 27, "entry", "10689"),
    ]

    static let manufacturing: [Expectation] = [
        Expectation("\(made)mtconnect-streams-1.5-mazak-current.xml", "mtconnect", "observations", 110, "kind", "Normal"),
        Expectation("\(made)mtconnect-streams-simple-current.xml", "mtconnect", "observations", 2, "kind", "Fault"),
        Expectation("\(made)mtconnect-devices-128-32-164-245.xml", "mtconnect", "data_items", 40, "kind", nil),
        Expectation("\(made)mtconnect-devices-demo.xml", "mtconnect", "data_items", 216, "device", "OKUMA"),
        Expectation("\(made)mtconnect-devices-kinematics-2.5.xml", "mtconnect", "data_items", 1, "component", "Device"),
        Expectation("\(made)mtconnect-devices-okuma.xml", "mtconnect", "data_items", 81, "device", "Okuma"),
        Expectation("\(made)mtconnect-asset-cutting-tool-1.xml", "mtconnect", "assets", 1, "measurements", "31"),
        Expectation("\(made)mtconnect-asset-cutting-tool-1.xml", "mtconnect", "measurements", 31, "value", "73.25"),
        Expectation("\(made)mtconnect-asset-full-bore.xml", "mtconnect", "assets", 1, "id", "BORE_1232"),
        Expectation("\(made)mtconnect-asset-full-bore.xml", "mtconnect", "nominals", 2, "part", "BORE_1232"),
        Expectation("\(made)b2mml-v0401-courbon-MAT-material.xml", "b2mml", "materials", 1, "hazards", "C XN"),
        Expectation("\(made)b2mml-v0401-courbon-LOT-material-lot.xml", "b2mml", "lots", 1, "expiry", "2013-12-08T00:00:00Z"),
        Expectation("\(made)b2mml-v0401-courbon-PRO-production.xml", "b2mml", "requirements", 7, "request", "258456"),
        Expectation("\(made)opcua-machinery-examples.NodeSet2.xml", "opcua", "nodes", 73, "class", nil),
        Expectation("\(made)opcua-machinery-examples.NodeSet2.xml", "opcua", "references", 254, "is_forward", nil),
    ]

    static let trade: [Expectation] = [
        Expectation("\(retail)UBL-Invoice-2.0-Example-NS1.xml", "ubl", "invoice_lines", 1, "invoice", nil),
        Expectation("\(retail)UBL-Invoice-2.0-Example-NS1.xml", "ubl", "invoices", 1, "lines", "1"),
        Expectation("\(retail)UBL-Invoice-2.0-Example-NS3.xml", "ubl", "invoice_lines", 1, "invoice", nil),
        Expectation("\(retail)UBL-Invoice-2.1-Example.xml", "ubl", "invoice_lines", 5, "currency", "EUR"),
        Expectation("\(retail)UBL-CreditNote-2.1-Example.xml", "ubl", "invoice_lines", 5, "currency", nil),
        Expectation("\(retail)UBL-CreditNote-2.1-Example.xml", "ubl", "invoices", 1, "kind", "CreditNote"),
        Expectation("\(retail)en16931-ubl-tc434-example1.xml", "ubl", "invoice_lines", 20, "line", "1"),
        Expectation("\(retail)en16931-ubl-tc434-example3.xml", "ubl", "invoice_lines", 2, "line", "1"),
        Expectation("\(retail)UBL-Order-2.1-Example.xml", "ubl", "order_lines", 2, "item", "Falu R\u{f6}df\u{e4}rg"),
        Expectation("\(retail)UBL-ProductActivity-2.1-Example-1.xml", "ubl", "activity", 1, "item", "06110123456784"),
        Expectation("\(retail)UBL-ProductActivity-2.1-Example-3.xml", "ubl", "activity", 2, "item", "DD88"),
        Expectation("\(retail)UBL-Forecast-2.1-Example.xml", "ubl", "forecast", 1, "quantity", "20"),
        Expectation("\(retail)UBL-InventoryReport-2.1-Example.xml", "ubl", "stock", 3, "value", "200"),
        Expectation("\(retail)UBL-RetailEvent-2.1-Example.xml", "ubl", "promotions", 1, "kind", "STORE_OPENING"),
        Expectation("\(retail)UBL-TradeItemLocationProfile-2.1-Example.xml", "ubl", "profiles", 1, "target", "20"),
        Expectation("\(retail)en16931-CII_example1.xml", "en16931-cii", "invoice_lines", 20, "amount", "19.9"),
        Expectation("\(retail)en16931-CII_example1.xml", "en16931-cii", "invoices", 1, "lines", "20"),
        Expectation("\(retail)en16931-CII_example4.xml", "en16931-cii", "invoice_lines", 3, "line", "1"),
        Expectation("\(retail)cxml-PunchOutOrderMessage.xml", "cxml", "items", 2, "short_name", "Excelsior Desk Chair"),
        Expectation("\(retail)cxml-OrderResponse.xml", "cxml", "answers", 1, "code", "200"),
    ]

    static let all = statements + finance + manufacturing + trade

    @Test("a job file alone reads the rows of a document of the shared data", .enabled(if: FamilyJob.hasShared), arguments: all)
    func sharedData(_ expected: Expectation) throws {
        let (rows, rejects) = try FamilyJob(expected.job).read(expected.feed, "\(FamilyJob.shared)/\(expected.file)")
        #expect(rejects == [])
        #expect(rows.count == expected.rows)
        guard !rows.isEmpty else { return }
        #expect(rows[0][expected.column] != nil)
        if let value = expected.value { #expect(rows[0][expected.column] == value) }
    }

    @Test("no document of the shared data is left out, and what a manifest counts is what is expected", .enabled(if: FamilyJob.hasShared))
    func complete() throws {
        let named = Set(Self.all.filter { $0.rows > 0 }.map(\.file))
        for folder in [Self.iso, Self.sanctions, Self.made, Self.retail] {
            for file in try FileManager.default.contentsOfDirectory(atPath: "\(FamilyJob.shared)/\(folder)") where file.hasSuffix(".xml") {
                #expect(named.contains(folder + file), "\(file)")
            }
        }
        let manifest = try String(contentsOfFile: "\(FamilyJob.shared)/finance-xml/MANIFEST.csv", encoding: .utf8)
        let feeds = ["Ntry": "entries", "TxDtls": "transactions", "CdtTrfTxInf": "orders"]
        var checked = 0
        for line in manifest.split(separator: "\n") where line.hasPrefix("iso20022/") {
            for (element, feed) in feeds {
                guard let count = line.firstMatch(of: try Regex("\(element) ([0-9]+)", as: (Substring, Substring).self)) else { continue }
                let feed = line.contains("pacs.008") ? "transfers" : feed
                let expected = Self.all.first { $0.file == "finance-xml/" + line.prefix { $0 != "," } && $0.feed == feed }
                #expect(expected?.rows == Int(count.output.1), "\(line.prefix(60))")
                checked += 1
            }
        }
        #expect(checked == 17)
    }

    @Test(
        "every MTConnect answer of the shared data is read as one, and no other document is",
        .enabled(if: FamilyJob.hasShared))
    func onlyAnswers() throws {
        let folder = "\(FamilyJob.shared)/\(Self.made)", job = try FamilyJob("mtconnect")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".xml") }
        #expect(files.count { $0.hasPrefix("mtconnect-streams") } == 2 && files.count > 10)
        for file in files {
            if file.hasPrefix("mtconnect-streams") {
                #expect(try !job.read("observations", "\(folder)/\(file)").rows.isEmpty, "\(file)")
            } else {
                let failure = #expect(throws: Failure.self, "\(file)") { try job.read("observations", "\(folder)/\(file)") }
                #expect(failure?.code == "xml.other-document", "\(file)")
            }
        }
    }

    /// Of the small documents made for the tests: all rows, as the values of some columns.
    static let fixtures: [(String, String, String, [String], [String])] = [
        (
            "camt.052", "iso20022-statements", "entries", ["account", "amount", "direction", "status", "transactions", "is_reversal"],
            ["12-345|1500|CRDT|BOOK|2|false", "12-345|20|DBIT|ours|0|true"]
        ),
        (
            "camt.052", "iso20022-statements", "transactions", ["end_to_end", "entry_amount", "debtor", "remittance"],
            ["E1|1500|\u{5c71}\u{7530}\u{5546}\u{5e97}|one two", "E2|1500|-|-"]
        ),
        ("camt.052", "iso20022-statements", "balances", ["kind", "amount", "day"], ["ITBD|5000|2026-11-24T12:00:00+09:00"]),
        (
            "camt.054", "iso20022-statements", "entries", ["statement", "account", "amount", "status"],
            ["NTF1|NL00TEST0123456789|10|BOOK"]
        ),
        (
            "pain.001", "iso20022-payments", "orders", ["batch", "execution", "debtor_iban", "debtor_bank", "amount", "creditor"],
            [
                "P1|2026-11-25|NL00TEST0123456789|TESTNL2A|10.5|A", "P1|2026-11-25|NL00TEST0123456789|TESTNL2A|20|-",
                "P2|2026-11-26T10:00:00Z|77|-|30|-",
            ]
        ),
        (
            "pain.002", "iso20022-payments", "statuses", ["message", "original", "end_to_end", "status", "reasons"],
            ["S1|P1|E1|RJCT|AC04 AM05", "S1|P1|E2|ACCP|-"]
        ),
        (
            "pacs.008", "iso20022-payments", "transfers", ["business_message", "message", "transaction", "amount", "settled"],
            ["B1|X1|8a562c67-ca16-48ba-b074-65581be6f001|9.99|2026-11-25"]
        ),
        (
            "sanctions-un", "sanctions", "un_subjects", ["kind", "id", "first_name", "nationalities", "birth", "aliases"],
            ["INDIVIDUAL|1|Ana|Utopia; Erewhon|1971|1", "ENTITY|2|Example Ltd|-|-|1"]
        ),
        ("sanctions-un", "sanctions", "un_aliases", ["id", "name", "quality"], ["1|A. Muster|Good", "2|Example|a.k.a."]),
        (
            "sanctions-ofac", "sanctions", "ofac_entries", ["id", "programs", "births", "main_birth", "aliases", "passports"],
            ["36|TEST; TEST2|-|-|1|0", "37|TEST|1950; 05 Jun 1951|05 Jun 1951|0|1"]
        ),
        (
            "sanctions-eu", "sanctions", "eu_names", ["entity", "kind", "regulation", "name", "is_strong"],
            ["13|person|2026/1 (OJ L1)|Max Muster|true", "13|person|2026/1 (OJ L1)|M. Muster|false"]
        ),
        (
            "mtconnect-streams", "mtconnect", "observations", ["device", "component", "category", "kind", "item", "value"],
            [
                "lathe|Linear|Samples|Position|p1|1.25", "lathe|Linear|Events|Execution|e1|-", "lathe|Linear|Events|VariableDataSet|v|1",
                "lathe|Linear|Condition|Fault|c1|too much",
            ]
        ),
        (
            "mtconnect-devices", "mtconnect", "data_items", ["device", "component", "component_name", "id", "units"],
            ["mill|Device|mill|a|-", "mill|Linear|X|xp|MILLIMETER", "mill|Axes|base|axc|-"]
        ),
        (
            "mtconnect-assets", "mtconnect", "assets", ["id", "life", "life_limit", "status", "measurements"],
            ["T1|42.5|100|USED AVAILABLE|2"]
        ),
        (
            "mtconnect-assets", "mtconnect", "measurements", ["tool", "item", "kind", "value", "nominal"],
            ["T1|-|BodyDiameterMax|73.25|-", "T1|1-4|CornerRadius|0.79|0.8"]
        ),
        ("b2mml", "b2mml", "materials", ["sender", "id", "unit"], ["MES1|M1|KG"]),
        ("b2mml", "b2mml", "lots", ["material", "id", "expiry"], ["M1|L1|2027-12-08T00:00:00Z"]),
        (
            "b2mml", "b2mml", "requirements", ["request", "segment", "material", "lot", "use", "quantity"],
            ["R1|Weighing|M1|L1|Consumed|199.91"]
        ),
        (
            "opcua", "opcua", "nodes", ["model", "class", "id", "parent", "value", "links"],
            ["http://example.org/UA/|UAObject|ns=1;i=1|-|-|2", "http://example.org/UA/|UAVariable|ns=1;i=2|ns=1;i=1|12.5|0"]
        ),
        (
            "opcua", "opcua", "references", ["source", "kind", "is_forward", "target"],
            ["ns=1;i=1|HasComponent|true|ns=1;i=2", "ns=1;i=1|HasTypeDefinition|false|i=58"]
        ),
        (
            "ubl", "ubl", "invoices", ["kind", "id", "supplier", "customer", "payable", "lines"],
            ["CreditNote|CN1|Example B.V.|Shop|12.1|1"]
        ),
        (
            "ubl", "ubl", "invoice_lines", ["invoice", "quantity", "unit", "item", "gtin", "properties"],
            ["CN1|2|C62|Chair|4000000000000|Black; Oak"]
        ),
        (
            "ubl-activity", "ubl", "activity", ["document", "kind", "location", "starts", "item", "quantity"],
            ["PA1|SALES|S1|2026-11-01|A|20", "PA1|SALES|S1|2026-11-01|B|3"]
        ),
        (
            "cii", "en16931-cii", "invoices", ["id", "issued", "seller", "currency", "net", "payable", "lines"],
            ["I1|2026-11-24|Seller|EUR|10|12.1|1"]
        ),
        ("cii", "en16931-cii", "invoice_lines", ["invoice", "item", "quantity", "unit", "amount"], ["I1|Tea|4|H87|10"]),
        (
            "cxml", "cxml", "items", ["payload", "supplier", "order", "quantity", "price", "description", "short_name", "unspsc"],
            ["p1|123|PO1|2|10|A blue pen|Pen|44121701"]
        ),
    ]

    @Test("a job file alone reads a small document of each family", arguments: fixtures.indices)
    func fixture(_ index: Int) throws {
        let (file, job, feed, columns, expected) = Self.fixtures[index]
        let (rows, rejects) = try FamilyJob(job).read(feed, "\(FamilyJob.root)/Tests/Fixtures/families/\(file).xml")
        #expect(rejects == [], "\(feed) of \(file)")
        #expect(rows.map { row in columns.map { row[$0] ?? "-" }.joined(separator: "|") } == expected, "\(feed) of \(file)")
    }

    @Test("amounts, quantities and days are typed, and nothing that is one is left a text by chance")
    func types() throws {
        var decimals = 0, times = 0
        for name in ["iso20022-statements", "iso20022-payments", "sanctions", "mtconnect", "b2mml", "opcua", "ubl", "en16931-cii", "cxml"] {
            for feed in try FamilyJob(name).job.feeds {
                for column in feed.columns {
                    if column.field.type.name == "decimal" { decimals += 1 }
                    if ["timestamp", "date"].contains(column.field.type.name) { times += 1 }
                    if column.field.name.hasSuffix("amount") { #expect(column.field.type.name == "decimal", "\(feed.name)") }
                }
            }
        }
        #expect(decimals > 20 && times > 5)
    }

    @Test("balances of the shared statements are told, those that add up and those that do not", .enabled(if: FamilyJob.hasShared))
    func balances() throws {
        let job = try FamilyJob("iso20022-statements")
        var agreeing = 0, differing = 0
        for expected in Self.statements where expected.feed == "entries" {
            for figure in try job.figures("entries", "\(FamilyJob.shared)/\(expected.file)") where figure.stated != nil {
                if figure.agrees { agreeing += 1 } else { differing += 1 }
            }
        }
        #expect(agreeing >= 3 && differing == 4, "\(agreeing) and \(differing)")
    }

    @Test("counts and sums of the shared payments are told", .enabled(if: FamilyJob.hasShared))
    func sums() throws {
        let job = try FamilyJob("iso20022-payments")
        func figures(_ feed: String, _ file: String) throws -> [String] {
            try job.figures(feed, "\(FamilyJob.shared)/\(Self.iso)\(file).xml").map { "\($0.stated ?? "-") \($0.computed) \($0.agrees)" }
        }
        #expect(try figures("orders", "iso_example_pain.001.001.03") == ["3 3 true", "11500000 11500000 true"])
        #expect(try figures("orders", "swiss_pain.001.001.03.ch.02") == ["7 8 false", "38.00 38.00 true"])
        #expect(try figures("transfers", "prowide_pacs.008.001.07").first == "1 1 true")
    }
}
