import Pipelines
import Records

/// A queue as a list: the item that pays most first, unless another order is asked for.
struct QueuePage {
    let frame: PageFrame
    let queue: String
    let counts: [ReviewStore.Counts]
    let entries: [ReviewEntry]
    let filter: ReviewStore.Filter
    let order: ReviewStore.Order
    /// From 0.
    let page: Int
    let hasMore: Bool
    /// What was just done, if anything.
    var note: HTML?

    static let rows = 50

    private var words: Words { frame.words }

    var reply: PageReply {
        var content: [HTML] = []
        if let note { content.append(frame.banner([note])) }
        content.append(
            .tag(
                "div", ["class": "head"], .tag("h1", [:], .text(words("Queue ", "キュー ")), .foreign(queue)),
                frame.nextButton(queue: queue, isMain: true)))
        content.append(.tag("section", ["class": "card", "aria-label": words("Figures", "集計")], .tag("div", ["class": "tiles"], tiles)))
        content.append(
            .tag(
                "section", ["class": "card", "aria-label": words("Items", "案件")], filters,
                entries.isEmpty ? .tag("p", [:], .text(words("No items here.", "該当する案件はありません。"))) : table, pages))
        let name = HTML.visible(queue)
        return frame.reply(words("Queue \(name)", "キュー \(name)"), content)
    }

    private var tiles: [HTML] {
        let open = counts.map(\.open).reduce(0, +), claimed = counts.map(\.claimed).reduce(0, +)
        let overdue = counts.map(\.overdue).reduce(0, +)
        let stake = counts.map { count in
            Currency(count.currency).map { Quantity.money(Money(minor: count.openValue, currency: $0)) } ?? "–"
        }.joined(separator: ", ")
        return [
            tile(Quantity.count(open), words("open", "未処理")), tile(Quantity.count(claimed), words("of them claimed", "うち担当者あり")),
            tile(Quantity.count(overdue), words("overdue", "期限切れ"), kind: overdue > 0 ? "bad" : nil),
            tile(stake, words("at stake", "見込み損失額")),
            tile(Quantity.count(counts.map(\.decided).reduce(0, +)), words("decided", "決定済み")),
        ]
    }

    private func tile(_ value: String, _ label: String, kind: String? = nil) -> HTML {
        .tag(
            "div", ["class": "tile"], .tag("div", ["class": "value \(kind ?? "")"], .text(value)),
            .tag("div", ["class": "label"], .text(label)))
    }

    private func address(filter: ReviewStore.Filter? = nil, order: ReviewStore.Order? = nil, page: Int = 0) -> String {
        "/?queue=\(PageFrame.encoded(queue))&show=\((filter ?? self.filter).rawValue)&order=\((order ?? self.order).rawValue)"
            + (page > 0 ? "&page=\(page)" : "")
    }

    private var filters: HTML {
        let shown: [(ReviewStore.Filter, String)] = [
            (.open, words("Open", "未処理")), (.overdue, words("Overdue", "期限切れ")), (.decided, words("Decided", "決定済み")),
            (.all, words("All", "すべて")),
        ]
        let orders: [(ReviewStore.Order, String)] = [
            (.value, words("most at stake", "損失額順")), (.due, words("due first", "期限順")), (.score, words("highest score", "スコア順")),
        ]
        return .tag(
            "div", ["class": "head small"],
            .tag(
                "nav", ["class": "filters", "aria-label": words("Which items", "表示する案件")],
                shown.map { .tag("a", ["href": address(filter: $0.0), "aria-current": $0.0 == filter ? "true" : nil], .text($0.1)) }),
            .tag(
                "nav", ["class": "filters", "aria-label": words("Order", "並び順")],
                orders.map { .tag("a", ["href": address(order: $0.0), "aria-current": $0.0 == order ? "true" : nil], .text($0.1)) }))
    }

    private var table: HTML {
        let titles = [
            words("Item", "案件"), words("At stake", "見込み損失額"), words("Score", "スコア"), words("Suggested", "提案"), words("Here because", "理由"),
            words("Due", "期限"), words("State", "状態"),
        ]
        let head = HTML.tag(
            "thead", [:],
            .tag(
                "tr", [:],
                titles.enumerated().map { .tag("th", ["scope": "col", "class": $0.offset == 1 ? "number" : nil], .text($0.element)) }))
        return .tag("table", ["class": "stack"], head, .tag("tbody", [:], entries.map { row($0, titles) }))
    }

    private func row(_ entry: ReviewEntry, _ titles: [String]) -> HTML {
        let item = entry.item
        let isLate = entry.state.isOverdue(at: frame.now)
        let score: HTML =
            item.score.map { .text(Quantity.decimal($0, 3)) + PageFrame.bar($0, kind: $0 >= 0.5 ? "high" : "", isShort: true) } ?? "–"
        let cells: [HTML] = [
            .tag("a", ["href": "/items/\(item.id)", "data-open": ""], .text("\(item.id)")) + " "
                + .tag("span", ["class": "soft small"], .foreign(PageFrame.keyText(item.key), limit: 60)),
            frame.money(item), score, .foreign(item.suggested, limit: 60), .foreign(words.cause(item), limit: 120),
            .tag(
                "span", ["class": isLate ? "bad" : nil, "title": words.time(item.due)], .text(words.relative(item.due, now: frame.now))),
            .foreign(words.state(entry, now: frame.now, person: frame.person), limit: 80),
        ]
        return .tag(
            "tr", ["data-row": ""],
            zip(cells, titles).enumerated().map { index, cell in
                .tag("td", ["data-label": cell.1, "class": index == 1 ? "number" : nil], cell.0)
            })
    }

    private var pages: HTML {
        guard page > 0 || hasMore else { return .none }
        var links: [HTML] = []
        if page > 0 { links.append(.tag("a", ["href": address(page: page - 1), "rel": "prev"], .text(words("Previous", "前へ")))) }
        if hasMore { links.append(.tag("a", ["href": address(page: page + 1), "rel": "next"], .text(words("More", "次へ")))) }
        return .tag("nav", ["class": "filters", "aria-label": words("Pages", "ページ")], links)
    }
}
