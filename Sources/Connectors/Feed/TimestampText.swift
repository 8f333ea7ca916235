import Records

/// Timestamps from text, in place: a pattern's steps and a zone, laid out flat so that a loop over rows counts no references.
struct TimestampText {
    private enum Form: UInt8 { case iso, separated, steps }

    private let form: Form
    private let steps: UnsafeMutableBufferPointer<TimestampPattern.Step>
    private let zone: UnsafeMutablePointer<Zone>?
    // `separated`: bytes expected at 4 and 7 (in `dateMask`), at 10, and around the minutes (in `timeMask`, digits as '0').
    private var separatorBeforeTime: UInt8 = 0
    private var dateText: UInt64 = 0
    private var timeText: UInt64 = 0
    // The last date read: its ten bytes, and its start in microseconds. Rows in time order mostly share it.
    private var lastYearMonth: UInt64 = 0
    private var lastDay: UInt16 = 0
    private var lastStart: Int64 = 0

    /// To be ended by ``deallocate()``. Nil pattern: ISO 8601. Nil zone: UTC.
    init(pattern: TimestampPattern?, zone: Zone?) {
        steps = .allocate(capacity: pattern?.steps.count ?? 0)
        _ = steps.initialize(from: pattern?.steps ?? [])
        if let zone, zone != .utc {
            self.zone = .allocate(capacity: 1)
            self.zone?.initialize(to: zone)
        } else {
            self.zone = nil
        }
        let zero: UInt8 = 48
        if let separators = pattern?.separators {
            form = .separated
            dateText = Self.word(zero, zero, zero, zero, separators.0, zero, zero, separators.1)
            separatorBeforeTime = separators.2
            timeText = Self.word(zero, zero, separators.3, zero, zero, separators.4, zero, zero)
            // 1970-01-01 starts at 0: a true entry, so that no text can match by chance.
            lastYearMonth = Self.word(49, 57, 55, 48, separators.0, 48, 49, separators.1)
            lastDay = 0x3130
        } else {
            form = pattern == nil ? .iso : .steps
            // For `days`, which reads ISO 8601 dates.
            dateText = Self.word(zero, zero, zero, zero, 45, zero, zero, 45)
            lastYearMonth = Self.word(49, 57, 55, 48, 45, 48, 49, 45)
            lastDay = 0x3130
        }
    }

    func deallocate() {
        steps.deallocate()
        zone?.deinitialize(count: 1)
        zone?.deallocate()
    }

    private static func word(
        _ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, _ e: UInt8, _ f: UInt8, _ g: UInt8, _ h: UInt8
    ) -> UInt64 {
        [a, b, c, d, e, f, g, h].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Microseconds in UTC; nil when the text has another form or is no date or time of day.
    @inline(__always)
    mutating func microseconds(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        switch form {
        case .separated: return separated(text, count)
        case .iso: return iso(text, count)
        case .steps: return stepped(text, count)
        }
    }

    @inline(__always)
    private func utc(_ local: Int64) -> Int64 {
        guard let zone else { return local }
        return zone.pointee.microseconds(local: local)
    }

    /// True where every byte is 0...9, given text with '0' taken away by exclusive or.
    @inline(__always)
    private static func areDigits(_ word: UInt64) -> Bool {
        (word | (word &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0
    }

    @inline(__always)
    private mutating func separated(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard count == 19, text[10] == separatorBeforeTime else { return nil }
        let raw = UnsafeRawPointer(text)
        let yearMonth = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
        let day = UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
        if yearMonth != lastYearMonth || day != lastDay {
            guard readDate(yearMonth, day) else { return nil }
        }
        let time = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 11, as: UInt64.self)) ^ timeText
        guard Self.areDigits(time), time & 0x0000_FF00_00FF_0000 == 0 else { return nil }
        // Each pair of digits becomes tens * 10 + ones in the byte of its tens.
        let pairs = time &* 10 &+ (time >> 8)
        let hour = pairs & 0xFF, minute = pairs >> 24 & 0xFF, second = pairs >> 48 & 0xFF
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return utc(lastStart &+ Int64(hour &* 3_600 &+ minute &* 60 &+ second) &* 1_000_000)
    }

    @inline(never)
    private mutating func readDate(_ yearMonth: UInt64, _ day: UInt16) -> Bool {
        let date = yearMonth ^ dateText
        let days = UInt64(day ^ 0x3030)
        guard Self.areDigits(date), date & 0xFF00_00FF_0000_0000 == 0, Self.areDigits(days) else { return false }
        func digit(_ index: UInt64) -> Int { Int(date >> (index * 8) & 0xFF) }
        let year = digit(0) * 1_000 + digit(1) * 100 + digit(2) * 10 + digit(3)
        guard let start = Self.start(year, digit(5) * 10 + digit(6), Int(days & 0xFF) * 10 + Int(days >> 8)) else { return false }
        (lastYearMonth, lastDay, lastStart) = (yearMonth, day, start)
        return true
    }

    /// Microseconds at the start of a day; nil when there is no such day.
    @inline(__always)
    static func start(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
        guard month >= 1, month <= 12, day >= 1, day <= Timestamp.daysInMonth(year: year, month: month) else { return nil }
        return Int64(Timestamp.days(year: year, month: month, day: day)) &* 86_400_000_000
    }

    @inline(__always)
    private func iso(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard let read = Self.iso(text, count, nil, isDateOnly: false) else { return nil }
        if let offset = read.offset { return read.local &- offset }
        return utc(read.local)
    }

    /// `yyyy-MM-dd`, then (unless only a date is wanted) optionally `T` or a space and `HH:mm[:ss[.fraction]]`, then optionally a zone.
    /// - Returns: the wall time as if it were UTC, and the offset of the zone where one is named; microseconds.
    static func iso(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ rounding: Spelling.Rounding?, isDateOnly: Bool
    ) -> (local: Int64, offset: Int64?)? {
        var cursor = TextCursor(text: text, count: count)
        guard let year = cursor.number(4, 4), cursor.take(45), let month = cursor.number(2, 2), cursor.take(45),
            let day = cursor.number(2, 2),
            var result = Self.start(year, month, day)
        else { return nil }
        if !isDateOnly, cursor.take(84) || cursor.take(32) {
            guard let hour = cursor.number(2, 2), cursor.take(58), let minute = cursor.number(2, 2), hour < 24, minute < 60 else {
                return nil
            }
            result &+= Int64(hour &* 3_600 &+ minute &* 60) &* 1_000_000
            if cursor.take(58) {
                guard let second = cursor.number(2, 2), second < 60 else { return nil }
                result &+= Int64(second) &* 1_000_000
                if cursor.take(46) {
                    guard let fraction = cursor.fraction(1, .max, rounding) else { return nil }
                    result &+= fraction
                }
            }
        }
        if cursor.at == count { return (result, nil) }
        guard let offset = cursor.zoneOffset(), cursor.at == count else { return nil }
        return (result, offset)
    }

    /// Days since 1970-01-01 of `yyyy-MM-dd`, with or without a zone, which moves no date; nil for anything else.
    @inline(__always)
    mutating func days(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard count == 10 else { return Self.iso(text, count, nil, isDateOnly: true).map { $0.local / 86_400_000_000 } }
        let raw = UnsafeRawPointer(text)
        let yearMonth = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
        let day = UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
        if yearMonth != lastYearMonth || day != lastDay {
            guard readDate(yearMonth, day) else { return nil }
        }
        return lastStart / 86_400_000_000
    }

    private func stepped(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        var cursor = TextCursor(text: text, count: count)
        var year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0
        var fraction: Int64 = 0
        var offset: Int64?
        for step in steps {
            let least = Int(step.least), most = Int(step.most)
            switch step.kind {
            case .literal: if !cursor.take(step.byte) { return nil }
            case .zone:
                guard let read = cursor.zoneOffset() else { return nil }
                offset = read
            case .fraction:
                guard let read = cursor.fraction(least, most, nil) else { return nil }
                fraction = read
            default:
                guard let number = cursor.number(least, most) else { return nil }
                switch step.kind {
                case .year: year = number
                case .month: month = number
                case .day: day = number
                case .hour: hour = number
                case .minute: minute = number
                default: second = number
                }
            }
        }
        guard cursor.at == count, hour < 24, minute < 60, second < 60, let start = Self.start(year, month, day) else { return nil }
        let result = start &+ Int64(hour &* 3_600 &+ minute &* 60 &+ second) &* 1_000_000 &+ fraction
        if let offset { return result &- offset }
        return utc(result)
    }
}
