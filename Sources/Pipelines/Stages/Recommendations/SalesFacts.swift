import Models
import Records

/// What the log says of an item's sales.
struct SalesFacts {
    private var ages: [String: Double] = [:]
    private var shares: [String: Double] = [:]
    private var recent: [String] = []

    init(_ log: InteractionLog, now: Int64) {
        for row in 0..<log.count {
            let name = log.items[Int(log.item[row])]
            if ages[name] == nil { ages[name] = Double(now - log.times[row]) / 86_400_000_000 }
        }
        let month = log.events(from: now - 28 * 86_400_000_000)
        let buyers = Double(max(1, Set(month.user).count))
        var pairs: [Int32: Set<Int32>] = [:]
        for row in 0..<month.count { pairs[month.item[row], default: []].insert(month.user[row]) }
        for (item, users) in pairs { shares[log.items[Int(item)]] = Double(users.count) / buyers }
        recent = shares.keys.sorted()
    }

    func age(_ item: String) -> Double? { ages[item] }
    func salesShare(_ item: String) -> Double { shares[item] ?? 0 }

    /// Share of the items sold in the last 28 days for which `holds`; 0 when there are fewer than four.
    func share(_ holds: (String) -> Bool) -> Double {
        recent.count < 4 ? 0 : Double(recent.count { holds($0) }) / Double(recent.count)
    }
}
