import ArgumentParser
import Pipelines
import Records

/// Options of `pipeline replay --orders`.
struct OrderOptions: ParsableArguments {
    @Flag(help: "Replay a demand job's past months: what each inventory policy would have cost.")
    var orders = false
    @Option(help: ArgumentHelp("Past reviews at which each policy orders; 12 when not given.", valueName: "count"))
    var reviews: Int?
    @Option(help: ArgumentHelp("Resamples that intervals of costs rest on; 500 when not given.", valueName: "count"))
    var resamples: Int?

    /// The first that was given.
    var givenOption: String? { reviews != nil ? "--reviews" : resamples != nil ? "--resamples" : nil }

    func validate() throws {
        for (name, value, range) in [("--reviews", reviews ?? 1, 1...1_000), ("--resamples", resamples ?? 1, 1...100_000)]
        where !range.contains(value) {
            throw ValidationError("\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension Replay {
    func replayOrders() throws {
        let console = output.console
        let job = try job.load()
        let progress = Progress("replay", console: console)
        defer { progress.finish() }
        var read: Int64 = 0
        let (rows, currency) = try DemandOrderReplay(reviews: inventory.reviews ?? 12, resamples: inventory.resamples ?? 500).measure(job) {
            read += Int64($0)
            progress.report(rows: read, fraction: nil)
        }
        progress.finish()
        try format.write(OrdersView.table(rows, currency), to: console)
    }
}

/// What inventory policies cost, a row each.
enum OrdersView {
    static func table(_ rows: [DemandOrderReplay.Row], _ currency: Currency) -> Table {
        func money(_ minor: Double) -> Cell { .money(Money(minor: Int64(min(max(minor.rounded(), 0), 9e15)), currency: currency)) }
        return Table(
            columns: [
                .init("policy"), .init("items", .number), .init("periods", .number), .init("cost", .money), .init("cost_low", .money),
                .init("cost_high", .money), .init("holding", .money), .init("missing", .money), .init("waste", .money),
                .init("ordering", .money), .init("filled", .number), .init("served", .number), .init("wasted", .number),
                .init("mean_stock", .number), .init("orders", .number),
            ],
            rows: rows.map { row in
                [
                    .text(row.policy), .count(row.items), .count(row.periods), money(row.cost), money(row.low), money(row.high),
                    money(row.holding), money(row.missing), money(row.waste), money(row.ordering), .share(row.fill), .share(row.served),
                    .share(row.wasted), .real(row.stock, decimals: 1), .count(row.orders),
                ]
            })
    }
}
