/// A figure that a file states of itself (its rows, a sum, a closing balance), beside the same figure computed from its records.
///
/// Figures that differ are flagged, never a reason to refuse a row: who reads them decides.
public struct ControlFigure: Hashable, Sendable {
    /// `rows`, `sum` or `balance`, or the name that the job file gives it.
    public let name: String
    /// The file as shown, and what in it the figure is about where there may be several: `statement.xml`, `statement.xml Stmt 2`.
    public let place: String
    /// As the file has it, without surrounding white space; nil where it does not state the figure.
    public let stated: String?
    /// An exact decimal: `2`, `27.050`.
    public let computed: String
    /// Of the stated figure, from 1; of the group's start where it is not stated.
    public let line: Int64
    /// Records that the computed figure leaves out, because their amount cannot be read.
    public let unreadable: Int64

    public init(name: String, place: String, stated: String?, computed: String, line: Int64, unreadable: Int64 = 0) {
        (self.name, self.place, self.stated, self.computed) = (name, place, stated, computed)
        (self.line, self.unreadable) = (line, unreadable)
    }

    /// The file states this very number (`27.05` and `27.050` are one) and every record was read. A figure that is not stated says
    /// nothing: it agrees, unless records were unreadable.
    public var agrees: Bool {
        guard unreadable == 0 else { return false }
        guard let stated else { return true }
        guard let left = ControlSum(stated), let right = ControlSum(computed) else { return false }
        return left == right
    }
}

/// An exact decimal for control sums: up to 38 digits, 18 of them after the point; nothing is ever rounded.
public struct ControlSum: Hashable, Sendable, CustomStringConvertible {
    /// In units of 10^-18.
    private var units: Int128 = 0
    /// Decimals that ``description`` shows: the most that any part had.
    private var decimals = 0

    private static let scale = 18

    public init() {}

    public init(_ count: Int64) { units = Int128(count) * Self.power(Self.scale) }

    /// Reads `-1234.50`, `+3` or `.5`: ASCII digits and a point, no other separator. Nil for anything else, and for more digits than fit.
    public init?(_ text: some StringProtocol) {
        var copy = String(text)
        let parsed = copy.withUTF8 { ControlSum($0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// As ``init(_:)`` for bytes; for loops over records.
    package init?(_ text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        var isNegative = false
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            index = 1
        }
        var value: Int128 = 0
        var digits = 0, decimals = -1
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "."), decimals < 0 {
                decimals = 0
                continue
            }
            guard byte >= 48, byte <= 57 else { return nil }
            if value != 0 || byte != 48 || decimals >= 0 { digits += 1 }
            if decimals >= 0 { decimals += 1 }
            guard digits <= 36, decimals <= Self.scale else { return nil }
            value = value * 10 + Int128(byte - 48)
        }
        let hasDigits = text.contains { $0 >= 48 && $0 <= 57 }
        guard hasDigits else { return nil }
        let (units, overflow) = value.multipliedReportingOverflow(by: Self.power(Self.scale - max(decimals, 0)))
        guard !overflow else { return nil }
        (self.units, self.decimals) = (isNegative ? -units : units, max(decimals, 0))
    }

    /// - Returns: false, and nothing added, where the sum would not fit.
    public mutating func add(_ other: ControlSum) -> Bool {
        let (sum, overflow) = units.addingReportingOverflow(other.units)
        guard !overflow else { return false }
        (units, decimals) = (sum, max(decimals, other.decimals))
        return true
    }

    public static prefix func - (value: ControlSum) -> ControlSum {
        var negated = value
        negated.units = -value.units
        return negated
    }

    public static func == (left: ControlSum, right: ControlSum) -> Bool { left.units == right.units }

    public func hash(into hasher: inout Hasher) { hasher.combine(units) }

    public var description: String {
        let shown = units.magnitude / UInt128(Self.power(Self.scale - decimals))
        var digits = String(shown)
        if digits.utf8.count <= decimals { digits = String(repeating: "0", count: decimals + 1 - digits.utf8.count) + digits }
        if decimals > 0 { digits = digits.dropLast(decimals) + "." + digits.suffix(decimals) }
        return (units < 0 ? "-" : "") + digits
    }

    private static func power(_ exponent: Int) -> Int128 {
        var power: Int128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}
