/// Where the newest row of a key is, for labels that come apart from their rows: open addressing over the 64-bit hashes of the keys.
struct KeyTable: ~Copyable {
    struct Place {
        var key: UInt64
        var time: Int64
        var terminal: UInt32
        var sequence: UInt32

        /// No row, but a label waits for one.
        static let waiting = UInt32.max - 1
        static let empty = UInt32.max
    }

    private var places: UnsafeMutablePointer<Place>
    private var mask = 255
    private var count = 0

    init() { places = Self.allocate(256) }
    deinit { places.deallocate() }

    var allocated: Int { (mask + 1) * MemoryLayout<Place>.stride }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Place> {
        let places = UnsafeMutablePointer<Place>.allocate(capacity: capacity)
        places.initialize(repeating: Place(key: 0, time: 0, terminal: Place.empty, sequence: 0), count: capacity)
        return places
    }

    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        var at = Int(truncatingIfNeeded: key) & mask
        while places[at].terminal != Place.empty, places[at].key != key { at = (at + 1) & mask }
        return at
    }

    @inline(__always)
    func place(of key: UInt64) -> Place? {
        let place = places[slot(of: key)]
        return place.terminal == Place.empty ? nil : place
    }

    /// Returns whether a label was waiting for the key.
    @inline(__always)
    mutating func set(_ place: Place) -> Bool {
        let at = slot(of: place.key)
        let before = places[at].terminal
        places[at] = place
        if before == Place.empty {
            count += 1
            if count * 4 > (mask + 1) * 3 { grow() }
        }
        return before == Place.waiting
    }

    private mutating func grow() {
        let (old, oldMask) = (places, mask)
        mask = mask * 2 + 1
        places = Self.allocate(mask + 1)
        for at in 0...oldMask where old[at].terminal != Place.empty { places[slot(of: old[at].key)] = old[at] }
        old.deallocate()
    }

    /// Removes a key if it still means this row (or, for `waiting`, still waits).
    mutating func remove(_ key: UInt64, terminal: UInt32, sequence: UInt32) {
        var hole = slot(of: key)
        guard places[hole].terminal == terminal, places[hole].sequence == sequence else { return }
        var at = (hole + 1) & mask
        while places[at].terminal != Place.empty {
            let home = Int(truncatingIfNeeded: places[at].key) & mask
            if (at &- home) & mask >= (at &- hole) & mask {
                places[hole] = places[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        places[hole].terminal = Place.empty
        count -= 1
    }
}
