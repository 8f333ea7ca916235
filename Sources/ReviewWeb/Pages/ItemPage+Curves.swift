import Pipelines
import Records

extension ItemPage {
    /// By when a machine is best repaired, as far as the item says so.
    var plan: PlannedRepairText? { PlannedRepairText(reasons: item.reasons) }

    func isDrawn(_ table: Evidence) -> Bool {
        EvidenceCurves(table) != nil || EvidenceChart(table, among: item.evidence) != nil || FanChart(table) != nil
    }

    /// The picture of a table of a machine's or a process' course, with the table folded away below; nil for other tables.
    func drawn(_ table: Evidence) -> HTML? {
        if let curves = EvidenceCurves(table) { return curves.isCourse ? course(curves, table) : health(curves, table) }
        if let chart = FanChart(table) { return fan(chart, table) }
        return EvidenceChart(table, among: item.evidence).map { control($0, table) }
    }

    // MARK: Machines

    private func course(_ curves: EvidenceCurves, _ table: Evidence) -> HTML {
        let chart = CurveChart(curves, due: plan?.date)
        let names = curves.curves.map { HTML.visible($0.name, limit: 60) }
        let title = words("Sensors that moved: \(names.joined(separator: ", "))", "変化したセンサー: \(names.joined(separator: "、"))")
        let newest = curves.curves.map { curve in
            "\(HTML.visible(curve.name, limit: 60)) \(curve.values.last { !$0.isNaN }.map { Quantity.decimal($0, 2) } ?? "–")"
        }.joined(separator: ", ")
        let description = words(
            "\(curves.times.count) readings; the newest: \(newest).", "\(curves.times.count) 回の測定。最新値: \(newest)。")
        var legend = curves.curves.enumerated().map { key($0.offset, $0.element.name) }
        if curves.isOfFleet {
            legend.append(.tag("li", ["class": "key-usual"], .text(words("usual in the fleet", "フリートの通常範囲"))))
        }
        if chart.showsDue { legend.append(.tag("li", ["class": "key-due"], .text(words("repair by", "修理期限")))) }
        let note =
            curves.isOfFleet
            ? words(
                "Standard deviations from the fleet's level in the same operating condition; the band is two of them to either side.",
                "同じ運転条件でのフリート平均からの標準偏差。帯は±2標準偏差。")
            : words("As measured: there is no model yet, so what is usual in the fleet is not known.", "測定値のまま。モデルがまだないため、フリートの通常範囲は不明です。")
        return section(
            .text(words("Sensors that moved, against the fleet", "変化したセンサーとフリートの比較")),
            [
                repair,
                chart.svg(
                    title: title, description: description,
                    unit: curves.isOfFleet ? words("standard deviations", "標準偏差") : words("as measured", "測定値"),
                    dueText: plan?.date.map { words("repair by \(words.time($0))", "\(words.time($0)) までに修理") } ?? ""),
                .tag("ul", ["class": "legend"], legend), .tag("p", ["class": "soft small"], .text(note)), folded(table),
            ])
    }

    private func health(_ curves: EvidenceCurves, _ table: Evidence) -> HTML {
        let title = words("Health and wear of this machine", "この機械の健康度と摩耗")
        return section(
            .text(title),
            [
                CurveChart(curves).svg(
                    title: title,
                    description: words("\(curves.times.count) readings, each a mean of ten.", "\(curves.times.count) 点、各点は10回の平均。"),
                    unit: words("weighted standard deviations", "重み付き標準偏差")),
                .tag("ul", ["class": "legend"], curves.curves.enumerated().map { key($0.offset, $0.element.name) }),
                .tag(
                    "p", ["class": "soft small"],
                    .text(
                        words(
                            "Mixtures of sensors learnt from the fleet: health follows the life left, wear is along what changes most.",
                            "フリートから学習したセンサーの合成値。health は残り寿命に、wear は最も変化する方向に沿います。"))), folded(table),
            ])
    }

    /// What the plan says, in a line of its own: by when, and what it saves.
    private var repair: HTML {
        guard let plan else { return .none }
        let when =
            plan.isAtOnce
            ? words("Repair now", "今すぐ修理")
            : plan.date.map { words("Repair by \(words.time($0))", "\(words.time($0)) までに修理") }
                ?? words("Repair at the end of its life", "寿命の終わりに修理")
        let saves = plan.saving.map { words("; expected saving ", "、期待節約額 ") + HTML.visible($0, limit: 40) } ?? ""
        return .tag("p", ["class": "strong"], .text(when + saves))
    }

    // MARK: Pieces

    private func control(_ chart: EvidenceChart, _ table: Evidence) -> HTML {
        let name = HTML.visible(chart.measurement, limit: 60), signals = chart.isSignalled.count { $0 }
        func text(_ value: Double) -> String { Quantity.decimal(value, 3) }
        let says = words(
            "\(chart.values.count) points, \(signals) of which signalled. Center \(text(chart.center)), limits \(text(chart.lower)) and "
                + "\(text(chart.upper)).",
            "\(chart.values.count) 点中 \(signals) 点で警報。中心線 \(text(chart.center))、管理限界 \(text(chart.lower)) と \(text(chart.upper))。")
        var legend: [HTML] = [.tag("li", ["class": "key-current"], .text(words("a point", "各点")))]
        if signals > 0 { legend.append(.tag("li", ["class": "key-positive"], .text(words("a point that signalled", "警報のあった点")))) }
        return section(
            .text(words("Control chart of ", "管理図: ")) + .foreign(chart.measurement, limit: 60),
            [
                chart.drawing.svg(
                    title: words("Control chart of \(name)", "管理図: \(name)"), description: says,
                    names: (words("center", "中心線"), words("lower limit", "下方限界"), words("upper limit", "上方限界"))),
                .tag("ul", ["class": "legend"], legend), .tag("p", ["class": "soft small"], .text(says)), folded(table),
            ])
    }

    // MARK: Building

    private func key(_ place: Int, _ name: String) -> HTML {
        .tag("li", ["class": place == 0 ? "key-series" : "key-s\(place)"], .foreign(name, limit: 60))
    }

    private func folded(_ table: Evidence) -> HTML {
        .tag("details", [:], .tag("summary", [:], .text(words("The readings", "測定値"))), rows(table, hasTitle: false))
    }
}
