import Models
import Records

/// A report as one HTML file: no script, nothing fetched, light and dark, fit to print.
package struct ReportPage {
    let report: JobReport

    package init(_ report: JobReport) { self.report = report }

    package var html: String {
        let head: [HTML] = [
            .tag("title", [:], .text("\(HTML.visible(report.job)): report of \(Self.date(report.clock))")),
            // What the page may do, stated in itself: nothing but its own styles.
            .tag("meta", ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"]),
            .style(PageStyle.sheet),
        ]
        let sections = [summary, fleet, pieces, offers, quality, scores, money, audit, queue, changes, drift, slices, runs]
        let body = HTML.tag(
            "body", [:], .tag("a", ["class": "skip", "href": "#content"], "To the content"),
            .tag("main", ["id": "content"], sections), .tag("footer", [:], footer))
        return HTML.document(language: "en", head: head, body: body)
    }

    private var footer: HTML {
        "Computed from the stored facts of the database alone. All times are UTC. Intervals cover 95 % and resample whole \(report.clusters)."
    }

    // MARK: Parts

    private var summary: HTML {
        let last = report.runs[0]
        return .group(
            .tag(
                "div", ["class": "head"],
                .tag("div", [:], .tag("h1", [:], .foreign(report.job)), .tag("p", ["class": "soft"], .foreign(report.owner ?? ""))),
                .tag("p", ["class": "soft"], "Report of \(Self.date(report.clock))")),
            section(
                "At a glance",
                [
                    .tag(
                        "div", ["class": "tiles"],
                        [
                            tile(Quantity.count(report.rows), "rows, newest version of each"),
                            tile(Quantity.count(report.settledRows), "settled, new to the model"),
                            tile(Quantity.count(report.settledPositives), "known as \(report.positive)"),
                            tile("\(report.firstTime.map { String($0.iso8601.prefix(10)) } ?? "–")", "first day"),
                            tile("\(report.lastTime.map { String($0.iso8601.prefix(10)) } ?? "–")", "last day"),
                            tile(last.model.map { "\($0) \(last.modelVersion.map(String.init) ?? "")" } ?? "rules", "scored the last run"),
                        ]),
                    report.isOfLives
                        ? settledByLives
                        : note(
                            "A row is settled once \(Self.days(report.labelDelay)) have passed, or something became known of it. Of settled rows, those "
                                + "without a report count as not \(report.positive), as in training. \(Quantity.count(report.seenRows, "settled row")) "
                                + "of the time that the model was trained on are in no figure of quality or money."),
                ]))
    }

    private var settledByLives: HTML {
        note(
            "A row is known as \(report.positive) where its machine failed within the planning horizon after it, and settled once that is known "
                + "or the machine was seen a horizon later, as in training. \(Quantity.count(report.seenRows, "settled row")) of the time that "
                + "the model was trained on are in no figure of quality.")
    }

    private var quality: HTML {
        var content: [HTML] = []
        if report.quality.isEmpty {
            content.append(note("Not defined yet: settled rows of both kinds are needed."))
        } else {
            content.append(
                table(
                    ["figure", "value", "95 % interval"],
                    report.quality.map { figure in
                        [
                            .text(figure.name), .text(Quantity.decimal(figure.interval.estimate, 3)),
                            .text(Self.range(figure.interval) { Quantity.decimal($0, 3) }),
                        ]
                    }, numbers: [1, 2]))
        }
        if let calibration = report.calibration, report.settledPositives > 0 {
            content.append(.tag("h3", [:], "Calibration: what was said, and what came"))
            content.append(
                CalibrationChart(report: calibration).svg(
                    label: "Calibration: mean probability and share of \(report.positive), a point a bin"))
            content.append(
                note(
                    "Each point is a tenth of the rows, its line the interval of its share; on the dashed line, probabilities can be taken at their "
                        + "word. Axes are square roots. Mean distance \(Quantity.share(calibration.calibrationError)); perfect probabilities would "
                        + "show \(Quantity.share(calibration.errorByChance)) by chance. Brier score \(Quantity.decimal(calibration.brierScore, 5)), log "
                        + "loss \(Quantity.decimal(calibration.logLoss, 5)) nats."))
            content.append(
                details(
                    "The bins",
                    table(
                        ["probability from", "to", "rows", report.positive, "mean probability", "share", "interval"],
                        calibration.bins.map { bin in
                            [
                                .text(Quantity.decimal(bin.from, 4)), .text(Quantity.decimal(bin.through, 4)),
                                .text(Quantity.count(bin.rows)),
                                .text(Quantity.count(bin.positives)), .text(Quantity.share(bin.meanProbability)),
                                .text(Quantity.share(bin.positiveShare)),
                                .text("\(Quantity.share(bin.lower)) to \(Quantity.share(bin.upper))"),
                            ]
                        }, numbers: Array(0...6))))
        }
        return section("How well rows are told apart", content)
    }

    private var scores: HTML {
        let bars = zip(report.scores.rows, report.scores.positives).enumerated().map { bin, counts in
            BarChart.Bar(
                label: Quantity.decimal(Double(bin) / Double(ScoreHistogram.bins), 2), value: Double(counts.0), part: Double(counts.1))
        }
        return section(
            "How scores are spread",
            [
                BarChart(bars: bars, isRooted: true).svg(label: "Rows by score, in steps of 0.05") { Quantity.count(Int($0.rounded())) },
                note("Rows by score in steps of 0.05; the lower part of a bar is known as \(report.positive). Heights are square roots."),
            ])
    }

    private var money: HTML {
        guard !report.isOfLives else {
            return section(
                "Money",
                [
                    note(
                        "The policy's costs are those of a machine's failure and repair, not of each reading: what is saved is expected on each "
                            + "review item, and a policy as a whole is weighed by `pipeline replay --fleet`.")
                ])
        }
        guard let money = report.money else {
            return section(
                "Money", [note("A cost of the policy needs an amount that is not stored with the rows, or no row is settled yet.")])
        }
        func text(_ minor: Double) -> String { Quantity.money(Money(minor: Int64(minor.rounded()), currency: money.currency)) }
        var tiles = [
            tile(text(money.costOfNothing), "had every row got \(money.harmless)"), tile(text(money.cost), "as it was, with reviews"),
        ]
        if let saved = money.saved { tiles.append(tile(text(saved.estimate), "saved, \(Self.range(saved, text))")) }
        return section(
            "Money",
            [
                .tag("div", ["class": "tiles"], tiles),
                table(
                    ["outcome", "rows", report.positive, "cost"],
                    money.outcomes.map {
                        [.foreign($0.name), .text(Quantity.count($0.rows)), .text(Quantity.count($0.positives)), .text(text($0.cost))]
                    }
                        + [["reviews", .text(Quantity.count(money.reviews)), "", .text(text(money.reviewCost))]], numbers: [1, 2, 3]),
                note(
                    "Of settled rows, by the costs in the job file of the last run; a person's decision takes the place of the policy's outcome. "
                        + "\(Quantity.count(money.waiting, "row")) that wait for a person are left out."),
            ])
    }

    private var audit: HTML {
        guard let audit = report.audit else { return section("Audit sample", [note("The job draws none: what is missed cannot be said.")]) }
        var content = [
            HTML.tag(
                "div", ["class": "tiles"],
                [
                    tile(Quantity.count(audit.automaticRows), "rows decided without a person"),
                    tile(Quantity.count(audit.drawn), "drawn for review"),
                    tile(Quantity.count(audit.reviewed), "of them reviewed"),
                    tile(Quantity.count(audit.positives), "found \(report.positive)"),
                ])
        ]
        if let rate = audit.missRate {
            content.append(
                .tag(
                    "p", [:],
                    "Missed among rows decided without a person: \(Quantity.share(rate.estimate)), between \(Quantity.share(rate.lower)) and \(Quantity.share(rate.upper))."
                ))
        } else {
            content.append(note("None is reviewed yet, so nothing can be said of what is missed."))
        }
        return section("Audit sample", content)
    }

    private var queue: HTML {
        let load = report.queue
        let bars = load.days.map { BarChart.Bar(label: String(Timestamp.isoDate(days: Int64($0.day)).suffix(5)), value: Double($0.items)) }
        var facts = [
            tile(Quantity.count(load.items), "items queued"), tile(Quantity.count(load.decided), "decided"),
            tile(Quantity.count(load.overCapacity), "over the day's capacity"),
            tile(Quantity.count(load.auditItems), "for the audit sample"),
        ]
        if load.decided > 0 { facts.append(tile(Quantity.share(Double(load.agreed) / Double(load.decided)), "took the outcome suggested")) }
        if let seconds = load.medianSeconds { facts.append(tile(Quantity.seconds(seconds), "median from claim to decision")) }
        return section(
            "Queue",
            [
                .tag("div", ["class": "tiles"], facts),
                BarChart(bars: bars, limit: Double(load.capacity)).svg(label: "Items queued a day, and the capacity of a day") {
                    Quantity.count(Int($0.rounded()))
                },
                note("Items by the day of their rows; the dashed line is the capacity of a day, \(Quantity.count(load.capacity))."),
            ])
    }

    private var runs: HTML {
        section(
            "Runs",
            [
                table(
                    ["run", "clock", "status", "rows", "rejects", "items", "model"],
                    report.runs.prefix(30).map { run in
                        [
                            .text("\(run.id)"), .text(Self.date(run.clock)), .text(run.status.rawValue),
                            .text(Quantity.count(run.counts.accepted)),
                            .text(Quantity.count(run.counts.rejected)), .text(Quantity.count(run.counts.reviewItems)),
                            run.model.map { .foreign("\($0) \(run.modelVersion.map(String.init) ?? "")") } ?? "rules",
                        ]
                    }, numbers: [0, 3, 4, 5])
            ])
    }

    private var changes: HTML {
        guard !report.changes.isEmpty else { return section("What changed since the last run", [note("There is one run only.")]) }
        return section(
            "What changed since the last run",
            [
                table(
                    ["", "before", "now", ""],
                    report.changes.map { change in
                        [
                            .foreign(change.name), .foreign(change.before),
                            change.isChanged ? .tag("strong", [:], .foreign(change.now)) : .foreign(change.now),
                            change.isChanged ? "changed" : "",
                        ]
                    }, numbers: [1, 2])
            ])
    }
}
