import Models
import Records

extension ReportPage {
    var drift: HTML {
        var content: [HTML] = []
        if let compared = report.drift.report {
            let alarms = compared.columns.filter(\.isAlarm)
            content.append(
                .tag(
                    "p", ["class": alarms.isEmpty ? "good strong" : "bad strong"],
                    alarms.isEmpty
                        ? "No feature of the last \(report.drift.windowDays) days differs beyond what days do by chance."
                        : "\(Quantity.count(alarms.count)) of \(Quantity.count(compared.columns.count)) features differ from the days before."
                ))
            content.append(
                note(
                    "The last \(report.drift.windowDays) days beside \(report.drift.referenceDays) before. Whole days are exchanged; at one report a day, "
                        + "a false alarm comes in 5 % of years."))
            content.append(
                table(
                    ["feature", "p-value", "adjusted", "stability index", ""],
                    compared.columns.sorted {
                        ($0.adjustedPValue, -$0.stabilityIndex, $0.name) < ($1.adjustedPValue, -$1.stabilityIndex, $1.name)
                    }
                    .prefix(15).map { column in
                        [
                            .text(column.name), .text(Quantity.decimal(column.pValue, 5)),
                            .text(Quantity.decimal(column.adjustedPValue, 4)),
                            .text(Quantity.decimal(column.stabilityIndex, 4)),
                            column.isAlarm ? .tag("strong", ["class": "bad"], "differs") : "",
                        ]
                    }, numbers: [1, 2, 3]))
        }
        if let note = report.drift.note { content.append(self.note(note)) }
        return section("Drift", content)
    }

    var slices: HTML {
        guard !report.slices.isEmpty else { return section("Slices", [note("Settled rows of both kinds are needed.")]) }
        var content = [
            note("Mean log loss (nats a row) of a slice beside that of all other rows; an interval that leaves out 0 is a gap. ")
        ]
        for group in report.slices {
            content.append(.tag("h3", [:], .text(group.title)))
            content.append(
                table(
                    ["slice", "rows", report.positive, "error", "elsewhere", "gap, 95 % for all slices at once"],
                    group.report.slices.map { slice in
                        let gap = Quantity.decimal(slice.gap, 4)
                        let range = slice.lower.flatMap { lower in
                            slice.upper.map { "\(Quantity.decimal(lower, 4)) to \(Quantity.decimal($0, 4))" }
                        }
                        return [
                            .text(slice.name), .text(Quantity.count(slice.rows)), .text(Quantity.count(slice.positives)),
                            .text(Quantity.decimal(slice.error, 4)), .text(Quantity.decimal(slice.errorElsewhere, 4)),
                            slice.isNotable
                                ? .tag("strong", ["class": slice.gap > 0 ? "bad" : "good"], .text("\(gap) (\(range ?? ""))"))
                                : .text("\(gap) (\(range ?? "too few \(report.clusters)"))"),
                        ]
                    }, numbers: [1, 2, 3, 4, 5]))
        }
        return section("Slices", content)
    }

    // MARK: Building

    func section(_ title: HTML, _ content: [HTML]) -> HTML { .tag("section", ["class": "card"], [.tag("h2", [:], title)] + content) }

    func note(_ text: String) -> HTML { .tag("p", ["class": "soft small"], .text(text)) }

    func tile(_ value: String, _ label: String) -> HTML {
        .tag("div", ["class": "tile"], .tag("div", ["class": "value"], .foreign(value)), .tag("div", ["class": "label"], .foreign(label)))
    }

    func details(_ title: HTML, _ content: HTML) -> HTML { .tag("details", [:], .tag("summary", [:], title), content) }

    /// - Parameter numbers: columns set to the right.
    func table(_ titles: [String], _ rows: [[HTML]], numbers: [Int] = []) -> HTML {
        let right = Set(numbers)
        func kind(_ column: Int) -> String? { right.contains(column) ? "number" : nil }
        let head = titles.enumerated().map { HTML.tag("th", ["scope": "col", "class": kind($0.offset)], .foreign($0.element)) }
        let body = rows.map { row in
            HTML.tag("tr", [:], row.enumerated().map { .tag("td", ["class": kind($0.offset)], $0.element) })
        }
        return .tag("div", ["class": "scroll"], .tag("table", [:], .tag("thead", [:], .tag("tr", [:], head)), .tag("tbody", [:], body)))
    }

    static func range(_ interval: BootstrapInterval, _ text: (Double) -> String) -> String {
        "\(text(interval.lower)) to \(text(interval.upper))"
    }

    static func date(_ time: Timestamp) -> String { String(time.iso8601.prefix(16)).replacing("T", with: " ") }

    static func days(_ span: Timestamp.Span) -> String {
        let hours = span.microseconds / 3_600_000_000
        return hours % 24 == 0 ? Quantity.count(hours / 24, "day") : Quantity.count(hours, "hour")
    }
}
