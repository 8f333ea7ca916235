/// RFC 4291, section 2.2: eight groups of up to four hexadecimal digits, one run of zero groups as `::`, the last two as a dotted quad.
enum AddressV6 {
    static func isAddress(_ text: ArraySlice<UInt8>) -> Bool {
        var (groups, hasGap, at) = (0, false, text.startIndex)
        let end = text.endIndex
        var digitCount = 0
        if text.starts(with: [58, 58]) {
            hasGap = true
            at += 2
        }
        while at < end {
            var stop = at
            while stop < end, text[stop] != 58, text[stop] != 46 { stop += 1 }
            if stop < end, text[stop] == 46 {
                guard isQuad(text[at..<end]) else { return false }
                groups += 2
                digitCount += 4
                break
            }
            guard stop > at, stop - at <= 4 else { return false }
            digitCount += text[at..<stop].count { NumberRun.isDigit($0) }
            groups += 1
            at = stop
            guard at < end else { break }
            at += 1
            if at < end, text[at] == 58 {
                guard !hasGap else { return false }
                hasGap = true
                at += 1
            } else if at == end {
                return false
            }
        }
        // `ab::cd` of a programming language has no digits, and times have no gap.
        return hasGap ? groups <= 7 && digitCount > 0 && (groups >= 2 || text.starts(with: [58, 58])) : groups == 8
    }

    private static func isQuad(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: 46, omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                !part.isEmpty && part.count <= 3 && part.allSatisfy { NumberRun.isDigit($0) }
                    && part.reduce(0) { $0 * 10 + Int($1) - 48 } <= 255
            }
    }
}
