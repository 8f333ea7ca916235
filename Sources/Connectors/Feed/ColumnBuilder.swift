import Records

/// The growing values of one column of a block: plain pointers, so that the loop over rows counts no references.
///
/// Values are written at the row under construction, which the ``BatchBuilder`` commits or leaves to be overwritten:
/// giving up a row costs nothing, and nothing need be taken back.
struct ColumnBuilder {
    /// How the text is read. `scaled` has both money and decimals; `spelt` is as the column declares.
    enum Kind: UInt8 { case int64, float64, bool, string, normalizedString, timestamp, date, scaled, spelt, companion }
    /// How the values are kept.
    private enum Storage: UInt8 { case integers, doubles, text, none }

    private let type: ColumnType
    let kind: Kind
    private let storage: Storage
    private let spelt: SpeltValue?
    /// Of a companion: the column whose value it changes or checks.
    private let target: UnsafeMutablePointer<ColumnBuilder>?
    private let isOptional: Bool
    let exponent: Int
    private let nulls: NullMarkers
    var timestamps: TimestampText
    /// Integers, or the bit patterns of doubles; unused for text.
    let values: UnsafeMutablePointer<Int64>
    /// Text: `offsets[row]` is where row `row` starts in `bytes`.
    let offsets: UnsafeMutablePointer<Int32>
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    private(set) var byteCapacity: Int
    private let validity: UnsafeMutablePointer<UInt64>
    private let words: Int
    private var hasMissing = false
    private let normalization: TextNormalization
    private var normalized: [UInt8] = []

    /// Of all text of a column in one block; offsets have 32 bits.
    static let textLimit = 1 << 30

    /// To be ended by ``deallocate()``.
    /// - Parameter target: of a companion, a column of the same batch that is set before it.
    init(
        column: FeedColumn, pattern: TimestampPattern?, zone: Zone?, capacity: Int, target: UnsafeMutablePointer<ColumnBuilder>? = nil
    ) {
        type = column.field.type
        self.target = target
        normalization = column.normalize
        spelt = SpeltValue(column, zone: zone)
        isOptional = column.field.isOptional && target == nil
        nulls = NullMarkers(column.nulls)
        timestamps = TimestampText(pattern: pattern, zone: zone)
        exponent = type.scale ?? 0
        let plain: Kind =
            switch type {
            case .int64: .int64
            case .float64: .float64
            case .bool: .bool
            case .string: column.normalize.isNone ? .string : .normalizedString
            case .timestamp: .timestamp
            case .date: .date
            case .money, .decimal: .scaled
            }
        kind = target != nil ? .companion : spelt != nil ? .spelt : plain
        storage = target != nil ? .none : type == .string ? .text : type == .float64 ? .doubles : .integers
        let isText = storage == .text
        values = .allocate(capacity: isText || storage == .none ? 0 : capacity)
        offsets = .allocate(capacity: isText ? capacity + 1 : 1)
        offsets[0] = 0
        byteCapacity = isText ? max(64, capacity * 8) : 0
        bytes = .allocate(capacity: byteCapacity)
        words = (capacity + 63) / 64
        validity = .allocate(capacity: words)
        validity.initialize(repeating: .max, count: words)
    }

    func deallocate() {
        nulls.deallocate()
        timestamps.deallocate()
        values.deallocate()
        offsets.deallocate()
        bytes.deallocate()
        validity.deallocate()
    }

    /// Reads a field's text as the value of `row`. Only the last call for a row counts.
    @inline(__always)
    mutating func set(_ row: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> ValueFault {
        if count == 0 { return setMissing(row) }
        if nulls.count > 0, nulls.contains(text, count) { return setMissing(row) }
        let fault = parse(row, text, count)
        if fault == .none || kind == .string || kind == .normalizedString {
            if isOptional { setValid(row) }
            return fault
        }
        return setTrimmed(row, text, count, fault)
    }

    var hasNulls: Bool { nulls.count > 0 }

    /// The row has a value: where none is missing all bits are set already.
    @inline(__always)
    func noteValid(_ row: Int) { if hasMissing { setValid(row) } }

    @inline(__always)
    private func setValid(_ row: Int) { validity[row >> 6] |= 1 << UInt64(row & 63) }

    @inline(never)
    mutating func setMissing(_ row: Int) -> ValueFault {
        if kind == .companion {
            // A pointer to no byte, since there is none.
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { empty in
                empty.baseAddress.map { setCompanion(row, $0, 0) } ?? .missing
            }
        }
        guard isOptional else { return .missing }
        hasMissing = true
        validity[row >> 6] &= ~(1 << UInt64(row & 63))
        switch storage {
        case .text: offsets[row + 1] = offsets[row]
        case .doubles: values[row] = Int64(bitPattern: Double.nan.bitPattern)
        default: values[row] = 0
        }
        return .none
    }

    /// White space around anything but text is no part of the value; tried only once the plain reading has failed.
    @inline(never)
    private mutating func setTrimmed(_ row: Int, _ text: UnsafePointer<UInt8>, _ count: Int, _ fault: ValueFault) -> ValueFault {
        var first = 0, last = count
        while first < last, Self.isSpace(text[first]) { first += 1 }
        while last > first, Self.isSpace(text[last - 1]) { last -= 1 }
        if last - first == count { return fault }
        return set(row, text + first, last - first)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte >= 9 && byte <= 13 }

    @inline(__always)
    private mutating func parse(_ row: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> ValueFault {
        switch kind {
        case .int64: return NumberText.integer(text, count, into: &values[row])
        case .scaled: return NumberText.money(text, count, exponent: exponent, into: &values[row])
        case .timestamp:
            guard let value = timestamps.microseconds(text, count) else { return .type }
            values[row] = value
            return .none
        case .string: return setText(row, text, count)
        case .normalizedString: return setNormalized(row, text, count)
        case .float64:
            var value = 0.0
            let fault = NumberText.double(text, count, into: &value)
            values[row] = Int64(bitPattern: value.bitPattern)
            return fault
        case .bool: return NumberText.bool(text, count, into: &values[row])
        case .date:
            guard let value = timestamps.days(text, count) else { return .type }
            values[row] = value
            return .none
        case .spelt: return setSpelt(row, text, count)
        case .companion: return setCompanion(row, text, count)
        }
    }

    @inline(never)
    private mutating func setSpelt(_ row: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> ValueFault {
        guard let spelt else { return .type }
        guard storage == .text else { return spelt.read(text, count, into: &values[row]) }
        guard let meaning = spelt.meaning(of: text, count) else { return .unknownValue }
        return meaning.withUnsafeBufferPointer { meaning in
            guard let base = meaning.baseAddress else { return .unknownValue }
            return setText(row, base, meaning.count)
        }
    }

    /// Changes or checks the value of the target's row; where that is missing there is nothing to do.
    @inline(never)
    private func setCompanion(_ row: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> ValueFault {
        guard let spelt, let target, target.pointee.validity[row >> 6] >> UInt64(row & 63) & 1 == 1 else { return .none }
        let (isNegative, fault) = spelt.companion(text, count)
        guard fault == .none, let isNegative else { return fault }
        return target.pointee.applySign(row, isNegative: isNegative)
    }

    private func applySign(_ row: Int, isNegative: Bool) -> ValueFault {
        if storage == .doubles {
            let value = Double(bitPattern: UInt64(bitPattern: values[row]))
            if value < 0 { return .signed }
            if isNegative { values[row] = Int64(bitPattern: (-value).bitPattern) }
            return .none
        }
        if values[row] < 0 { return .signed }
        if isNegative { values[row] = -values[row] }
        return .none
    }

    @inline(__always)
    private mutating func setText(_ row: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> ValueFault {
        let start = Int(offsets[row])
        let end = start &+ count
        if end > byteCapacity {
            guard end <= Self.textLimit else { return .tooLong }
            grow(to: end, keeping: start)
        }
        guard UTF8Text.copy(text, count, to: bytes + start) else { return .encoding }
        offsets[row + 1] = Int32(truncatingIfNeeded: end)
        return .none
    }

    @inline(never)
    private mutating func setNormalized(_ row: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> ValueFault {
        guard UTF8Text.isValid(text, count) else { return .encoding }
        var result = normalized
        normalized = []
        normalization.normalize(UnsafeBufferPointer(start: text, count: count), into: &result)
        normalized = result
        return result.withUnsafeBufferPointer { $0.baseAddress.map { setText(row, $0, result.count) } ?? .none }
    }

    @inline(never)
    private mutating func grow(to needed: Int, keeping used: Int) {
        let capacity = max(needed, byteCapacity * 2)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: bytes, count: used)
        bytes.deallocate()
        (bytes, byteCapacity) = (larger, capacity)
    }

    /// The first `count` rows as a column; the builder starts again at row 0.
    mutating func finish(count: Int) -> Column {
        var bits: [UInt64] = []
        if hasMissing {
            bits = Array(UnsafeBufferPointer(start: validity, count: (count + 63) / 64))
            // A row given up may have left its mark beyond the last row.
            if count % 64 != 0 { bits[bits.count - 1] &= (1 << UInt64(count % 64)) - 1 }
            if Self.areAllSet(bits, count: count) { bits = [] }
            validity.update(repeating: .max, count: words)
            hasMissing = false
        }
        switch storage {
        case .text:
            return Column(
                offsets: Array(UnsafeBufferPointer(start: offsets, count: count + 1)),
                bytes: Array(UnsafeBufferPointer(start: bytes, count: Int(offsets[count]))), validity: bits)
        case .doubles:
            return values.withMemoryRebound(to: Double.self, capacity: count) {
                Column(doubles: Array(UnsafeBufferPointer(start: $0, count: count)), validity: bits)
            }
        default: return Column(type: type, integers: Array(UnsafeBufferPointer(start: values, count: count)), validity: bits)
        }
    }

    private static func areAllSet(_ bits: [UInt64], count: Int) -> Bool { bits.reduce(0) { $0 + $1.nonzeroBitCount } == count }
}

/// Texts that stand for a missing value, packed: each is its length, then its bytes.
struct NullMarkers {
    let count: Int
    private let packed: UnsafeMutableBufferPointer<UInt8>

    /// To be ended by ``deallocate()``. Markers of 255 bytes or more match nothing.
    init(_ markers: [String]) {
        let usable = markers.map { Array($0.utf8) }.filter { !$0.isEmpty && $0.count < 255 }
        let bytes = usable.flatMap { [UInt8($0.count)] + $0 }
        count = usable.count
        packed = .allocate(capacity: bytes.count)
        _ = packed.initialize(from: bytes)
    }

    func deallocate() { packed.deallocate() }

    func contains(_ text: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        var at = 0
        while at < packed.count {
            let size = Int(packed[at])
            if size == length {
                var index = 0
                while index < size, packed[at + 1 + index] == text[index] { index += 1 }
                if index == size { return true }
            }
            at += 1 + size
        }
        return false
    }
}
