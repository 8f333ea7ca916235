import Connectors
import Records
import Testing

@Suite("XML: conditions, repeated elements and defaults")
struct XMLConditionsTests {
    private static let statement = """
        <Stmt>
          <Bal><Tp><Cd>OPBD</Cd></Tp><Amt Ccy="EUR">10</Amt></Bal>
          <Bal><Amt Ccy="EUR">12</Amt><Tp><Cd>CLBD</Cd></Tp></Bal>
          <Ntry no="1"><Amt Ccy="EUR">2.50</Amt><Amt Ccy="USD">3</Amt><Sts>BOOK</Sts>
            <Tx><Id>a</Id><Nm>Anna</Nm></Tx><Tx><Id>b</Id><Nm/></Tx><Tx><Id>c</Id></Tx></Ntry>
          <Ntry no="2"><Amt Ccy="USD">-1</Amt><Sts>PDNG</Sts><Inf>late</Inf></Ntry>
          <Ntry no="3"><Amt Ccy="JPY">700</Amt><Sts>BOOK</Sts><Tx><Id> d  e </Id></Tx><Inf>after</Inf></Ntry>
        </Stmt>
        """

    private func read(_ sources: [String], rows: String = "Stmt/Ntry", options: [String: String] = [:]) throws -> [String] {
        try XMLSamples.read(Self.statement, rows: rows, sources, options: options)
    }

    @Test("a condition on a child, before or after the value, and on an attribute")
    func columns() throws {
        let lines = try read(["Amt[@Ccy='EUR']", "Amt where @Ccy is USD", "../Bal[Tp/Cd='OPBD']/Amt", "../Bal[Tp/Cd = \"CLBD\"]/Amt/@Ccy"])
        #expect(lines == ["2.50|3|10|EUR", "-|-1|10|EUR", "-|-|10|EUR"])
        let children = try read(["Tx[Nm]/Id", "Tx[not(Nm)]/Id", "Tx[Nm='']/Id", "Tx[Id='c' or Id='b']/Id"])
        #expect(children == ["a|c|b|b", "-|-|-|-", "-|d  e|-|-"])
        let values = try read(["Amt[. > 2.9]", "Amt[.<=0]", "Amt[@Ccy!='EUR' and .='3']", "Tx[contains(Nm,'nn')]/Id"])
        #expect(values == ["3|-|3|a", "-|-1|-|-", "700|-|-|-"])
        #expect(try read(["Tx[Id[.='b']]/Id", "Tx[starts-with(Id, 'd')]/Id"]) == ["b|-", "-|-", "-|d  e"])
    }

    @Test("conditions on the rows' path: of the row itself, of elements around it")
    func rows() throws {
        #expect(try read(["@no"], rows: "Stmt/Ntry[Sts='BOOK']") == ["1", "3"])
        #expect(try read(["@no"], rows: "Stmt/Ntry where Sts is not BOOK") == ["2"])
        #expect(try read(["@no", "Amt"], rows: "Stmt/Ntry[Amt/@Ccy='USD'][2]") == ["2|-1"])
        #expect(try read(["@no"], rows: "Stmt/Ntry[2]") == ["2"])
        #expect(try read(["@no"], rows: "Stmt/Ntry[Sts='BOOK'][2]") == ["3"])
        #expect(try read(["@no"], rows: "Stmt[Bal/Tp/Cd='OPBD']/Ntry") == ["1", "2", "3"])
        #expect(try read(["@no"], rows: "Stmt[Bal/Tp/Cd='ITBD']/Ntry") == [])
        #expect(try read([".", "../@no"], rows: "Stmt//Ntry[@no='1']/Tx/Id") == ["a|-", "b|-", "c|-"])
    }

    @Test("a condition on an element around the row that is decided after a row is refused, not guessed")
    func lateCondition() throws {
        let expected = Failure.xmlConditionAfterRow("Stmt/Ntry[Inf]/Tx", place: "sample.xml:7")
        #expect(throws: expected) { try read(["Id"], rows: "Stmt/Ntry[Inf]/Tx") }
        #expect(throws: Failure.xmlConditionAfterRow("Stmt/Ntry[not(Inf)]/Tx", place: "sample.xml:7")) {
            try read(["Id"], rows: "Stmt/Ntry[not(Inf)]/Tx")
        }
        #expect(
            expected.description
                == "a condition of 'rows' is decided after a row that it is about (sample.xml:7): Stmt/Ntry[Inf]/Tx, expected what "
                + "conditions ask of elements around the row before it. Take what the condition asks as a column, and sort the rows out later."
        )
    }

    @Test("positions count among siblings, and the last is the last")
    func positions() throws {
        #expect(try read(["Tx[1]/Id", "Tx[2]/Id", "Tx[last()]/Id", "Tx[position()>=2]/Id"]) == ["a|b|c|b", "-|-|-|-", "d  e|-|d  e|-"])
        #expect(try read(["Tx[Nm][2]/Id", "Tx[2][Nm]/Id", "Tx[3][Nm]/Id", "Tx[Nm][last()]/Id"]) == ["b|b|-|b", "-|-|-|-", "-|-|-|-"])
        // The last element's missing value is not another element's.
        #expect(try read(["Tx[last()]/Nm", "last(Tx/Nm)"]) == ["-|-", "-|-", "-|-"])
        #expect(try read(["Tx[1]/Id", "Ntry/Tx[3]/Id"], rows: "Stmt") == ["-|c"])
    }

    @Test("repeated values: first, last, joined, counted, asked for")
    func selections() throws {
        let lines = try read(["Tx/Id", "last(Tx/Id)", "join(Tx/Id)", "join(Tx/Id, ' + ')", "count(Tx)", "exists(Tx/Nm)", "count(Amt)"])
        #expect(lines == ["a|c|a, b, c|a + b + c|3|true|2", "-|-|-|-|0|false|1", "d  e|d  e|d  e|d  e|1|false|1"])
        #expect(try read(["normalize-space(Tx/Id)", "count(Tx[Nm])"]) == ["a|2", "-|0", "d e|0"])
    }

    @Test("alternatives: the first that gives any text, and a text for none")
    func alternatives() throws {
        #expect(try read(["Inf | Tx/Nm | 'none'", "Nope | Sts", "'EUR'"]) == ["Anna|BOOK|EUR", "late|PDNG|EUR", "after|BOOK|EUR"])
    }

    @Test("explode makes a row of each child, with the row's values before and after it")
    func explode() throws {
        let options = ["explode": "Tx"]
        let lines = try read(["@no", "Tx/Id", "Tx/Nm", "Inf", "../Bal/Amt", "count(Tx)"], options: options)
        #expect(lines == ["1|a|Anna|-|10|1", "1|b|-|-|10|1", "1|c|-|-|10|1", "2|-|-|late|10|0", "3|d  e|-|after|10|1"])
        // One bad child is one reject, at its own place.
        let blocks = try XMLSamples.blocks(
            Self.statement.utf8, rows: "Stmt/Ntry",
            [XMLSamples.column("no", "@no", .int64), XMLSamples.column("name", "Tx/Nm", optional: false)],
            options: ["explode": .text("Tx")],
            blockRows: 2)
        #expect(XMLSamples.lines(blocks) == ["1|Anna"])
        #expect(XMLSamples.rejects(blocks).map(\.row) == [2, 3, 4, 5])
        #expect(XMLSamples.rejects(blocks).map(\.line) == [5, 5, 6, 7])
        #expect(String(decoding: XMLSamples.rejects(blocks)[0].raw, as: UTF8.self) == "<Tx><Id>b</Id><Nm/></Tx>")
        #expect(blocks.map(\.rowsRead) == [2, 2, 1])
    }

    @Test("text of mixed content, without or with that of the children; empty and nil elements are missing values")
    func mixed() throws {
        let document = """
            <r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><row><d xml:lang="en"><s>Chair</s>Leather <b>soft</b> and black</d>
            <n xsi:nil="true"/><e></e></row></r>
            """
        let lines = try XMLSamples.read(
            document, rows: "r/row",
            ["d", "d/string()", "string(d)", "d/@xml:lang", "n", "n/@xsi:nil", "e", "exists(e)", "exists(f)", "d/*/name()", "join(d/*)"])
        #expect(
            lines == ["Leather  and black|ChairLeather soft and black|ChairLeather soft and black|en|-|true|-|true|false|s|Chair, soft"])
    }

    @Test("namespaces by pattern: several versions in one feed; another is refused with its name")
    func namespaces() throws {
        func document(_ version: String) -> String { "<Document xmlns=\"urn:iso:camt.053.001.\(version)\"><E><A>1</A></E></Document>" }
        let options = ["namespaces": "c=urn:iso:camt.053.001.* c=urn:own"]
        for version in ["02", "08"] {
            #expect(try XMLSamples.read(document(version), rows: "c:Document/c:E", ["c:A", "A"], options: options) == ["1|1"])
        }
        let other = document("02").replacing("camt", with: "pain")
        #expect(
            throws: Failure.xmlNamespace(
                "Document", namespace: "urn:iso:pain.053.001.02", expected: "urn:iso:camt.053.001.* or urn:own", place: "sample.xml:1")
        ) { try XMLSamples.read(other, rows: "c:Document/c:E", ["A"], options: options) }
        #expect(throws: Failure.xmlNamespace("E", namespace: "none", expected: "urn:x", place: "sample.xml:1")) {
            try XMLSamples.read("<E/>", rows: "//E", ["A"], options: ["namespaces": "urn:x"])
        }
        #expect(
            Failure.xmlNamespace("E", namespace: "urn:y", expected: "urn:x", place: "a.xml:1").description
                == "the element 'E' is of another namespace, and the document has no rows (a.xml:1): urn:y, expected urn:x. Add the namespace "
                + "to `namespaces` in the job file (* stands for any characters), or take the file out of the feed.")
    }
}
