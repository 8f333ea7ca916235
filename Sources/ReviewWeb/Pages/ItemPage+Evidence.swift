import Pipelines
import Records

extension ItemPage {
    /// Pictures of the evidence: courses of sensors and control charts, and the history of each entity where there are times and amounts.
    var charts: [HTML] {
        item.evidence.compactMap { table in
            if let drawn = drawn(table) { return drawn }
            guard let chart = HistoryChart(table, positive: choices?.positive ?? "", current: item.eventTime) else { return nil }
            let title = HTML.visible(stage(table.title))
            let label = words("Amounts over time: \(title)", "金額の推移: \(title)")
            var legend: [HTML] = [.tag("li", ["class": "key-plain"], .text(words("amount of a row", "各行の金額")))]
            if chart.points.contains(where: \.isCurrent) {
                legend.append(.tag("li", ["class": "key-current"], .text(words("this row", "この行"))))
            }
            if chart.points.contains(where: \.isPositive) {
                legend.append(
                    .tag("li", ["class": "key-positive"], .text(words("known as ", "判明: ")), .foreign(stage(choices?.positive ?? ""))))
            }
            return section(
                stageTitle(table.title), [chart.svg(label: label), .tag("ul", ["class": "legend"], legend), rows(table, hasTitle: false)])
        }
    }

    /// Tables of which there is no picture.
    var evidence: [HTML] {
        item.evidence.compactMap { table in
            guard !isDrawn(table), HistoryChart(table, positive: choices?.positive ?? "", current: item.eventTime) == nil else {
                return nil
            }
            return section(stageTitle(table.title), [rows(table, hasTitle: false)])
        }
    }

    func stageTitle(_ title: String) -> HTML {
        stageText(title.prefix(1).uppercased() == title.prefix(1) ? title : capitalized(title))
    }

    /// Only what stays as it is gets a capital: the forms of the Japanese texts start with a small letter.
    private func capitalized(_ title: String) -> String { stage(title) == title ? title.prefix(1).uppercased() + title.dropFirst() : title }

    /// Columns without a single value are left out.
    func rows(_ table: Evidence, hasTitle: Bool) -> HTML {
        func value(_ row: [String], _ column: Int) -> String { column < row.count ? row[column] : "" }
        let columns = table.columns.indices.filter { column in table.rows.contains { !value($0, column).isEmpty } }
        guard !table.rows.isEmpty else { return .tag("p", ["class": "soft"], .text(words("none", "なし"))) }
        let numeric = Set(columns.filter { column in table.rows.allSatisfy { Self.isNumber(value($0, column)) } })
        func kind(_ column: Int) -> String? { numeric.contains(column) ? "number" : nil }
        let head = columns.map { HTML.tag("th", ["scope": "col", "class": kind($0)], stageText(table.columns[$0])) }
        let body = table.rows.map { row in
            HTML.tag(
                "tr", [:],
                columns.map { column in
                    let text = value(row, column)
                    let isWord = column == table.columns.count - 1 && (text == choices?.positive || text == choices?.negative)
                    let shown: HTML = Timestamp(iso8601: text).map { .text(words.time($0)) } ?? (isWord ? stageText(text) : .foreign(text))
                    return .tag("td", ["class": isWord && text == choices?.positive ? "bad strong" : kind(column)], shown)
                })
        }
        return .tag(
            "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": HTML.visible(stage(table.title))],
            .tag("table", [:], .tag("thead", [:], .tag("tr", [:], head)), .tag("tbody", [:], body)))
    }

    /// `12`, `27.15`, `27.15 EUR`, or nothing.
    private static func isNumber(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        return text.isEmpty || words.count <= 2 && Double(words[0]) != nil && (words.count == 1 || Currency(String(words[1])) != nil)
    }

    var row: HTML {
        guard !item.fields.isEmpty else { return .none }
        let pairs = item.fields.flatMap { field in
            [HTML.tag("dt", [:], .foreign(field.name, limit: 80)), .tag("dd", [:], field.value.map { .foreign($0) } ?? "–")]
        }
        return section(
            .text(item.kind == .row ? words("The row", "この行") : words("The delivery", "この配信")),
            [.tag("dl", ["class": "facts"], pairs)])
    }

    /// What a model drafted, by which model, when, and from what: it stands in the reason's field, to be edited and signed.
    var drafted: HTML {
        guard let draft else { return .none }
        let from = HTML.text(words("Drafted by ", "下書き: ")) + .foreign(draft.model, limit: 120)
        let what = ", " + words.time(draft.drafted) + words("; rests on ", "、根拠: ")
        let isSigned = entry.decisions.contains { $0.draft == draft.id }
        let hint =
            isSigned
            ? words(". Signed by a decision.", "。決定により署名済みです。")
            : words(". Nobody has signed it: edit the reason, then decide.", "。未署名です。理由を編集してから決定してください。")
        return section(
            .text(words("Drafted note", "下書きメモ")),
            draft.text.split(whereSeparator: \.isNewline).map { .tag("p", [:], .foreign(String($0))) } + [
                .tag("p", ["class": "soft small"], from, .text(what), .foreign(draft.cited.joined(separator: ", ")), .text(hint))
            ])
    }

    private func signature(_ decision: ReviewDecision) -> HTML {
        guard let draft = decision.draft else { return .none }
        let isEdited = decision.isDraftEdited == true
        let (how, japanese) = isEdited ? ("edited", "編集あり") : ("unchanged", "変更なし")
        return .tag(
            "p", ["class": "soft small"], .text(words("Signed from draft \(draft), \(how)", "下書き \(draft) から署名(\(japanese))")))
    }

    var decisions: HTML {
        let lines = entry.decisions.map { decision -> HTML in
            let word = choices?.word(decision.isPositive)
            let took = decision.seconds.map { words(", took \(Quantity.seconds($0))", "、所要 \(Quantity.seconds($0))") } ?? ""
            let replaced = decision.supersedes.map { words(", supersedes decision \($0)", "、決定 \($0) を置き換え") } ?? ""
            return .tag(
                "li", [:], .tag("strong", [:], .foreign(decision.outcome + (decision.amount.map { " \($0)" } ?? ""))),
                word.map { " (" + stageText($0) + ") " } ?? " ",
                .tag(
                    "span", ["class": "soft small"], .text(words.time(Timestamp(microseconds: decision.decided)) + ", "),
                    .foreign("\(decision.person)"), .text(took + replaced)), .tag("p", [:], .foreign(decision.reason)),
                signature(decision))
        }
        return section(
            .text(words("Decisions", "決定の履歴")),
            lines.isEmpty ? [.tag("p", ["class": "soft"], .text(words("none yet", "まだありません")))] : [.tag("ol", [:], lines)])
    }
}
