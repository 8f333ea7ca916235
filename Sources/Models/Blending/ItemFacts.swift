/// What is known of each item at a moment: who bought it when. One entry an item in every list.
struct ItemFacts: Sendable {
    /// Names of the columns, in the order of `columns`.
    static let names = [
        "buyers_7", "buyers_7_before", "buyers_28", "buyers_90", "buyers_all", "buyers_season", "item_age", "item_days_since",
        "item_repeat_share", "trend_7", "trend_28",
    ]
    var columns: [[Float]]

    init(columns: [[Float]]) { self.columns = columns }

    /// - Parameter log: nothing at or after `asOf`.
    init(_ log: InteractionLog, asOf: Int64) {
        let day: Int64 = 86_400_000_000
        func buyers(_ older: Int64, _ newer: Int64) -> [Float] { log.buyers(in: asOf - older * day..<asOf - newer * day) }
        let (week, before, month, quarter, all) = (buyers(7, 0), buyers(14, 7), buyers(28, 0), buyers(90, 0), buyers(36_500, 0))
        var first = [Float](repeating: .nan, count: log.items.count), last = first
        for row in 0..<log.count {
            let (item, age) = (Int(log.item[row]), Float(Double(asOf - log.times[row]) / 86_400_000_000))
            if first[item].isNaN { first[item] = age }
            last[item] = age
        }
        let moments = InteractionMatrix(log, weight: { Float($0) })
        var again = [Float](repeating: 0, count: log.items.count)
        for place in 0..<moments.count where moments.weights[place] > 1 { again[Int(moments.columns[place])] += 1 }
        columns = [
            // The season: what was bought in the 45 days that lay ahead a year ago.
            week, before, month, quarter, all, buyers(365, 320), first, last, zip(again, all).map { ($0 + 1) / ($1 + 5) },
            zip(week, month).map { $0 / ($1 + 1) }, zip(month, quarter).map { $0 / ($1 + 1) },
        ]
    }
}
