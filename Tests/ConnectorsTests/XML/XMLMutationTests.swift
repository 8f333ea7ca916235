import Connectors
import Foundation
import PipelineTesting
import Records
import Testing

/// Damaged documents: some thousand in `make test`, ten thousand and more where PIPELINE_TEST_ALL is set.
@Suite("XML: damaged documents")
struct XMLMutationTests {
    private static let isSlow = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] != nil
    private static let document = Array(
        """
        <?xml version="1.0" encoding="UTF-8"?><!DOCTYPE l SYSTEM "l.dtd">
        <p:l xmlns:p="urn:p" xmlns="urn:q"><p:day>Freitag &lt;</p:day><!-- é -->
        <p:row id="1"><name>Jäger &amp; <![CDATA[<Söhne>]]></name><p:a c="EUR">1.5</p:a><p:t>x</p:t><p:t>y</p:t></p:row>
        <p:row id="2"><name/><p:a c="USD">2</p:a><p:x><p:row id="9"><p:a c="EUR">7</p:a></p:row></p:x></p:row>
        <p:row id="3"><p:a c='EUR'> 3 </p:a><p:t>😀</p:t></p:row><p:row id="4"/>
        </p:l>

        """.utf8)

    private static let columns = [
        XMLSamples.column("id", "@id", .int64, optional: false), XMLSamples.column("name", "name | 'nobody'"),
        XMLSamples.column("amount", "a[@c='EUR']", .float64), XMLSamples.column("day", "../day"), XMLSamples.column("t", "t"),
        XMLSamples.column("last", "t[last()]"), XMLSamples.column("n", "count(t)", .int64), XMLSamples.column("all", "string()"),
    ]

    private func check(_ rows: String, seed: UInt64, options: [String: ParameterValue] = [:]) -> FeedMutationCheck {
        FeedMutationCheck(
            XMLFormat.self, document: Self.document, columns: Self.columns, options: options.merging(["rows": .text(rows)]) { $1 },
            tokens: FeedMutation.xmlTokens, seed: seed)
    }

    @Test("of any damaged document, accepted and rejected rows are those read, wherever buffers are cut")
    func damaged() throws {
        let rounds = Self.isSlow ? 10_000 : 700
        #expect(try check("l/row", seed: 1).differences(rounds: rounds) == [])
        #expect(try check("//row", seed: 100_000).differences(rounds: rounds) == [])
        #expect(try check("l/row[a]", seed: 200_000, options: ["explode": .text("t")]).differences(rounds: rounds) == [])
    }
}
