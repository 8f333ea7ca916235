import Foundation
import Pipelines
import Records

/// An item: what is suggested and why, the evidence, and the form to decide it.
struct ItemPage {
    let frame: PageFrame
    let entry: ReviewEntry
    /// Nil where the job file of the day cannot be read any more: the item is shown, and cannot be decided here.
    let choices: ReviewChoices?
    let weights: ReasonWeights?
    let recentReasons: [String]
    var note: HTML?
    /// What stood against what was asked.
    var problem: Problem?
    /// The newest note that a model drafted.
    var draft: KeptDraft?
    /// The reason as it was typed, when the decision was refused; else the draft, where the item is open.
    var typed = ""
    /// The number likewise.
    var typedAmount = ""

    var words: Words { frame.words }
    var item: ReviewItem { entry.item }
    var stage: StageWords { StageWords(language: words.language) }
    var isMine: Bool {
        if case .claimed(let claim) = entry.state.phase(at: frame.now) { claim.person == frame.person } else { false }
    }

    var reply: PageReply {
        var content: [HTML] = []
        if let note { content.append(frame.banner([note])) }
        if let problem { content.append(frame.banner([problem.text], isAlarm: true)) }
        content.append(head)
        let left = [verdict, reasons, drafted, decide], right = charts + evidence + [row, decisions]
        content.append(.tag("div", ["class": "columns"], .tag("div", [:], left), .tag("div", [:], right)))
        return frame.reply(words("Item \(item.id)", "案件 \(item.id)"), status: problem?.status ?? 200, content)
    }

    /// A part of the page with a heading of its own.
    func section(_ title: HTML, kind: String = "card", _ content: [HTML]) -> HTML {
        .tag("section", ["class": kind], [.tag("h2", [:], title)] + content)
    }

    /// A stage's text: translated where the form is known, and otherwise marked as what it is.
    func stageText(_ text: String) -> HTML {
        let shown = stage(text)
        return words.language != .english && shown == text ? .tag("span", ["lang": "en"], .foreign(text)) : .foreign(shown)
    }

    // MARK: Top

    private var head: HTML {
        let isLate = entry.state.isOverdue(at: frame.now)
        let state = HTML.tag(
            "span", ["class": isLate ? "tag bad" : "tag"], .foreign(words.state(entry, now: frame.now, person: frame.person), limit: 120))
        return .tag(
            "div", ["class": "head"],
            .tag(
                "div", [:], .tag("h1", [:], .text(words("Item \(item.id) ", "案件 \(item.id) ")), state),
                .tag("p", ["class": "soft"], .foreign(item.job, limit: 80), ", ", .foreign(PageFrame.keyText(item.key), limit: 400))),
            .tag("div", ["class": "filters"], claimForm, back))
    }

    private var back: HTML {
        .tag(
            "a", ["href": "/?queue=\(PageFrame.encoded(item.queue))", "data-queue": ""], .text(words("Back to the queue ", "キューへ戻る ")),
            .tag("kbd", [:], "q"))
    }

    private var claimForm: HTML {
        switch entry.state.phase(at: frame.now) {
        case .open:
            frame.form("/items/\(item.id)/claim", [.tag("button", [:], .text(words("Claim it", "担当する")))])
        case .claimed where isMine:
            frame.form("/items/\(item.id)/release", [.tag("button", [:], .text(words("Give it back", "担当をやめる")))])
        case .claimed, .decided, .superseded: .none
        }
    }

    private func facts(_ pairs: [(String, HTML)]) -> HTML {
        .tag("dl", ["class": "facts"], pairs.flatMap { [.tag("dt", [:], .text($0.0)), .tag("dd", [:], $0.1)] })
    }

    private var verdict: HTML {
        var pairs: [(String, HTML)] = []
        if item.kind == .row {
            let score: HTML =
                item.score.map {
                    .tag("span", ["class": "strong"], .text(Quantity.decimal($0, 3))) + PageFrame.bar($0, kind: $0 >= 0.5 ? "high" : "")
                } ?? .text(words("none", "なし"))
            pairs = [(words("Score", "スコア"), score), (words("At stake", "見込み損失額"), .tag("strong", [:], frame.money(item)))]
            if let saving = plan?.saving {
                pairs.append((words("Expected saving", "期待節約額"), .tag("strong", [:], .foreign(saving, limit: 40))))
            }
        } else {
            pairs = [(words("Kind", "種類"), .text(item.kind.rawValue))]
        }
        pairs += [
            (words("Suggested", "提案"), .tag("strong", [:], .foreign(item.suggested))),
            (words("Here because", "理由"), .foreign(words.cause(item))),
            (
                words("Until then", "それまで"),
                .foreign(item.interim) + (item.isOverCapacity ? .text(words(" (over the day's capacity)", "(1日の上限超過)")) : .none)
            ),
            (
                words("Due", "期限"),
                .text("\(words.time(item.due)) (\(words.relative(item.due, now: frame.now)))") + .text(words(", then ", "、以後 "))
                    + .foreign(item.onOverdue)
            ),
        ]
        return section(.text(words("What is suggested", "提案")), [facts(pairs)])
    }

    // MARK: Why

    private var reasons: HTML {
        guard !item.reasons.isEmpty else { return .none }
        let greatest = max(weights?.weights.first ?? 1, abs(weights?.others ?? 0), 1e-9)
        var lines = item.reasons.enumerated().map { index, reason -> HTML in
            let place = index - (weights?.leading ?? 0)
            guard let weights, weights.weights.indices.contains(place) else { return .tag("li", [:], stageText(reason)) }
            let weight = weights.weights[place]
            let factor = Self.factor(weight)
            return .tag(
                "li", [:],
                .tag(
                    "div", ["class": "reason"], .tag("span", [:], stageText(reason)),
                    .tag("span", ["class": "soft small"], .text(words("odds × \(factor)", "オッズ × \(factor)")))),
                PageFrame.bar(weight / greatest, kind: ""))
        }
        if let weights {
            let factor = Self.factor(weights.others)
            let rest =
                weights.others < 0
                ? words("everything else together, which speaks against", "その他すべて(反対の材料)") : words("everything else together", "その他すべて")
            lines.append(
                .tag(
                    "li", [:],
                    .tag(
                        "div", ["class": "reason soft"], .tag("span", [:], .text(rest)),
                        .tag("span", ["class": "small"], .text(words("odds × \(factor)", "オッズ × \(factor)")))),
                    PageFrame.bar(abs(weights.others) / greatest, kind: weights.others < 0 ? "against" : "")))
        }
        return section(.text(words("Why", "根拠")), [.tag("ol", ["class": "reasons"], lines)])
    }

    /// By how much the odds are multiplied: three digits.
    static func factor(_ weight: Double) -> String {
        let factor = exp(weight)
        switch factor {
        case ..<0.01: return "< 0.01"
        case ..<9.995: return Quantity.decimal(factor, 2)
        case ..<99.95: return Quantity.decimal(factor, 1)
        case ..<1e6: return Quantity.decimal(factor, 0)
        default: return "> 1,000,000"
        }
    }
}
