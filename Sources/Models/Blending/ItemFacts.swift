/// What is known of each item at a moment: who bought it when. One entry an item in every list.
struct ItemFacts: Sendable {
    /// Names of the columns, in the order of `columns`.
    static let names = [
        "buyers_7", "buyers_7_before", "buyers_28", "buyers_90", "buyers_all", "buyers_season", "item_age", "item_days_since",
        "item_repeat_share", "trend_7", "trend_28",
    ]
    /// Besides, where the log has prices or categories: the price last paid, and the buyers of 28 days an item of the category has in the mean.
    static let attributeNames = ["price", "category_buyers_28"]
    var columns: [[Float]]

    /// The price last paid for each item; nil where none is known.
    var prices: [Float]? { columns.count > Self.names.count ? columns[Self.names.count] : nil }

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
        if log.hasAttributes { columns += Self.attributes(log, month: month) }
    }

    private static func attributes(_ log: InteractionLog, month: [Float]) -> [[Float]] {
        var prices = [Float](repeating: .nan, count: log.items.count)
        for (row, price) in log.prices.enumerated() where !price.isNaN { prices[Int(log.item[row])] = price }
        var sums: [Int32: (buyers: Float, items: Float)] = [:]
        for (item, category) in log.categories.enumerated() where category >= 0 {
            sums[category, default: (0, 0)].buyers += month[item]
            sums[category, default: (0, 0)].items += 1
        }
        let means = log.items.indices.map { item -> Float in
            guard !log.categories.isEmpty, let sum = sums[log.categories[item]] else { return .nan }
            return sum.buyers / sum.items
        }
        return [prices, means]
    }
}
