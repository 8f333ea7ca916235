import Connectors
import Foundation
public import Records

/// Simulates a shop's sales and its stock: our own sample data for the stage `demand`, free to use.
///
/// A third of the items sell every day, around a level of their own, by weekdays and a slow season; a third sell less and are on offer now
/// and then; a third are spare parts that are wanted on few days. On days when an item ran out, fewer units were sold than wanted, and the
/// row says so. Days without a sale have no row. Deterministic on every platform: integers of our own generator.
public struct DemandSimulation: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// 1...1,000,000.
        public var items: Int
        /// 30...10,000.
        public var days: Int
        public var seed: UInt64
        public var start: Timestamp
        /// Gzip level 1...9; nil = plain files.
        public var gzipLevel: Int?
        /// Days whose sales stand in one row: 1, or 7 for a week's.
        public var step = 1
        /// Sales, stock, orders, invoices and forecasts are written as UBL 2.1 documents as well.
        public var documents = false

        public init(
            items: Int, days: Int, seed: UInt64, start: Timestamp = Timestamp(.init(year: 2025, month: 1, day: 1)), gzipLevel: Int? = 6
        ) {
            (self.items, self.days, self.seed, self.start, self.gzipLevel) = (items, days, seed, start, gzipLevel)
        }
    }

    public struct Summary: Hashable, Sendable {
        public var files = 0
        public var rows: Int64 = 0
        public var units: Int64 = 0
        public var stockouts: Int64 = 0
        public var bytes: Int64 = 0

        public init() {}
    }

    public let configuration: Configuration

    /// - Throws: a number out of its range.
    public init(_ configuration: Configuration) throws(Failure) {
        guard (1...1_000_000).contains(configuration.items) else { throw .simulationRange("items", configuration.items, 1...1_000_000) }
        guard (30...10_000).contains(configuration.days) else { throw .simulationRange("days", configuration.days, 30...10_000) }
        guard (1...7).contains(configuration.step) else { throw .simulationRange("step", configuration.step, 1...7) }
        self.configuration = configuration
    }

    /// Writes `sales/YYYY-MM.csv[.gz]`, a file a month, and `stock/YYYY-MM-DD.csv[.gz]` of the last day below `folder`; with documents
    /// `ubl/activity`, `ubl/orders` and `ubl/invoices/YYYY-MM.xml[.gz]`, `ubl/stock/YYYY-MM-DD.xml[.gz]` and, of daily rows,
    /// `ubl/forecasts/YYYY-MM-DD.xml[.gz]` of each Sunday, too.
    ///
    /// - Throws: a folder that holds such folders already, or that cannot be written.
    public func write(to folder: String) throws(Failure) -> Summary {
        for name in ["sales", "stock"] + (configuration.documents ? DemandDocuments.folders : []) {
            if FileManager.default.fileExists(atPath: "\(folder)/\(name)") { throw .simulationFolderTaken("\(folder)/\(name)") }
            do {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            } catch {
                throw .simulationFolderUnwritable("\(folder)/\(name)")
            }
        }
        var summary = Summary(), day = 0
        let items = (0..<configuration.items).map { Item($0, seed: configuration.seed) }
        var documents = configuration.documents ? DemandDocuments(folder: folder, gzipLevel: configuration.gzipLevel) : nil
        while day < configuration.days {
            let month = date(day).prefix(7)
            let writer = try writer("\(folder)/sales/\(month).csv")
            var buffer = TextBuffer()
            buffer.append("ITEM,DATE,UNITS,COST,RAN_OUT\n")
            while day < configuration.days, date(day).prefix(7) == month {
                for item in items { try write(item, day: day, to: writer, &buffer, &summary, &documents) }
                documents?.finishDay(configuration.start.day + day)
                if configuration.step == 1 { try documents?.writeForecast(configuration.start.day + day, &summary) }
                day += configuration.step
            }
            try documents?.finishMonth(date(min(day, configuration.days) - configuration.step), &summary)
            try buffer.flush(to: writer, atEnd: true)
            try writer.finish()
            summary.files += 1
            summary.bytes += writer.fileBytes
        }
        try writeStock(items, to: folder, &summary, documents)
        return summary
    }

    private func write(
        _ item: Item, day: Int, to writer: GzipWriter, _ buffer: inout TextBuffer, _ summary: inout Summary,
        _ documents: inout DemandDocuments?
    ) throws(Failure) {
        var units = 0, ranOut = false
        for day in day..<min(day + configuration.step, configuration.days) {
            var dice = Dice(seed: configuration.seed, .demand, item.number, day: day)
            let weekday = Timestamp(seconds: Int64(configuration.start.day + day) * 86_400).weekday
            let wanted = item.units(day: day, weekday: weekday, &dice)
            let isOut = wanted > 3 && dice.below(60) == 0
            units += isOut ? wanted * (20 + dice.below(60)) / 100 : wanted
            if isOut { ranOut = true }
        }
        guard units > 0 || ranOut else { return }
        documents?.add(item.number, id: item.id, units: units, cost: item.cost, date: configuration.start.day + day)
        buffer.append("A")
        buffer.append(item.number, width: 5)
        buffer.append(",")
        buffer.append(Array(date(day).utf8))
        buffer.append(",")
        buffer.append(units)
        buffer.append(",")
        buffer.append(minor: item.cost)
        buffer.append(ranOut ? ",true\n" : ",false\n")
        try buffer.flush(to: writer)
        summary.rows += 1
        summary.units += Int64(units)
        summary.stockouts += ranOut ? 1 : 0
    }

    private func writeStock(
        _ items: [Item], to folder: String, _ summary: inout Summary, _ documents: DemandDocuments?
    ) throws(Failure) {
        var stock: [(id: String, units: Int, cost: Int)] = []
        let date = date(configuration.days - 1), writer = try writer("\(folder)/stock/\(date).csv")
        var buffer = TextBuffer()
        buffer.append("ITEM,COUNTED,ON_HAND,ON_ORDER\n")
        for item in items {
            var dice = Dice(seed: configuration.seed, .stock, item.number)
            let weekly = max(item.level * 7 / 16, 1)
            buffer.append("A")
            buffer.append(item.number, width: 5)
            buffer.append(",")
            buffer.append(Array(date.utf8))
            buffer.append(",")
            let units = weekly * dice.below(260) / 100
            stock.append((item.id, units, item.cost))
            buffer.append(units)
            buffer.append(",")
            buffer.append(dice.below(4) == 0 ? weekly : 0)
            buffer.append("\n")
            try buffer.flush(to: writer)
        }
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
        summary.files += 1
        summary.bytes += writer.fileBytes
        try documents?.writeStock(stock, date, &summary)
    }

    private func date(_ day: Int) -> String { Timestamp.isoDate(days: Int64(configuration.start.day + day)) }

    private func writer(_ path: String) throws(Failure) -> GzipWriter {
        guard let level = configuration.gzipLevel else { return try GzipWriter(path: path, encoding: .plain) }
        return try GzipWriter(path: path + ".gz", encoding: .gzip(level: level))
    }

    /// What one item is like.
    private struct Item {
        let number: Int
        /// Sixteenths of a unit a day.
        let level: Int
        /// Minor units.
        let cost: Int
        private let isSpare: Bool
        private let hasOffers: Bool
        private let swing: Int
        private let phase: Int
        var id: String { "A" + String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number) }
        private static let weekdays = [14, 15, 15, 16, 19, 22, 11]

        init(_ number: Int, seed: UInt64) {
            var dice = Dice(seed: seed, .item, number)
            self.number = number
            let kind = number % 3
            (isSpare, hasOffers) = (kind == 2, kind == 1)
            level = isSpare ? 1 + dice.below(5) : hasOffers ? 16 + dice.below(80) : 60 + dice.below(500)
            cost = 50 + dice.below(4_000)
            swing = dice.below(5)
            phase = dice.below(365)
        }

        func units(day: Int, weekday: Int, _ dice: inout Dice) -> Int {
            if isSpare { return dice.below(64) < level ? 1 + dice.below(3) * dice.below(2) : 0 }
            var mean = level * Self.weekdays[((weekday % 7) + 7) % 7]
            // A year's season as a triangle: 0 to 182 and back.
            let place = (day + phase) % 365
            mean += mean * swing * (place < 183 ? place : 365 - place) / 1_000
            if hasOffers, (day / 7 + phase) % 9 == 0 { mean *= 3 }
            let units = Octaves.shared.scale(mean, by: dice.bell() / 4)
            // 16 x 16 sixteenths are a unit; the rest is drawn.
            return units / 256 + (dice.below(256) < units % 256 ? 1 : 0)
        }
    }
}
