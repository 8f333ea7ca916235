import Pipelines
import Records

/// What all pages share: who asks, when, in which language; and what stands around the content.
struct PageFrame: Sendable {
    let words: Words
    let person: ReviewPerson
    let now: Timestamp
    /// Of the forms.
    let csrf: String
    /// The page's own address, for the switch of language.
    let path: String
    /// Known queues, by name, with their open items.
    let queues: [(name: String, open: Int)]
    /// The queue looked at, if it is one.
    let queue: String?

    func reply(_ title: String, status: Int = 200, _ content: [HTML]) -> PageReply {
        let head: [HTML] = [
            .tag("title", [:], .text("\(title) · pipeline")), .tag("link", ["rel": "stylesheet", "href": "/style.css"]),
            .tag("link", ["rel": "icon", "href": "/icon.svg"]), .tag("script", ["src": "/keys.js", "defer": ""]),
        ]
        let body = HTML.tag(
            "body", [:], .tag("a", ["class": "skip", "href": "#content"], .text(words("To the content", "本文へ"))), top,
            .tag("main", ["id": "content", "tabindex": "-1"], content), footer)
        return PageReply(status: status, body: HTML.document(language: words.language.rawValue, head: head, body: body))
    }

    private var top: HTML {
        let links = queues.map { queue in
            HTML.tag(
                "a", ["href": "/?queue=\(Self.encoded(queue.name))", "aria-current": queue.name == self.queue ? "true" : nil],
                .foreign(queue.name), .text(" (\(Quantity.count(queue.open)))"))
        }
        let languages = Language.allCases.map { language in
            HTML.tag(
                "a",
                [
                    "href": "/language?to=\(language.rawValue)&from=\(Self.encoded(path))", "lang": language.rawValue,
                    "hreflang": language.rawValue, "aria-current": language == words.language ? "true" : nil,
                ], .text(language.name))
        }
        return .tag(
            "header", ["class": "top"], .tag("a", ["class": "name", "href": "/"], "pipeline"),
            .tag("nav", ["aria-label": words("Queues", "キュー")], links),
            .tag("nav", ["class": "right", "aria-label": words("Language", "言語")], languages))
    }

    private var footer: HTML {
        .tag(
            "footer", [:], .text(words("You decide as ", "判断者: ")), .foreign("\(person)"),
            .text(words(". All times are UTC.", "。時刻はすべて UTC。")))
    }

    /// A form that changes something; its token says that this server made it.
    func form(_ action: String, kind: String? = "line", _ content: [HTML]) -> HTML {
        .tag(
            "form", ["method": "post", "action": action, "class": kind],
            [.tag("input", ["type": "hidden", "name": "csrf", "value": csrf])] + content)
    }

    /// The button that claims the item that pays most.
    func nextButton(queue: String, isMain: Bool) -> HTML {
        form(
            "/next",
            [
                .tag("input", ["type": "hidden", "name": "queue", "value": queue]),
                .tag(
                    "button", ["class": isMain ? "main" : nil, "data-next": ""], .text(words("Next item ", "次の案件 ")), .tag("kbd", [:], "n")),
            ])
    }

    func banner(_ text: [HTML], isAlarm: Bool = false) -> HTML {
        .tag("div", ["class": isAlarm ? "banner alarm" : "banner", "role": isAlarm ? "alert" : "status"], text)
    }

    func money(_ item: ReviewItem) -> HTML { item.kind == .row ? .text(Quantity.money(item.value)) : "–" }

    /// A key of several columns reads `a / b`.
    static func keyText(_ key: String) -> String { key.replacing("\u{1F}", with: " / ") }

    /// For a part of an address.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    /// A bar of a share in 0...1, for the eye only: the number stands beside it.
    static func bar(_ share: Double, kind: String, isShort: Bool = false) -> HTML {
        let width = Quantity.decimal(min(max(share, 0), 1) * 100, 1)
        return .tag(
            "svg", ["class": isShort ? "bar short" : "bar", "aria-hidden": "true", "viewBox": "0 0 100 8", "preserveAspectRatio": "none"],
            .tag("rect", ["class": "track", "width": "100", "height": "8"]),
            .tag("rect", ["class": "fill \(kind)", "width": width, "height": "8"]))
    }
}
