import Connectors
import Records

/// How the simulator's transactions and labels look in a file.
struct SimulatedNames {
    let customerWidth: Int
    let terminalWidth: Int

    init(customers: Int, terminals: Int) {
        customerWidth = max(6, String(customers - 1).count)
        terminalWidth = max(5, String(terminals - 1).count)
    }
}

/// Writes one day of transactions as CSV, with a few broken lines among them.
///
/// A broken line stands for a real transaction that no label will ever speak of, so that rejecting it loses no label; whether a line is
/// broken is drawn from the transaction's number alone.
struct TransactionFile: ~Copyable {
    /// What an upstream program does to a line.
    private enum Damage: Int, CaseIterable {
        case textInAmount, noTerminal, fieldTooMany, fieldTooFew, strayQuote
    }

    private let writer: GzipWriter
    private var buffer = TextBuffer()
    private let date: [UInt8]
    private let names: SimulatedNames
    private let seed: UInt64
    private let brokenPerMillion: Int
    private(set) var broken = 0

    init(_ writer: GzipWriter, date: String, names: SimulatedNames, seed: UInt64, brokenPerMillion: Int) {
        self.writer = writer
        self.date = Array(date.utf8)
        (self.names, self.seed, self.brokenPerMillion) = (names, seed, brokenPerMillion)
        buffer.append("TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT\n")
    }

    mutating func write(_ transaction: SimulatedTransaction, number: Int64, hasLabel: Bool) throws(Failure) {
        var damage: Damage?
        if brokenPerMillion > 0, !hasLabel, transaction.cause == .none {
            var dice = Dice(seed: seed, .damage, Int(number))
            if dice.chance(perMillion: brokenPerMillion) {
                damage = Damage(rawValue: dice.below(Damage.allCases.count))
                broken += 1
            }
        }
        buffer.append(Int(number))
        buffer.append(",")
        buffer.append(date)
        buffer.append(" ")
        buffer.append(secondOfDay: Int(transaction.second))
        buffer.append(",C")
        buffer.append(Int(transaction.customer), width: names.customerWidth)
        buffer.append(",")
        if damage != .noTerminal {
            // Closed, so that a reader which takes quotes at their word loses this line only and not the rest of the day.
            if damage == .strayQuote { buffer.append("\"T\"") } else { buffer.append("T") }
            buffer.append(Int(transaction.terminal), width: names.terminalWidth)
        }
        if damage != .fieldTooFew { buffer.append(",") }
        switch damage {
        case .textInAmount: buffer.append("n.a.")
        case .fieldTooFew: break
        default: buffer.append(minor: Int(transaction.amount))
        }
        if damage == .fieldTooMany { buffer.append(",EUR") }
        buffer.append("\n")
        try buffer.flush(to: writer)
    }

    mutating func finish() throws(Failure) {
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
    }
}

/// Writes what became known of frauds on one day.
struct ChargebackFile {
    static func write(_ labels: [ChargebackDesk.Label], date: String, to writer: GzipWriter) throws(Failure) {
        var buffer = TextBuffer()
        buffer.append("TRANSACTION_ID,FRAUD,KNOWN\n")
        for label in labels {
            buffer.append(Int(label.transaction))
            if label.isFraud { buffer.append(",1,") } else { buffer.append(",0,") }
            buffer.append(Array(date.utf8))
            buffer.append("T")
            buffer.append(secondOfDay: label.second)
            buffer.append("Z\n")
            try buffer.flush(to: writer)
        }
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
    }
}
