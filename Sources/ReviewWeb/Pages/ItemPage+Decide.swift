import Pipelines
import Records

extension ItemPage {
    /// The form to decide; of a decided item, to decide anew; nothing to press where somebody else or a newer item is in the way.
    var decide: HTML {
        let title = HTML.text(words("Decide", "決定"))
        guard let choices else {
            return section(
                title,
                [.tag("p", [:], .text(words("The job file of this item's run cannot be read any more.", "この案件の実行時のジョブファイルを読み込めません。")))])
        }
        switch entry.state.phase(at: frame.now) {
        case .superseded(let newer):
            return section(title, [.tag("p", [:], .text(words("The row was corrected. ", "この行は訂正されました。")), link(to: newer))])
        case .claimed(let claim) where claim.person != frame.person:
            return section(
                title,
                [
                    .tag(
                        "p", [:], .foreign("\(claim.person)"),
                        .text(words(" looks at this item until \(words.time(claim.until)).", " が \(words.time(claim.until)) まで担当しています。"))),
                    frame.nextButton(queue: item.queue, isMain: true),
                ])
        case .decided:
            let summary = HTML.tag(
                "summary", [:], .text(words("Decide anew; the earlier decision stays on record", "決定し直す(以前の決定は記録に残ります)")))
            return section(
                title,
                [
                    frame.nextButton(queue: item.queue, isMain: true),
                    .tag("details", ["open": problem == nil ? nil : ""], summary, form(choices, replacing: true)),
                ])
        case .open, .claimed: return section(title, kind: "card decide", [form(choices, replacing: false)])
        }
    }

    func link(to item: Int64) -> HTML { .tag("a", ["href": "/items/\(item)"], .text(words("Open item \(item)", "案件 \(item) を開く"))) }

    private func form(_ choices: ReviewChoices, replacing: Bool) -> HTML {
        var content: [HTML] = [
            // Enter in the reason must not press the first outcome: a form whose default button is disabled does not go out.
            .tag("button", ["type": "submit", "disabled": "", "hidden": ""]),
            .tag("label", ["for": "reason"], .text(words("Reason ", "理由 ")), .tag("kbd", [:], "r")),
            .tag(
                "input",
                [
                    "type": "text", "id": "reason", "name": "reason", "required": "", "maxlength": "2000", "value": typed,
                    "list": "reasons",
                    "autocomplete": "off", "aria-describedby": "reason-help",
                ]),
            .tag(
                "p", ["class": "soft small", "id": "reason-help"],
                .text(words("What the decision rests on; it stays on record.", "判断の根拠。記録に残ります。"))),
            .tag("datalist", ["id": "reasons"], recentReasons.map { .tag("option", ["value": $0]) }),
        ]
        content += amount(choices)
        if replacing { content.append(.tag("input", ["type": "hidden", "name": "replace", "value": "yes"])) }
        if !choices.positive.isEmpty { content += what(choices) }
        content.append(
            .tag("div", ["class": "buttons"], choices.choices.enumerated().map { button($0.element, number: $0.offset + 1, choices) }))
        return frame.form("/items/\(item.id)/decide", kind: nil, content)
    }

    /// A number's field, where an outcome takes one.
    private func amount(_ choices: ReviewChoices) -> [HTML] {
        let takers = choices.choices.filter { $0.amount != nil }
        guard let unit = takers.first?.amount else { return [] }
        let names = takers.map(\.outcome).joined(separator: ", ")
        return [
            .tag(
                "label", ["for": "amount"], .text(words("How many ", "数量: ")), .foreign(unit), .text(words(", for ", "(次の結果の場合: ")),
                .foreign(names), .text(words("", ")"))),
            .tag(
                "input",
                ["type": "text", "id": "amount", "name": "amount", "inputmode": "decimal", "value": typedAmount, "autocomplete": "off"]),
        ]
    }

    private func what(_ choices: ReviewChoices) -> [HTML] {
        [
            .tag("label", ["for": "is"], .text(words("What the row was", "実際はどうだったか"))),
            .tag(
                "select", ["id": "is", "name": "is"], .tag("option", ["value": ""], .text(words("as the outcome says", "結果のとおり"))),
                .tag("option", ["value": choices.positive], .text(stage(choices.positive))),
                .tag("option", ["value": choices.negative], .text(stage(choices.negative)))),
        ]
    }

    private func button(_ choice: ReviewChoices.Choice, number: Int, _ choices: ReviewChoices) -> HTML {
        let isSuggested = choice.outcome == item.suggested
        var says: [HTML] = []
        if let word = choices.word(choice.isPositive) { says.append(.text(words("says \(stage(word))", "\(stage(word))とみなす"))) }
        if isSuggested { says.append(.text(words("suggested", "提案"))) }
        let small = says.enumerated().map { $0.offset == 0 ? $0.element : ", " + $0.element }
        return .tag(
            "button",
            [
                "type": "submit", "name": "outcome", "value": choice.outcome, "class": isSuggested ? "main" : nil,
                "data-key": number < 10 ? "\(number)" : nil,
            ],
            .foreign(choice.outcome), " ", number < 10 ? .tag("kbd", [:], .text("\(number)")) : .none,
            small.isEmpty ? .none : .tag("span", ["class": "says"], small))
    }
}

/// What stood against what was asked, as a person reads it.
struct Problem {
    let status: Int
    let text: HTML

    init(status: Int, text: HTML) { (self.status, self.text) = (status, text) }

    /// - Parameter entry: the item as it is now; nil where there is none.
    init(_ failure: Failure, entry: ReviewEntry?, words: Words) {
        switch failure.code {
        case "review.claimed":
            status = 409
            if let claim = entry?.state.claim {
                text =
                    .foreign("\(claim.person)")
                    + .text(
                        words(
                            " looks at this item until \(words.time(claim.until)). Nothing was changed; take another one, or come back then.",
                            " が \(words.time(claim.until)) まで担当中です。何も変更していません。別の案件を選ぶか、後でもう一度開いてください。"))
            } else {
                text = .text(words("Somebody else looks at this item. Nothing was changed.", "ほかの人が担当中です。何も変更していません。"))
            }
        case "review.decided":
            status = 409
            text = .text(
                words(
                    "This item was decided in the meantime; that decision stands. You find it below, and can decide anew.",
                    "この案件はすでに決定されており、その決定が有効です。下の履歴を確認し、必要なら決定し直してください。"))
        case "review.superseded":
            status = 409
            text = .text(words("The row was corrected meanwhile; decide its new item instead. ", "行が訂正されました。新しい案件で決定してください。"))
        case "review.not-claimed":
            status = 409
            text = .text(words("This item is not claimed by you: there is nothing to give back.", "この案件はあなたの担当ではありません。"))
        case "review.no-reason":
            status = 422
            text = .text(words("A decision needs a reason: say in a few words what it rests on.", "決定には理由が必要です。判断の根拠を短く書いてください。"))
        case "review.item-missing":
            status = 404
            text = .text(words("There is no such item.", "その案件はありません。"))
        default:
            status = failure.kind == .tryAgain ? 503 : failure.kind == .usage ? 422 : 500
            text = .text(words("", "(英語) ")) + .foreign(failure.description)
        }
    }
}
