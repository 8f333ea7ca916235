import Models
import Records

extension ReportPage {
    /// Of a quality job.
    var pieces: HTML {
        guard let pieces = report.pieces else { return .none }
        return .group(controlCharts(pieces), defects(pieces), reasons(pieces.reasons))
    }

    private func controlCharts(_ pieces: PieceReport) -> HTML {
        let title: HTML = "Control charts"
        guard let history = pieces.charts.value else { return section(title, missing(pieces.charts)) }
        var content = history.charts.flatMap(controlChart)
        let isWide = history.charts.contains { $0.width > 1 }
        var text = "Points stand in the order of production. "
        if isWide {
            text += "Where there are many, consecutive ones share a place: the line is their mean, the bar from lowest to highest. "
        }
        text +=
            "Limits are three standard deviations from the center, learnt from the training rows; other tests signal by their own rules. "
        if history.total > history.charts.count {
            text += "Of \(Quantity.count(history.total)) charts those that signalled most are shown. "
        }
        if history.otherRows > 0 {
            text +=
                "\(Quantity.count(history.otherRows, "row")) of runs with other limits \(history.otherRows == 1 ? "is" : "are") not shown. "
        }
        content.append(
            .tag(
                "ul", ["class": "legend"],
                key("key-current", history.charts.contains { $0.limits.subgroup > 1 } ? "mean of a subgroup" : "a piece"),
                key("key-positive", "a point that signalled")))
        content.append(note(text))
        return section(title, content)
    }

    private func controlChart(_ chart: ControlHistory.Chart) -> [HTML] {
        let name = HTML.visible(chart.measurement, limit: 80)
        let full = chart.group.map { "\(name), \(report.group ?? "group") \(HTML.visible($0, limit: 80))" } ?? name
        let figure = ControlChartDrawing(
            center: chart.limits.center, lower: chart.limits.points.lowerBound, upper: chart.limits.points.upperBound,
            points: chart.steps.map {
                .init(time: $0.time, low: $0.low, mean: $0.mean, high: $0.high, signalled: $0.signals > 0 ? $0.signalled : nil)
            })
        func text(_ value: Double) -> String { MaintenanceStage.text(Float(value), 3) }
        let (low, high) = (chart.limits.points.lowerBound, chart.limits.points.upperBound)
        let tests = zip(ControlChart.Signals.meanings, chart.tests).filter { $0.1 > 0 }
            .map { "\(Quantity.count($0.1)) × \($0.0.meaning)" }.joined(separator: "; ")
        let says =
            "\(Quantity.count(chart.points, "point")), \(Quantity.count(chart.signals)) of which signalled\(tests.isEmpty ? "" : ": \(tests)")."
        return [
            .tag("h3", [:], .foreign(full, limit: 200)),
            figure.svg(
                title: "Control chart of \(full)",
                description: "\(says) Center \(text(chart.limits.center)), limits \(text(low)) and \(text(high)).",
                names: ("center", "lower limit", "upper limit")),
            note("\(says) Center \(text(chart.limits.center)), limits \(text(low)) and \(text(high))."),
        ]
    }

    private func defects(_ pieces: PieceReport) -> HTML {
        let title: HTML = "Defects over time"
        guard let history = pieces.defects.value else { return section(title, missing(pieces.defects)) }
        let highest = history.shares.map { $0.reduce(0, +) }.max() ?? 0
        let dots = history.found.indices.map { step in
            history.found[step] > 0 ? Double(history.defective[step]) / Double(history.found[step]) : nil
        }
        let most = min(max(highest, dots.compactMap { $0 }.max() ?? 0, 1e-3) * 1.1, 1)
        let known = history.found.reduce(0, +), bad = history.defective.reduce(0, +)
        var legend = history.kinds.enumerated().map { key("key-kind\($0.offset)", "\($0.element), expected") }
        if known > 0 { legend.append(key("key-dot", "found defective, of pieces whose finding is known")) }
        let rows = history.shares.indices.filter { !history.shares[$0].isEmpty }.map { step -> [HTML] in
            [.text(history.buckets.text(step))] + history.shares[step].map { .text(Quantity.share($0)) }
                + [.text(known == 0 ? "–" : "\(Quantity.count(history.defective[step])) of \(Quantity.count(history.found[step]))")]
        }
        var text =
            "Expected is the mean of the model's probabilities\(history.hasKinds ? " of each kind" : "; it knows no kinds of defect"), over all "
            + "pieces of a \(history.buckets.name)."
        text +=
            known > 0
            ? " Of \(Quantity.count(known, "piece")) what they were is known, \(Quantity.count(bad)) of them defective: where inspection looks at "
                + "doubtful pieces, that is more than in all."
            : " What pieces turned out to be is not stored: no label of a feed and no decision says it."
        if history.every > 1 { text += " Of \(history.every) pieces one was looked at." }
        return section(
            title,
            [
                StackedChart(buckets: history.buckets, shares: history.shares, kind: "kind", most: most, dots: dots).svg(
                    title: "Share of pieces by kind of defect, a column a \(history.buckets.name)",
                    description: history.kinds.joined(separator: ", ") + ". The table below has the numbers."),
                .tag("ul", ["class": "legend"], legend), note(text),
                details(
                    "The numbers",
                    table(["from"] + history.kinds + ["found defective"], rows, numbers: Array(1...history.kinds.count + 1))),
            ])
    }
}
