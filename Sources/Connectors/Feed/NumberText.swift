#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Numbers, amounts and truth values from text, in place. Each returns a fault, and writes its result only when there is none.
enum NumberText {
    /// `[+-]digits`, at most 64 bits.
    @inline(__always)
    static func integer(_ text: UnsafePointer<UInt8>, _ count: Int, into result: inout Int64) -> ValueFault {
        var at = 0
        let negative = text[0] == 45
        if negative || text[0] == 43 { at = 1 }
        guard at < count else { return .type }
        // 18 digits cannot overflow.
        if count - at <= 18 {
            var value: Int64 = 0
            while at < count {
                let digit = text[at] &- 48
                if digit > 9 { return .type }
                value = value &* 10 &+ Int64(digit)
                at += 1
            }
            result = negative ? 0 &- value : value
            return .none
        }
        return longInteger(text, count, at, negative, &result)
    }

    @inline(never)
    private static func longInteger(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ first: Int, _ negative: Bool, _ result: inout Int64
    ) -> ValueFault {
        var value: Int64 = 0
        var overflowed = false
        for at in first..<count {
            let digit = text[at] &- 48
            if digit > 9 { return .type }
            // Built downwards from zero, so that the smallest value fits.
            let (product, first) = value.multipliedReportingOverflow(by: 10)
            let (difference, second) = product.subtractingReportingOverflow(Int64(digit))
            overflowed = overflowed || first || second
            value = difference
        }
        if overflowed || !negative && value == .min { return .range }
        result = negative ? value : -value
        return .none
    }

    /// `[+-]digits[.digits]` in units of `exponent` decimals (0...18), as of a currency or a decimal. Further decimals must be zeros:
    /// nothing is rounded.
    @inline(__always)
    static func money(_ text: UnsafePointer<UInt8>, _ count: Int, exponent: Int, into result: inout Int64) -> ValueFault {
        let negative = text[0] == 45
        var at = negative || text[0] == 43 ? 1 : 0
        if count - at > 16 { return longMoney(text, count, exponent, &result) }
        var value: Int64 = 0
        let first = at
        while at < count {
            let digit = text[at] &- 48
            if digit > 9 { break }
            value = value &* 10 &+ Int64(digit)
            at += 1
        }
        guard at > first else { return .type }
        var missing = exponent
        if at < count {
            guard text[at] == 46, at + 1 < count else { return .type }
            at += 1
            while at < count {
                let digit = text[at] &- 48
                if digit > 9 { return .type }
                if missing == 0, digit != 0 { return surplus(text, count, at) }
                if missing > 0 {
                    value = value &* 10 &+ Int64(digit)
                    missing -= 1
                }
                at += 1
            }
        }
        // At most 16 digits, then up to 18 zeros: beyond 64 bits, so every step is checked.
        while missing > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return .range }
            value = product
            missing -= 1
        }
        result = negative ? 0 &- value : value
        return .none
    }

    /// More decimals than are held, or no amount at all: what follows decides.
    @inline(never)
    private static func surplus(_ text: UnsafePointer<UInt8>, _ count: Int, _ first: Int) -> ValueFault {
        (first..<count).allSatisfy { text[$0] &- 48 <= 9 } ? .decimals : .type
    }

    @inline(never)
    private static func longMoney(_ text: UnsafePointer<UInt8>, _ count: Int, _ exponent: Int, _ result: inout Int64) -> ValueFault {
        let negative = text[0] == 45
        var at = negative || text[0] == 43 ? 1 : 0
        let first = at
        var value: Int64 = 0
        var overflowed = false
        func take(_ digit: UInt8) {
            let (product, first) = value.multipliedReportingOverflow(by: 10)
            let (difference, second) = product.subtractingReportingOverflow(Int64(digit))
            overflowed = overflowed || first || second
            value = difference
        }
        while at < count, text[at] &- 48 <= 9 {
            take(text[at] &- 48)
            at += 1
        }
        guard at > first else { return .type }
        var missing = exponent
        if at < count {
            guard text[at] == 46, at + 1 < count else { return .type }
            at += 1
            while at < count {
                let digit = text[at] &- 48
                if digit > 9 { return .type }
                if missing == 0, digit != 0 { return surplus(text, count, at) }
                if missing > 0 {
                    take(digit)
                    missing -= 1
                }
                at += 1
            }
        }
        for _ in 0..<missing { take(0) }
        if overflowed || !negative && value == .min { return .range }
        result = negative ? value : -value
        return .none
    }

    /// `true`, `false`, `1`, `0`, `yes`, `no`, `t`, `f`, in any case.
    static func bool(_ text: UnsafePointer<UInt8>, _ count: Int, into result: inout Int64) -> ValueFault {
        guard count <= 5 else { return .type }
        var word: UInt64 = 0
        // Bit 0x20 makes ASCII letters lower case and leaves the digits as they are; it also maps a few controls: excluded below.
        for at in 0..<count {
            guard text[at] >= 48 else { return .type }
            word = word << 8 | UInt64(text[at] | 0x20)
        }
        switch word {
        case 0x74_7275_65, 0x31, 0x79_6573, 0x74: result = 1
        case 0x66_616c_7365, 0x30, 0x6e6f, 0x66: result = 0
        default: return .type
        }
        return .none
    }

    static let wholePowersOfTen: InlineArray<11, Int64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    ]

    static let powersOfTen: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// `[+-]digits[.digits][e[+-]digits]`, correctly rounded; no names (`nan`, `inf`), no hexadecimal.
    ///
    /// A mantissa up to 2^53 and a power of ten up to 22 are both exact in 64 bits, so one division or multiplication rounds once
    /// (Clinger 1990); all else goes to `strtod`.
    @inline(__always)
    static func double(_ text: UnsafePointer<UInt8>, _ count: Int, into result: inout Double) -> ValueFault {
        var at = text[0] == 45 || text[0] == 43 ? 1 : 0
        let negative = text[0] == 45
        var mantissa: UInt64 = 0
        var digits = 0, decimals = 0
        while at < count, text[at] &- 48 <= 9 {
            mantissa = mantissa &* 10 &+ UInt64(text[at] &- 48)
            digits += 1
            at += 1
        }
        if at < count, text[at] == 46 {
            at += 1
            let first = at
            while at < count, text[at] &- 48 <= 9 {
                mantissa = mantissa &* 10 &+ UInt64(text[at] &- 48)
                at += 1
            }
            decimals = at - first
            digits += decimals
        }
        guard digits > 0 else { return .type }
        if at == count, digits <= 18, mantissa <= 1 << 53, decimals <= 22 {
            let magnitude = Double(mantissa) / powersOfTen[decimals]
            result = negative ? -magnitude : magnitude
            return .none
        }
        return longDouble(text, count, at, &result)
    }

    /// Checks the exponent's form, then asks `strtod`; the program never sets a locale, so the decimal point is a point.
    @inline(never)
    private static func longDouble(_ text: UnsafePointer<UInt8>, _ count: Int, _ exponentAt: Int, _ result: inout Double) -> ValueFault {
        var at = exponentAt
        if at < count {
            guard text[at] | 0x20 == 101 else { return .type }
            at += 1
            if at < count, text[at] == 45 || text[at] == 43 { at += 1 }
            guard at < count else { return .type }
            while at < count {
                if text[at] &- 48 > 9 { return .type }
                at += 1
            }
        }
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { copy in
            for index in 0..<count { copy[index] = CChar(bitPattern: text[index]) }
            copy[count] = 0
            return copy.baseAddress.map { strtod($0, nil) } ?? .nan
        }
        guard value.isFinite else { return .range }
        result = value
        return .none
    }
}
