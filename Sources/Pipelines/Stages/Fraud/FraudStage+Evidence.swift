import Records

extension FraudStage {
    /// The last ten transactions of the row's card and of its terminal, the row itself first, of the last 30 days + `delay`.
    ///
    /// - Returns: empty if the last batch had no such row.
    public func evidence(forRow row: Int) -> [Evidence] {
        var json = JSONWriter()
        writeEvidence(forRow: row, to: &json)
        return Evidence.tables(JSONValue(parsing: String(decoding: json.bytes, as: UTF8.self)))
    }

    public func writeEvidence(forRow row: Int, to json: inout JSONWriter) {
        json.beginArray()
        if trace.times.indices.contains(row) {
            write("last ten transactions of this card", row: row, ofCard: true, to: &json)
            write("last ten transactions of this terminal", row: row, ofCard: false, to: &json)
        }
        json.endArray()
    }

    private func write(_ title: String, row: Int, ofCard: Bool, to json: inout JSONWriter) {
        json.beginTable(title, columns: ["time", "amount", ofCard ? "terminal" : "card", "known as"])
        let time = trace.times[row], sequence = trace.firstSequence &+ UInt32(truncatingIfNeeded: row)
        let oldest = max(time &- FraudWindows.widths[FraudWindows.count - 1] &- settings.delay, trace.cutoff(row))
        let entity = ofCard ? trace.customer(row) : trace.terminal(row)
        let account = ofCard ? state.customers.accounts[entity] : state.terminals.accounts[entity]
        var index = account.rows(until: time, state.log)
        var shown = 0
        while index > 0, shown < 10 {
            index -= 1
            let position = account[index], entry = state.log.row(position).pointee
            // Of the same batch, rows after this one do not count, and its own label is what the reader is asked for.
            guard entry.time > oldest || position == sequence else { break }
            guard Int32(bitPattern: position &- sequence) <= 0 else { continue }
            shown += 1
            let history = state.histories[entry.terminal]
            let label = position == sequence ? nil : history.label(time: entry.time, sequence: position, knownBy: time)
            json.beginArray()
            json.text(Timestamp(microseconds: entry.time))
            json.text(Money(minor: entry.amount, currency: settings.currency))
            if ofCard {
                state.terminals.names.write(entry.terminal, to: &json)
            } else {
                state.customers.names.write(Int(entry.customer), to: &json)
            }
            json.text(label.map { $0 ? Self.positive : Self.negative } ?? "")
            json.endArray()
        }
        json.endTable()
    }
}
