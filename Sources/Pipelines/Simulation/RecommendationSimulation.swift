import Connectors
import Foundation
public import Records

/// Simulates a shop's order lines with its catalogue, customers and a merchandiser's list: our own sample data for the stage
/// `recommendations`, free to use.
///
/// Few articles sell much and many seldom; every customer has two categories of taste; one category is in season each month; a third of the
/// lines repeats an earlier purchase; one line in thirty comes back some days later, as a row with a negative quantity. The last tenth of
/// the articles is new in the last fifth of the days, one in a hundred was never sold. With looks, customers also look at articles of the same
/// tastes, twice as often as they buy, and a third of the lines buys what was looked at of late; most looks lead to nothing. Deterministic on every platform: integers of our own
/// generator.
public struct RecommendationSimulation: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// 1...10,000,000.
        public var customers: Int
        /// 20...1,000,000.
        public var articles: Int
        /// 30...10,000.
        public var days: Int
        public var seed: UInt64
        public var start: Timestamp
        /// Gzip level 1...9; nil = plain files.
        public var gzipLevel: Int?
        /// Whether a column KIND says what a row is (order, return, look).
        public var looks: Bool

        public init(
            customers: Int, articles: Int, days: Int, seed: UInt64, start: Timestamp = Timestamp(.init(year: 2025, month: 1, day: 1)),
            gzipLevel: Int? = 6, looks: Bool = false
        ) {
            (self.customers, self.articles, self.days, self.seed) = (customers, articles, days, seed)
            (self.start, self.gzipLevel, self.looks) = (start, gzipLevel, looks)
        }
    }

    public struct Summary: Hashable, Sendable {
        public var files = 0
        public var rows: Int64 = 0
        public var returns: Int64 = 0
        public var looks: Int64 = 0
        public var bytes: Int64 = 0

        public init() {}
    }

    public let configuration: Configuration
    private static let categories = 10

    /// - Throws: a number out of its range.
    public init(_ configuration: Configuration) throws(Failure) {
        let most = 10_000_000
        guard (1...most).contains(configuration.customers) else { throw .simulationRange("customers", configuration.customers, 1...most) }
        guard (20...1_000_000).contains(configuration.articles) else {
            throw .simulationRange("articles", configuration.articles, 20...1_000_000)
        }
        guard (30...10_000).contains(configuration.days) else { throw .simulationRange("days", configuration.days, 30...10_000) }
        self.configuration = configuration
    }

    /// Writes `orders/YYYY-MM.csv[.gz]`, a file a month, and `catalogue`, `customers` and `merchandiser` of the last day below `folder`.
    ///
    /// - Throws: a folder that holds such folders already, or that cannot be written.
    public func write(to folder: String) throws(Failure) -> Summary {
        for name in ["orders", "catalogue", "customers", "merchandiser"] {
            if FileManager.default.fileExists(atPath: "\(folder)/\(name)") { throw .simulationFolderTaken("\(folder)/\(name)") }
            do {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            } catch {
                throw .simulationFolderUnwritable("\(folder)/\(name)")
            }
        }
        var summary = Summary(), day = 0
        var shoppers = (0..<configuration.customers).map { Shopper($0, configuration) }
        while day < configuration.days {
            let month = date(day).prefix(7), first = day
            while day < configuration.days, date(day).prefix(7) == month { day += 1 }
            let days = first..<day
            let header: StaticString =
                configuration.looks ? "CUSTOMER,TIME,ARTICLE,QUANTITY,PRICE,KIND\n" : "CUSTOMER,TIME,ARTICLE,QUANTITY,PRICE\n"
            try file("\(folder)/orders/\(month).csv", header, &summary) {
                (writer, buffer, summary) throws(Failure) in
                for day in days {
                    for index in shoppers.indices { try orders(of: &shoppers[index], day: day, to: writer, &buffer, &summary) }
                }
            }
        }
        try writeTables(to: folder, &summary)
        return summary
    }

    private func orders(
        of shopper: inout Shopper, day: Int, to writer: GzipWriter, _ buffer: inout TextBuffer, _ summary: inout Summary
    ) throws(Failure) {
        if configuration.looks { try looks(of: &shopper, day: day, to: writer, &buffer, &summary) }
        var dice = Dice(seed: configuration.seed, .basket, shopper.number, day: day)
        var lines = shopper.due(day)
        summary.returns += Int64(lines.count)
        if dice.below(shopper.pause) == 0 {
            var basket: Set<Int> = []
            for _ in 0..<1 + dice.below(4) { basket.insert(article(for: shopper, day: day, &dice)) }
            for article in basket.sorted() where !lines.contains(where: { $0.article == article }) {
                let quantity = 1 + dice.below(3) * dice.below(2)
                lines.append((article, quantity))
                shopper.bought(article)
                if dice.below(30) == 0 { shopper.returns.append((day + 3 + dice.below(10), article, -quantity)) }
            }
        }
        for line in lines {
            let second = 28_800 + shopper.number * 43_200 / configuration.customers
            try row(shopper.number, day, second, line, line.quantity < 0 ? ",return" : ",order", to: writer, &buffer, &summary)
        }
    }

    /// What a customer looks at on a day, an hour before they may order.
    private func looks(
        of shopper: inout Shopper, day: Int, to writer: GzipWriter, _ buffer: inout TextBuffer, _ summary: inout Summary
    ) throws(Failure) {
        var dice = Dice(seed: configuration.seed, .look, shopper.number, day: day)
        guard dice.below(max(1, shopper.pause / 2)) == 0 else { return }
        var seen: Set<Int> = []
        for _ in 0..<1 + dice.below(4) { seen.insert(article(for: shopper, day: day, &dice)) }
        for article in seen.sorted() {
            let second = 25_200 + shopper.number * 43_200 / configuration.customers
            try row(shopper.number, day, second, (article, 1), ",look", to: writer, &buffer, &summary)
            shopper.looked(at: article)
            summary.looks += 1
        }
    }

    private func row(
        _ customer: Int, _ day: Int, _ second: Int, _ line: (article: Int, quantity: Int), _ kind: StaticString, to writer: GzipWriter,
        _ buffer: inout TextBuffer, _ summary: inout Summary
    ) throws(Failure) {
        buffer.append("C")
        buffer.append(customer, width: 6)
        buffer.append(",")
        buffer.append(Array(date(day).utf8))
        buffer.append("T")
        buffer.append(secondOfDay: second)
        buffer.append(",A")
        buffer.append(line.article, width: 5)
        buffer.append(line.quantity < 0 ? ",-" : ",")
        buffer.append(abs(line.quantity))
        buffer.append(",")
        buffer.append(minor: price(line.article))
        if configuration.looks { buffer.append(kind) }
        buffer.append("\n")
        try buffer.flush(to: writer)
        summary.rows += 1
    }

    /// An article to buy: again, of a category of taste, in season, or any; low numbers are drawn far more often than high ones.
    private func article(for shopper: Shopper, day: Int, _ dice: inout Dice) -> Int {
        if configuration.looks, !shopper.seen.isEmpty, dice.below(3) == 0 { return shopper.seen[dice.below(shopper.seen.count)] }
        let kind = dice.below(100)
        if kind < 35, !shopper.past.isEmpty { return shopper.past[dice.below(shopper.past.count)] }
        let count = sold(day: day)
        guard kind < 90 else { return dice.below(dice.below(count) + 1) }
        let season = (Int(date(day).dropFirst(5).prefix(2)) ?? 1) % Self.categories
        let category = kind < 75 ? shopper.tastes[kind & 1] : season
        let rows = max(1, (count - category + Self.categories - 1) / Self.categories)
        return min(count - 1, category + Self.categories * dice.below(dice.below(rows) + 1))
    }

    /// Articles sold on a day: the first nine tenths, in the last fifth of the days all but one in a hundred.
    private func sold(day: Int) -> Int {
        let articles = configuration.articles
        return day < configuration.days * 4 / 5 ? articles * 9 / 10 : articles - max(1, articles / 100)
    }

    private func price(_ article: Int) -> Int {
        var dice = Dice(seed: configuration.seed, .article, article)
        return 150 + dice.below(60) * dice.below(60)
    }

    // MARK: Tables

    private func writeTables(to folder: String, _ summary: inout Summary) throws(Failure) {
        let last = date(configuration.days - 1), day = Array(last.utf8), seed = configuration.seed
        let header: StaticString = "ARTICLE,CATEGORY,STOCK,MARGIN,MINIMUM_AGE,SENSITIVE,COUNTED\n"
        try file("\(folder)/catalogue/\(last).csv", header, &summary) { (writer, buffer, _) throws(Failure) in
            for article in 0..<configuration.articles {
                var dice = Dice(seed: seed, .stock, article)
                let category = article % Self.categories
                buffer.append("A")
                buffer.append(article, width: 5)
                buffer.append(",K")
                buffer.append(category)
                buffer.append(",")
                buffer.append(dice.below(12) == 0 ? 0 : 1 + dice.below(200))
                buffer.append(",")
                buffer.append(minor: price(article) * (10 + dice.below(40)) / 100)
                buffer.append(category == 7 ? ",18" : ",0")
                buffer.append(category == 9 && article % 4 == 1 ? ",true," : ",false,")
                buffer.append(day)
                buffer.append("\n")
                try buffer.flush(to: writer)
            }
        }
        try file("\(folder)/customers/\(last).csv", "CUSTOMER,AGE,KNOWN\n", &summary) { (writer, buffer, _) throws(Failure) in
            for customer in 0..<configuration.customers {
                buffer.append("C")
                buffer.append(customer, width: 6)
                buffer.append(",")
                buffer.append(Shopper(customer, configuration).age)
                buffer.append(",")
                buffer.append(day)
                buffer.append("\n")
                try buffer.flush(to: writer)
            }
        }
        try file("\(folder)/merchandiser/\(last).csv", "ARTICLE,ACTION,KNOWN\n", &summary) { (writer, buffer, _) throws(Failure) in
            let actions: [(Int, StaticString)] = [(3, ",block,"), (configuration.articles - 1, ",pin,"), (12, ",boost,")]
            for (article, action) in actions {
                buffer.append("A")
                buffer.append(article, width: 5)
                buffer.append(action)
                buffer.append(day)
                buffer.append("\n")
            }
            try buffer.flush(to: writer)
        }
    }

    private func file(
        _ path: String, _ header: StaticString, _ summary: inout Summary,
        _ body: (_ writer: GzipWriter, _ buffer: inout TextBuffer, _ summary: inout Summary) throws(Failure) -> Void
    ) throws(Failure) {
        let writer =
            if let level = configuration.gzipLevel {
                try GzipWriter(path: path + ".gz", encoding: .gzip(level: level))
            } else {
                try GzipWriter(path: path, encoding: .plain)
            }
        var buffer = TextBuffer()
        buffer.append(header)
        try body(writer, &buffer, &summary)
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
        summary.files += 1
        summary.bytes += writer.fileBytes
    }

    private func date(_ day: Int) -> String { Timestamp.isoDate(days: Int64(configuration.start.day + day)) }
}

/// A simulated customer.
private struct Shopper {
    let number: Int
    let tastes: [Int]
    let age: Int
    /// Mean days between two orders.
    let pause: Int
    /// The newest articles bought.
    private(set) var past: [Int] = []
    /// The newest articles looked at.
    private(set) var seen: [Int] = []
    var returns: [(day: Int, article: Int, quantity: Int)] = []

    init(_ number: Int, _ configuration: RecommendationSimulation.Configuration) {
        var dice = Dice(seed: configuration.seed, .shopper, number)
        self.number = number
        tastes = [dice.below(10), dice.below(10)]
        age = 14 + dice.below(70)
        pause = 3 + dice.below(25)
    }

    mutating func bought(_ article: Int) {
        past.append(article)
        if past.count > 20 { past.removeFirst() }
    }

    mutating func looked(at article: Int) {
        seen.append(article)
        if seen.count > 5 { seen.removeFirst() }
    }

    /// What comes back on a day.
    mutating func due(_ day: Int) -> [(article: Int, quantity: Int)] {
        let due = returns.filter { $0.day == day }
        returns.removeAll { $0.day == day }
        var lines: [(article: Int, quantity: Int)] = []
        for line in due where !lines.contains(where: { $0.article == line.article }) { lines.append((line.article, line.quantity)) }
        return lines
    }
}
