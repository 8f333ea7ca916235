import Connectors
import Foundation
import Records
import Testing

@Suite("XML: control figures")
struct XMLControlTests {
    private func figures(
        _ document: String, rows: String, _ controls: [FeedControl], columns: [FeedColumn] = []
    ) throws -> [ControlFigure] {
        let path = FileManager.default.temporaryDirectory.appending(path: "control-\(UUID().uuidString).xml").path
        try Data(document.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try XMLControl.figures(
            of: FeedFile(path: path, name: "a.xml"), columns: columns, options: ["rows": .text(rows)], controls: controls)
    }

    private func shown(_ figures: [ControlFigure]) -> [String] {
        figures.map { "\($0.name) \($0.place):\($0.line) \($0.stated ?? "-") \($0.computed) \($0.agrees)" }
    }

    private static let payments = """
        <Pain>
         <Hdr><Nb>3</Nb><Sum>12.500</Sum></Hdr>
         <Inf><Id>A</Id><Nb>2</Nb><Tx><Amt>10</Amt></Tx><Tx><Amt>2.49999</Amt></Tx></Inf>
         <Inf><Id>B</Id><Nb>2</Nb><Tx><Amt>0.00001</Amt></Tx></Inf>
        </Pain>
        """

    @Test("rows and sums of the document and of each group in it, exactly")
    func groups() throws {
        let controls = [
            FeedControl(kind: .rows, stated: "../../Hdr/Nb"), FeedControl(kind: .sum, stated: "../../Hdr/Sum", amount: "amount"),
            FeedControl(name: "batch", kind: .rows, stated: "../Nb", label: "Id"),
        ]
        let figures = try figures(
            Self.payments, rows: "Pain/Inf/Tx", controls, columns: [XMLSamples.column("amount", "Amt", .float64)])
        #expect(
            shown(figures) == [
                "rows a.xml:2 3 3 true", "sum a.xml:2 12.500 12.50000 true", "batch a.xml A:3 2 2 true", "batch a.xml B:4 2 1 false",
            ])
        let absolute = [FeedControl(kind: .rows, stated: "/Pain/Hdr/Nb")]
        #expect(shown(try self.figures(Self.payments, rows: "//Tx", absolute)) == ["rows a.xml:2 3 3 true"])
    }

    @Test("a balance with signs beside each amount, over a choice of entries, for each statement")
    func balance() throws {
        func statement(_ id: String, _ opening: String, _ closing: String, _ sign: String, _ entries: String) -> String {
            """
            <Stmt><Id>\(id)</Id><Bal><Cd>OPBD</Cd><Amt>\(opening)</Amt><Ind>CRDT</Ind></Bal>
            <Bal><Cd>CLBD</Cd><Amt>\(closing)</Amt><Ind>\(sign)</Ind></Bal>\(entries)</Stmt>
            """
        }
        let entry = "<Ntry><Amt>8.85</Amt><Ind>CRDT</Ind><Sts>BOOK</Sts></Ntry>"
        let debit = "<Ntry><Amt>7</Amt><Ind>DBIT</Ind><Sts>BOOK</Sts></Ntry><Ntry><Amt>99</Amt><Ind>CRDT</Ind><Sts>PDNG</Sts></Ntry>"
        let document = [
            statement("1", "18.15", "27.00", "CRDT", entry), statement("2", "27.00", "20", "CRDT", debit),
            statement("3", "18.15", "27.00", "DBIT", entry), statement("4", "1", "1", "CRDT", ""),
            statement("5", "1", "1", "CRDT", "<Ntry><Amt>1,5</Amt><Sts>BOOK</Sts></Ntry>"),
            "<Stmt><Id>6</Id>\(entry)</Stmt>",
        ].joined(separator: "\n")
        let control = FeedControl(
            kind: .balance, stated: "../Bal[Cd='CLBD']/Amt", opening: "../Bal[Cd='OPBD']/Amt", amount: "Amt", sign: "Ind",
            over: "Doc/Stmt/Ntry[Sts='BOOK']", label: "Id")
        let figures = try figures("<Doc>\n\(document)</Doc>", rows: "Doc/Stmt/Ntry", [control])
        #expect(
            shown(figures) == [
                "balance a.xml 1:3 27.00 27.00 true", "balance a.xml 2:5 20 20.00 true", "balance a.xml 3:7 -27.00 27.00 false",
                "balance a.xml 4:9 1 1 true", "balance a.xml 5:11 1 1 false", "balance a.xml 6:12 - 8.85 true",
            ])
        #expect(figures[4].unreadable == 1)
    }

    @Test("control sums are decimals, not floating point, and say when a text is none")
    func sums() {
        var sum = ControlSum()
        for _ in 0..<10 { #expect(ControlSum("0.1").map { sum.add($0) } == true) }
        #expect(sum == ControlSum("1") && sum.description == "1.0")
        #expect(ControlSum("-0.05")?.description == "-0.05" && ControlSum("+.5")?.description == "0.5" && ControlSum(7).description == "7")
        #expect(ControlSum("27.05") == ControlSum("27.050") && ControlSum("27.05") != ControlSum("27.5"))
        for text in ["", "-", ".", "1,5", "1 000", "1e3", "٣", "1.2.3", "0x10", String(repeating: "9", count: 40)] {
            #expect(ControlSum(text) == nil, "\(text)")
        }
        var largest = ControlSum(.max)
        for _ in 0..<25 { _ = largest.add(largest) }
        #expect(largest.add(largest) == false)
        #expect(ControlFigure(name: "rows", place: "a", stated: "3", computed: "3.0", line: 1).agrees)
        #expect(!ControlFigure(name: "rows", place: "a", stated: "three", computed: "3", line: 1).agrees)
    }

    @Test("a source that is no path is refused in words")
    func wrongPaths() throws {
        #expect(throws: Failure.xmlControlPath("../", control: "rows", problem: "a name is missing at its end")) {
            try figures(Self.payments, rows: "Pain/Inf/Tx", [FeedControl(kind: .rows, stated: "../")])
        }
        #expect(throws: Failure.xmlControlPath("../../../Nb", control: "rows", problem: "it leads above the elements that 'rows' names")) {
            try figures(Self.payments, rows: "Pain/Inf/Tx", [FeedControl(kind: .rows, stated: "../../../Nb")])
        }
        #expect(
            Failure.xmlControlPath("", control: "sum", problem: "'of' names no amount").description
                == "a source of the control figure 'sum' is not a path: '': 'of' names no amount, expected a path from the record such as "
                + "../../GrpHdr/NbOfTxs. Correct `control` of the feed in the job file.")
    }
}
