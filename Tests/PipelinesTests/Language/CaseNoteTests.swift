import Connectors
import Foundation
import Models
import Pipelines
import Records
import Testing

@Suite("Case notes") struct CaseNoteTests {
    private static let canaries = ["CANARY-4711", "Yuki Canary", "canary@example.com", "T-OTHER-9", "C1186", "88231"]

    private static var item: ReviewItem {
        ReviewItem(
            run: 1, job: "fraud", queue: "fraud", key: "1", version: 1, eventTime: Timestamp(.init(year: 2026, month: 3, day: 1)),
            score: 0.93,
            value: Money("120.50 EUR")!, cause: "cost", suggested: "hold", interim: "hold",
            reasons: ["amount 120.50 EUR is 8 times this card's 30-day mean", "CANARY-4711 wrote from canary@example.com"],
            evidence: [
                Evidence(
                    title: "last transactions of this terminal", columns: ["time", "amount", "card"],
                    rows: [
                        ["2026-02-28T10:00:00Z", "12.00 EUR", "T-OTHER-9"], ["2026-02-27T10:00:00Z", "9.50 EUR", "CANARY-4711"],
                        ["2026-02-26T10:00:00Z", "9.50 EUR", "C1186"], ["2026-02-25T10:00:00Z", "9.50 EUR", "88231"],
                    ])
            ],
            fields: [NamedText("customer", "CANARY-4711"), NamedText("name", "Yuki Canary"), NamedText("amount", "120.50 EUR")],
            created: Timestamp(.init(year: 2026, month: 3, day: 1)), due: Timestamp(.init(year: 2026, month: 3, day: 3)), onOverdue: "hold")
    }

    private static var note: CaseNote { CaseNote(item, personal: ["customer", "name"]) }

    private static func answer(_ text: String, ending: Completion.Ending = .finished) -> Completion {
        Completion(text: text, ending: ending, promptTokens: 10, answerTokens: 10, invokedModel: "test")
    }

    @Test("nothing personal is in the prompt, wherever it stood; without the column policy it would be")
    func canary() {
        let sent = Self.note.prompt.recorded
        for canary in Self.canaries { #expect(!sent.contains(canary), "\(canary)") }
        #expect(sent.contains("120.50 EUR") && sent.contains("<FIELD_1>"))
        let open = CaseNote(Self.item, personal: []).prompt.recorded
        #expect(open.contains("CANARY-4711") && open.contains("Yuki Canary") && !open.contains("canary@example.com"))
    }

    /// A note whose evidence has these cells.
    private static func sent(_ cells: [String], fields: [NamedText] = [], personal: Set<String> = [], reasons: [String] = []) -> String {
        var item = item
        item.evidence = [Evidence(title: "rows", columns: cells.map { _ in "cell" }, rows: [cells])]
        item.reasons = reasons
        item.fields = fields
        return CaseNote(item, personal: personal).prompt.recorded
    }

    @Test(
        "cells that name somebody do not leave as figures; times, decimals and amounts do",
        arguments: [
            ("C000049", false), ("DE44500105175407324931", false), ("4111111111111111", false), ("+81 90 1234 5678", false),
            ("090-1234-5678", false), ("1e300", false), ("nan", false), ("123456 ABCD", false), ("123456789012.5", false), ("88231", false),
            ("2026-02-28T10:00:00Z", true), ("2026-02-28", true), ("12.50", true), ("-0.25", true), ("12.00 EUR", true), ("999", true),
        ])
    func figures(_ cell: String, leaves: Bool) { #expect(Self.sent([cell]).contains(cell) == leaves) }

    @Test("a figure that is the row's own hidden value is hidden in evidence too")
    func ownFigure() {
        #expect(!Self.sent(["61.5"], fields: [NamedText("age", "61.5")], personal: ["age"]).contains("61.5"))
        #expect(Self.sent(["61.5"]).contains("61.5"))
    }

    @Test(
        "a hidden value is found in any case, width and accent, also of two characters that are not ASCII; a short one as a word",
        arguments: [
            ("田中", "田中様から電話", "田中"), ("Yuki", "from YUKI or ＹＵＫＩ", "YUKI"), ("Yuki", "from ＹＵＫＩ", "ＹＵＫＩ"),
            ("José", "Jose\u{301} called", "Jose\u{301}"), ("ﾀﾅｶ", "タナカです", "タナカ"), ("Al", "says al twice", " al "),
            ("field", "Field of it", "Field"),
        ])
    func hidden(_ value: String, reason: String, gone: String) {
        let sent = Self.sent([], fields: [NamedText("name", value)], personal: ["name"], reasons: [reason])
        #expect(!sent.contains(gone) && sent.contains("<FIELD_1>"))
        #expect(Self.sent([], fields: [NamedText("name", value)], reasons: [reason]).contains(gone))
    }

    @Test("a short value does not cut words, and no value cuts a pseudonym")
    func words() {
        let sent = Self.sent(
            [], fields: [NamedText("name", "Al"), NamedText("word", "email")], personal: ["name", "word"],
            reasons: ["also typical: a@example.com"])
        #expect(sent.contains("also typical: <EMAIL_1>"))
    }

    @Test("a draft has no character that a terminal obeys")
    func controls() throws {
        let answer = "{\"happened\": \"It scored 0.93 \\u001b[2J\\u202e[score].\", \"flagged\": \"\", \"check\": \"\"}"
        let text = try #require(Self.note.draft(from: Self.answer(answer))).text
        #expect(!text.unicodeScalars.contains("\u{1B}") && !text.unicodeScalars.contains("\u{202E}"))
    }

    @Test("sentences that cite what was sent stand, with the values put back; all others are dropped and named")
    func checked() throws {
        let answer = """
            {"happened": "Customer <FIELD_1> paid 120.50 EUR [amount] [customer]. The card was stolen in Paris.", \
            "flagged": "The amount is 8 times the mean [reason-1]. The score is 0.99 [score].", "check": "Call <FIELD_1> [customer]."}
            """
        // The first sentence's customer is cited with a field that holds no number but the amount's.
        let draft = try #require(Self.note.draft(from: Self.answer(answer)))
        #expect(draft.text.contains("8 times the mean [reason-1]."))
        #expect(!draft.text.contains("Paris") && !draft.text.contains("0.99"))
        #expect(draft.dropped.map(\.reason).contains(.noCitation) && draft.dropped.map(\.reason).contains(.numberNotInEvidence))
        #expect(!draft.text.contains("<FIELD_1>") && !draft.masked.contains("CANARY-4711"))
        #expect(draft.cited.contains("reason-1") && !draft.cited.contains("score"))
    }

    @Test("an answer that was cut off, or is no object, is no draft")
    func noDraft() {
        #expect(Self.note.draft(from: Self.answer("{\"happened\": \"x\"}", ending: .cut)) == nil)
        #expect(Self.note.draft(from: Self.answer("Sure! Here is your note.")) == nil)
        #expect(Self.note.draft(from: Self.answer("{}"))?.text.isEmpty == true)
    }

    /// Counts how often it is asked.
    private final class Counting: Completer {
        let family = "test", model = "test", destination = "here"
        let calls = Calls()

        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            await calls.add()
            return CaseNoteTests.answer("{\"happened\": \"It scored 0.93 [score].\", \"flagged\": \"\", \"check\": \"\"}")
        }
    }

    private actor Calls {
        var count = 0
        func add() { count += 1 }
    }

    @Test("what was drafted once is answered from the ledger")
    func ledger() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "note-\(UUID()).db").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let warehouse = try Warehouse(path: path)
        defer { warehouse.close() }
        let asked = Counting()
        let ledger = Ledger(
            store: WarehouseLedger(warehouse), budget: "notes", caps: LedgerCaps(), owner: "test 1 1",
            now: { Timestamp(.init(year: 2026, month: 3, day: 1)) })
        let model = LedgeredModel(asked, ledger: ledger, facts: .local("test"), pause: {})
        let note = Self.note
        for _ in 0..<2 { #expect(note.draft(from: try await model.completion(of: note.prompt))?.text == "It scored 0.93 [score].") }
        #expect(await asked.calls.count == 1)
    }
}
