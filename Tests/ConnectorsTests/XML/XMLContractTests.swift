import Connectors
import PipelineTesting
import Records
import Testing

@Suite("XML: the contract of formats")
struct XMLContractTests {
    private static let columns = [
        XMLSamples.column("id", "@id", .int64, optional: false), XMLSamples.column("name", "name"),
        XMLSamples.column("amount", "amount", .float64, optional: false),
        XMLSamples.column("day", "../day"),
    ]

    private static let document = """
        <?xml version="1.0" encoding="UTF-8"?>
        <p:list xmlns:p="urn:p"><!-- a comment --><p:day>Freitag</p:day>
        <p:row id="1"><p:name>J\u{e4}ger &amp; <![CDATA[<S\u{f6}hne>]]></p:name><p:amount>1.5</p:amount></p:row>
        <p:row id="2"><p:name/><p:amount>zwei</p:amount></p:row>
        <p:row id="3"><p:amount> 3 </p:amount></p:row><p:row id="four"/>
        <?pi?><p:row id='5'><p:name>\u{4e2d}</p:name><p:amount>5e0</p:amount><p:x><p:amount>9</p:amount></p:x></p:row>
        </p:list>

        """

    private static var contract: FeedContract {
        FeedContract(
            XMLFormat.self, document: Array(document.utf8), columns: columns, options: ["rows": .text("list/row")],
            rows: [
                ["1", "J\u{e4}ger & <S\u{f6}hne>", "1.5", "Freitag"], ["3", nil, "3.0", "Freitag"],
                ["5", "\u{4e2d}", "5.0", "Freitag"],
            ],
            rejectedRows: [2, 4])
    }

    @Test("XML keeps the contract: any buffer, any block, resumed, gzipped, cut and flipped")
    func contract() throws {
        #expect(try Self.contract.differences() == [])
    }

    @Test("the control: a contract with another expectation is not kept")
    func control() throws {
        var wrong = Self.contract
        wrong.rejectedRows = [2]
        #expect(try wrong.differences() != [])
    }
}
