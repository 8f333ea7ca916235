import Connectors
import Foundation
public import Records

/// Simulates card payments and their frauds: our own sample data, free to use, as large as wanted.
///
/// Customers and terminals stand in the plane; each customer visits the near and popular ones, spends around a level of its own, by
/// hours and weekdays of its own. Three kinds of fraud: terminals compromised for days, stolen cards used in bursts far away, and single
/// very large amounts; about 1 % of all transactions, fewer in the first weeks, while the first terminals are being compromised. What is
/// reported of them, and when, is in a second folder (``ChargebackDesk``).
///
/// Deterministic: equal configurations give equal content on every platform, and the first days of a longer simulation are those of a
/// shorter one. All draws are integers of our own generator and all profiles tables; no result of a C mathematics library is used
/// (doubles occur in products and square roots only, which IEEE 754 rounds exactly). Memory depends on customers, terminals and one
/// day's transactions, not on the number of days.
public struct FraudSimulation: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// 1...10,000,000. A customer buys 1.7 times a day in the mean.
        public var customers: Int
        /// 1...1,000,000.
        public var terminals: Int
        /// 1...10,000.
        public var days: Int
        public var seed: UInt64
        /// The first day; the time of day is ignored.
        public var start: Timestamp
        /// Broken lines a million transactions, 0...100,000.
        public var brokenPerMillion: Int
        /// A day that is also written as a camt.053 statement; nil = none.
        public var statementDay: Timestamp?
        /// Gzip level 1...9; nil = plain files.
        public var gzipLevel: Int?

        public init(
            customers: Int, terminals: Int, days: Int, seed: UInt64, start: Timestamp = Timestamp(.init(year: 2026, month: 1, day: 1)),
            brokenPerMillion: Int = 70, statementDay: Timestamp? = nil, gzipLevel: Int? = 6
        ) {
            (self.customers, self.terminals, self.days, self.seed) = (customers, terminals, days, seed)
            (self.start, self.brokenPerMillion, self.statementDay) = (start, brokenPerMillion, statementDay)
            self.gzipLevel = gzipLevel
        }
    }

    /// What was written.
    public struct Summary: Hashable, Sendable {
        public var files = 0
        /// Transactions, broken lines included.
        public var rows: Int64 = 0
        /// Fraudulent transactions, reported or not.
        public var frauds: Int64 = 0
        /// Lines in the chargeback files (known by the last day).
        public var chargebacks: Int64 = 0
        public var brokenRows: Int64 = 0
        /// On disk.
        public var bytes: Int64 = 0
        /// Before compression.
        public var plainBytes: Int64 = 0

        public init() {}
    }

    public let configuration: Configuration

    /// - Throws: a number out of its range, or a statement day that is not simulated.
    public init(_ configuration: Configuration) throws(Failure) {
        try Self.check(configuration.customers, in: 1...10_000_000, "customers")
        try Self.check(configuration.terminals, in: 1...1_000_000, "terminals")
        try Self.check(configuration.days, in: 1...10_000, "days")
        try Self.check(configuration.brokenPerMillion, in: 0...100_000, "broken rows a million")
        try Self.check(configuration.gzipLevel ?? 6, in: 1...9, "gzip level")
        if let day = configuration.statementDay?.day {
            let first = configuration.start.day
            if day < first || day >= first + configuration.days {
                throw .simulationStatementDay(Self.date(day), first: Self.date(first), last: Self.date(first + configuration.days - 1))
            }
        }
        self.configuration = configuration
    }

    private static func check(_ value: Int, in range: ClosedRange<Int>, _ name: String) throws(Failure) {
        if !range.contains(value) { throw .simulationRange(name, value, range) }
    }

    /// Writes `transactions/YYYY-MM-DD.csv[.gz]`, `chargebacks/YYYY-MM-DD.csv[.gz]` and `camt/YYYY-MM-DD.xml[.gz]` below `folder`.
    ///
    /// - Throws: a folder that holds such folders already (days of two simulations must not mix), or that cannot be written.
    public func write(to folder: String) throws(Failure) -> Summary {
        for name in ["transactions", "chargebacks", "camt"] where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            throw .simulationFolderTaken("\(folder)/\(name)")
        }
        try Self.makeFolder("\(folder)/transactions")
        try Self.makeFolder("\(folder)/chargebacks")
        if configuration.statementDay != nil { try Self.makeFolder("\(folder)/camt") }
        let names = SimulatedNames(customers: configuration.customers, terminals: configuration.terminals)
        var simulator = DaySimulator(seed: configuration.seed, customers: configuration.customers, terminals: configuration.terminals)
        var desk = ChargebackDesk(seed: configuration.seed)
        var summary = Summary()
        for day in 0..<configuration.days {
            let absoluteDay = configuration.start.day + day
            let date = Self.date(absoluteDay)
            let weekday = Timestamp(seconds: Int64(absoluteDay) * 86_400).weekday
            let transactions = simulator.transactions(day: day, weekday: weekday)
            if absoluteDay == configuration.statementDay?.day {
                let writer = try writer("\(folder)/camt/\(date).xml")
                let statement = CardStatement(date: date, names: names, currency: Self.currency)
                try statement.write(transactions, firstNumber: summary.rows + 1, to: writer)
                summary.count(writer)
            }
            let labels = desk.known(on: day)
            let chargebackWriter = try writer("\(folder)/chargebacks/\(date).csv")
            try ChargebackFile.write(labels, date: date, to: chargebackWriter)
            summary.count(chargebackWriter)
            summary.chargebacks += Int64(labels.count)
            try write(transactions, to: writer("\(folder)/transactions/\(date).csv"), day: day, date: date, names, &desk, &summary)
        }
        return summary
    }

    private func write(
        _ transactions: [SimulatedTransaction], to writer: GzipWriter, day: Int, date: String, _ names: SimulatedNames,
        _ desk: inout ChargebackDesk, _ summary: inout Summary
    ) throws(Failure) {
        var file = TransactionFile(
            writer, date: date, names: names, seed: configuration.seed, brokenPerMillion: configuration.brokenPerMillion)
        for transaction in transactions {
            summary.rows += 1
            let isFraud = transaction.cause != .none
            if isFraud { summary.frauds += 1 }
            let hasLabel = desk.report(summary.rows, isFraud: isFraud, day: day)
            try file.write(transaction, number: summary.rows, hasLabel: hasLabel)
        }
        try file.finish()
        summary.brokenRows += Int64(file.broken)
        summary.count(writer)
    }

    private func writer(_ path: String) throws(Failure) -> GzipWriter {
        guard let level = configuration.gzipLevel else { return try GzipWriter(path: path, encoding: .plain) }
        return try GzipWriter(path: path + ".gz", encoding: .gzip(level: level))
    }

    private static func makeFolder(_ path: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .simulationFolderUnwritable(path)
        }
    }

    private static func date(_ day: Int) -> String { String(Timestamp(seconds: Int64(day) * 86_400).iso8601.prefix(10)) }

    private static let currency = Currency.euro
}

extension Currency {
    /// The simulator's currency; two decimals.
    fileprivate static var euro: Currency {
        guard let euro = Currency("EUR") else { preconditionFailure("EUR has the form of a currency code") }
        return euro
    }
}

extension FraudSimulation.Summary {
    /// Adds a finished file.
    fileprivate mutating func count(_ writer: GzipWriter) {
        files += 1
        bytes += writer.fileBytes
        plainBytes += writer.plainBytes
    }
}
