/// Names of cards or terminals and their numbers: an open-addressing table with linear probing over the names' bytes.
///
/// Numbers of removed names are given again, the last removed first, so the same rows give the same numbers.
struct EntityTable: ~Copyable {
    private struct Slot {
        /// Upper half of the hash: most different names differ here already.
        var tag: UInt32
        /// Number of the entity plus one; 0 = empty.
        var entity: UInt32
    }
    private struct Name {
        var hash: UInt64
        /// The number itself, or where its text starts in `pool`.
        var value: Int64
        /// Bytes of text; 8 for numbers; -1 where the entity was removed.
        var length: Int32
    }

    let isText: Bool
    /// Entities ever held at once: numbers are below this.
    private(set) var count = 0
    private(set) var free: [UInt32] = []
    private var names: UnsafeMutablePointer<Name>
    private var capacity = 64
    private var slots: UnsafeMutablePointer<Slot>
    private var mask = 255
    private var pool: [UInt8] = []
    private var poolUsed = 0

    init(isText: Bool) {
        self.isText = isText
        names = .allocate(capacity: capacity)
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: Slot(tag: 0, entity: 0), count: mask + 1)
    }

    deinit {
        names.deallocate()
        slots.deallocate()
    }

    var allocated: Int { capacity * MemoryLayout<Name>.stride + (mask + 1) * MemoryLayout<Slot>.stride + pool.capacity + free.capacity * 4 }

    func isLive(_ entity: Int) -> Bool { entity < count && names[entity].length >= 0 }

    @inline(__always)
    mutating func find(integer: Int64) -> (entity: Int, isNew: Bool) {
        let hash = RecordKey.mix(UInt64(bitPattern: integer))
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var at = Int(truncatingIfNeeded: hash) & mask
        while slots[at].entity != 0 {
            if slots[at].tag == tag, names[Int(slots[at].entity) - 1].value == integer { return (Int(slots[at].entity) - 1, false) }
            at = (at + 1) & mask
        }
        return (add(hash: hash, value: integer, length: 8), true)
    }

    @inline(__always)
    mutating func find(text: UnsafeBufferPointer<UInt8>) -> (entity: Int, isNew: Bool) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<text.count { hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01b3 }
        hash = RecordKey.mix(hash)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var at = Int(truncatingIfNeeded: hash) & mask
        while slots[at].entity != 0 {
            if slots[at].tag == tag, hasText(Int(slots[at].entity) - 1, text) { return (Int(slots[at].entity) - 1, false) }
            at = (at + 1) & mask
        }
        let start = pool.count
        pool.append(contentsOf: text)
        poolUsed += text.count
        return (add(hash: hash, value: Int64(start), length: Int32(text.count)), true)
    }

    private func hasText(_ entity: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let name = names[entity]
        guard Int(name.length) == text.count else { return false }
        return pool.withUnsafeBufferPointer { bytes in
            for index in 0..<text.count where bytes[Int(name.value) + index] != text[index] { return false }
            return true
        }
    }

    private mutating func add(hash: UInt64, value: Int64, length: Int32) -> Int {
        let entity: Int
        if let last = free.popLast() {
            entity = Int(last)
        } else {
            if count == capacity { growNames() }
            entity = count
            count += 1
        }
        names[entity] = Name(hash: hash, value: value, length: length)
        if (count - free.count) * 2 > mask { growSlots() } else { link(entity) }
        return entity
    }

    private mutating func link(_ entity: Int) {
        let hash = names[entity].hash
        var at = Int(truncatingIfNeeded: hash) & mask
        while slots[at].entity != 0 { at = (at + 1) & mask }
        slots[at] = Slot(tag: UInt32(truncatingIfNeeded: hash >> 32), entity: UInt32(entity + 1))
    }

    private mutating func growNames() {
        let moved = UnsafeMutablePointer<Name>.allocate(capacity: capacity * 2)
        moved.update(from: names, count: count)
        names.deallocate()
        (names, capacity) = (moved, capacity * 2)
    }

    private mutating func growSlots() {
        slots.deallocate()
        mask = mask * 2 + 1
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: Slot(tag: 0, entity: 0), count: mask + 1)
        for entity in 0..<count where names[entity].length >= 0 { link(entity) }
    }

    mutating func remove(_ entity: Int) {
        var hole = Int(truncatingIfNeeded: names[entity].hash) & mask
        while slots[hole].entity != UInt32(entity + 1) { hole = (hole + 1) & mask }
        // Backward shift: later slots of the same run move up unless that would put them before their own place.
        var at = (hole + 1) & mask
        while slots[at].entity != 0 {
            let home = Int(truncatingIfNeeded: names[Int(slots[at].entity) - 1].hash) & mask
            if (at &- home) & mask >= (at &- hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        slots[hole].entity = 0
        if isText { poolUsed -= Int(names[entity].length) }
        names[entity].length = -1
        free.append(UInt32(entity))
    }

    /// Gives an entity a name that says nothing and that no feed has; its number stays, so nothing else changes. The old text is overwritten.
    ///
    /// - Returns: whether the name was there.
    mutating func forget(_ name: String) -> Bool {
        for entity in 0..<count where names[entity].length >= 0 {
            let own = names[entity]
            guard isText ? Array(pool[Int(own.value)..<(Int(own.value) + Int(own.length))]) == Array(name.utf8) : Int64(name) == own.value
            else { continue }
            remove(entity)
            // `add` takes the last free number, which is this one again.
            guard isText else {
                var alias = Int64.min + Int64(entity)
                while !find(integer: alias).isNew { alias += Int64(count) }
                return true
            }
            for index in Int(own.value)..<(Int(own.value) + Int(own.length)) { pool[index] = 0 }
            var alias = Array("(forgotten \(entity))".utf8)
            while !alias.withUnsafeBufferPointer({ find(text: $0).isNew }) { alias.append(UInt8(ascii: "'")) }
            return true
        }
        return false
    }

    /// Gives back the text of removed names once it is more than half.
    mutating func compact() {
        guard isText, pool.count > 1_024, poolUsed * 2 < pool.count else { return }
        var packed: [UInt8] = []
        packed.reserveCapacity(poolUsed)
        for entity in 0..<count where names[entity].length >= 0 {
            let start = Int(names[entity].value)
            names[entity].value = Int64(packed.count)
            packed.append(contentsOf: pool[start..<(start + Int(names[entity].length))])
        }
        pool = packed
    }

    /// A name as a JSON text.
    func write(_ entity: Int, to json: inout JSONWriter) {
        let name = names[entity]
        guard isText else { return json.text(name.value) }
        pool.withUnsafeBufferPointer {
            json.text(UnsafeBufferPointer(rebasing: $0[Int(name.value)..<(Int(name.value) + Int(name.length))]))
        }
    }

    // MARK: State

    func writeName(_ entity: Int, to writer: inout ByteWriter) {
        let name = names[entity]
        if isText {
            pool.withUnsafeBufferPointer { bytes in
                writer.text(UnsafeBufferPointer(rebasing: bytes[Int(name.value)..<(Int(name.value) + Int(name.length))]))
            }
        } else {
            writer.signed(name.value)
        }
    }

    mutating func readName(from reader: inout ByteReader) -> (entity: Int, isNew: Bool) {
        guard isText else { return find(integer: reader.signed()) }
        return reader.text().withUnsafeBufferPointer { find(text: $0) }
    }

    /// Count, free numbers in order, names of the others in order.
    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(count))
        writer.varint(UInt64(free.count))
        for entity in free { writer.varint(UInt64(entity)) }
        for entity in 0..<count where names[entity].length >= 0 { writeName(entity, to: &writer) }
    }

    init(from reader: inout ByteReader, isText: Bool) {
        self.init(isText: isText)
        let total = reader.count(of: 1)
        let freed = reader.count(of: 1)
        while capacity < total { growNames() }
        for entity in 0..<total { names[entity] = Name(hash: 0, value: 0, length: 0) }
        var order: [UInt32] = []
        for _ in 0..<freed {
            let entity = reader.index(below: max(total, 1))
            guard total > 0, names[entity].length == 0 else {
                reader.fail()
                return
            }
            names[entity].length = -1
            order.append(UInt32(entity))
        }
        // Names are added under the numbers they had: `add` takes the last free number, so these are offered in reverse.
        var live: [UInt32] = []
        for entity in 0..<total where names[entity].length == 0 { live.append(UInt32(entity)) }
        for entity in 0..<total { names[entity].length = -1 }
        (count, free) = (total, Array(live.reversed()))
        for _ in live where !reader.isBroken {
            if !readName(from: &reader).isNew { reader.fail() }
        }
        free = order
    }
}
