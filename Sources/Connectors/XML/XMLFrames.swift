import CLibXML2

/// Bytes that grow; at most ``limit`` of them, the rest is left out and noted.
struct XMLBytes {
    /// Of one value.
    static let limit = 1 << 20

    private(set) var base: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private(set) var count = 0
    private(set) var isTooLong = false

    func deallocate() { base?.deallocate() }

    @inline(__always)
    mutating func clear() { (count, isTooLong) = (0, false) }

    @inline(__always)
    mutating func append(_ text: UnsafePointer<UInt8>, _ length: Int) {
        if count &+ length > capacity { grow(by: length) }
        guard count &+ length <= capacity, let base else { return }
        if length < 16 {
            for index in 0..<length { base[count &+ index] = text[index] }
        } else {
            (base + count).update(from: text, count: length)
        }
        count &+= length
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        guard count + length <= Self.limit else {
            isTooLong = true
            return
        }
        capacity = max(count + length, capacity * 2, 64)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        if let base { larger.update(from: base, count: count) }
        base?.deallocate()
        base = larger
    }

    mutating func markTooLong() { isTooLong = true }

    /// Without white space around it.
    @inline(__always)
    var trimmed: UnsafeBufferPointer<UInt8> {
        guard let base else { return UnsafeBufferPointer(start: nil, count: 0) }
        var first = 0, last = count
        while first < last, XMLBytes.isSpace(base[first]) { first &+= 1 }
        while last > first, XMLBytes.isSpace(base[last &- 1]) { last &-= 1 }
        return UnsafeBufferPointer(start: base + first, count: last &- first)
    }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte >= 9 && byte <= 13 }

    /// Each run of white space becomes one space.
    mutating func normalizeSpace() {
        guard let base else { return }
        var kept = 0
        for index in 0..<count {
            if Self.isSpace(base[index]) {
                if kept > 0, base[kept - 1] != 32 {
                    base[kept] = 32
                    kept += 1
                }
            } else {
                base[kept] = base[index]
                kept += 1
            }
        }
        if kept > 0, base[kept - 1] == 32 { kept -= 1 }
        count = kept
    }
}

/// A value under construction in a frame.
struct XMLSlot {
    enum State: UInt8 { case absent, filled }

    var state = State.absent
    /// A row has gone out without this value, or with an earlier one: a later one would have to change it.
    var isUsed = false
    var line: Int32 = 0
    /// How many were found, where they are counted.
    var tally: Int64 = 0
    var bytes = XMLBytes()

    @inline(__always)
    mutating func clear() {
        (state, isUsed, tally) = (.absent, false, 0)
        bytes.clear()
    }
}

/// How a slot is filled.
struct XMLSlotRule {
    enum Kind: UInt8 { case first, last, count, exists, joined }

    var kind: Kind
    var isSpaceNormalized: Bool
    var separator: UnsafeBufferPointer<UInt8>

    init(_ slot: XMLPlan.Slot) {
        var text = ""
        switch slot.selection {
        case .first: kind = .first
        case .last: kind = .last
        case .count: kind = .count
        case .exists: kind = .exists
        case .joined(let separator):
            kind = .joined
            text = separator
        }
        isSpaceNormalized = slot.isSpaceNormalized
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
        _ = copy.initialize(from: text.utf8)
        separator = UnsafeBufferPointer(copy)
    }

    func deallocate() { separator.deallocate() }

    /// - Returns: false where the value comes too late for a row that has gone out.
    @inline(__always)
    func take(
        _ slot: UnsafeMutablePointer<XMLSlot>, _ text: UnsafeBufferPointer<UInt8>, isTooLong: Bool, tally: Int64, line: Int32
    ) -> Bool {
        if kind == .first, slot.pointee.state == .filled { return true }
        if slot.pointee.isUsed { return false }
        slot.pointee.line = line
        if kind == .first || kind == .last {
            slot.pointee.bytes.clear()
            if let start = text.baseAddress { slot.pointee.bytes.append(start, text.count) }
        } else {
            takeOther(slot, text, tally: tally)
        }
        slot.pointee.state = .filled
        if isTooLong { slot.pointee.bytes.markTooLong() }
        if isSpaceNormalized { slot.pointee.bytes.normalizeSpace() }
        return true
    }

    private func takeOther(_ slot: UnsafeMutablePointer<XMLSlot>, _ text: UnsafeBufferPointer<UInt8>, tally: Int64) {
        slot.pointee.tally += tally
        guard kind == .joined, let start = text.baseAddress, text.count > 0 else { return }
        if slot.pointee.bytes.count > 0, let between = separator.baseAddress { slot.pointee.bytes.append(between, separator.count) }
        slot.pointee.bytes.append(start, text.count)
    }
}

/// An open element of a scope.
struct XMLFrame {
    var depth: Int32 = 0
    /// Rows went out because its conditions held (1), or did not because they did not (2).
    var said: UInt8 = 0
    var bits: UInt64 = 0
    /// Among its siblings, where a position is asked for before other conditions.
    var position: Int64 = 0
    /// Of all elements of this scope in the document, from 1.
    var ordinal: Int64 = 0
    var line: Int64 = 0
    /// Offset of its start tag.
    var start: Int64 = 0
    let slots: UnsafeMutablePointer<XMLSlot>
}

/// A scope at work: its open frames, innermost last, and what becomes of them.
struct XMLScope {
    /// Levels above the row, 0 or more; -1 = the nearest around it.
    let levelsAbove: Int32
    let isRow: Bool
    let isConditional: Bool
    let isExploded: Bool
    /// Frames note where they start.
    var isLocated: Bool
    let rules: UnsafeMutableBufferPointer<XMLSlotRule>
    let parent: Int32
    let parentBelow: Int32
    let parentSlots: UnsafeMutableBufferPointer<Int32>
    let parentBits: UnsafeMutableBufferPointer<(Int32, Int32)>
    let hasConditions: Bool
    /// Conditions that stand before a position, and behind it.
    let before: UnsafeMutableBufferPointer<Int32>
    let behind: UnsafeMutableBufferPointer<Int32>
    /// -1 = none.
    let counter: Int32
    let isCountedAtStart: Bool
    let order: XMLOrder
    let number: Int64
    let isLast: Bool

    private(set) var frames: UnsafeMutablePointer<XMLFrame>
    private var capacity = 2
    private var made = 0
    private(set) var count = 0
    private var ordinal: Int64 = 0

    init(_ scope: XMLPlan.Scope, isRow: Bool) {
        if case .above(let levels) = scope.role { levelsAbove = Int32(levels) } else { levelsAbove = -1 }
        self.isRow = isRow
        isConditional = scope.role == .conditional
        isExploded = scope.role == .exploded
        isLocated = isRow || scope.role == .exploded
        rules = .copy(of: scope.slots.map(XMLSlotRule.init))
        parent = Int32(scope.parent?.scope ?? -1)
        parentBelow = Int32(scope.parent?.below ?? -1)
        parentSlots = .copy(of: scope.parentSlots.map(Int32.init))
        parentBits = .copy(of: scope.parentBits.map { (Int32($0.bit), Int32($0.parentBit)) })
        let split = scope.position?.after ?? scope.conditions.count
        before = .copy(of: Self.joined(scope.conditions[..<split]))
        behind = .copy(of: Self.joined(scope.conditions[split...]))
        hasConditions = !scope.conditions.isEmpty || scope.position != nil
        counter = Int32(scope.position?.counter ?? -1)
        isCountedAtStart = scope.position?.after == 0
        order = scope.position?.order ?? .equal
        number = Int64(scope.position?.number ?? 0)
        isLast = scope.isLast
        frames = .allocate(capacity: 2)
    }

    private static func joined(_ programs: ArraySlice<[Int]>) -> [Int32] {
        var all: [Int] = []
        for (index, program) in programs.enumerated() { all += program + (index > 0 ? [XMLPlan.and] : []) }
        return all.map(Int32.init)
    }

    func deallocate() {
        for frame in 0..<made {
            for slot in 0..<rules.count { frames[frame].slots[slot].bytes.deallocate() }
            frames[frame].slots.deallocate()
        }
        frames.deallocate()
        for rule in rules { rule.deallocate() }
        rules.deallocate()
        parentSlots.deallocate()
        parentBits.deallocate()
        before.deallocate()
        behind.deallocate()
    }

    /// A new innermost frame.
    @inline(__always)
    mutating func open(depth: Int32) -> UnsafeMutablePointer<XMLFrame> {
        if count == made { make() }
        let frame = frames + count
        count &+= 1
        ordinal &+= 1
        frame.pointee.depth = depth
        frame.pointee.bits = 0
        frame.pointee.said = 0
        frame.pointee.ordinal = ordinal
        for slot in 0..<rules.count { frame.pointee.slots[slot].clear() }
        return frame
    }

    @inline(never)
    private mutating func make() {
        if made == capacity {
            let larger = UnsafeMutablePointer<XMLFrame>.allocate(capacity: capacity * 2)
            larger.update(from: frames, count: made)
            frames.deallocate()
            frames = larger
            capacity *= 2
        }
        let slots = UnsafeMutablePointer<XMLSlot>.allocate(capacity: rules.count)
        slots.initialize(repeating: XMLSlot(), count: rules.count)
        (frames + made).initialize(to: XMLFrame(slots: slots))
        made += 1
    }

    @inline(__always)
    mutating func close() { count &-= 1 }

    @inline(__always)
    var innermost: UnsafeMutablePointer<XMLFrame> { frames + (count &- 1) }

    /// The frame of the element at that depth; -1 = the innermost.
    @inline(__always)
    func frame(at depth: Int32) -> UnsafeMutablePointer<XMLFrame>? {
        var index = count
        while index > 0 {
            index &-= 1
            let frame = frames + index
            if depth < 0 || frame.pointee.depth == depth { return frame }
            if frame.pointee.depth < depth { return nil }
        }
        return nil
    }

    /// The innermost frame around an element.
    func frame(above depth: Int32) -> UnsafeMutablePointer<XMLFrame>? {
        var index = count
        while index > 0 {
            index -= 1
            if frames[index].depth < depth { return frames + index }
        }
        return nil
    }

    /// Whether a program of conditions holds for a frame's bits.
    static func holds(_ program: UnsafeMutableBufferPointer<Int32>, _ bits: UInt64) -> Bool {
        var stack: UInt64 = 0
        for step in program {
            switch Int(step) {
            case XMLPlan.and: stack = (stack >> 1) & (stack | ~1)
            case XMLPlan.or: stack = (stack >> 1) | (stack & 1)
            case XMLPlan.not: stack ^= 1
            default: stack = stack << 1 | (bits >> UInt64(step)) & 1
            }
        }
        return program.isEmpty || stack & 1 == 1
    }
}

extension UnsafeMutableBufferPointer {
    static func copy(of values: some Collection<Element>) -> UnsafeMutableBufferPointer {
        let buffer = allocate(capacity: values.count)
        _ = buffer.initialize(from: values)
        return buffer
    }
}
