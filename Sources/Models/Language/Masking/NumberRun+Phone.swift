extension NumberRun {
    enum PhoneShape { case none, needsContext, certain }

    /// The longest stretch of groups from `group` on that is a telephone number.
    ///
    /// - Parameter isInternational: a plus sign stands before the first group.
    func phone(_ group: Int, _ bytes: [UInt8], isInternational: Bool, context: (Int) -> NumberContext?) -> Int? {
        var last = group
        while last + 1 < count, digitCount(group, last + 1) <= 15, last - group < 6 { last += 1 }
        while last >= group {
            let shape = phoneShape(group, last, bytes, isInternational: isInternational)
            if shape != .none {
                let context = context(last)
                if context == .phone || shape == .certain && context != .other { return last }
            }
            last -= 1
        }
        return nil
    }

    private func phoneShape(_ first: Int, _ last: Int, _ bytes: [UInt8], isInternational: Bool) -> PhoneShape {
        let total = digitCount(first, last)
        guard (7...16).contains(total), !isDate(first, bytes) else { return .none }
        if isInternational { return total >= 8 && total <= 15 && digits[offsets[first]] != 48 ? .certain : .none }
        let lengths = (first...last).map { length($0) }
        let isBracketed = starts[first] > 0 && bytes[starts[first] - 1] == 40
        let separators = (first..<last).map { separator($0, bytes) }
        if separators.contains(47) { return .none }
        switch lengths {
        case [3, 3, 4], [1, 3, 3, 4], [3, 3, 3, 4]:
            // North America, also behind the prefix 1 or 001.
            let isPrefixed = lengths.count == 4
            if isPrefixed, number(first) != 1 { break }
            return isBracketed || !separators.contains(32) ? .certain : .needsContext
        case [11]: return digits[offsets[first]] == 48 && digits[offsets[first] + 2] == 48 ? .certain : .needsContext
        default: break
        }
        if digits[offsets[first]] == 48 {
            if lengths.count >= 2, lengths.count <= 3, lengths.last == 4, total == 10 || total == 11, !separators.contains(46) {
                return .certain
            }
            if lengths.count >= 3, (9...11).contains(total), lengths.allSatisfy({ $0 <= 5 }) { return .certain }
            if lengths[0] >= 3, digits[offsets[first] + 1] == 48, lengths.count >= 3, total >= 10 { return .certain }
        }
        return lengths.allSatisfy { $0 <= 11 } ? .needsContext : .none
    }

    /// `x4587`, ` ext. 12`: the end of an extension behind a number that ends at `end`.
    static func pastExtension(_ bytes: [UInt8], _ end: Int, to limit: Int) -> Int {
        var at = end
        if at < limit, bytes[at] == 32 { at += 1 }
        let start = at
        for mark in ["extension", "ext.", "ext", "x"] {
            let mark = Array(mark.utf8)
            if at + mark.count <= limit, zip(bytes[at..<at + mark.count], mark).allSatisfy({ $0 | 32 == $1 | 32 }) {
                at += mark.count
                break
            }
        }
        guard at > start else { return end }
        if at < limit, bytes[at] == 32 { at += 1 }
        let first = at
        while at < limit, at < first + 7, isDigit(bytes[at]) { at += 1 }
        return at > first && at <= first + 6 ? at : end
    }
}
