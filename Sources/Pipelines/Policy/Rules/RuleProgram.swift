import Models
import Records

/// Conditions compiled for whole batches: steps over registers of a value a row, no text and no allocation a row.
///
/// A missing number is NaN. A condition is 0 (false), 1 (unknown) or 2 (true), so that `and` is the lesser of two, `or` the greater and
/// `not` 2 less it: S. C. Kleene's strong logic of three values ("Introduction to Metamathematics", 1952, § 64).
struct RuleProgram: Sendable {
    enum Step: Sendable {
        case column(Int, divisor: Double, into: Int)
        case feature(Int, factor: Double, into: Int)
        case fill(Double, into: Int)
        /// A part of a time or date column, by the calendar.
        case timePart(RuleCalendar.Part, column: Int, into: Int)
        /// `into` = `into` operation `right`.
        case arithmetic(RuleNode.Arithmetic, into: Int, right: Int)

        case compare(RuleNode.Comparison, left: Int, right: Int, into: Int)
        case compareConstant(RuleNode.Comparison, left: Int, Double, into: Int)
        case compareIntegers(RuleNode.Comparison, column: Int, Int64, into: Int)
        case anyNumber(left: Int, [Double], into: Int)
        case entries(column: Int, EntrySet, into: Int)
        case sameText(column: Int, other: Int, into: Int)
        case flag(column: Int, into: Int)
        case truth(Bool, into: Int)
        case missingColumn(Int, into: Int)
        case missing(left: Int, into: Int)
        case not(into: Int)
        case and(into: Int, right: Int)
        case or(into: Int, right: Int)
    }

    private(set) var steps: [Step] = []
    private(set) var numberCount = 0
    private(set) var flagCount = 0
    let calendar: RuleCalendar

    /// - Parameters:
    ///   - types: of the main feed's columns.
    ///   - lists: entries of list feeds by name.
    init(_ term: RuleTerm, types: [ColumnType], lists: [String: Set<String>], calendar: RuleCalendar) {
        self.calendar = calendar
        compile(term, into: 0, number: 0, types: types, lists: lists)
    }

    private mutating func compile(_ term: RuleTerm, into flag: Int, number: Int, types: [ColumnType], lists: [String: Set<String>]) {
        flagCount = max(flagCount, flag + 1)
        switch term {
        case .compare(let comparison, let left, .constant(let constant)):
            compile(left, into: number)
            steps.append(.compareConstant(comparison, left: number, constant, into: flag))
        case .compare(let comparison, let left, let right):
            compile(left, into: number)
            compile(right, into: number + 1)
            steps.append(.compare(comparison, left: number, right: number + 1, into: flag))
        case .compareIntegers(let comparison, let column, let value):
            steps.append(.compareIntegers(comparison, column: column, value, into: flag))
        case .texts(let column, let texts): steps.append(.entries(column: column, EntrySet(texts, type: .string), into: flag))
        case .sameText(let left, let right): steps.append(.sameText(column: left, other: right, into: flag))
        case .numbers(let value, let numbers):
            compile(value, into: number)
            steps.append(.anyNumber(left: number, numbers, into: flag))
        case .list(let column, let name):
            steps.append(.entries(column: column, EntrySet(lists[name] ?? [], type: types[column]), into: flag))
        case .flag(let column): steps.append(.flag(column: column, into: flag))
        case .constant(let value): steps.append(.truth(value, into: flag))
        case .missingColumn(let column): steps.append(.missingColumn(column, into: flag))
        case .missing(let value):
            compile(value, into: number)
            steps.append(.missing(left: number, into: flag))
        case .not(let inner):
            compile(inner, into: flag, number: number, types: types, lists: lists)
            steps.append(.not(into: flag))
        case .all(let terms), .any(let terms):
            let isAll = if case .all = term { true } else { false }
            for (index, inner) in terms.enumerated() {
                let register = index == 0 ? flag : flag + 1
                compile(inner, into: register, number: number, types: types, lists: lists)
                if index > 0 { steps.append(isAll ? .and(into: flag, right: register) : .or(into: flag, right: register)) }
            }
        }
    }

    private mutating func compile(_ value: RuleTerm.Value, into number: Int) {
        numberCount = max(numberCount, number + 1)
        switch value {
        case .column(let column, let divisor): steps.append(.column(column, divisor: divisor, into: number))
        case .feature(let feature, let factor): steps.append(.feature(feature, factor: factor, into: number))
        case .constant(let constant): steps.append(.fill(constant, into: number))
        case .part(let part, let column): steps.append(.timePart(part, column: column, into: number))
        case .arithmetic(let operation, let left, let right):
            compile(left, into: number)
            compile(right, into: number + 1)
            steps.append(.arithmetic(operation, into: number, right: number + 1))
        }
    }

    /// Division by zero is missing, and so is whatever is no finite number.
    @inline(__always)
    static func apply(_ operation: RuleNode.Arithmetic, _ left: Double, _ right: Double) -> Double {
        let result =
            switch operation {
            case .plus: left + right
            case .minus: left - right
            case .times: left * right
            case .over: left / right
            }
        return result.isFinite ? result : .nan
    }
}

/// Texts to look a column's values up in, kept in the column's own form so that no text is made of a row.
struct EntrySet: Sendable {
    /// Of text columns: open addressing over the entries' bytes, by FNV-1a.
    private var bytes: [UInt8] = []
    private var slots: [(start: Int32, end: Int32)] = []
    private var mask = 0
    /// Of other columns: integers, or the bits of floating-point numbers, whose text is an entry.
    private var integers: Set<Int64> = []
    private let isText: Bool

    init(_ entries: Set<String>, type: ColumnType) {
        isText = type == .string
        guard isText else {
            integers = Set(entries.compactMap { Self.value($0, type: type) })
            return
        }
        var size = 8
        while size < entries.count * 2 { size *= 2 }
        mask = size - 1
        slots = Array(repeating: (-1, -1), count: size)
        // In order of text, so that the same entries always lie alike.
        for entry in entries.sorted() {
            let start = Int32(bytes.count)
            bytes.append(contentsOf: entry.utf8)
            var slot = Int(truncatingIfNeeded: Self.hash(entry.utf8)) & mask
            while slots[slot].start >= 0 { slot = (slot + 1) & mask }
            slots[slot] = (start, Int32(bytes.count))
        }
    }

    @inline(__always)
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return value ^ (value >> 32)
    }

    /// What the column holds where its text is `entry`; nil where it never is.
    private static func value(_ entry: String, type: ColumnType) -> Int64? {
        let candidate: Int64?
        switch type {
        case .int64: candidate = Int64(entry)
        case .bool: candidate = entry == "true" ? 1 : entry == "false" ? 0 : nil
        case .money(let currency): candidate = entry.scaled(by: currency.exponent)
        case .decimal(let scale): candidate = entry.scaled(by: scale)
        case .timestamp: candidate = Timestamp(iso8601: entry)?.microseconds
        case .date: candidate = Timestamp(iso8601: entry).map { Int64($0.day) }
        case .float64: return Double(entry).flatMap { "\($0)" == entry ? Int64(bitPattern: $0.bitPattern) : nil }
        case .string: return nil
        }
        // Another spelling of the same value was never an entry of it.
        return candidate.flatMap { Column(type: type, integers: [$0]).text(0) == entry ? $0 : nil }
    }

    /// Fills `into` with 2 where the row's value is an entry, 0 where not, 1 where it is missing.
    func look(up column: Column, into flags: inout [UInt8]) {
        guard isText else {
            for row in flags.indices {
                let value = column.type == .float64 ? Int64(bitPattern: column.doubles[row].bitPattern) : column.integers[row]
                flags[row] = column.isValid(row) ? (integers.contains(value) ? 2 : 0) : 1
            }
            return
        }
        let offsets = column.offsets.span
        column.bytes.withUnsafeBufferPointer { text in
            bytes.withUnsafeBufferPointer { own in
                for row in flags.indices {
                    guard column.isValid(row) else {
                        flags[row] = 1
                        continue
                    }
                    flags[row] = contains(text[Int(offsets[row])..<Int(offsets[row + 1])], own) ? 2 : 0
                }
            }
        }
    }

    @inline(__always)
    private func contains(_ value: Slice<UnsafeBufferPointer<UInt8>>, _ own: UnsafeBufferPointer<UInt8>) -> Bool {
        var slot = Int(truncatingIfNeeded: Self.hash(value)) & mask
        while slots[slot].start >= 0 {
            let (start, end) = (Int(slots[slot].start), Int(slots[slot].end))
            if end - start == value.count {
                var at = 0
                while at < value.count, own[start + at] == value[value.startIndex + at] { at += 1 }
                if at == value.count { return true }
            }
            slot = (slot + 1) & mask
        }
        return false
    }
}
