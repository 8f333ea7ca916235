public import Pipelines
public import Records

extension Column {
    /// The given rows, in the given order.
    public func selecting(_ rows: some Collection<Int>) -> Column {
        var bits: [UInt64] = []
        if !validity.isEmpty {
            bits = [UInt64](repeating: 0, count: (rows.count + 63) / 64)
            for (at, row) in rows.enumerated() where isValid(row) { bits[at / 64] |= 1 << UInt64(at % 64) }
        }
        switch type {
        case .float64: return Column(doubles: rows.map { doubles[$0] }, validity: bits)
        case .string:
            var (starts, text): ([Int32], [UInt8]) = ([0], [])
            for row in rows {
                text.append(contentsOf: bytes[Int(offsets[row])..<Int(offsets[row + 1])])
                starts.append(Int32(text.count))
            }
            return Column(offsets: starts, bytes: text, validity: bits)
        default: return Column(type: type, integers: rows.map { integers[$0] }, validity: bits)
        }
    }
}

extension RecordBatch {
    /// The given rows, in the given order.
    public func selecting(_ rows: some Collection<Int>) -> RecordBatch {
        RecordBatch(schema: schema, columns: columns.map { $0.selecting(rows) }, rowNumbers: rows.map { rowNumbers[$0] })
    }
}

extension StageInput {
    /// A part of the rows, with the label events that become known there (by the watermark) or, with the last part, later.
    ///
    /// - Parameter eventsFirst: all events come with the first row instead.
    public func part(_ rows: Range<Int>, eventsFirst: Bool = false) -> StageInput {
        let before = times[..<rows.lowerBound].max() ?? .min, through = times[..<rows.upperBound].max() ?? .min
        let isFirst = rows.lowerBound == 0, isLast = rows.upperBound == times.count
        let due = events.filter { event in
            if eventsFirst { return isFirst }
            let known = event.known.microseconds
            return (isFirst || known > before) && (known <= through || isLast)
        }
        return StageInput(
            batch: batch.selecting(rows), keys: Array(keys[rows]), times: Array(times[rows]),
            labels: labels.isEmpty ? [] : Array(labels[rows]), labelDelay: labelDelay, events: due)
    }

    /// The whole input in parts that end at the given rows (ascending) and at the end.
    public func parts(cutAt cuts: [Int], eventsFirst: Bool = false) -> [StageInput] {
        var (parts, start): ([StageInput], Int) = ([], 0)
        for cut in cuts + [times.count] where cut > start {
            parts.append(part(start..<cut, eventsFirst: eventsFirst))
            start = cut
        }
        return parts
    }
}
