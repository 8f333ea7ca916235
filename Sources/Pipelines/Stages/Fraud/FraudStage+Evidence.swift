import Records

extension FraudStage {
    /// The last ten transactions of the row's card and of its terminal, the row itself first, of the last 30 days + `delay`.
    ///
    /// - Returns: empty if the last batch had no such row.
    public func evidence(forRow row: Int) -> [Evidence] {
        guard trace.times.indices.contains(row) else { return [] }
        return [
            table("last ten transactions of this card", row: row, ofCard: true),
            table("last ten transactions of this terminal", row: row, ofCard: false),
        ]
    }

    private func table(_ title: String, row: Int, ofCard: Bool) -> Evidence {
        var table = Evidence(title: title, columns: ["time", "amount", ofCard ? "terminal" : "card", "known as"], rows: [])
        let time = trace.times[row], sequence = trace.firstSequence &+ UInt32(truncatingIfNeeded: row)
        let oldest = max(time &- AccountBook.widths.2 &- settings.delay, trace.cutoffs[row])
        let entity = Int(ofCard ? trace.customers[row] : trace.terminals[row])
        let account = ofCard ? state.customers.accounts[entity] : state.terminals.accounts[entity]
        var index = account.rows(until: time)
        while index > 0, table.rows.count < 10 {
            index -= 1
            let entry = account[index]
            // Of the same batch, rows after this one do not count, and its own label is what the reader is asked for.
            guard entry.time > oldest || entry.sequence == sequence else { break }
            guard Int32(bitPattern: entry.sequence &- sequence) <= 0 else { continue }
            let terminal = ofCard ? entry.party : entity
            let isOwn = entry.sequence == sequence
            let label = isOwn ? nil : state.histories[terminal].label(time: entry.time, sequence: entry.sequence, knownBy: time)
            let party = ofCard ? state.terminals.names.name(entry.party) : state.customers.names.name(entry.party)
            table.rows.append([
                Timestamp(microseconds: entry.time).iso8601, Money(minor: entry.amount, currency: settings.currency).description, party,
                label.map { $0 ? Self.definition.positive : Self.definition.negative } ?? "",
            ])
        }
        return table
    }
}
