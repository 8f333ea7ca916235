/// Units of consecutive periods in as few bytes as hold them exactly: two each where all are whole and small, as most are, else four, else
/// eight. NaN = no row.
struct DemandValues: Sendable, RandomAccessCollection, MutableCollection {
    private static let none = Int16.min
    /// Of the three only one has elements.
    private var small: [Int16] = []
    private var single: [Float] = []
    private var wide: [Double] = []

    init() {}

    var startIndex: Int { 0 }
    var endIndex: Int { small.count + single.count + wide.count }
    var bytes: Int { 2 * small.capacity + 4 * single.capacity + 8 * wide.capacity }

    private static func small(_ value: Double) -> Int16? {
        if value.isNaN { return none }
        guard let whole = Int16(exactly: value), whole != none else { return nil }
        return whole
    }

    private static func single(_ value: Double) -> Float? {
        let narrow = Float(value)
        return value.isNaN || Double(narrow) == value ? narrow : nil
    }

    subscript(at: Int) -> Double {
        get {
            if !small.isEmpty { return small[at] == Self.none ? .nan : Double(small[at]) }
            return single.isEmpty ? wide[at] : Double(single[at])
        }
        set {
            widen(for: newValue)
            if !small.isEmpty {
                small[at] = Self.small(newValue) ?? Self.none
            } else if !single.isEmpty {
                single[at] = Self.single(newValue) ?? .nan
            } else {
                wide[at] = newValue
            }
        }
    }

    /// Makes room for what the narrow store cannot hold.
    private mutating func widen(for value: Double) {
        if !small.isEmpty, Self.small(value) == nil {
            if Self.single(value) == nil { wide = map { $0 } } else { single = map { Float($0) } }
            small = []
        } else if !single.isEmpty, Self.single(value) == nil {
            wide = map { $0 }
            single = []
        }
    }

    mutating func append(_ value: Double) {
        widen(for: value)
        if !single.isEmpty {
            single.append(Self.single(value) ?? .nan)
        } else if !wide.isEmpty {
            wide.append(value)
        } else if let whole = Self.small(value) {
            small.append(whole)
        } else if let narrow = Self.single(value) {
            single.append(narrow)
        } else {
            wide.append(value)
        }
    }

    /// Periods without a row before the first.
    mutating func insertNone(_ count: Int) {
        if !single.isEmpty {
            single.insert(contentsOf: repeatElement(.nan, count: count), at: 0)
        } else if !wide.isEmpty {
            wide.insert(contentsOf: repeatElement(.nan, count: count), at: 0)
        } else {
            small.insert(contentsOf: repeatElement(Self.none, count: count), at: 0)
        }
    }

    mutating func removeFirst(_ count: Int) {
        if !small.isEmpty {
            small.removeFirst(count)
        } else if !single.isEmpty {
            single.removeFirst(count)
        } else {
            wide.removeFirst(count)
        }
    }

    /// For a number of values of the narrowest kind.
    mutating func reserveCapacity(_ count: Int) { small.reserveCapacity(count) }
}

/// A flag a period, in no memory as long as none is set.
struct DemandFlags: Sendable, RandomAccessCollection, MutableCollection {
    private(set) var endIndex = 0
    /// Empty = none is set.
    private var flags: [Bool] = []

    init() {}

    var startIndex: Int { 0 }
    var bytes: Int { flags.capacity }

    subscript(at: Int) -> Bool {
        get { !flags.isEmpty && flags[at] }
        set {
            guard !flags.isEmpty || newValue else { return }
            if flags.isEmpty { flags = Array(repeating: false, count: endIndex) }
            flags[at] = newValue
        }
    }

    mutating func append(_ flag: Bool) {
        if flag, flags.isEmpty { flags = Array(repeating: false, count: endIndex) }
        endIndex += 1
        if flag || !flags.isEmpty { flags.append(flag) }
    }

    /// Before the first.
    mutating func insertNone(_ count: Int) {
        endIndex += count
        if !flags.isEmpty { flags.insert(contentsOf: repeatElement(false, count: count), at: 0) }
    }

    mutating func removeFirst(_ count: Int) {
        endIndex -= count
        if !flags.isEmpty { flags.removeFirst(count) }
    }
}
