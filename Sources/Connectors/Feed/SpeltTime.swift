import Records

/// Reads timestamps and dates in the forms a column declares, tried in order. For columns with a list of formats, an era, month names,
/// epochs, spreadsheet days, full-width digits or rounding; all others are ``TimestampText``'s.
struct SpeltTime: Sendable {
    private let forms: [TimeForm]
    private var zone: Zone
    /// The value is a day, of no zone; otherwise microseconds in UTC.
    private let isDate: Bool
    private let isFullWidth: Bool
    private let rounding: Spelling.Rounding?
    private let pivot: Int

    private static let day: Int64 = 86_400_000_000

    init(formats: [String], zone: Zone?, isDate: Bool, spelling: Spelling) {
        forms = formats.isEmpty ? [.iso] : formats.flatMap { TimeForm.forms(of: $0) }
        self.zone = zone ?? .utc
        (self.isDate, isFullWidth, rounding, pivot) = (isDate, spelling.isFullWidth, spelling.rounding, spelling.pivot ?? 0)
    }

    mutating func read(_ text: UnsafePointer<UInt8>, _ count: Int, into result: inout Int64) -> ValueFault {
        guard isFullWidth else { return tryForms(text, count, &result) }
        var fault = ValueFault.type
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count + 1) { buffer in
            guard let base = buffer.baseAddress else { return }
            var size = FullWidthText.fold(text, count, into: base), first = 0
            // An ideographic space is a space by now.
            while size > 0, base[size - 1] == 32 { size -= 1 }
            while first < size, base[first] == 32 { first += 1 }
            fault = tryForms(base + first, size - first, &result)
        }
        return fault
    }

    /// The fault that tells most: a date that an era did not have rather than another form.
    private mutating func tryForms(_ text: UnsafePointer<UInt8>, _ count: Int, _ result: inout Int64) -> ValueFault {
        var fault = ValueFault.type
        for form in forms {
            let found: ValueFault
            switch form {
            case .iso: found = readISO(text, count, &result)
            case .pattern(let pattern): found = readPattern(pattern.steps, text, count, &result)
            case .epoch(let units): found = readEpoch(text, count, units, &result)
            case .excel(let is1904): found = readExcel(text, count, is1904, &result)
            }
            if found == .none { return .none }
            if fault == .type { fault = found }
        }
        return fault
    }

    private mutating func keep(local: Int64, offset: Int64?, _ result: inout Int64) -> ValueFault {
        if isDate {
            result = Self.floor(local, Self.day)
        } else if let offset {
            result = local &- offset
        } else {
            result = zone.microseconds(local: local)
        }
        return .none
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private mutating func readISO(_ text: UnsafePointer<UInt8>, _ count: Int, _ result: inout Int64) -> ValueFault {
        guard let read = TimestampText.iso(text, count, rounding, isDateOnly: isDate) else { return .type }
        return keep(local: read.local, offset: read.offset, &result)
    }

    // MARK: numbers

    /// `[+-]digits[.digits]`, scaled to an integer of ten to the power of `scale` parts.
    private func scaled(_ text: UnsafePointer<UInt8>, _ count: Int, _ scale: Int, _ rounding: Spelling.Rounding) -> (Int64?, ValueFault) {
        var spelling = Spelling()
        spelling.rounding = rounding
        var value: Int64 = 0
        let fault = SpeltNumber(.scaled(scale), spelling).read(text, count, into: &value)
        return (fault == .none ? value : nil, fault)
    }

    /// At most twelve digits and nothing else, as most whole seconds are.
    private static func digits(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard count > 0, count <= 12 else { return nil }
        var value: Int64 = 0
        for place in 0..<count {
            let digit = text[place] &- 48
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private mutating func readEpoch(_ text: UnsafePointer<UInt8>, _ count: Int, _ units: Int64, _ result: inout Int64) -> ValueFault {
        let scale = units == 1 ? 6 : units == 1_000 ? 3 : 0
        if let whole = Self.digits(text, count), !isDate {
            let value = whole * (1_000_000 / units)
            guard value < 253_402_300_800_000_000 else { return .range }
            result = value
            return .none
        }
        let (value, fault) = scaled(text, count, scale, rounding ?? .down)
        guard let value else { return fault }
        guard value > -62_135_596_800_000_001, value < 253_402_300_800_000_000 else { return .range }
        result = isDate ? Self.floor(value + zone.offset(at: value), Self.day) : value
        return .none
    }

    /// Spreadsheets keep a time as a fraction of the day in floating point: to the nearest millisecond.
    private mutating func readExcel(_ text: UnsafePointer<UInt8>, _ count: Int, _ is1904: Bool, _ result: inout Int64) -> ValueFault {
        let (value, fault) = scaled(text, count, 11, .halfEven)
        guard let value else { return fault }
        let unit: Int64 = 100_000_000_000
        guard value >= 0 else { return .range }
        let serial = value / unit
        // Lotus took 1900 for a leap year, and Excel followed: day 60 never was, and days before it are one later than they seem.
        if !is1904, serial < 1 || serial == 60 || serial > 2_958_465 { return .range }
        if is1904, serial > 2_957_003 { return .range }
        let start =
            is1904
            ? Timestamp.days(year: 1904, month: 1, day: 1) : Timestamp.days(year: 1899, month: 12, day: serial < 60 ? 31 : 30)
        let milliseconds = (value % unit * 864 + 500_000) / 1_000_000
        let local = (Int64(start) + serial) * Self.day + milliseconds * 1_000
        return keep(local: local, offset: nil, &result)
    }

    // MARK: patterns

    private struct Parts {
        var year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0
        var fraction: Int64 = 0
        var offset: Int64?
        var era: JapaneseEra?
        var isAfternoon: Bool?
    }

    private mutating func readPattern(
        _ steps: [TimestampPattern.Step], _ text: UnsafePointer<UInt8>, _ count: Int, _ result: inout Int64
    ) -> ValueFault {
        var cursor = TextCursor(text: text, count: count)
        var parts = Parts()
        for step in steps where !read(step, &cursor, &parts) { return .type }
        guard cursor.at == count else { return .type }
        if let isAfternoon = parts.isAfternoon {
            guard parts.hour <= 12 else { return .type }
            parts.hour = parts.hour % 12 + (isAfternoon ? 12 : 0)
        }
        if let era = parts.era {
            guard parts.year >= 1 else { return .type }
            parts.year += era.yearZero
        }
        guard parts.hour < 24, parts.minute < 60, parts.second < 60,
            let start = TimestampText.start(parts.year, parts.month, parts.day)
        else { return .type }
        if let era = parts.era, !era.days.contains(Int(start / Self.day)) { return .era }
        let local = start &+ Int64(parts.hour &* 3_600 &+ parts.minute &* 60 &+ parts.second) &* 1_000_000 &+ parts.fraction
        return keep(local: local, offset: parts.offset, &result)
    }

    private func read(_ step: TimestampPattern.Step, _ cursor: inout TextCursor, _ parts: inout Parts) -> Bool {
        let least = Int(step.least), most = Int(step.most)
        func number(_ part: WritableKeyPath<Parts, Int>) -> Bool {
            // One or two digits may be filled up with a space: `令和 8年 1月 5日`.
            if least == 1, cursor.at > 0, cursor.take(32), cursor.at < cursor.count, cursor.text[cursor.at] &- 48 > 9 { return false }
            guard let number = cursor.number(least, most) else { return false }
            parts[keyPath: part] = number
            return true
        }
        switch step.kind {
        case .literal: return cursor.take(step.byte)
        case .year: return number(\.year)
        case .month: return number(\.month)
        case .day: return number(\.day)
        case .hour, .halfDayHour: return number(\.hour)
        case .minute: return number(\.minute)
        case .second: return number(\.second)
        case .shortYear:
            guard number(\.year) else { return false }
            parts.year = pivot + (parts.year - pivot % 100 + 100) % 100
            return true
        case .eraYear:
            if cursor.take(Self.first) {
                parts.year = 1
                return true
            }
            return number(\.year)
        case .fraction:
            guard let fraction = cursor.fraction(least, most, rounding) else { return false }
            parts.fraction = fraction
            return true
        case .zone:
            parts.offset = cursor.zoneOffset()
            return parts.offset != nil
        case .era:
            parts.era = JapaneseEra.spellings.first { cursor.take($0.text) }?.era
            return parts.era != nil
        case .monthName, .fullMonthName:
            guard let month = Self.month(&cursor, isFull: step.kind == .fullMonthName) else { return false }
            parts.month = month
            return true
        case .halfDay:
            parts.isAfternoon = Self.halfDays.first { cursor.takeAnyCase($0.text) }?.isAfternoon
            return parts.isAfternoon != nil
        case .weekday: return Self.skipWeekday(&cursor)
        }
    }

    // MARK: words

    private static let first = Array("元".utf8)
    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ].map { Array($0.utf8) }
    private static let halfDays: [(text: [UInt8], isAfternoon: Bool)] = [
        (Array("a.m.".utf8), false), (Array("p.m.".utf8), true), (Array("am".utf8), false), (Array("pm".utf8), true),
        (Array("午前".utf8), false), (Array("午後".utf8), true),
    ]
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map { Array($0.utf8) }
    private static let kanjiWeekdays = ["月", "火", "水", "木", "金", "土", "日"].map { Array($0.utf8) }
    private static let kanjiSuffixes = ["曜日", "曜"].map { Array($0.utf8) }

    private static func month(_ cursor: inout TextCursor, isFull: Bool) -> Int? {
        for (index, name) in months.enumerated() {
            if isFull {
                if cursor.takeAnyCase(name) { return index + 1 }
            } else if index == 8, cursor.takeAnyCase(Array(name.prefix(4))) || cursor.takeAnyCase(Array(name.prefix(3))) {
                return 9
            } else if cursor.takeAnyCase(Array(name.prefix(3))) {
                return index + 1
            }
        }
        return nil
    }

    private static func skipWeekday(_ cursor: inout TextCursor) -> Bool {
        for name in weekdays {
            if cursor.takeAnyCase(name) { return true }
            if cursor.takeAnyCase(Array(name.prefix(3))) {
                _ = cursor.take(46)
                return true
            }
        }
        for day in kanjiWeekdays where cursor.take(day) {
            _ = kanjiSuffixes.contains { cursor.take($0) }
            return true
        }
        return false
    }
}
