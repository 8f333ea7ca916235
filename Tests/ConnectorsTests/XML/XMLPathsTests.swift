import Connectors
import Records
import Testing

@Suite("XML: rows and columns by path")
struct XMLPathsTests {
    private static let statement = """
        <?xml version="1.0"?>
        <d:Document xmlns:d="urn:one" version="7">
          <d:Head><d:Id>H1</d:Id></d:Head>
          <d:Stmt no="1">
            <d:Acct><d:IBAN>NL1</d:IBAN></d:Acct>
            <d:Ntry id="a"><d:Amt Ccy="EUR"> 1.50 </d:Amt><d:Ref>x</d:Ref><d:Ref>second</d:Ref></d:Ntry>
            <d:Ntry id="b"><d:Amt Ccy="USD">2</d:Amt><d:Ref/><d:Ref>late</d:Ref></d:Ntry>
          </d:Stmt>
          <d:Stmt no="2">
            <d:Ntry id="c"><d:Amt>3</d:Amt></d:Ntry>
            <d:Acct><d:IBAN>NL2</d:IBAN></d:Acct>
            <d:Ntry id="d">own <d:Amt>4</d:Amt>text</d:Ntry>
          </d:Stmt>
        </d:Document>
        """

    @Test("rows by path from the root; elements, attributes and the first of several")
    func rowsFromTheRoot() throws {
        let lines = try XMLSamples.read(Self.statement, rows: "Document/Stmt/Ntry", ["@id", "Amt", "Amt/@Ccy", "Ref"])
        #expect(lines == ["a|1.50|EUR|x", "b|2|USD|-", "c|3|-|-", "d|4|-|-"])
        #expect(try XMLSamples.read(Self.statement, rows: "/Document/Stmt/Ntry", ["@id"]) == ["a", "b", "c", "d"])
        #expect(try XMLSamples.read(Self.statement, rows: "Document", ["@version", "Head/Id", "Stmt/Ntry/@id"]) == ["7|H1|a"])
    }

    @Test("values from ancestors are those before the row, and forgotten with their ancestor")
    func ancestors() throws {
        let sources = ["../@no", "../Acct/IBAN", "../../Head/Id", "../../@version"]
        let early = Self.statement.replacing("<d:Acct><d:IBAN>NL2</d:IBAN></d:Acct>", with: "")
        let lines = try XMLSamples.read(early, rows: "Document/Stmt/Ntry", sources)
        #expect(lines == ["1|NL1|H1|7", "1|NL1|H1|7", "2|-|H1|7", "2|-|H1|7"])
        #expect(throws: Failure.xmlValueAfterRow(column: "b", source: "../Acct/IBAN", place: "sample.xml:11")) {
            try XMLSamples.read(Self.statement, rows: "Document/Stmt/Ntry", sources)
        }
        #expect(
            Failure.xmlValueAfterRow(column: "iban", source: "../Acct/IBAN", place: "a.xml:11").description
                == "the value of column 'iban' stands after a row that it belongs to (a.xml:11): '../Acct/IBAN' behind the row, expected "
                + "values of elements around the row before it. Take the value in a feed of its own, whose rows are the elements around "
                + "these, and join the two by a key.")
    }

    @Test("rows anywhere, with the ancestors that the path names")
    func rowsAnywhere() throws {
        #expect(try XMLSamples.read(Self.statement, rows: "//Ntry", ["@id", "Amt"]) == ["a|1.50", "b|2", "c|3", "d|4"])
        let lines = try XMLSamples.read(Self.statement, rows: "//Stmt/Ntry", ["@id", "../@no"])
        #expect(lines == ["a|1", "b|1", "c|2", "d|2"])
        #expect(try XMLSamples.read(Self.statement, rows: "//Ntry", ["@id", "../../Head/Id"]) == ["a|H1", "b|H1", "c|H1", "d|H1"])
        #expect(try XMLSamples.read(Self.statement, rows: "Document/*/Ntry", ["@id", "../name()"]).first == "a|Stmt")
        #expect(try XMLSamples.read(Self.statement, rows: "Document/**/Ref", ["."]) == ["x", "second", "-", "late"])
    }

    @Test("rows within rows are rows of their own, the inner ones first")
    func nestedRows() throws {
        let nested = "<a n='1'><a n='2'><b>1</b></a><x><a n='3'><b>2</b><x><b>no</b></x></a></x><b>3<a n='4'><b>inner</b></a></b></a>"
        #expect(try XMLSamples.read(nested, rows: "//a/b", [".", "../@n"]) == ["1|2", "2|3", "inner|4", "3|1"])
        #expect(try XMLSamples.read(nested, rows: "//a", ["@n", "b", "ancestor::a/@n"]) == ["2|1|1", "3|2|1", "4|inner|1", "1|3|-"])
    }

    @Test("several paths for rows, the document's own values, and the nearest ancestor of a name")
    func unions() throws {
        let lines = try XMLSamples.read(
            Self.statement, rows: "Document/Stmt/Acct | Document/Stmt/Ntry", ["name()", "IBAN | @id", "../@no"])
        #expect(lines == ["Acct|NL1|1", "Ntry|a|1", "Ntry|b|1", "Ntry|c|2", "Acct|NL2|2", "Ntry|d|2"])
        let above = try XMLSamples.read(
            Self.statement, rows: "//Amt", [".", "/Document/Head/Id", "ancestor::Stmt/@no", "/Document/@version"])
        #expect(above == ["1.50|H1|1|7", "2|H1|1|7", "3|H1|2|7", "4|H1|2|7"])
    }

    @Test("own text leaves the children's out and joins the pieces")
    func ownText() throws {
        let lines = try XMLSamples.read(Self.statement, rows: "Document/Stmt/Ntry", ["."])
        #expect(lines == ["-", "-", "-", "own text"])
    }

    @Test("namespaces: any prefix, one insisted on, none")
    func namespaces() throws {
        let document = """
            <r xmlns:x="urn:x" xmlns:y="urn:y"><row x:k="1" k="2"><y:v>y</y:v><x:v>x</x:v><v>plain</v></row>
            <row xmlns="urn:x" k="3"><v>x too</v></row></r>
            """
        let lines = try XMLSamples.read(document, rows: "r/row", ["v", "{urn:x}v", "{}v", "{urn:x/y}v", "@{urn:x}k", "@{}k"])
        #expect(lines == ["y|x|plain|-|1|2", "x too|x too|-|-|-|3"])
        #expect(try XMLSamples.read(document, rows: "r/{urn:x}row", ["v"]) == ["x too"])
    }

    @Test("CDATA, entities and comments within a text")
    func pieces() throws {
        let document = "<r><row a=\"1 &lt; 2 &amp; &#x4E2D;\"> A&amp;B<![CDATA[<c> & ]]><!-- no -->&#233;\n</row></r>"
        #expect(try XMLSamples.read(document, rows: "r/row", ["@a", "."]) == ["1 < 2 & 中|A&B<c> & é"])
    }

    @Test("encodings other than UTF-8, and a byte order mark")
    func encodings() throws {
        let latin = Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r><row>Caf".utf8) + [0xe9] + Array("</row></r>".utf8)
        #expect(XMLSamples.lines(try XMLSamples.blocks(latin, rows: "r/row", XMLSamples.texts(["."]))) == ["Café"])
        let marked = [0xef, 0xbb, 0xbf] + Array("<r><row>1</row><row>x</row></r>".utf8)
        let blocks = try XMLSamples.blocks(marked, rows: "r/row", [XMLSamples.column("n", ".", .int64)])
        #expect(XMLSamples.rejects(blocks).map(\.offset) == [18])
        let wide = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><r><row>中</row></r>".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(XMLSamples.lines(try XMLSamples.blocks([0xff, 0xfe] + wide, rows: "r/row", XMLSamples.texts(["."]))) == ["中"])
    }

    @Test("a path that is none is refused in words")
    func wrongPaths() throws {
        func failure(_ rows: String, _ source: String) -> Failure? {
            do {
                _ = try XMLSamples.read("<r/>", rows: rows, [source])
                return nil
            } catch { return error as? Failure }
        }
        #expect(
            failure("r/ns:row", "a") == .xmlRowsPath("r/ns:row", problem: "the prefix 'ns' is not in 'namespaces' (there are xml, xsi)"))
        #expect(failure("", "a") == .xmlRowsPath("", problem: "a name is missing at its end"))
        #expect(failure("r/row", "a[") == .xmlColumnPath("a[", column: "a", problem: "a name is missing at its end"))
        #expect(failure("r/row", "a[b='x") == .xmlColumnPath("a[b='x", column: "a", problem: "a quote is not closed at ''x'"))
        #expect(failure("r/row", "@x/a") == .xmlColumnPath("@x/a", column: "a", problem: "it does not end here at '/a'"))
        #expect(failure("r/row", "a/../b") == .xmlColumnPath("a/../b", column: "a", problem: "a name is missing at '../b'"))
        #expect(failure("r/row", "median(a)") == .xmlColumnPath("median(a)", column: "a", problem: "'median' is no function here"))
        #expect(
            failure("r/row", "../../../a")
                == .xmlColumnPath("../../../a", column: "a", problem: "it leads above the document: 'rows' names 2 elements"))
        #expect(
            failure("r/row[last()]", "a")
                == .xmlRowsPath("r/row[last()]", problem: "a stream does not tell which element is the last"))
        #expect(
            Failure.xmlColumnPath("a[", column: "a", problem: "a name is missing at its end").description
                == "the source of column 'a' is not a path that a stream can be read by: 'a[': a name is missing at its end, expected a "
                + "path from the row such as Amt, Amt/@Ccy, ../Acct/Id/IBAN or Bal[Cd='OPBD']/Amt. Correct `from` of column 'a' in the "
                + "job file.")
    }

    @Test("a document without the element around the rows is refused with the nearest name; one without rows is not")
    func rowsNotFound() throws {
        #expect(try XMLSamples.read("<Document><Stmt/></Document>", rows: "Document/Stmt/Ntry", ["Amt"]) == [])
        let expected = Failure.xmlRowsNotFound("Document/Stmt/Ntry", next: "Stmt", place: "sample.xml", names: ["Head", "Stm"])
        #expect(throws: expected) {
            try XMLSamples.read("<Document><Head/><Stm><Ntry/></Stm></Document>", rows: "Document/Stmt/Ntry", ["Amt"])
        }
        #expect(
            expected.description
                == "the document has no 'Stmt' where 'rows' (Document/Stmt/Ntry) looks for one (sample.xml): Head, Stm, expected an "
                + "element 'Stmt'. Did you mean 'Stm'? Correct `rows` in the job file; //name looks anywhere.")
    }
}
