#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Many rows of one column at once: what a column is need not be asked for every value. What the loops do not know they leave to `set`.
extension ColumnBuilder {
    /// Reads the texts of a run as the values of the rows from `row` on.
    /// - Returns: how many have no fault; the first one that has, or whose doubled quotes must be undone, is left to the caller.
    mutating func set(_ row: Int, _ run: FieldRun, _ limit: Int) -> Int {
        if hasNulls { return setEach(row, run, limit) }
        switch kind {
        case .int64: return setIntegers(row, run, limit)
        case .float64: return setDoubles(row, run, limit)
        case .scaled: return setScaled(row, run, limit)
        case .timestamp: return setTimestamps(row, run, limit)
        case .string: return setTexts(row, run, limit)
        default: return setEach(row, run, limit)
        }
    }

    private mutating func setEach(_ row: Int, _ run: FieldRun, _ limit: Int) -> Int {
        for index in 0..<limit where !setOne(row &+ index, run[index], run.quote) { return index }
        return limit
    }

    /// False for a fault, or a doubled quote.
    @inline(never)
    private mutating func setOne(_ row: Int, _ text: FieldRun.Text, _ quote: Int) -> Bool {
        if text.mayBeDoubled, memchr(text.bytes, Int32(quote), text.count) != nil { return false }
        return set(row, text.bytes, text.count) == .none
    }

    private mutating func setIntegers(_ row: Int, _ run: FieldRun, _ limit: Int) -> Int {
        let values = values
        for index in 0..<limit {
            let text = run[index]
            let negative = text.bytes[0] == 45 ? 1 : 0
            if let value = DigitText.integer(text.bytes + negative, text.count &- negative) {
                let signed = Int64(truncatingIfNeeded: value)
                values[row &+ index] = negative == 0 ? signed : 0 &- signed
                noteValid(row &+ index)
            } else if !setOne(row &+ index, text, run.quote) {
                return index
            }
        }
        return limit
    }

    private mutating func setDoubles(_ row: Int, _ run: FieldRun, _ limit: Int) -> Int {
        let values = values
        for index in 0..<limit {
            let text = run[index]
            let negative = text.bytes[0] == 45 ? 1 : 0
            if let (digits, decimals) = DigitText.decimal(text.bytes + negative, text.count &- negative) {
                let magnitude = Double(digits) / NumberText.powersOfTen[decimals]
                values[row &+ index] = Int64(bitPattern: (negative == 0 ? magnitude : -magnitude).bitPattern)
                noteValid(row &+ index)
            } else if !setOne(row &+ index, text, run.quote) {
                return index
            }
        }
        return limit
    }

    private mutating func setScaled(_ row: Int, _ run: FieldRun, _ limit: Int) -> Int {
        let values = values, exponent = exponent
        for index in 0..<limit {
            let text = run[index]
            let negative = text.bytes[0] == 45 ? 1 : 0
            // Eight digits and ten zeros fit in 64 bits.
            if let (digits, decimals) = DigitText.decimal(text.bytes + negative, text.count &- negative),
                UInt(bitPattern: exponent &- decimals) <= 10
            {
                let value = Int64(truncatingIfNeeded: digits) &* NumberText.wholePowersOfTen[exponent &- decimals]
                values[row &+ index] = negative == 0 ? value : 0 &- value
                noteValid(row &+ index)
            } else if !setOne(row &+ index, text, run.quote) {
                return index
            }
        }
        return limit
    }

    private mutating func setTimestamps(_ row: Int, _ run: FieldRun, _ limit: Int) -> Int {
        let values = values
        // A copy in registers.
        var reading = timestamps
        defer { timestamps = reading }
        for index in 0..<limit {
            let text = run[index]
            if let value = reading.microseconds(text.bytes, text.count) {
                values[row &+ index] = value
                noteValid(row &+ index)
            } else if !setOne(row &+ index, text, run.quote) {
                return index
            }
        }
        return limit
    }

    private mutating func setTexts(_ row: Int, _ run: FieldRun, _ limit: Int) -> Int {
        let offsets = offsets
        var room = min(byteCapacity, Self.textLimit)
        for index in 0..<limit {
            let text = run[index], row = row &+ index
            let start = Int(offsets[row])
            if text.count == 0 || start &+ text.count &+ UTF8Text.overhang > room {
                if text.mayBeDoubled || !setOne(row, text, run.quote) { return index }
                room = min(byteCapacity, Self.textLimit)
                continue
            }
            let count: Int
            if text.mayBeDoubled {
                count = UTF8Text.copyUndoubled(text.bytes, text.count, UInt8(truncatingIfNeeded: run.quote), to: bytes + start)
            } else {
                count = UTF8Text.copyAhead(text.bytes, text.count, to: bytes + start) ? text.count : -1
            }
            if count < 0 { return index }
            offsets[row &+ 1] = Int32(truncatingIfNeeded: start &+ count)
            noteValid(row)
        }
        return limit
    }
}
