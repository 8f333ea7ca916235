import Connectors
import Pipelines
import Records
import ReviewWeb
import Testing

@Suite struct HostileTextTests {
    static let texts = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' autofocus onfocus='alert(1)",
        "</title></style><script src=//evil.example>",
        "{{7*7}} ${7*7} <!-- --> ]]> &lt;script&gt; &#x3C;", "javascript:alert(1)",
        "abc\u{202E}gpj.exe\u{2066}\u{200F}\u{0}\u{7}\u{1B}[31m\r\n",
        String(repeating: "长", count: 100_000), "a\u{1F}b", String(repeating: "\u{0301}", count: 3_000), "",
    ]

    private func hostile(_ fixture: SiteFixture, _ text: String) -> ReviewItem {
        fixture.item("k\(text)") { item in
            (item.cause, item.suggested, item.interim, item.onOverdue) = (text, text, text, text)
            item.reasons = [text, text]
            item.evidence = [
                Evidence(title: text, columns: [text, text], rows: [[text, text], [text, text]]),
                Evidence(
                    title: text, columns: ["time", "amount", text],
                    rows: [[item.eventTime.iso8601, "1.00 \(text)", text], [(item.eventTime - .days(1)).iso8601, "2 \(text)", text]]),
            ]
            // Sensors and measurements may have any name, and a plan may say anything.
            item.evidence += ItemPictureTests.course([text, "\(text)2"]) + ItemPictureTests.control(text)
            item.reasons += ["repair by 2026-03-01T10:00:00Z (\(text)): 1, saves \(text) (x)"]
            item.fields = [NamedText(text, text), NamedText("b", text)]
        }
    }

    @Test("text of a feed in every field makes no element, attribute or address, in either language", arguments: texts.indices)
    func feeds(_ index: Int) throws {
        let fixture = try SiteFixture(), text = Self.texts[index]
        try fixture.insert([fixture.item("plain"), hostile(fixture, text)])
        for language in ["en", "ja"] {
            let pages = [fixture.get("/items/2", language: language), fixture.get("/?queue=fraud", language: language)]
            let plain = try MarkupReader(fixture.get("/items/1", language: language).body)
            for page in pages {
                #expect(page.status == 200)
                let markup = try MarkupReader(page.body)
                // The one script is ours.
                #expect(markup.elements["script"] == 1)
                #expect(markup.elements["img"] == nil)
                #expect(
                    markup.attributes.subtracting(plain.attributes).subtracting([
                        "data-row", "data-open", "data-label", "data-next", "title",
                    ]).isEmpty)
                #expect(markup.addresses.allSatisfy { $0.hasPrefix("/") && !$0.hasPrefix("//") || $0 == "#content" })
                for scalar in ["\u{202E}", "\u{2066}", "\u{200F}", "\u{1B}", "\u{7}"] as [Unicode.Scalar] {
                    #expect(!page.body.unicodeScalars.contains(scalar), "\(language), \(scalar.value)")
                }
                let size = page.body.utf8.count
                #expect(size < 400_000)
            }
        }
    }

    @Test("what a person types, or puts into an address, is shown as text")
    func people() throws {
        let fixture = try SiteFixture()
        for text in Self.texts.dropLast() {
            try fixture.insert([fixture.item("of \(text.hashValue)")])
            let id = try fixture.warehouse.read { try ReviewStore($0).list(filter: .open, now: SiteFixture.clock).last?.item.id ?? 0 }
            // Refused, since the outcome is none: the reason comes back in its field.
            let refused = try fixture.post("/items/\(id)/decide", ["outcome": text, "reason": text])
            #expect(refused.status == 422)
            #expect(try MarkupReader(refused.body).elements["script"] == 1)
            _ = try fixture.post("/items/\(id)/decide", ["outcome": "hold", "reason": "x" + text])
            let shown = try MarkupReader(fixture.get("/items/\(id)").body)
            #expect(shown.elements["script"] == 1)
            #expect(shown.attributes.allSatisfy { !$0.hasPrefix("on") && $0 != "style" })
        }
        let searched = fixture.get("/?queue=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&show=%3Cb%3E&order=%22&page=-1&done=%3Cscript%3E")
        #expect(try MarkupReader(searched.body).elements["script"] == 1)
    }

    @Test("the reader of these tests sees what is planted")
    func control() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("MARK")])
        let page = fixture.get("/items/1").body
        #expect(page.contains("MARK"))
        #expect(try MarkupReader(page.replacing("MARK", with: "<script></script>")).elements["script"] == 2)
        #expect(throws: MarkupReader.Fault.self) { try MarkupReader(page.replacing("MARK", with: "\"><b>")) }
        #expect(throws: MarkupReader.Fault.self) { try MarkupReader(page.replacing("MARK", with: "</p>")) }
    }
}
