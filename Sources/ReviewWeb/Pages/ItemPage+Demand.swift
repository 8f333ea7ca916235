import Pipelines
import Records

extension ItemPage {
    /// The forecast's fan and the stock under it, with the table folded away below.
    func fan(_ chart: FanChart, _ table: Evidence) -> HTML {
        let title = words("Forecast and stock", "需要予測と在庫")
        func text(_ value: Double?) -> String { value.map { Quantity.decimal($0, 1) } ?? "–" }
        let total = chart.middle.reduce(0, +)
        let says = words(
            "\(chart.middle.count) periods ahead, \(text(total)) units in the middle forecast; stock at the end \(text(chart.skip.last)) without an "
                + "order, \(text(chart.order.last)) with the one proposed.",
            "今後 \(chart.middle.count) 期、中央予測の合計 \(text(total))。期末在庫は発注なしで \(text(chart.skip.last))、提案どおり発注で \(text(chart.order.last))。")
        var legend = [
            HTML.tag("li", ["class": "key-series"], .text(words("middle of the forecast", "予測の中央値"))),
            .tag("li", ["class": "key-usual"], .text(words("10 to 90 % of the forecast", "予測の10〜90 %"))),
            .tag("li", ["class": "key-s1"], .text(words("stock if nothing is ordered", "発注しない場合の在庫"))),
        ]
        if chart.hasOrder {
            legend.append(.tag("li", ["class": "key-s2"], .text(words("stock with the order proposed", "提案どおり発注した場合の在庫"))))
        }
        return section(
            .text(title),
            [
                chart.svg(title: title, description: says, axis: words("units", "数量")), .tag("ul", ["class": "legend"], legend),
                .tag("p", ["class": "soft small"], .text(says)),
                .tag("details", [:], .tag("summary", [:], .text(words("The figures", "数値"))), rows(table, hasTitle: false)),
            ])
    }
}
