import Models
import Records

extension ReportPage {
    /// Of a recommendations job.
    var offers: HTML {
        guard let offers = report.offers else { return .none }
        guard let last = offers.moments.last else { return section("Offers", [note("Nothing was offered yet.")]) }
        return .group(standing(offers, last), met(offers))
    }

    private func standing(_ offers: OfferReport, _ last: OfferReport.Moment) -> HTML {
        func share(_ part: Int, _ all: Int) -> String { all > 0 ? Quantity.share(Double(part) / Double(all)) : "–" }
        var tiles = [
            tile(Quantity.count(offers.standing), "offers stand"), tile(Quantity.count(last.people), "people have them"),
            tile("\(Quantity.count(last.items)) of \(Quantity.count(offers.itemsSold))", "items named, of those sold"),
            tile(share(offers.asked, offers.standing), "of an item that people were asked about"),
            tile(share(offers.answered, offers.standing), "of an item that somebody judged"),
        ]
        if last.withdrawn > 0 { tiles.append(tile(Quantity.count(last.withdrawn), "places taken back last")) }
        let shown = offers.reasons.prefix(12)
        return section(
            "Offers",
            [
                .tag("div", ["class": "tiles"], tiles),
                table(
                    ["kind of offer", "offers", "share"],
                    offers.kinds.map { [.text($0.name), .text(Quantity.count($0.offers)), .text(share($0.offers, offers.standing))] },
                    numbers: [1, 2]),
                .tag("h3", [:], "What speaks most for them"),
                RankedBars(
                    bars: shown.map { .init(name: $0.name, right: $0.offers, note: share($0.offers, offers.standing)) }
                ).svg(
                    title: "Offers by the largest part of their score",
                    description: "\(Quantity.count(shown.count, "reason")); most often \(shown.first?.name ?? "none")."),
                note(
                    "Each offer counts once, by the first part of its reason: what an item of the person's own past says is one reason, "
                        + "whatever the item."),
                details(
                    "All reasons",
                    table(
                        ["reason", "offers", "share"],
                        offers.reasons.map {
                            [.foreign($0.name), .text(Quantity.count($0.offers)), .text(share($0.offers, offers.standing))]
                        },
                        numbers: [1, 2])),
            ])
    }

    private func met(_ offers: OfferReport) -> HTML {
        let over = offers.moments.filter { $0.hits != nil }
        let days = Quantity.decimal(offers.horizon, offers.horizon == offers.horizon.rounded() ? 0 : 1)
        var content: [HTML] = []
        if over.isEmpty {
            content.append(
                note("No purchase is known yet from \(days) days after the first offers: what was bought of them cannot be said."))
        } else if over.allSatisfy({ $0.hits == 0 }) {
            content.append(note("Of what was offered nothing was bought within \(days) days."))
        } else {
            let bars = over.map {
                BarChart.Bar(
                    label: String($0.time.iso8601.prefix(10).suffix(5)), value: Double($0.hits ?? 0) / Double(max(1, $0.people)))
            }
            // As many decimals as tell a quarter of the highest bar from nothing.
            let most = bars.map(\.value).max() ?? 0, decimals = most >= 0.4 ? 2 : most >= 0.04 ? 3 : 4
            content.append(
                BarChart(bars: bars).svg(label: "Offers bought within \(days) days, a person, by the time they were made") {
                    Quantity.decimal($0, decimals)
                })
        }
        content.append(
            table(
                ["made at", "people", "offers", "items", "taken back", "bought", "expected", "people who bought"],
                offers.moments.reversed().map { moment in
                    [
                        .text(Self.date(moment.time)), .text(Quantity.count(moment.people)), .text(Quantity.count(moment.offers)),
                        .text(Quantity.count(moment.items)), .text(Quantity.count(moment.withdrawn)),
                        .text(moment.hits.map { Quantity.count($0) } ?? "not over"),
                        .text(moment.withProbability > 0 ? Quantity.decimal(moment.expected, 1) : "–"),
                        .text(
                            moment.buyers.map { "\(Quantity.count($0)) (\(Quantity.share(Double($0) / Double(max(1, moment.people)))))" }
                                ?? "–"),
                    ]
                }, numbers: [1, 2, 3, 4, 5, 6, 7]))
        content.append(
            note(
                "Bought is within \(days) days of the time the offers were made, by the purchases that the stage remembers, less what came back. "
                    + "Expected is the sum of the probabilities given. People buy what they are offered without the offer, too: what offers cause "
                    + "is told by `pipeline replay --offers` from drawn ones."))
        return section("What was bought of what was offered", content)
    }
}
