import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import ReviewWeb
import Testing

@Suite struct DecidePageTests {
    private let queueOf: (SiteFixture) -> ReviewQueue = { ReviewQueue($0.warehouse) }

    @Test("a decision is the terminal's: stored with label, seconds and audit entry; the item that pays most of the rest comes at once")
    func decide() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("a", value: 5), fixture.item("b", value: 9), fixture.item("c", value: 7)])
        let next = try fixture.post("/next", ["queue": "fraud"])
        #expect(next.header("Location") == "/items/2")
        #expect(fixture.get("/items/2").body.contains("yours"))
        let decided = try fixture.post("/items/2/decide", ["outcome": "hold", "reason": "terminal copied", "is": ""])
        #expect(decided.status == 303)
        #expect(decided.header("Location") == "/items/3?done=2")
        let entry = try fixture.entry(2), decision = try #require(entry.decisions.last)
        #expect((decision.outcome, decision.isPositive, decision.reason) == ("hold", true, "terminal copied"))
        #expect(decision.person == SiteFixture.ann)
        #expect(decision.seconds == 0)
        #expect(try fixture.entry(3).state.claim?.person == SiteFixture.ann)
        #expect(fixture.get("/items/3?done=2").body.contains("Item 2 is decided: <strong><bdi>hold</bdi></strong>"))
        let (label, audit) = try fixture.warehouse.read { database in
            (try LabelStore(database).latest(job: "bank", key: "b", asOf: .distantFuture), try AuditChain(database).verify())
        }
        #expect(label?.isPositive == true)
        #expect(audit.decisions == 1)
    }

    @Test("the word of the row may differ from what the outcome says")
    func word() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("a")])
        _ = try fixture.post("/items/1/decide", ["outcome": "hold", "reason": "held to ask; it was him", "is": "genuine"])
        #expect(try fixture.entry(1).decisions.last?.isPositive == false)
        #expect(try fixture.post("/items/1/decide", ["outcome": "hold", "reason": "r", "is": "frod", "replace": "yes"]).status == 422)
    }

    @Test("an outcome that takes a number has its field; the number is kept and shown, one that is missing or wrong is asked for again")
    func amount() throws {
        let plain = try SiteFixture()
        try plain.insert([plain.item("a")])
        #expect(!plain.get("/items/1").body.contains("name=\"amount\""))
        let fixture = try SiteFixture {
            $0.replacing("review: { cost", with: "part: { cost: 1 EUR, by: people, amount: euros }\n    review: { cost")
        }
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        let page = fixture.get("/items/1").body
        #expect(page.contains("name=\"amount\"") && page.contains("<bdi>euros</bdi>, for <bdi>part</bdi>"))
        func post(_ outcome: String, _ amount: String) throws -> PageReply {
            try fixture.post("/items/1/decide", ["outcome": outcome, "reason": "half of it", "amount": amount, "is": ""])
        }
        for (outcome, amount) in [("part", ""), ("part", "1,5"), ("part", "-3"), ("hold", "12")] {
            let refused = try post(outcome, amount)
            #expect(refused.status == 422 && refused.body.contains("value=\"half of it\""), "\(outcome) \(amount)")
            #expect(amount.isEmpty || refused.body.contains("value=\"\(amount)\""))
        }
        #expect(try fixture.entry(1).decisions.isEmpty)
        #expect(try post("part", "1,200.50").status == 303)
        #expect(try fixture.entry(1).decisions.last?.amount == DecidedAmount(amount: 1_200.5, unit: "euros"))
        #expect(fixture.get("/items/1").body.contains("part 1200.5 euros"))
        #expect(try fixture.warehouse.read { try AuditChain($0).verify().amounts } == 1)
    }

    @Test("what stands in the way is said, with who and until when; nothing is changed, and the reason typed is not lost")
    func conflicts() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b")])
        _ = try queueOf(fixture).claim(1, by: SiteFixture.bob, now: SiteFixture.clock + .minutes(50), lease: .minutes(30))
        let refused = try fixture.post("/items/1/decide", ["outcome": "hold", "reason": "my long reason"])
        #expect(refused.status == 409)
        #expect(refused.body.contains("<bdi>bob@desk-2</bdi> looks at this item until 2026-03-01 01:20"))
        #expect(try fixture.entry(1).decisions.isEmpty)
        #expect(try fixture.post("/items/1/claim").status == 409)
        #expect(try fixture.post("/items/1/release").status == 409)

        _ = try queueOf(fixture).decide(
            2, outcome: "clear", isPositive: false, reason: "known", by: SiteFixture.bob, now: SiteFixture.clock + .minutes(55),
            outcomes: [])
        let late = try fixture.post("/items/2/decide", ["outcome": "hold", "reason": "my long reason"])
        #expect(late.status == 409)
        #expect(late.body.contains("that decision stands"))
        #expect(late.body.contains("value=\"my long reason\""))
        #expect(try fixture.entry(2).decisions.count == 1)
        // Decided anew on purpose, both stay on record.
        #expect(try fixture.post("/items/2/decide", ["outcome": "hold", "reason": "card holder rang", "replace": "yes"]).status == 303)
        #expect(try fixture.entry(2).decisions.map(\.outcome) == ["clear", "hold"])
        try fixture.insert([fixture.item("b", version: 2), fixture.item("c"), fixture.item("c", version: 2)])
        #expect(try fixture.post("/items/4/decide", ["outcome": "hold", "reason": "r"]).status == 409)
        #expect(fixture.get("/items/4").body.contains("href=\"/items/5\""))
    }

    @Test("a decision without a reason, or with an outcome that there is none of, is refused")
    func incomplete() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("a")])
        for form in [["outcome": "hold", "reason": " \n"], ["outcome": "hold"], ["reason": "r"], ["outcome": "review", "reason": "r"]] {
            #expect(try fixture.post("/items/1/decide", form).status == 422, "\(form)")
        }
        #expect(try fixture.entry(1).decisions.isEmpty)
        #expect(try fixture.post("/items/99/decide", ["outcome": "hold", "reason": "r"]).status == 404)
        #expect(
            try fixture.post("/items/1/decide", ["outcome": "clear", "reason": "r"]).header("Location") == "/?queue=fraud&done=1&nothing=")
    }

    @Test("claim and give back, as the terminal does")
    func claim() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("a")])
        #expect(fixture.get("/items/1").body.contains("Claim it"))
        #expect(try fixture.entry(1).state.claim == nil)
        #expect(try fixture.post("/items/1/claim").status == 303)
        #expect(try fixture.entry(1).state.claim?.until == SiteFixture.clock + .minutes(90))
        #expect(fixture.get("/items/1").body.contains("Give it back"))
        #expect(try fixture.post("/items/1/release").status == 303)
        #expect(try fixture.entry(1).state.claim == nil)
    }

    @Test("a queue is sorted by what is at stake, by due time or by score, and cut into pages")
    func queue() throws {
        let fixture = try SiteFixture()
        try fixture.insert(
            (1...60).map { number in
                fixture.item("k\(number)", value: Int64(number)) { item in
                    item.score = 1 - Double(number) / 100
                    item.due = SiteFixture.clock + .hours(Int64(number * 37 % 61)) - .minutes(30)
                }
            })
        func first(_ query: String) -> String? {
            let page = fixture.get("/?queue=fraud\(query)").body
            return page.range(of: "href=\"/items/").map { String(page[$0.upperBound...].prefix { $0 != "\"" }) }
        }
        #expect(first("") == "60")
        #expect(first("&order=score") == "1")
        #expect(first("&order=due") == "33")
        #expect(first("&page=1") == "10")
        #expect(fixture.get("/?queue=fraud&page=1").body.count(of: "href=\"/items/") == 10)
        #expect(fixture.get("/?queue=fraud&show=overdue").body.count(of: "href=\"/items/") == 1)
        #expect(fixture.get("/?queue=fraud&show=decided").body.contains("No items here."))
    }

    @Test("both languages, by the browser's wish or the switch; what the stage says is translated where its form is known")
    func languages() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("a") { $0.reasons.append("something new") }])
        let japanese = fixture.get("/items/1", language: "ja-JP,en;q=0.5").body
        #expect(japanese.contains("<html lang=\"ja\">"))
        #expect(japanese.contains("金額 430.96 はこのカードの30日平均の 5.3 倍"))
        #expect(japanese.contains("<span lang=\"en\"><bdi>something new</bdi></span>"))
        #expect(fixture.get("/items/1", language: "fr, en;q=0.8, ja;q=0.7").body.contains("<html lang=\"en\">"))
        let cookie = try fixture.cookie() + "; pipeline_language=ja"
        let chosen = fixture.site.reply(to: fixture.request("GET", "/", cookie: cookie, headers: ["accept-language": "en"]))
        #expect(chosen.body.contains("<html lang=\"ja\">"))
    }

    @Test("a drafted note stands with its item and in the reason's field; the decision says that it was signed from it, edited or not")
    func draft() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("a"), fixture.item("b"), fixture.item("c")])
        #expect(!fixture.get("/items/1").body.contains("Drafted note"))
        try fixture.warehouse.write { database in
            for id in [1, 2] as [Int64] {
                let item = try ReviewStore(database).show(id).item, note = try CaseNote.of(item, in: database)
                let masked = "Customer <FIELD_1> paid 430.96 [amount].\n\nCall <FIELD_1> at once [customer]."
                let draft = CaseNote.Draft(text: "", masked: masked, cited: ["amount", "customer"], dropped: [], model: "small")
                try DraftStore(database).keep(draft, of: id, from: note, at: SiteFixture.clock + .minutes(30))
            }
        }
        let reason = "Customer C1 paid 430.96 [amount]. Call C1 at once [customer]."
        let page = fixture.get("/items/1").body
        #expect(page.contains("Drafted note") && page.contains("Drafted by <bdi>small</bdi>, 2026-03-01 00:30"))
        #expect(page.contains("value=\"\(reason)\"") && !page.contains("FIELD_1") && page.contains("Nobody has signed it"))
        // Nothing in the file has the customer's number but the item itself.
        let kept = try fixture.warehouse.read { try String.fetchAll($0, sql: "SELECT text FROM pipeline_drafts") }
        #expect(kept.count == 2 && kept.allSatisfy { !$0.contains("C1") })
        _ = try fixture.post("/items/1/decide", ["outcome": "hold", "reason": reason])
        _ = try fixture.post("/items/2/decide", ["outcome": "hold", "reason": reason + " I called."])
        _ = try fixture.post("/items/3/decide", ["outcome": "hold", "reason": reason])
        let signed = try (1...3).map { try fixture.entry($0).decisions.last }
        #expect(signed.map { $0?.draft } == [1, 2, nil] && signed.map { $0?.isDraftEdited } == [false, true, nil])
        #expect(fixture.get("/items/1").body.contains("Signed from draft 1, unchanged"))
        #expect(!fixture.get("/items/1").body.contains("Nobody has signed it"))
        #expect(fixture.get("/items/3").body.contains("Drafted note") == false)
        #expect(fixture.get("/items/2", language: "ja").body.contains("編集あり"))
        #expect(!fixture.get("/items/3").body.contains("Signed from"))
    }
}

extension String {
    func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}
