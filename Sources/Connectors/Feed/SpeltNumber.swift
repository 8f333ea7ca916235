import Records

/// Reads numbers spelt as declared: a sign, symbols, grouped digits, a decimal point, an exponent. For columns that declare a spelling;
/// plain numbers are ``NumberText``'s.
struct SpeltNumber: Sendable {
    enum Target: Sendable, Equatable {
        case float64
        case integer
        /// An integer of so many decimals.
        case scaled(Int)
    }

    private let target: Target
    private let spelling: Spelling
    private let point: UInt8
    private let separators: [[UInt8]]
    private let symbols: [[UInt8]]
    /// Digits of the last group and of the others.
    private let lastGroup: Int
    private let group: Int
    private let takesMinus: Bool
    private let takesTriangle: Bool
    private let takesParentheses: Bool
    private let takesTrailing: Bool

    init(_ target: Target, _ spelling: Spelling) {
        (self.target, self.spelling) = (target, spelling)
        point = spelling.decimalPoint == .comma ? 44 : 46
        separators =
            switch spelling.grouping {
            case nil: []
            case .comma: [[44]]
            case .point: [[46]]
            case .apostrophe: [[39], [0xE2, 0x80, 0x99]]
            case .space: Self.spaces
            }
        // The longest first, so that `US$` is not read as `US` and a rest.
        symbols = spelling.symbols.map { Array($0.utf8) }.sorted { $0.count > $1.count }
        (lastGroup, group) =
            switch spelling.groupingStyle {
            case .thousands: (3, 3)
            case .indian: (3, 2)
            case .myriads: (4, 4)
            }
        takesMinus = spelling.negatives.contains(.minus)
        takesTriangle = spelling.negatives.contains(.triangle)
        takesParentheses = spelling.negatives.contains(.parentheses)
        takesTrailing = spelling.negatives.contains(.trailingMinus)
    }

    private static let spaces: [[UInt8]] = [[32], [0xC2, 0xA0], [0xE2, 0x80, 0x89], [0xE2, 0x80, 0xAF]]
    private static let triangles: [[UInt8]] = [[0xE2, 0x96, 0xB2], [0xE2, 0x96, 0xB3]]
    private static let minusSign: [UInt8] = [0xE2, 0x88, 0x92]

    /// A value as ``ColumnBuilder`` keeps it: an integer, or the bit pattern of a double.
    func read(_ text: UnsafePointer<UInt8>, _ count: Int, into result: inout Int64) -> ValueFault {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count * 2 + 16) { buffer in
            guard let base = buffer.baseAddress else { return .type }
            if spelling.isFullWidth {
                let size = FullWidthText.fold(text, count, into: base)
                return read(Part(base, size), digits: base + size, &result)
            }
            return read(Part(text, count), digits: base, &result)
        }
    }

    /// A text from which pieces are taken at both ends.
    private struct Part {
        let text: UnsafePointer<UInt8>
        var first = 0
        var last: Int

        init(_ text: UnsafePointer<UInt8>, _ count: Int) { (self.text, last) = (text, count) }

        mutating func dropFirst(_ piece: [UInt8]) -> Bool {
            guard !piece.isEmpty, last - first >= piece.count else { return false }
            for index in piece.indices where text[first + index] != piece[index] { return false }
            first += piece.count
            return true
        }

        mutating func dropLast(_ piece: [UInt8]) -> Bool {
            guard !piece.isEmpty, last - first >= piece.count else { return false }
            for index in piece.indices where text[last - piece.count + index] != piece[index] { return false }
            last -= piece.count
            return true
        }

        mutating func dropFirst(_ byte: UInt8) -> Bool {
            guard first < last, text[first] == byte else { return false }
            first += 1
            return true
        }

        mutating func dropLast(_ byte: UInt8) -> Bool {
            guard first < last, text[last - 1] == byte else { return false }
            last -= 1
            return true
        }

        mutating func dropFirst(any pieces: [[UInt8]]) -> Bool {
            for piece in pieces where dropFirst(piece) { return true }
            return false
        }

        mutating func dropLast(any pieces: [[UInt8]]) -> Bool {
            for piece in pieces where dropLast(piece) { return true }
            return false
        }
    }

    /// What stood around the digits.
    private struct Signs {
        var isNegative = false
        var hasSign = false
        var isOpen = false
        var isClosed = false
        var hasSymbol = false
        var hasPercent = false
    }

    private func read(_ text: Part, digits: UnsafeMutablePointer<UInt8>, _ result: inout Int64) -> ValueFault {
        var part = text
        var signs = Signs()
        while takeFirst(&part, &signs) {}
        while takeLast(&part, &signs) {}
        guard signs.isOpen == signs.isClosed, (spelling.percent != nil) == signs.hasPercent else { return .type }
        if spelling.isNonFiniteAllowed, target == .float64, let value = Self.nonFinite(part.text + part.first, part.last - part.first) {
            result = Int64(bitPattern: (signs.isNegative ? -value : value).bitPattern)
            return .none
        }
        return readDigits(part, signs, digits, &result)
    }

    private func takeFirst(_ part: inout Part, _ signs: inout Signs) -> Bool {
        if part.dropFirst(any: Self.spaces) { return true }
        if !signs.hasSign {
            if takesMinus, part.dropFirst(45) || part.dropFirst(Self.minusSign) {
                (signs.hasSign, signs.isNegative) = (true, true)
                return true
            }
            if takesMinus, part.dropFirst(43) {
                signs.hasSign = true
                return true
            }
            if takesTriangle, part.dropFirst(any: Self.triangles) {
                (signs.hasSign, signs.isNegative) = (true, true)
                return true
            }
            if takesParentheses, part.dropFirst(40) {
                (signs.hasSign, signs.isNegative, signs.isOpen) = (true, true, true)
                return true
            }
        }
        if !signs.hasSymbol, part.dropFirst(any: symbols) {
            signs.hasSymbol = true
            return true
        }
        return false
    }

    private func takeLast(_ part: inout Part, _ signs: inout Signs) -> Bool {
        if part.dropLast(any: Self.spaces) { return true }
        if signs.isOpen, !signs.isClosed, part.dropLast(41) {
            signs.isClosed = true
            return true
        }
        if takesTrailing, !signs.hasSign {
            if part.dropLast(45) || part.dropLast(Self.minusSign) {
                (signs.hasSign, signs.isNegative) = (true, true)
                return true
            }
            if part.dropLast(43) {
                signs.hasSign = true
                return true
            }
        }
        if spelling.percent != nil, !signs.hasPercent, part.dropLast(37) {
            signs.hasPercent = true
            return true
        }
        if !signs.hasSymbol, part.dropLast(any: symbols) {
            signs.hasSymbol = true
            return true
        }
        return false
    }

    private static func nonFinite(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
        guard count == 3 || count == 8 else { return nil }
        let word = (0..<count).map { text[$0] | 0x20 }
        if word == Array("nan".utf8) { return .nan }
        return word == Array("inf".utf8) || word == Array("infinity".utf8) ? .infinity : nil
    }

    private func readDigits(
        _ text: Part, _ signs: Signs, _ digits: UnsafeMutablePointer<UInt8>, _ result: inout Int64
    ) -> ValueFault {
        var part = text
        let isFloat = target == .float64
        // A double is read from plain text, which needs the sign, the point and the exponent; the others from digits alone.
        var size = 0
        if isFloat, signs.isNegative {
            digits[0] = 45
            size = 1
        }
        guard let whole = takeGroups(&part, digits, &size) else { return .type }
        var decimals = 0
        var hasPoint = false
        if part.dropFirst(point) {
            hasPoint = true
            if isFloat {
                digits[size] = 46
                size += 1
            }
            decimals = takeRun(&part, digits, &size)
            if !isFloat, whole == 0 || decimals == 0 { return .type }
        }
        guard whole + decimals > 0 else { return .type }
        var exponent = 0
        if isFloat || spelling.hasExponent, part.dropFirst(101) || part.dropFirst(69) {
            guard let value = takeExponent(&part) else { return .type }
            exponent = value
        }
        guard part.first == part.last else { return .type }
        if spelling.percent == .fraction { exponent -= 2 }
        let scale: Int
        switch target {
        case .float64: return Self.double(digits, size, exponent, &result)
        case .integer:
            if hasPoint, spelling.rounding == nil { return .type }
            scale = 0
        case .scaled(let decimals): scale = decimals
        }
        return Self.scaled(digits, size, shift: scale - decimals + exponent, signs.isNegative, spelling.rounding, &result)
    }

    private func takeRun(_ part: inout Part, _ digits: UnsafeMutablePointer<UInt8>, _ size: inout Int) -> Int {
        var run = 0
        while part.first < part.last, part.text[part.first] &- 48 <= 9 {
            digits[size] = part.text[part.first]
            size += 1
            part.first += 1
            run += 1
        }
        return run
    }

    /// Digits before the point; nil where they are grouped otherwise than declared.
    private func takeGroups(_ part: inout Part, _ digits: UnsafeMutablePointer<UInt8>, _ size: inout Int) -> Int? {
        var total = takeRun(&part, digits, &size)
        guard !separators.isEmpty, total > 0 else { return total }
        let firstGroup = total
        var lastRun = total, separator: Int?
        while let found = separators.firstIndex(where: { part.dropFirst($0) }) {
            // One number, one separator; a group that another follows is a full one.
            if let separator, separator != found || lastRun != group { return nil }
            if separator == nil, firstGroup > group { return nil }
            separator = found
            lastRun = takeRun(&part, digits, &size)
            total += lastRun
        }
        return separator == nil || lastRun == lastGroup ? total : nil
    }

    private func takeExponent(_ part: inout Part) -> Int? {
        let isNegative = part.dropFirst(45)
        if !isNegative { _ = part.dropFirst(43) }
        var value = 0, count = 0
        while part.first < part.last, part.text[part.first] &- 48 <= 9 {
            value = min(value * 10 + Int(part.text[part.first] - 48), 100_000)
            part.first += 1
            count += 1
        }
        return count == 0 ? nil : isNegative ? -value : value
    }

    private static func double(_ text: UnsafeMutablePointer<UInt8>, _ size: Int, _ exponent: Int, _ result: inout Int64) -> ValueFault {
        var size = size
        if exponent != 0 {
            text[size] = 101
            size += 1
            for byte in String(exponent).utf8 {
                text[size] = byte
                size += 1
            }
        }
        var value = 0.0
        let fault = NumberText.double(text, size, into: &value)
        if fault == .none { result = Int64(bitPattern: value.bitPattern) }
        return fault
    }

    /// The digits times ten to the power of `shift`, as an integer.
    static func scaled(
        _ digits: UnsafePointer<UInt8>, _ count: Int, shift: Int, _ isNegative: Bool, _ rounding: Spelling.Rounding?,
        _ result: inout Int64
    ) -> ValueFault {
        let kept = count + min(shift, 0)
        var value: Int64 = 0
        var overflowed = false
        // Downwards from zero, so that the smallest value fits.
        func append(_ digit: UInt8) {
            let (product, first) = value.multipliedReportingOverflow(by: 10)
            let (difference, second) = product.subtractingReportingOverflow(Int64(digit))
            overflowed = overflowed || first || second
            value = difference
        }
        for index in 0..<max(0, kept) { append(digits[index] - 48) }
        if value != 0 || overflowed { for _ in 0..<min(max(0, shift), 20) { append(0) } }
        if shift > 20, value != 0 { overflowed = true }
        let rest = max(0, kept)
        if shift < 0, (rest..<count).contains(where: { digits[$0] != 48 }) {
            guard let rounding else { return .decimals }
            let first = kept >= 0 ? digits[kept] - 48 : 0
            let isMore = first > 5 || first == 5 && (rest + 1..<count).contains { digits[$0] != 48 }
            let isUp =
                switch rounding {
                case .down: false
                case .halfUp: first >= 5
                case .halfEven: isMore || first == 5 && value & 1 != 0
                }
            if isUp {
                let (difference, overflow) = value.subtractingReportingOverflow(1)
                value = difference
                overflowed = overflowed || overflow
            }
        }
        if overflowed || !isNegative && value == .min { return .range }
        result = isNegative ? value : 0 &- value
        return .none
    }
}
