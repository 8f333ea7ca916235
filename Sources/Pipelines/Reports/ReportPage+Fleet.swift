import Models
import Records

extension ReportPage {
    /// Of a maintenance job.
    var fleet: HTML {
        guard let fleet = report.fleet else { return .none }
        return .group(lives(fleet), health(fleet), sensors(fleet), reasons(fleet.reasons))
    }

    private func lives(_ fleet: MachineReport) -> HTML {
        let title: HTML = "Predicted life and the life that came"
        guard let comparison = fleet.lives.value else { return section(title, missing(fleet.lives)) }
        let unit = "steps of \(Self.spanText(fleet.step))"
        var tiles = [
            tile(Quantity.count(comparison.rows), "rows of machines whose end is known"),
            tile(Quantity.count(comparison.machineCount), comparison.machineCount == 1 ? "machine" : "machines"),
            tile(Quantity.decimal(comparison.error, 1), "root mean squared error, steps"),
            tile(comparison.correlation.map { Quantity.decimal($0, 2) } ?? "–", "correlation"),
        ]
        if let stated = comparison.stated, let coverage = comparison.coverage {
            let range = coverage.lower.flatMap { low in coverage.upper.map { ", \(Quantity.share(low)) to \(Quantity.share($0))" } } ?? ""
            tiles.append(
                tile(Quantity.share(coverage.share), "of lives within the \(Quantity.decimal(stated * 100, 0)) % interval\(range)"))
        }
        var legend: [HTML] = []
        if comparison.points.isEmpty {
            legend.append(key("key-series", "median and middle 80 % of what was predicted; the darker, the more rows"))
        } else {
            legend.append(key("key-point", comparison.stated == nil ? "a row" : "a row whose interval held the life that came"))
            if comparison.stated != nil { legend.append(key("key-positive", "a row whose interval did not")) }
        }
        var text =
            "Lives are cut to \(Quantity.decimal(Double(comparison.cap), 0)) steps, which the model takes for \"or more\" "
            + "(\(Quantity.count(comparison.capped, "row")) ran longer). Only lives that ended in a failure known by now, of the time after the "
            + "model's training; machines that run on are not here, so long lives are fewer than in the fleet. "
        if comparison.coverage != nil {
            text += "The share within the interval weighs each machine the same"
            text += comparison.machineCount < 10 ? "; fewer than ten machines are too few for limits of it. " : "; its limits are 95 %. "
        }
        if comparison.every > 1 { text += "Of \(comparison.every) rows one was looked at." }
        return section(
            title,
            [
                .tag("div", ["class": "tiles"], tiles), LifeChart(comparison: comparison, unit: unit).svg(title: "Predicted and true life"),
                .tag("ul", ["class": "legend"], legend), note(text), details("By the life that came", lifeTable(comparison)),
            ])
    }

    private func lifeTable(_ comparison: LifeComparison) -> HTML {
        let cap = Double(comparison.cap)
        let rows = comparison.bins.enumerated().filter { $0.element.rows > 0 }.map { place, bin -> [HTML] in
            let name =
                place == 6
                ? "\(Quantity.decimal(cap, 0)) or more"
                : "\(Quantity.decimal(cap / 6 * Double(place), 0)) to \(Quantity.decimal(cap / 6 * Double(place + 1), 0))"
            return [
                .text(name), .text(Quantity.count(bin.rows)), .text(Quantity.decimal(bin.predicted / Double(bin.rows), 1)),
                comparison.stated == nil ? "–" : .text(Quantity.share(Double(bin.inside) / Double(bin.rows))),
            ]
        }
        return table(["life that came, steps", "rows", "mean predicted", "within the interval"], rows, numbers: [1, 2, 3])
    }

    private func health(_ fleet: MachineReport) -> HTML {
        let title: HTML = "The fleet's health over time"
        guard let health = fleet.health.value else { return section(title, missing(fleet.health)) }
        let shares = health.machines.map { own -> [Double] in
            let total = own.reduce(0, +)
            return total > 0 ? own.map { Double($0) / Double(total) } : []
        }
        let chart = StackedChart(
            buckets: health.buckets, shares: shares, kind: "band",
            marked: Set(health.failures.indices.filter { health.failures[$0] > 0 }))
        let newest = health.machines.last { $0.reduce(0, +) > 0 } ?? []
        let description =
            "Of \(Quantity.count(newest.reduce(0, +), "machine")) in the last \(health.buckets.name): "
            + zip(FleetHealth.names, newest).map { "\($1) at a risk \($0)" }.joined(separator: ", ") + "."
        var legend = FleetHealth.names.enumerated().map { key("key-band\($0.offset)", "risk \($0.element)") }
        if health.failures.contains(where: { $0 > 0 }) { legend.append(key("key-failure", "a failure in this \(health.buckets.name)")) }
        let rows = health.machines.indices.filter { health.machines[$0].reduce(0, +) > 0 }.map { step -> [HTML] in
            [.text(health.buckets.text(step))] + health.machines[step].map { .text(Quantity.count($0)) }
                + [.text(Quantity.count(health.failures[step]))]
        }
        return section(
            title,
            [
                chart.svg(title: "Share of machines by risk, a column a \(health.buckets.name)", description: description),
                .tag("ul", ["class": "legend"], legend),
                note(
                    "Risk is the probability of a failure within \(Quantity.count(fleet.horizon, "step")) of \(Self.spanText(fleet.step)); of each "
                        + "machine the last row in a \(health.buckets.name) counts, and machines without a row in it are not in the column. "
                        + "While rules score, it is a suspicion and no probability."),
                details(
                    "The numbers", table(["from"] + FleetHealth.names + ["failures"], rows, numbers: Array(1...FleetHealth.names.count + 1))
                ),
            ])
    }

    private func sensors(_ fleet: MachineReport) -> HTML {
        let title: HTML = "Sensors that moved against the fleet"
        guard let moves = fleet.sensors.value else { return section(title, missing(fleet.sensors)) }
        let sensors = moves.sensors, shown = sensors.filter { $0.moved > 0 }.prefix(12)
        guard !shown.isEmpty else {
            return section(title, [note("In none of \(Quantity.count(moves.machines, "machine")) has a sensor moved.")])
        }
        let bars = shown.map { sensor in
            RankedBars.Bar(
                name: sensor.name, right: sensor.up, left: sensor.down,
                note: Quantity.share(Double(sensor.moved) / Double(max(moves.machines, 1))))
        }
        let others = sensors.count - shown.count
        return section(
            title,
            [
                RankedBars(bars: Array(bars)).svg(
                    title: "Machines in which each sensor moved",
                    description: shown.prefix(3).map { "\($0.name): rose in \($0.up), fell in \($0.down)" }.joined(separator: "; ")),
                .tag(
                    "ul", ["class": "legend"], key("key-current", "machines in which it rose"),
                    key("key-other", "machines in which it fell")),
                table(
                    ["sensor", "rose", "fell"],
                    shown.map { [.foreign($0.name, limit: 80), .text(Quantity.count($0.up)), .text(Quantity.count($0.down))] },
                    numbers: [1, 2]),
                note(
                    "The newest row of each of \(Quantity.count(moves.machines, "machine")) seen in the last 30 days of the feed. A sensor has moved "
                        + "where its mean of 20 readings lies a standard deviation of the fleet or more from the mean of the machine's first 30, "
                        + "judged within its operating condition."
                        + (others > 0 ? " \(Quantity.count(others, "sensor")) \(others == 1 ? "is" : "are") not shown." : "")),
            ])
    }

    /// The reasons that occur most.
    func reasons(_ found: Shown<ReasonCounts>) -> HTML {
        let title: HTML = "Reasons that occur most"
        guard let counts = found.value else { return section(title, missing(found)) }
        let shown = counts.reasons.prefix(12), rest = counts.reasons.count - shown.count
        let lines = shown.map { reason -> HTML in
            let share = Double(reason.items) / Double(counts.items)
            var says = Quantity.count(reason.items, "item")
            if reason.decided > 0 {
                says += ", \(Quantity.count(reason.positives)) of \(Quantity.count(reason.decided)) decided were \(report.positive)"
            }
            return .tag(
                "li", [:],
                .tag(
                    "div", ["class": "reason"], .tag("span", [:], .foreign(reason.text, limit: 200)),
                    .tag("span", ["class": "soft small"], .text(says))),
                .tag(
                    "svg", ["class": "bar", "aria-hidden": "true", "viewBox": "0 0 100 8", "preserveAspectRatio": "none"],
                    .tag("rect", ["class": "track", "width": "100", "height": "8"]),
                    .tag("rect", ["class": "fill", "width": Figure.text(share * 100), "height": "8"])))
        }
        return section(
            title,
            [
                .tag("ol", ["class": "reasons"], lines),
                note(
                    "Of \(Quantity.count(counts.items, "item")) that were queued for a reason, without those of the audit sample; an item names "
                        + "several. Reasons are counted without the numbers of their row."
                        + (rest > 0 ? " \(Quantity.count(rest, "other reason")) \(rest == 1 ? "is" : "are") not shown." : "")),
            ])
    }

    // MARK: Building

    func missing(_ found: Shown<some Sendable>) -> [HTML] { if case .missing(let why) = found { [note(why)] } else { [] } }

    /// A line of a legend; `kind` is a class of the style sheet.
    func key(_ kind: String, _ text: String) -> HTML { .tag("li", ["class": kind], .foreign(text, limit: 120)) }

    /// `6 h`, `1 day`
    static func spanText(_ span: Timestamp.Span) -> String {
        let seconds = span.microseconds / 1_000_000
        if seconds % 86_400 == 0 { return seconds == 86_400 ? "a day" : "\(seconds / 86_400) days" }
        if seconds % 3_600 == 0 { return seconds == 3_600 ? "an hour" : "\(seconds / 3_600) h" }
        return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }
}
