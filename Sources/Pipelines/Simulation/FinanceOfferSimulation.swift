import Connectors
import Foundation
public import Records

/// Simulates what a bank's customers buy of its funds, bonds and savings plans, with the risk class of each product and each customer: our own
/// sample data for offers within a customer's risk class, free to use.
///
/// Products have a risk class from 1 to 5 and one of five categories; customers have an age, a segment and a class, which a hundredth of them
/// has not stated. People buy within their class, save monthly, and try something else now and then; one purchase in fifty is cancelled within
/// two weeks, a row with a negative quantity. The bank's own list of limits and a month of mailings come with it. Integers only: the same
/// content on every platform.
public struct FinanceOfferSimulation: Sendable {
    /// 10...1,000,000.
    public let customers: Int
    /// 20...10,000.
    public let products: Int
    /// 60...10,000.
    public let days: Int
    public let seed: UInt64
    public let start: Timestamp
    /// 1...9; nil = plain files.
    public let gzipLevel: Int?

    private static let categories = ["savings", "bonds", "mixed", "equity", "themes"]

    /// - Throws: a number out of its range.
    public init(
        customers: Int, products: Int, days: Int, seed: UInt64, start: Timestamp = Timestamp(.init(year: 2025, month: 1, day: 1)),
        gzipLevel: Int? = 6
    ) throws(Failure) {
        guard (10...1_000_000).contains(customers) else { throw .simulationRange("customers", customers, 10...1_000_000) }
        guard (20...10_000).contains(products) else { throw .simulationRange("products", products, 20...10_000) }
        guard (60...10_000).contains(days) else { throw .simulationRange("days", days, 60...10_000) }
        (self.customers, self.products, self.days) = (customers, products, days)
        (self.seed, self.start, self.gzipLevel) = (seed, start, gzipLevel)
    }

    /// Writes `purchases`, `products`, `customers`, `limits` and `mailings` below `folder`, a file each.
    ///
    /// - Throws: a folder that holds such folders already, or that cannot be written.
    public func write(to folder: String) throws(Failure) -> RecommendationSimulation.Summary {
        for name in ["purchases", "products", "customers", "limits", "mailings"] {
            if FileManager.default.fileExists(atPath: "\(folder)/\(name)") { throw .simulationFolderTaken("\(folder)/\(name)") }
            do {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            } catch {
                throw .simulationFolderUnwritable("\(folder)/\(name)")
            }
        }
        var summary = RecommendationSimulation.Summary()
        let last = date(days - 1)
        try file("\(folder)/purchases/\(last).csv", purchases(&summary), &summary)
        try file("\(folder)/products/\(last).csv", productRows(on: last), &summary)
        try file("\(folder)/customers/\(last).csv", customerRows(on: last), &summary)
        try file(
            "\(folder)/limits/\(last).csv",
            "SEGMENT,CATEGORY,MOST,KNOWN\nyoung,equity,1,\(last)\nyoung,themes,0,\(last)\n*,themes,2,\(last)\n",
            &summary)
        try file("\(folder)/mailings/\(last).csv", mailings(), &summary)
        return summary
    }

    // MARK: What there is

    private struct Product {
        var category: Int
        var risk: Int
        var unit: Int
    }

    private func product(_ number: Int) -> Product {
        var dice = Dice(seed: seed, .product, number)
        let category = number % 5
        return Product(category: category, risk: min(5, 1 + category - dice.below(2) * min(category, 1)), unit: 50 + 25 * dice.below(20))
    }

    private struct Customer {
        var age: Int
        /// Nil = not stated.
        var risk: Int?
        var segment: String
        var pause: Int
        var taste: Int
    }

    private func customer(_ number: Int) -> Customer {
        var dice = Dice(seed: seed, .investor, number)
        let age = 18 + dice.below(65)
        let risk = dice.below(100) == 0 ? nil : 1 + min(dice.below(5), dice.below(5) + dice.below(2))
        return Customer(
            age: age, risk: risk, segment: age < 27 ? "young" : dice.below(6) == 0 ? "private" : "retail", pause: 8 + dice.below(40),
            taste: dice.below(5))
    }

    // MARK: Files

    private func purchases(_ summary: inout RecommendationSimulation.Summary) -> String {
        var rows: [(day: Int, customer: Int, product: Int, quantity: Int)] = []
        for number in 0..<customers {
            let who = customer(number)
            var held: [Int] = []
            for day in 0..<days {
                var dice = Dice(seed: seed, .trade, number, day: day)
                guard dice.below(who.pause) == 0 else { continue }
                let again = !held.isEmpty && dice.below(100) < 45
                let bought = again ? held[dice.below(held.count)] : choice(for: who, &dice)
                guard let bought, !(rows.last.map({ ($0.day, $0.customer, $0.product) == (day, number, bought) }) ?? false) else {
                    continue
                }
                rows.append((day, number, bought, 1 + dice.below(4)))
                if !held.contains(bought) { held.append(bought) }
                let cancelled = day + 2 + dice.below(12)
                if dice.below(50) == 0, cancelled < days { rows.append((cancelled, number, bought, -rows[rows.count - 1].quantity)) }
            }
        }
        rows.sort { ($0.day, $0.customer, $0.product, $0.quantity) < ($1.day, $1.customer, $1.product, $1.quantity) }
        summary.rows = Int64(rows.count)
        summary.returns = Int64(rows.count { $0.quantity < 0 })
        var text = "CUSTOMER,TIME,PRODUCT,QUANTITY,PRICE\n"
        for row in rows {
            let minute = 480 + (row.customer * 37 + (row.quantity < 0 ? 11 : 0)) % 600
            let time = "\(date(row.day))T\(padded(minute / 60, 2)):\(padded(minute % 60, 2)):00"
            text += "K\(padded(row.customer, 5)),\(time),F\(padded(row.product, 4)),\(row.quantity),\(product(row.product).unit).00\n"
        }
        return text
    }

    /// Of five products of the customer's class or below, the one of the taste, and of low number.
    private func choice(for who: Customer, _ dice: inout Dice) -> Int? {
        var best: Int?
        for _ in 0..<8 {
            let number = dice.below(dice.below(products) + 1)
            let offered = product(number)
            guard offered.risk <= who.risk ?? 1 else { continue }
            if best == nil || (offered.category == who.taste && product(best ?? 0).category != who.taste) { best = number }
        }
        return best
    }

    private func productRows(on day: String) -> String {
        var text = "PRODUCT,CATEGORY,RISK,MARGIN,SENSITIVE,KNOWN\n"
        for number in 0..<products {
            let own = product(number)
            text +=
                "F\(padded(number, 4)),\(Self.categories[own.category]),\(own.risk),\(own.unit * (1 + own.risk) / 100).00,"
                + "\(own.risk == 5 && number % 2 == 0),\(day)\n"
        }
        return text
    }

    private func customerRows(on day: String) -> String {
        var text = "CUSTOMER,AGE,RISK,SEGMENT,KNOWN\n"
        for number in 0..<customers {
            let own = customer(number)
            text += "K\(padded(number, 5)),\(own.age),\(own.risk.map(String.init) ?? ""),\(own.segment),\(day)\n"
        }
        return text
    }

    /// Weekly, over the last four weeks, to one customer in three: two products of the customer's class.
    private func mailings() -> String {
        var text = "CUSTOMER,PRODUCT,TIME\n"
        for week in (1...4).reversed() {
            for number in stride(from: 0, to: customers, by: 3) {
                let who = customer(number)
                var dice = Dice(seed: seed, .trade, number, day: days + 7)
                var sent: Set<Int> = []
                for _ in 0..<6 where sent.count < 2 { if let one = choice(for: who, &dice) { sent.insert(one) } }
                for one in sent.sorted() { text += "K\(padded(number, 5)),F\(padded(one, 4)),\(date(days - 1 - 7 * week))T07:00:00\n" }
            }
        }
        return text
    }

    private func file(_ path: String, _ text: String, _ summary: inout RecommendationSimulation.Summary) throws(Failure) {
        let writer =
            if let gzipLevel {
                try GzipWriter(path: path + ".gz", encoding: .gzip(level: gzipLevel))
            } else {
                try GzipWriter(path: path, encoding: .plain)
            }
        var buffer = TextBuffer()
        for line in text.split(separator: "\n") {
            buffer.append(Array(line.utf8))
            buffer.append("\n")
            try buffer.flush(to: writer)
        }
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
        summary.files += 1
        summary.bytes += writer.fileBytes
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private func date(_ day: Int) -> String { Timestamp.isoDate(days: Int64(start.day + day)) }
}
