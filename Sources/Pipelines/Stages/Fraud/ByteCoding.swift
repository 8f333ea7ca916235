/// A growing buffer that state is written to: little-endian words and LEB128 variable-length integers.
struct ByteWriter: ~Copyable {
    private(set) var start: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int
    private let use: Use
    /// Bytes that a measuring writer has let go.
    private var passed = 0

    private enum Use { case writing, measuring, filling }

    init(capacity: Int = 256) {
        (self.capacity, use) = (capacity, .writing)
        start = .allocate(capacity: capacity)
    }

    private init(start: UnsafeMutablePointer<UInt8>, capacity: Int, use: Use) {
        (self.start, self.capacity, self.use) = (start, capacity, use)
    }

    deinit { if use != .filling { start.deallocate() } }

    /// What `write` writes, in an array of just its size: written twice, the first time to measure it, as it is never there twice.
    static func bytes(of write: (inout ByteWriter) -> Void) -> [UInt8] {
        var measure = ByteWriter(start: .allocate(capacity: 4_096), capacity: 4_096, use: .measuring)
        write(&measure)
        let size = measure.passed + measure.count
        return [UInt8](unsafeUninitializedCapacity: size + largest) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            var writer = ByteWriter(start: start, capacity: size + largest, use: .filling)
            write(&writer)
            precondition(writer.count == size)
            count = size
        }
    }

    /// The most that one number asks for.
    private static var largest: Int { 10 }

    /// Bytes held, used or not.
    var allocated: Int { capacity }

    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

    mutating func removeAll() { count = 0 }

    /// Makes room; everything below writes without looking.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        precondition(use != .filling, "a second writing is as long as the first")
        if use == .measuring {
            (passed, count) = (passed + count, 0)
            if more <= capacity { return }
        }
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: start, count: count)
        start.deallocate()
        (start, capacity) = (moved, larger)
    }

    @inline(__always)
    mutating func byte(_ value: UInt8) {
        reserve(1)
        start[count] = value
        count += 1
    }

    @inline(__always)
    mutating func word(_ value: UInt64) {
        reserve(8)
        UnsafeMutableRawPointer(start + count).storeBytes(of: value.littleEndian, as: UInt64.self)
        count += 8
    }

    @inline(__always)
    mutating func varint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 128 {
            start[count] = UInt8(truncatingIfNeeded: rest) | 128
            count += 1
            rest >>= 7
        }
        start[count] = UInt8(truncatingIfNeeded: rest)
        count += 1
    }

    /// Small numbers of either sign in few bytes (zigzag).
    @inline(__always)
    mutating func signed(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func text(_ text: UnsafeBufferPointer<UInt8>) {
        varint(UInt64(text.count))
        reserve(text.count)
        if let from = text.baseAddress { (start + count).update(from: from, count: text.count) }
        count += text.count
    }

    /// A checksum of everything written so far, so that a reader notices any change.
    mutating func seal() { word(Checksum.of(UnsafeBufferPointer(start: start, count: count))) }
}

/// Detects damage, not malice: words mixed by the finaliser of SplitMix64, in order.
enum Checksum {
    static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var value: UInt64 = 0x9e37_79b9_7f4a_7c15 &+ UInt64(bytes.count)
        let (whole, raw) = (bytes.count / 8 * 8, UnsafeRawBufferPointer(bytes))
        for at in stride(from: 0, to: whole, by: 8) {
            let word = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            value = RecordKey.mix(value ^ word) &+ word
        }
        guard whole < bytes.count else { return value }
        var word: UInt64 = 0
        for index in whole..<bytes.count { word = word << 8 | UInt64(bytes[index]) }
        return RecordKey.mix(value ^ word) &+ word
    }
}

/// Reads what `ByteWriter` wrote. Reading past the end, or an impossible number, makes `isBroken` true and everything after it zero.
struct ByteReader {
    private let bytes: [UInt8]
    private var at = 0
    private let end: Int
    private(set) var isBroken = false

    /// Nil when the checksum at the end does not fit.
    init?(sealed bytes: [UInt8]) {
        guard bytes.count >= 8 else { return nil }
        end = bytes.count - 8
        self.bytes = bytes
        let expected = bytes.withUnsafeBufferPointer { Checksum.of(UnsafeBufferPointer(rebasing: $0[..<(bytes.count - 8)])) }
        var stored: UInt64 = 0
        for index in 0..<8 { stored |= UInt64(bytes[end + index]) << UInt64(8 * index) }
        guard stored == expected else { return nil }
    }

    var isAtEnd: Bool { at == end && !isBroken }

    mutating func fail() { (isBroken, at) = (true, end) }

    mutating func byte() -> UInt8 {
        guard at < end else {
            fail()
            return 0
        }
        at += 1
        return bytes[at - 1]
    }

    mutating func word() -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(byte()) << UInt64(8 * index) }
        return value
    }

    mutating func varint() -> UInt64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while shift < 64 {
            let next = byte()
            value |= UInt64(next & 127) << shift
            if next < 128 { return value }
            shift += 7
        }
        fail()
        return 0
    }

    mutating func signed() -> Int64 {
        let value = varint()
        return Int64(bitPattern: value >> 1 ^ (0 &- (value & 1)))
    }

    /// A count of things of at least `size` bytes each that are still to come.
    mutating func count(of size: Int) -> Int {
        let value = varint()
        guard value <= UInt64((end - at) / size) else {
            fail()
            return 0
        }
        return Int(value)
    }

    /// An index below `limit`.
    mutating func index(below limit: Int) -> Int {
        let value = varint()
        guard value < UInt64(limit) else {
            fail()
            return 0
        }
        return Int(value)
    }

    mutating func text() -> ArraySlice<UInt8> {
        let length = count(of: 1)
        at += length
        return bytes[(at - length)..<at]
    }
}
