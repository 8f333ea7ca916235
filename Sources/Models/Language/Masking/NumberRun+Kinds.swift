extension NumberRun {
    /// Dotted quad of 0 to 255 without leading zeros, not part of a longer dotted number.
    func isAddress(_ group: Int, _ bytes: [UInt8]) -> Bool {
        guard group + 3 < count, separator(group, group + 3, bytes) == 46 else { return false }
        if group + 4 < count, separator(group + 3, bytes) == 46 { return false }
        if group > 0, separator(group - 1, bytes) == 46 { return false }
        for part in group...group + 3 {
            guard length(part) <= 3, number(part) <= 255, length(part) == 1 || digits[offsets[part]] != 48 else { return false }
        }
        return true
    }

    /// Social Security number: three, two and four digits, of which none is all zeros and the first neither 666 nor 900 and more.
    func isSSN(_ group: Int, _ bytes: [UInt8], context: () -> NumberContext?) -> Int? {
        var last = group
        if length(group) == 3, group + 2 < count, length(group + 1) == 2, length(group + 2) == 4 {
            let separator = separator(group, group + 2, bytes)
            guard separator != 0, separator == 45 || context() == .ssn else { return nil }
            if separator == 45, group + 3 < count, self.separator(group + 2, bytes) == 45 { return nil }
            if separator == 45, group > 0, self.separator(group - 1, bytes) == 45 { return nil }
            last = group + 2
        } else if length(group) != 9 || context() != .ssn {
            return nil
        }
        let all = Array(digits(group, last))
        func value(_ range: Range<Int>) -> Int { all[range].reduce(0) { $0 * 10 + Int($1) - 48 } }
        let area = value(0..<3)
        return area > 0 && area != 666 && area < 900 && value(3..<5) > 0 && value(5..<9) > 0 ? last : nil
    }

    /// Year, month and day, or day, month and year: no telephone number.
    func isDate(_ group: Int, _ bytes: [UInt8]) -> Bool {
        guard group + 2 < count, [45, 46, 47].contains(separator(group, group + 2, bytes)) else { return false }
        let (first, second, third) = (number(group), number(group + 1), number(group + 2))
        guard length(group + 1) <= 2, second >= 1, second <= 31 else { return false }
        if length(group) == 4, (1900...2099).contains(first) { return length(group + 2) <= 2 && second <= 12 && (1...31).contains(third) }
        return length(group) <= 2 && (1...31).contains(first) && (second <= 12 || first <= 12)
            && length(group + 2) == 4 && (1900...2099).contains(third)
    }

    /// A payment card: 12 to 19 digits in one group or as printed on a card, whose check digit is right.
    ///
    /// Without a word for it nearby only what networks issue is taken for one: a tenth of all numbers has the right check digit.
    func isCard(_ group: Int, _ bytes: [UInt8], context: () -> NumberContext?) -> Int? {
        var last = group
        if length(group) < 12 {
            guard length(group) == 4 || length(group) == 6 else { return nil }
            let separator = separator(group, bytes)
            guard separator == 32 || separator == 45 else { return nil }
            while last + 1 < count, self.separator(last, bytes) == separator, digitCount(group, last + 1) <= 19,
                length(last + 1) <= 7, length(last) >= 4
            { last += 1 }
            // What stands behind a card may look like a group of it: the check digit tells.
            while last > group, !(isGrouped(group, last) && CheckDigits.luhn(digits(group, last))) { last -= 1 }
        }
        let count = digitCount(group, last)
        guard (12...19).contains(count), CheckDigits.luhn(digits(group, last)) else { return nil }
        let context = context()
        if context == .card { return last }
        guard count >= 13, isIssued(digits(group, last), count) else { return nil }
        // So long a number of a network with the right check digit is a card whatever is written before it: rather masked once too often.
        guard count >= 15 || context != .myNumber && context != .other && context != .phone else { return nil }
        return last
    }

    private func isGrouped(_ first: Int, _ last: Int) -> Bool {
        let lengths = (first...last).map { length($0) }
        return [
            [4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [4, 4, 4], [4, 4, 4, 1], [4, 4, 5], [6, 7], [6, 13], [4, 4, 4, 4, 3], [4, 4, 4, 4, 1],
            [4, 4, 4, 4, 2], [4, 4, 4, 2], [4, 4, 4, 3], [4, 5, 6],
        ].contains(lengths)
    }

    /// Ranges of ISO/IEC 7812 that networks issue, with the lengths they issue them in.
    private func isIssued(_ digits: ArraySlice<UInt8>, _ count: Int) -> Bool {
        let head = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) - 48 }
        switch head {
        case 4000...4999: return [13, 16, 19].contains(count)
        case 5100...5599, 2221...2720: return count == 16
        case 3400...3499, 3700...3799: return count == 15
        case 3000...3059, 3095, 3600...3699, 3800...3999: return (14...19).contains(count)
        case 3528...3589: return (16...19).contains(count)
        case 6011, 6440...6599, 6221...6229: return (16...19).contains(count)
        case 1800, 2131: return count == 15
        case 5000...5099, 5600...5899, 6000...6999: return (16...19).contains(count)
        default: return false
        }
    }

    /// An Individual Number of Japan: twelve digits, alone or in three groups of four, with the right check digit.
    func isMyNumber(_ group: Int, _ bytes: [UInt8], context: () -> NumberContext?) -> Int? {
        var last = group
        if length(group) == 4, group + 2 < count, length(group + 1) == 4, length(group + 2) == 4 {
            let separator = separator(group, group + 2, bytes)
            guard separator == 32 || separator == 45 else { return nil }
            if group + 3 < count, self.separator(group + 2, bytes) == separator, length(group + 3) == 4 { return nil }
            last = group + 2
        } else if length(group) != 12 {
            return nil
        }
        guard CheckDigits.myNumber(Array(digits(group, last))) else { return nil }
        let context = context()
        return context == .other || context == .card ? nil : last
    }
}
