import Records

/// Reads the values of a column whose spelling is declared, one at a time; chosen once a column, so that plain columns pay nothing.
final class SpeltValue {
    private enum Reader {
        case number(SpeltNumber)
        case time(SpeltTime)
        case bool([Int64])
        case text([[UInt8]])
        case sign(negatives: Int)
        case currency
    }

    private var reader: Reader
    private let table: TextTable

    /// Nil where the column is read plainly.
    init?(_ column: FeedColumn, zone: Zone?) {
        let spelling = column.spelling
        switch column.companion {
        case .sign(let sign):
            reader = .sign(negatives: sign.negative.count)
            table = TextTable(sign.negative + sign.positive)
            return
        case .currency(let currency):
            reader = .currency
            table = TextTable([currency.code])
            return
        case nil: break
        }
        table = TextTable(spelling.values?.map(\.written) ?? [])
        switch column.field.type {
        case .timestamp, .date:
            let isDate = column.field.type == .date
            let isPlain = TimeForm.isPlain(column.formats) && (!isDate || column.formats.isEmpty)
            if isPlain, !spelling.isFullWidth, spelling.rounding == nil { return nil }
            reader = .time(SpeltTime(formats: column.formats, zone: zone, isDate: isDate, spelling: spelling))
        case .bool:
            guard let values = spelling.values else { return nil }
            reader = .bool(values.map { $0.meaning == "true" ? 1 : 0 })
        case .string:
            guard let values = spelling.values else { return nil }
            reader = .text(values.map { Array($0.meaning.utf8) })
        case .int64, .float64, .money, .decimal:
            var other = Spelling()
            (other.values, other.pivot) = (spelling.values, spelling.pivot)
            if spelling == other { return nil }
            let type = column.field.type
            reader = .number(SpeltNumber(type == .float64 ? .float64 : type.scale.map { .scaled($0) } ?? .integer, spelling))
        }
    }

    /// A value as ``ColumnBuilder`` keeps it, of anything but text.
    func read(_ text: UnsafePointer<UInt8>, _ count: Int, into result: inout Int64) -> ValueFault {
        switch reader {
        case .number(let number): return number.read(text, count, into: &result)
        case .time(var time):
            // Put back, as the zone remembers its last period.
            let fault = time.read(text, count, into: &result)
            reader = .time(time)
            return fault
        case .bool(let values):
            guard let index = table.index(of: text, count) else { return .unknownValue }
            result = values[index]
            return .none
        case .text, .sign, .currency: return .type
        }
    }

    /// The meaning of one of the declared texts; nil for any other.
    func meaning(of text: UnsafePointer<UInt8>, _ count: Int) -> [UInt8]? {
        guard case .text(let meanings) = reader else { return nil }
        return table.index(of: text, count).map { meanings[$0] }
    }

    /// What a companion's text says of the value it is read for: whether it is negative; nil where it says nothing of the sign.
    func companion(_ text: UnsafePointer<UInt8>, _ count: Int) -> (isNegative: Bool?, fault: ValueFault) {
        let index = table.index(of: text, count)
        if case .sign(let negatives) = reader {
            guard let index else { return (nil, count == 0 ? .missing : .unknownValue) }
            return (index < negatives, .none)
        }
        return (nil, index != nil ? .none : count == 0 ? .missing : .currency)
    }
}
