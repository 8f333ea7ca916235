import Models
import Records

/// Registers of a program, used again for every program and batch.
struct RuleRegisters {
    var numbers: [[Double]] = []
    var flags: [[UInt8]] = []

    mutating func fit(_ program: RuleProgram, rows: Int) {
        while numbers.count < program.numberCount { numbers.append([]) }
        while flags.count < program.flagCount { flags.append([]) }
        for index in numbers.indices where numbers[index].count != rows { numbers[index] = [Double](repeating: 0, count: rows) }
        for index in flags.indices where flags[index].count != rows { flags[index] = [UInt8](repeating: 0, count: rows) }
    }
}

extension RuleProgram {
    /// Leaves the condition of each row in `registers.flags[0]`: 0 false, 1 unknown, 2 true.
    func run(batch: RecordBatch, features: FeatureMatrix, registers: inout RuleRegisters) {
        registers.fit(self, rows: batch.count)
        for step in steps { run(step, batch: batch, features: features, &registers) }
    }

    private func run(_ step: Step, batch: RecordBatch, features: FeatureMatrix, _ registers: inout RuleRegisters) {
        switch step {
        case .column(let column, let divisor, let into):
            Self.load(batch.columns[column], divisor: divisor, into: &registers.numbers[into])
        case .feature(let feature, let factor, let into):
            Self.load(feature, of: features, factor: factor, into: &registers.numbers[into])
        case .fill(let value, let into):
            for row in registers.numbers[into].indices { registers.numbers[into][row] = value }
        case .timePart(let part, let column, let into):
            load(part, of: batch.columns[column], into: &registers.numbers[into])
        case .arithmetic(let operation, let into, let right):
            Self.combine(&registers.numbers, into: into, right: right) { Self.apply(operation, $0, $1) }
        case .not(let into):
            for row in registers.flags[into].indices { registers.flags[into][row] = 2 - registers.flags[into][row] }
        case .and(let into, let right): Self.combine(&registers.flags, into: into, right: right) { min($0, $1) }
        case .or(let into, let right): Self.combine(&registers.flags, into: into, right: right) { max($0, $1) }
        default: test(step, batch: batch, &registers)
        }
    }

    private func test(_ step: Step, batch: RecordBatch, _ registers: inout RuleRegisters) {
        switch step {
        case .compare(let comparison, let left, let right, let into):
            Self.compare(registers.numbers[left], registers.numbers[right], comparison, into: &registers.flags[into])
        case .compareConstant(let comparison, let left, let value, let into):
            Self.compare(registers.numbers[left], value, comparison, into: &registers.flags[into])
        case .compareIntegers(let comparison, let column, let value, let into):
            Self.compare(batch.columns[column], value, comparison, into: &registers.flags[into])
        case .anyNumber(let left, let values, let into):
            Self.each(&registers.flags[into]) { row in
                let number = registers.numbers[left][row]
                return number.isNaN ? 1 : values.contains(number) ? 2 : 0
            }
        case .entries(let column, let entries, let into): entries.look(up: batch.columns[column], into: &registers.flags[into])
        case .sameText(let left, let right, let into):
            Self.sameText(batch.columns[left], batch.columns[right], into: &registers.flags[into])
        case .flag(let column, let into):
            let column = batch.columns[column]
            Self.each(&registers.flags[into]) { column.isValid($0) ? (column.integers[$0] != 0 ? 2 : 0) : 1 }
        case .truth(let value, let into): Self.each(&registers.flags[into]) { _ in value ? 2 : 0 }
        case .missingColumn(let column, let into):
            let column = batch.columns[column]
            Self.each(&registers.flags[into]) { column.isValid($0) ? 0 : 2 }
        case .missing(let left, let into):
            Self.each(&registers.flags[into]) { registers.numbers[left][$0].isNaN ? 2 : 0 }
        default: break
        }
    }

    // MARK: Loops

    private static func load(_ column: Column, divisor: Double, into register: inout [Double]) {
        if column.type == .float64 {
            register = column.doubles
            return
        }
        let values = column.integers.span
        for row in register.indices { register[row] = Double(values[row]) / divisor }
        guard !column.validity.isEmpty else { return }
        for row in register.indices where !column.isValid(row) { register[row] = .nan }
    }

    private static func load(_ feature: Int, of features: FeatureMatrix, factor: Double, into register: inout [Double]) {
        let width = features.featureCount, values = features.values.span
        for row in register.indices { register[row] = Double(values[row * width + feature]) * factor }
    }

    private func load(_ part: RuleCalendar.Part, of column: Column, into register: inout [Double]) {
        var zone = Zone(calendar.zone) ?? .utc
        let isDate = column.type == .date
        for row in register.indices {
            guard column.isValid(row) else {
                register[row] = .nan
                continue
            }
            let value = column.integers[row]
            let local = Timestamp(microseconds: isDate ? value * 86_400_000_000 : value + zone.offset(at: value))
            register[row] = calendar.value(part, of: local)
        }
    }

    @inline(__always)
    private static func combine<Value>(_ registers: inout [[Value]], into: Int, right: Int, _ body: (Value, Value) -> Value) {
        let other = registers[right]
        registers[into].withUnsafeMutableBufferPointer { values in
            for row in values.indices { values[row] = body(values[row], other[row]) }
        }
    }

    @inline(__always)
    private static func each(_ flags: inout [UInt8], _ body: (Int) -> UInt8) {
        flags.withUnsafeMutableBufferPointer { flags in for row in flags.indices { flags[row] = body(row) } }
    }

    private static func compare(_ left: [Double], _ right: [Double], _ comparison: RuleNode.Comparison, into flags: inout [UInt8]) {
        func loop(_ test: (Double, Double) -> Bool) {
            each(&flags) { left[$0].isNaN || right[$0].isNaN ? 1 : test(left[$0], right[$0]) ? 2 : 0 }
        }
        switch comparison {
        case .greater: loop { $0 > $1 }
        case .greaterOrEqual: loop { $0 >= $1 }
        case .less: loop { $0 < $1 }
        case .lessOrEqual: loop { $0 <= $1 }
        case .equal: loop { $0 == $1 }
        case .notEqual: loop { $0 != $1 }
        }
    }

    private static func compare(_ left: [Double], _ right: Double, _ comparison: RuleNode.Comparison, into flags: inout [UInt8]) {
        guard !right.isNaN else { return each(&flags) { _ in 1 } }
        func loop(_ test: (Double) -> Bool) { each(&flags) { left[$0].isNaN ? 1 : test(left[$0]) ? 2 : 0 } }
        switch comparison {
        case .greater: loop { $0 > right }
        case .greaterOrEqual: loop { $0 >= right }
        case .less: loop { $0 < right }
        case .lessOrEqual: loop { $0 <= right }
        case .equal: loop { $0 == right }
        case .notEqual: loop { $0 != right }
        }
    }

    private static func compare(_ column: Column, _ right: Int64, _ comparison: RuleNode.Comparison, into flags: inout [UInt8]) {
        let left = column.integers
        func loop(_ test: (Int64) -> Bool) { each(&flags) { column.isValid($0) ? (test(left[$0]) ? 2 : 0) : 1 } }
        switch comparison {
        case .greater: loop { $0 > right }
        case .greaterOrEqual: loop { $0 >= right }
        case .less: loop { $0 < right }
        case .lessOrEqual: loop { $0 <= right }
        case .equal: loop { $0 == right }
        case .notEqual: loop { $0 != right }
        }
    }

    private static func sameText(_ left: Column, _ right: Column, into flags: inout [UInt8]) {
        each(&flags) { row in
            guard left.isValid(row), right.isValid(row) else { return 1 }
            let a = left.bytes[Int(left.offsets[row])..<Int(left.offsets[row + 1])]
            let b = right.bytes[Int(right.offsets[row])..<Int(right.offsets[row + 1])]
            return a.elementsEqual(b) ? 2 : 0
        }
    }
}
