import Foundation
import Models

/// A model's contributions in words: the largest first, with their amounts, and what is left, so that they add up to the score.
enum RecommendationReason {
    private static let words: [String: String] = [
        "own_purchases": "bought before", "own_frequency_180": "bought often", "own_frequency_30": "bought of late",
        "own_days_since": "time since the last purchase", "own_share": "in many of the own baskets", "baskets": "number of baskets",
        "days_since_basket": "time since the last basket", "distinct_items": "breadth of purchases", "baskets_30": "baskets of the month",
        "baskets_90": "baskets of the quarter", "buyers_7": "sells well this week", "buyers_7_before": "sold well last week",
        "buyers_28": "sells well this month", "buyers_90": "sells well this quarter", "buyers_all": "sells well",
        "buyers_season": "sold well in this season a year ago", "item_age": "age of the item", "item_days_since": "sold a moment ago",
        "item_repeat_share": "people buy it again", "trend_7": "trend of the week", "trend_28": "trend of the month",
        "price": "price", "category_buyers_28": "its category sells", "own_category_share": "category bought before",
        "own_category_since": "time since the category was bought", "price_beside_own": "price beside what is usually paid",
        "popularity": "what most people buy", "base": "what is usual",
    ]

    static func text(_ parts: [Contribution], kind: String, items: [String]) -> String {
        let drawn = kind == "drawn" ? "drawn to learn about it" : kind == "pinned" ? "pinned by a merchandiser" : ""
        guard !parts.isEmpty else { return drawn.isEmpty ? "new in the catalogue" : drawn }
        var sums: [String: Double] = [:]
        for part in parts {
            let name = part.item.map { "because of \(items[$0])" } ?? words[part.part] ?? part.part
            sums[name, default: 0] += Double(part.amount)
        }
        // What is the same for everybody explains nothing: it stands with the rest.
        let base = sums.removeValue(forKey: words["base"] ?? "")
        let order = sums.sorted { (-abs($0.value), $0.key) < (-abs($1.value), $1.key) }
        let rest = order.dropFirst(3).reduce(base ?? 0) { $0 + $1.value }
        var texts = order.prefix(3).map { "\($0.key) \(amount($0.value))" }
        if order.count > 3 || base != nil { texts.append("all else \(amount(rest))") }
        return (drawn.isEmpty ? [] : [drawn]).joined() + (drawn.isEmpty ? "" : "; ") + texts.joined(separator: ", ")
    }

    private static func amount(_ value: Double) -> String { String(format: "%+.2f", value) }
}
